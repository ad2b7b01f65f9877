"""Which of several tables gives a year."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from attraktiv.sources.assembly import Harmonised
from attraktiv.sources.extraction import Extract
from attraktiv.sources.preference import by_preference
from attraktiv.sources.recipes import Break, TableRecipe


def table(id_: str, years: list[int], **more: Any) -> Harmonised:
    by_industry = {"into": "jobs_by_industry", "keys": {"industry": "NACE"}}
    wanted = TableRecipe(**{"id": id_, "values": {"jobs": "jobs"}, **by_industry, **more})
    frame = pd.DataFrame({"place": "A", "year": years, "industry": "01", "jobs": 1.0})
    return Harmonised(Extract(wanted, frame, {}, {}, ()), frame, None, ())


def years_of(tables: list[Harmonised]) -> dict[str, list[int]]:
    return {t.extract.recipe.id: t.frame["year"].tolist() for t in tables}


def test_the_first_gives_all_its_years_and_the_next_the_rest() -> None:
    kept, breaks = by_preference([table("new", [2008, 2009]), table("old", [2006, 2007, 2008])])
    assert years_of(kept) == {"new": [2008, 2009], "old": [2006, 2007]}
    assert kept[1].notes == ("Years that new has are taken from there.",)
    assert breaks == (Break(variable="jobs_by_industry", year=2008),)


def test_a_table_that_gives_nothing_is_left_out_and_years_apart_are_no_break() -> None:
    tables = [table("new", [2009, 2010]), table("same", [2010]), table("old", [2006])]
    kept, breaks = by_preference(tables)
    assert years_of(kept) == {"new": [2009, 2010], "old": [2006]}
    assert breaks == ()


def test_a_year_of_which_nothing_is_known_is_none() -> None:
    hollow = table("new", [2008, 2009])
    hollow.frame.loc[0, "jobs"] = float("nan")
    kept, breaks = by_preference([hollow, table("old", [2008])])
    assert years_of(kept)["old"] == [2008]
    assert [item.year for item in breaks] == [2009]


@pytest.mark.parametrize(
    "more", [{"into": "panel"}, {"into": "projections", "name": "theirs", "origin": 2000}]
)
def test_columns_and_files_of_their_own_stand_beside_each_other(more: dict[str, Any]) -> None:
    tables = [table(id_, [2008], keys={}, **more) for id_ in ("one", "other")]
    kept, breaks = by_preference(tables)
    assert kept == tables
    assert breaks == ()
