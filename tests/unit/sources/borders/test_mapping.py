"""What a sound mapping is."""

from __future__ import annotations

import pandas as pd
import pytest

from attraktiv.errors import BorderError
from attraktiv.sources.borders import compose_mappings
from attraktiv.sources.borders.mapping import intervals, of_years


def mapping(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["code", "year", "place", "weight"])


def test_years_and_spans_of_years_are_the_same_mapping():
    by_year = mapping(("0101", 2019, "3101", 1), ("0101", 2020, "3101", 1))
    spans = pd.DataFrame(
        {"code": ["0101"], "from_year": 2019, "to_year": 2020, "place": "3101", "weight": 1.0}
    )
    pd.testing.assert_frame_equal(of_years(by_year, [2019, 2020]), of_years(spans, [2019, 2020]))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("A", 2019, "B", 0.5)], r"weights of code A in 2019 sum to 0\.5"),
        ([("A", 2019, "B", 0.5)] * 2, r"code A in 2019 has the same place more than once"),
        ([("A", 2019, "B", 0.0)], r"weight 0\.0 of code A"),
        ([("A", 2019, "B", float("nan"))], r"weight nan of code A"),
        ([(101, 2019, "B", 1.0)], r"column code: 101 is not text"),
        ([("A", 2019.5, "B", 1.0)], r"column year: 2019\.5 is not a year"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_named(rows, message):
    with pytest.raises(BorderError, match=message):
        of_years(mapping(*rows), [2019])


def test_a_span_that_ends_before_it_begins_is_an_error():
    wrong = pd.DataFrame(
        {"code": ["A"], "from_year": 2020, "to_year": 2019, "place": "A", "weight": 1.0}
    )
    with pytest.raises(BorderError, match=r"code A: from_year is after to_year"):
        intervals(wrong)


def test_going_on_multiplies_the_weights():
    first = mapping(("A", 2019, "B", 0.5), ("A", 2019, "C", 0.5))
    second = mapping(("B", 2020, "X", 1.0), ("C", 2020, "X", 0.5), ("C", 2020, "Y", 0.5))
    made = compose_mappings(first, second, 2020)
    assert made[["place", "weight"]].to_numpy().tolist() == [["X", 0.75], ["Y", 0.25]]


def test_a_place_between_that_the_second_lacks_is_named():
    with pytest.raises(BorderError, match=r"no code B in 2020"):
        compose_mappings(mapping(("A", 2019, "B", 1)), mapping(("A", 2020, "B", 1)), 2020)


def test_a_year_between_two_spans_is_not_filled():
    first = mapping(("A", 2018, "B", 1.0), ("A", 2020, "B", 1.0), ("A", 2021, "B", 1.0))
    made = compose_mappings(first, mapping(("B", 2022, "B", 1.0)), 2022)
    assert made[["from_year", "to_year"]].to_numpy().tolist() == [[2018, 2018], [2020, 2021]]
