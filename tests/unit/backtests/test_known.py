"""Nothing later than the origin reaches a forecaster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from tests.unit.backtests.conftest import HORIZON, scrambled

from attraktiv.backtests.forecasters import Contest, Draws, run_task, tasks_of
from attraktiv.backtests.known import known_panel, look_ahead
from attraktiv.panels import content_hash
from attraktiv.words import look_ahead_name

ORIGIN = 2012


def same(one: dict[str, Draws], other: dict[str, Draws]) -> bool:
    return all(
        np.array_equal(values, other[who][what], equal_nan=True)
        for who, draws in one.items()
        for what, values in draws.items()
    )


def test_a_cut_panel_ends_with_the_population_of_the_origin(country: xr.Dataset) -> None:
    cut = known_panel(country, ORIGIN)
    assert int(cut["year"][-1]) == ORIGIN
    last = cut.sel(year=ORIGIN)
    for name in ("population", "population_by_age"):
        xr.testing.assert_equal(last[name], country[name].sel(year=ORIGIN))
    for name in ("net_migration", "natural_increase", "jobs"):
        assert last[name].isnull().all()
        xr.testing.assert_equal(cut[name].sel(year=ORIGIN - 1), country[name].sel(year=ORIGIN - 1))


def test_what_came_later_changes_no_cut_panel(country: xr.Dataset) -> None:
    other = scrambled(country, ORIGIN)
    assert content_hash(other) != content_hash(country)
    assert content_hash(known_panel(other, ORIGIN)) == content_hash(known_panel(country, ORIGIN))


def test_what_came_later_changes_no_forecast(contest: Contest, country: xr.Dataset) -> None:
    later = replace(contest, panel=scrambled(country, ORIGIN))
    for task in tasks_of(contest):
        mine, other = (run_task(one, task, ORIGIN, HORIZON) for one in (contest, later))
        assert mine
        assert same(mine, other), task


def test_a_planted_leak_is_caught(
    contest: Contest, country: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sees the panel uncut forecasts otherwise when the later years are otherwise."""
    from attraktiv.backtests import forecasters

    monkeypatch.setattr(forecasters, "known_panel", lambda panel, origin: panel)
    later = replace(contest, panel=scrambled(country, ORIGIN))
    mine, other = (run_task(one, "trend", ORIGIN, HORIZON) for one in (contest, later))
    assert not same(mine, other)


def test_a_column_that_knows_the_outcome_is_blank_at_the_origin(country: xr.Dataset) -> None:
    future = country["population"].shift(year=-1)
    cut = known_panel(country.assign(rumour=future), ORIGIN)
    assert cut["rumour"].sel(year=ORIGIN).isnull().all()


def test_text_of_later_years_is_blank(country: xr.Dataset) -> None:
    text = xr.full_like(country["population"], "exact", dtype=object)
    cut = known_panel(country.assign(flow_quality=text), ORIGIN)
    assert set(cut["flow_quality"].sel(year=ORIGIN).values) == {""}
    assert set(cut["flow_quality"].sel(year=ORIGIN - 1).values) == {"exact"}


def test_breaks_of_later_years_are_not_known(country: xr.Dataset) -> None:
    breaks = '[{"variable": "jobs", "year": 2009}, {"variable": "jobs", "year": 2012}]'
    cut = known_panel(country.assign_attrs(breaks=breaks), ORIGIN)
    assert cut.attrs["breaks"] == '[{"variable": "jobs", "year": 2009}]'


def test_what_has_no_year_is_named(country: xr.Dataset) -> None:
    first = int(country["commuting_year"].min())
    found = look_ahead(country, [first, first + 1], ["centrality", "population"])
    assert found == [
        {"what": "attribute", "name": "centrality"},
        {"what": "borders"},
        {"what": "commuting", "year": first, "first": first, "last": first},
    ]
    assert look_ahead(country, [first + 1], []) == [{"what": "borders"}]


def test_what_has_no_year_is_told_in_both_languages(country: xr.Dataset) -> None:
    first = int(country["commuting_year"].min())
    found = look_ahead(country, [first], ["centrality"])
    english, norwegian = (
        [look_ahead_name(one, language) for one in found] for language in ("en", "nb")
    )
    assert english[0] == "centrality (places.csv: no year)"
    assert english[2] == f"commuting of {first} (origins {first} to {first})"
    assert norwegian[0] == "sentralitet (places.csv: uten årstall)"
    assert norwegian[1] == "grensene mellom stedene (de i panelet)"
