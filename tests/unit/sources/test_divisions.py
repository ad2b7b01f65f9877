"""Shares of places that were divided."""

from __future__ import annotations

import pandas as pd
import pytest

from attraktiv.sources.divisions import with_shares
from attraktiv.sources.recipes import Share

YEAR = pd.Timestamp(2020, 1, 1)


def changes(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [(old, new, YEAR) for old, new in pairs], columns=["old_code", "new_code", "date"]
    )


def people(**sizes: tuple[int, float]) -> pd.DataFrame:
    """By code: persons in the year of its name's ending, and growth."""
    rows = [(key[1:5], int(key[6:]), size, growth) for key, (size, growth) in sizes.items()]
    return pd.DataFrame(rows, columns=["code", "year", "population", "growth"])


def shares(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    return dict(
        zip(zip(frame["old_code"], frame["new_code"], strict=True), frame["weight"], strict=True)
    )


def test_parts_that_stand_alone_have_the_shares_of_their_populations() -> None:
    known = people(c1850_2019=(100, 0), c1806_2020=(30, 0), c1875_2020=(70, 0))
    found = shares(with_shares(changes(("1850", "1806"), ("1850", "1875")), known, ()))
    assert found == {("1850", "1806"): pytest.approx(0.3), ("1850", "1875"): pytest.approx(0.7)}


def test_what_others_brought_is_taken_off_as_it_was_at_the_end_of_the_year() -> None:
    known = people(
        c1850_2019=(100, 0),
        c1805_2019=(950, 10),
        c1806_2020=(1000, 0),
        c1875_2020=(60, 0),
    )
    pairs = (("1850", "1806"), ("1850", "1875"), ("1805", "1806"))
    found = shares(with_shares(changes(*pairs), known, ()))
    assert found["1850", "1806"] == pytest.approx(40 / 100)
    assert pd.isna(found["1805", "1806"])  # whole: it has one successor


def test_a_stated_share_is_used() -> None:
    stated = (
        Share(old="1850", new="1806", weight=0.25),
        Share(old="1850", new="1875", weight=0.75),
    )
    found = shares(with_shares(changes(("1850", "1806"), ("1850", "1875")), people(), stated))
    assert found == {("1850", "1806"): 0.25, ("1850", "1875"): 0.75}


def test_parts_of_which_nothing_is_known_are_alike() -> None:
    found = shares(with_shares(changes(("1850", "1806"), ("1850", "1875")), people(), ()))
    assert set(found.values()) == {0.5}


def test_two_divided_places_in_one_cannot_be_told_apart() -> None:
    known = people(c0003_2020=(10, 0), c0004_2020=(30, 0), c0005_2020=(50, 0))
    pairs = (("0001", "0003"), ("0001", "0004"), ("0002", "0004"), ("0002", "0005"))
    assert set(shares(with_shares(changes(*pairs), known, ())).values()) == {0.5}


def test_a_place_that_got_fewer_than_nobody_got_somebody() -> None:
    known = people(
        c1850_2019=(100, 0), c1805_2019=(950, 0), c1806_2020=(900, 0), c1875_2020=(99, 0)
    )
    pairs = (("1850", "1806"), ("1850", "1875"), ("1805", "1806"))
    assert shares(with_shares(changes(*pairs), known, ()))["1850", "1806"] == pytest.approx(1 / 100)
