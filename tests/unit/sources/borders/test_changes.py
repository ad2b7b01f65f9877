"""Changes of codes become a mapping."""

from __future__ import annotations

import pandas as pd
import pytest

from attraktiv.errors import BorderError
from attraktiv.sources.borders import mapping_from_changes
from attraktiv.sources.borders.mapping import of_years

COLUMNS = ["old_code", "new_code", "date", "weight", "weight_back"]


def changes(*rows: tuple) -> pd.DataFrame:
    filled = [(*row, *[None] * (len(COLUMNS) - len(row))) for row in rows]
    return pd.DataFrame(filled, columns=COLUMNS)


def valid(**codes: tuple[str, str | None]) -> pd.DataFrame:
    rows = [(code.lstrip("c"), *days) for code, days in codes.items()]
    return pd.DataFrame(rows, columns=["code", "valid_from", "valid_to"])


def found(mapping: pd.DataFrame, year: int) -> dict[str, dict[str, float]]:
    rows = of_years(mapping, [year])
    return {
        str(code): dict(zip(part["place"], part["weight"], strict=True))
        for code, part in rows.groupby("code")
    }


def test_a_renaming_and_a_merger_are_followed_through_both():
    made = mapping_from_changes(
        changes(
            ("0104", "3002", "2020-01-01"),
            ("0136", "3002", "2020-01-01"),
            ("3002", "3103", "2024-01-01"),
        ),
        2024,
    )
    assert found(made, 2019) == {"0104": {"3103": 1.0}, "0136": {"3103": 1.0}}
    assert found(made, 2020) == {"3002": {"3103": 1.0}}
    assert found(made, 2024) == {"3103": {"3103": 1.0}}
    assert made[["from_year", "to_year"]].to_numpy().tolist() == [
        [2019, 2019],
        [2019, 2019],
        [2020, 2023],
        [2024, 2024],
    ]


def test_a_division_is_weighted_and_weights_multiply():
    made = mapping_from_changes(
        changes(
            ("A", "B", "2018-01-01"),
            ("B", "C", "2020-01-01", 0.25),
            ("B", "D", "2020-01-01", 0.75),
            ("D", "E", "2022-01-01", 0.5),
            ("D", "C", "2022-01-01", 0.5),
            ("C", "C", "2022-01-01"),
        ),
        2022,
    )
    assert found(made, 2017) == {"A": {"C": 0.625, "E": 0.375}}


def test_a_code_that_gives_a_part_away_keeps_the_rest():
    made = mapping_from_changes(
        changes(
            ("A", "A", "2020-01-01", 0.9),
            ("A", "B", "2020-01-01", 0.1),
            ("B", "B", "2020-01-01"),
        ),
        2020,
    )
    assert found(made, 2019) == {"A": {"A": 0.9, "B": 0.1}, "B": {"B": 1.0}}


def test_what_takes_another_in_goes_on_where_the_list_of_codes_says_it_was_there():
    merger = changes(("1141", "1103", "2020-01-01"))
    there = valid(c1103=("1965-01-01", ""), c1141=("1965-01-01", "2020-01-01"))
    made = mapping_from_changes(merger, 2020, there, from_year=2010)
    assert found(made, 2010) == {"1103": {"1103": 1.0}, "1141": {"1103": 1.0}}
    # of the change alone it cannot be known
    assert found(mapping_from_changes(merger, 2020), 2019) == {"1141": {"1103": 1.0}}


def test_an_unchanged_code_comes_from_the_list_of_codes():
    made = mapping_from_changes(
        changes(), 2020, valid(c0301=("1900-01-01", None)), from_year=2000, to_year=2024
    )
    assert made.to_numpy().tolist() == [["0301", 2000, 2024, "0301", 1.0]]


def test_without_changes_and_codes_the_mapping_is_empty():
    assert mapping_from_changes(changes(), 2020).empty


def test_a_number_that_is_used_again_is_two_codes():
    made = mapping_from_changes(changes(("A", "B", "2010-01-01"), ("C", "A", "2015-01-01")), 2020)
    assert found(made, 2009) == {"A": {"B": 1.0}, "C": {"A": 1.0}}
    assert found(made, 2012) == {"B": {"B": 1.0}, "C": {"A": 1.0}}
    assert found(made, 2015) == {"B": {"B": 1.0}, "A": {"A": 1.0}}


def test_a_change_within_a_year_counts_from_the_next_1_january():
    made = mapping_from_changes(changes(("A", "B", "2019-04-01"), ("B", "C", "2020-01-01")), 2020)
    assert found(made, 2019) == {"A": {"C": 1.0}}
    assert found(made, 2020) == {"C": {"C": 1.0}}
    assert made["from_year"].min() == 2019


def test_later_codes_are_brought_back_to_earlier_borders():
    rename = changes(("A", "B", "2020-01-01"))
    assert found(mapping_from_changes(rename, 2019, to_year=2020), 2020) == {"B": {"A": 1.0}}
    split = changes(("A", "B", "2020-01-01", 0.4), ("A", "C", "2020-01-01", 0.6))
    assert found(mapping_from_changes(split, 2019, to_year=2020), 2020) == {
        "B": {"A": 1.0},
        "C": {"A": 1.0},
    }


def test_a_merger_is_brought_back_with_stated_shares_alone():
    merger = (("A", "C", "2020-01-01"), ("B", "C", "2020-01-01"))
    with pytest.raises(BorderError, match=r"C is divided, and the column weight_back does not say"):
        mapping_from_changes(changes(*merger), 2019, to_year=2020)
    stated = changes((*merger[0], 1, 0.3), (*merger[1], 1, 0.7))
    assert found(mapping_from_changes(stated, 2019, to_year=2020), 2020) == {
        "C": {"A": 0.3, "B": 0.7}
    }


def test_a_renaming_that_is_listed_twice_is_one():
    rows = changes(*[("0301", "0301", "2020-01-01")] * 2)
    assert found(mapping_from_changes(rows, 2020), 2019) == {"0301": {"0301": 1.0}}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("1850", "1806", "2020-01-01"), ("1850", "1875", "2020-01-01")],
            r"2020-01-01: 1850 is divided, and the column weight does not say how. State for 1850 "
            r"the shares that belong to 1806, 1875",
        ),
        (
            [("A", "B", "2020-01-01", 0.5), ("A", "C", "2020-01-01", 0.4)],
            r"the column weight is 0\.9 of A",
        ),
        (
            [("A", "B", "2020-01-01", 1.5), ("A", "C", "2020-01-01", -0.5)],
            r"shares of a code are above 0",
        ),
        (
            [("A", "B", "2018-01-01"), ("A", "C", "2020-01-01")],
            r"2020-01-01: old_code A is not in use before",
        ),
        ([(301, "B", "2018-01-01")], r"column old_code: 301 is not text"),
        ([("A", None, "2018-01-01")], r"column new_code: None is not text"),
        ([("A", "B", "1.1.2018")], r"column date: '1\.1\.2018' is not a date"),
        ([("A", "B", None)], r"A has no date"),
        (
            [("A", "B", "2018-01-01", 1.0), ("A", "B", "2018-01-01", 0.5)],
            r"A leads to B more than once",
        ),
    ],
)
def test_what_is_wrong_with_changes_is_named(rows, message):
    with pytest.raises(BorderError, match=message):
        mapping_from_changes(changes(*rows), 2020)


def test_a_list_of_codes_that_contradicts_the_changes_is_named():
    codes = valid(cA=("1900-01-01", "2020-01-01"), cB=("1900-01-01", ""))
    with pytest.raises(BorderError, match=r"A is not in use any more, and no change says"):
        mapping_from_changes(changes(("B", "B", "2020-01-01")), 2020, codes)
    with pytest.raises(BorderError, match=r"new_code A is not in use after"):
        mapping_from_changes(changes(("B", "A", "2020-01-01")), 2020, codes)


def test_a_target_outside_the_years_is_an_error():
    with pytest.raises(BorderError, match=r"2030 is not among the years 2019–2024"):
        mapping_from_changes(changes(("A", "B", "2020-01-01")), 2030, from_year=2019, to_year=2024)


def test_an_absent_column_is_named():
    with pytest.raises(BorderError, match=r"changes: no column date; found old_code, new_code"):
        mapping_from_changes(changes(("A", "B", "x"))[["old_code", "new_code"]], 2020)


def test_a_change_on_the_first_day_has_happened_already():
    """How the code was divided matters only to years before."""
    rows = changes(("A", "B", "2020-01-01"), ("A", "C", "2020-01-01"), ("B", "D", "2022-01-01"))
    made = mapping_from_changes(rows, 2022, from_year=2020)
    assert found(made, 2020) == {"B": {"D": 1.0}}
