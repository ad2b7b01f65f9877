"""The order of names in a language's own alphabet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# Norwegian and Danish: Æ, Ø, Å stand after Z in this order; Aa is Å, Ä is Æ, Ö is Ø, Ü is Y.
_AFTER_Z = {"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}", "ü": "y"}
_LANGUAGES = frozenset({"nb", "nn", "no", "da"})

Key = Callable[[str], tuple[str, str]]


def sort_key(language: str) -> Key:
    """Return a sort key for names.

    Parameters
    ----------
    language
        The language of the names (``place_names`` of the panel): ``nb``, ``nn``, ``no``
        and ``da`` sort … Z, Æ, Ø, Å with Aa as Å; any other sorts letters without
        their accents.

    Examples
    --------
    >>> sorted(["Årdal", "Øyer", "Aasen", "Zeta", "Ærlig"], key=sort_key("nb"))
    ['Zeta', 'Ærlig', 'Øyer', 'Aasen', 'Årdal']
    """
    if language.lower() not in _LANGUAGES:
        return lambda name: (_without_accents(name.casefold()), name)
    after_z = str.maketrans(_AFTER_Z)

    def key(name: str) -> tuple[str, str]:
        letters = unicodedata.normalize("NFC", name).casefold()
        return _without_accents(re.sub("aa", "å", letters).translate(after_z)), name

    return key


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
