"""Projections of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attraktiv.backtests.official import read_official
from attraktiv.errors import PanelError


def write(folder: Path, text: str) -> Path:
    path = folder / "office.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_origin_is_the_year_before_the_first(tmp_path: Path) -> None:
    one = read_official(write(tmp_path, "place,year,population\n0301,2017,10\n0301,2018,11\n"))
    assert one.origins() == {2016}
    values = one.values("population", 2016, 3, np.array(["9999", "0301"]))
    np.testing.assert_array_equal(values, [[np.nan, 10], [np.nan, 11], [np.nan, np.nan]])


def test_several_origins_and_quantiles(tmp_path: Path) -> None:
    text = "place,year,origin,population,q10,q90\n1,2013,2012,10,9,11\n1,2013,2010,12,8,14\n"
    one = read_official(write(tmp_path, text))
    assert one.origins() == {2010, 2012}
    assert one.quantiles == {0.1: "q10", 0.9: "q90"}
    assert one.values("q90", 2010, 3, np.array(["1"]))[2, 0] == 14


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place,year\n1,2017\n", "population"),
        ("place,year,population\n1,2017,many\n", "column population: .*many"),
        ("place,year,population\n1,2017,5\n1,2017,6\n", "a year twice from one origin"),
        ("place,year,population\n1,,5\n", "column year: not a whole year"),
        ("place,year,population\n", "it has a header and no rows"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PanelError, match=said):
        read_official(write(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PanelError, match="there is no such file"):
        read_official(tmp_path / "none.csv")
