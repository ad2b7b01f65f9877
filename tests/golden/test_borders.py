"""Figures brought to other borders, beside those of others.

The figures lie outside the repository; scripts/borders_figures.py reads them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scripts import borders_figures as figures

from attraktiv.sources.borders import compose_mappings
from attraktiv.sources.borders.mapping import of_years

pytestmark = [pytest.mark.real_data, pytest.mark.oracle]


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "norway"


@pytest.fixture(scope="module")
def divided(folder: Path) -> list[str]:
    return figures.divided(folder)


def test_the_mapping_leads_to_the_places_of_the_panel(folder: Path) -> None:
    places = pd.read_csv(folder / "places.csv", dtype={"place": str})
    assert set(figures.to_panel(folder)["place"]) == set(places["place"])


def test_groups_and_published_mapping_agree_but_for_what_one_lacks(folder: Path, divided) -> None:
    table = figures.groups_beside(folder)
    both = table.dropna()
    assert len(both) > 800
    assert (both["place"] == both["place_published"]).all()
    # what the groups call divided goes to the places with a fixed split
    assert table.loc[table["place"].isna(), "place_published"].isin(divided).all()


def test_a_mapping_made_of_changes_is_the_published_one(folder: Path) -> None:
    """From 0101 in 2019 over 3001 to 3101: two reforms, one after the other."""
    table = figures.codes_and_years(folder, range(2000, 2025)).dropna()
    assert len(table) > 10_000
    assert table["year"].nunique() == 25
    assert (table["code"] != table["place"]).sum() > 6_000
    assert (table["place_made"] == table["place"]).all()


def test_a_mapping_made_in_two_steps_is_the_one_made_at_once(folder: Path) -> None:
    span = (1994, 2020)
    first = figures.from_changes(folder, 2020, span)
    second = figures.from_changes(folder, 2024, (2020, 2024))
    at_once = figures.from_changes(folder, 2024, (1994, 2024))
    made = compose_mappings(first, second, 2020)
    years = range(*span)
    pd.testing.assert_frame_equal(of_years(made, years), of_years(at_once, years))


@pytest.mark.parametrize("count", ["jobs", "employed_residents"])
def test_jobs_are_those_of_the_panel(folder: Path, divided, count: str) -> None:
    table, found, report = figures.jobs(folder)
    assert found.groupby("year")[count].sum().equals(table.groupby("year")[count].sum())
    beside = figures.beside(found, folder, "panel.csv", ["place", "year"])
    beside = beside[beside["_merge"] == "both"]
    whole = beside[~beside["place"].isin(divided)]
    assert figures.agreement(whole[count], whole[f"{count}_stated"]) == figures.Agreement(
        len(whole), len(whole), 0.0
    )
    of_divided = beside[beside["place"].isin(divided)]
    assert len(of_divided) == 18
    # whole persons here, parts of persons or another rounding there
    assert figures.agreement(of_divided[count], of_divided[f"{count}_stated"]).farthest <= 1
    assert set(report.loc[report["kind"] == "split", "place"]) == set(divided) - {"1508"}


def test_commuters_are_those_of_the_panel(folder: Path, divided) -> None:
    table, found = figures.commuting(folder)
    assert found.groupby("year")["employed"].sum().equals(table.groupby("year")["employed"].sum())
    beside = figures.beside(found, folder, "commuting.csv.gz", ["home", "work", "year"])
    whole = beside[~beside["home"].isin(divided) & ~beside["work"].isin(divided)]
    assert (whole["_merge"] == "both").all()
    assert (whole["employed"] == whole["employed_stated"]).all()


def test_populations_in_the_borders_of_2017_are_those_of_the_panel(folder: Path, divided) -> None:
    table, found = figures.population(folder)
    totals = found.groupby("year")["population"].sum()
    assert totals.tolist() == table.groupby("of")["population"].sum().tolist()
    beside = figures.beside(found, folder, "population.csv", ["place", "year"])
    beside = beside[beside["_merge"] == "both"]
    assert set(beside["year"]) == set(range(2003, 2014))
    assert (beside["population"] == beside["population_stated"]).all()
    assert beside["place"].nunique() == 356 - len(divided) + 1  # Ålesund's history is known
