"""Tables of text."""

from __future__ import annotations

import math

import pytest

from attraktiv.cli.tables import MISSING, Column, number, text_table


def test_text_stands_left_and_numbers_right() -> None:
    columns = [Column("Name", ["a", "bcd"], text=True), Column("N", ["1.0", "-12.5"])]
    assert text_table(columns, width=80) == [
        "Name      N",
        "----  -----",
        "a       1.0",
        "bcd   -12.5",
    ]


def test_long_text_gives_way_and_numbers_do_not() -> None:
    columns = [Column("Name", ["x" * 50], text=True), Column("N", ["123456.789"])]
    lines = text_table(columns, width=30)
    assert max(map(len, lines)) == 30
    assert lines[2] == "x" * 17 + "…  123456.789"


def test_a_table_too_wide_to_shorten_is_shown_whole() -> None:
    columns = [Column("N", ["1" * 30]), Column("M", ["2" * 30])]
    assert text_table(columns, width=20)[2] == "1" * 30 + "  " + "2" * 30


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1.234, 2, "1.23"),
        (-0.001, 2, "0.00"),
        (-0.5, 0, "0"),
        (-1.5, 1, "-1.5"),
        (12345.6, 0, "12346"),
    ],
)
def test_numbers(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_number_is_a_dash(value: float) -> None:
    assert number(value, 2) == MISSING
