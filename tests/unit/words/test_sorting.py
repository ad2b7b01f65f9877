"""The order of names."""

from __future__ import annotations

import numpy as np

from attraktiv.words import sort_key


def test_norwegian_alphabet() -> None:
    right = ["Askim", "Oslo", "Zeta", "Ærfugl", "Ødegård", "Øygarden", "Aa", "Åa", "Aasen", "Åsnes"]
    rng = np.random.default_rng(0)
    for language in ("nb", "nn", "NB"):
        shuffled = list(rng.permutation(right))
        assert sorted(shuffled, key=sort_key(language)) == right


def test_other_languages_sort_without_accents() -> None:
    names = ["Ål", "Aasen", "Zeta", "Åbo", "éa", "Eb"]
    assert sorted(names, key=sort_key("sv-x")) == ["Aasen", "Åbo", "Ål", "éa", "Eb", "Zeta"]
    assert sorted(names, key=sort_key("")) == sorted(names, key=sort_key("en"))
