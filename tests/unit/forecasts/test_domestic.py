"""A model of domestic migration alone: what the nation's places gain from each other, they lose."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from tests.unit.forecasts.conftest import ORIGIN
from tests.unit.specifications import specification

import attraktiv
from attraktiv import names
from attraktiv.errors import ForecastError
from attraktiv.forecasts.chance import Chance, draw_chance
from attraktiv.forecasts.gather import gather
from attraktiv.forecasts.inputs import Inputs
from attraktiv.forecasts.path import How
from attraktiv.forecasts.scenarios import Edit, Scenario
from attraktiv.forecasts.years import simulate

YEARS = 4


@pytest.fixture(scope="module")
def parted(country: xr.Dataset) -> xr.Dataset:
    """The country with its migration parted: abroad for each place by chance, and the rest."""
    net = country[names.NET_MIGRATION]
    share = country[names.POPULATION] / country[names.POPULATION].sum("place")
    own = np.random.default_rng(8).normal(0.0, 20.0, net.shape)
    abroad = (share * net.sum("place") + own - own.mean(axis=0)).where(net.notnull())
    return country.assign(
        {
            names.NET_DOMESTIC_MIGRATION: net - abroad,
            names.NET_INTERNATIONAL_MIGRATION: abroad,
        }
    )


@pytest.fixture(scope="module")
def domestic(parted: xr.Dataset) -> xr.DataTree:
    spec = specification("centrality", outcome=names.NET_DOMESTIC_MIGRATION_RATE)
    return attraktiv.fit(
        spec, parted, last=ORIGIN - 1, engine="collapsed", draws=10, seed=1, progress=False
    )


@pytest.fixture(scope="module")
def inputs(domestic: xr.DataTree, parted: xr.Dataset) -> Inputs:
    return gather(
        domestic, parted, YEARS, np.arange(8), 1, jobs=None, national=None, supplied=None,
        progress=False,
    )  # fmt: skip


def chance_of(inputs: Inputs) -> Chance:
    assert inputs.people is not None
    return draw_chance(
        np.random.SeedSequence(3), inputs.draws, len(inputs.places), YEARS,
        inputs.people.by_age.shape[1:], inputs.correlation_path, inputs.correlation_noise, None,
        False,
    )  # fmt: skip


def rest(inputs: Inputs, parted: xr.Dataset, population: np.ndarray, known: np.ndarray):
    """Give the persons (draw, place, year) that a known year of the panel brings from abroad."""
    before = parted.sel(year=slice(None, ORIGIN - 1))
    of_year = before[names.NET_INTERNATIONAL_MIGRATION] / before[names.POPULATION]
    rate = of_year.transpose("place", "year").values
    which = (known * rate.shape[1]).astype(int)
    return np.moveaxis(rate[:, which], 0, 1) * population


@pytest.mark.parametrize("base", ["continued", "high"])
def test_domestic_migration_sums_to_zero_in_every_draw_and_year(
    inputs: Inputs, parted: xr.Dataset, base
) -> None:
    chance = chance_of(inputs)
    # single precision is that of people, not of the sums: 1e-3 of a person in 1e6
    totals = simulate(inputs, Scenario(name=base, base=base), chance, How()).totals
    net = totals[names.NET_MIGRATION][..., :-1].astype(np.float64)
    population = totals[names.POPULATION][..., :-1].astype(np.float64)
    within = net - rest(inputs, parted, population, chance.known_year)
    assert np.abs(within).max() > 10.0
    np.testing.assert_allclose(within.sum(axis=1), 0.0, atol=1e-6 * population.sum(axis=1).max())
    assert np.unique((chance.known_year * (ORIGIN - int(parted.year[0]))).astype(int)).size > 3


def test_who_comes_from_abroad_is_known_and_edits_add_to_it(
    inputs: Inputs, parted: xr.Dataset
) -> None:
    chance = chance_of(inputs)
    edit = Edit(variable="national_immigration", add=700.0)
    more = Scenario(name="more", edits=(edit,))
    totals = simulate(inputs, more, chance, How()).totals
    net = totals[names.NET_MIGRATION][..., :-1].sum(axis=1, dtype=np.float64)
    population = totals[names.POPULATION][..., :-1].astype(np.float64)
    abroad = rest(inputs, parted, population, chance.known_year).sum(axis=1)
    np.testing.assert_allclose(net, abroad + 700.0, atol=1e-6 * population.sum(axis=1).max())


def test_the_whole_way(domestic: xr.DataTree, parted: xr.Dataset) -> None:
    found = attraktiv.forecast(domestic, parted, 2, scenarios=("low",), seed=2, progress=False)
    change = found.population.shift(year=-1) - found.population
    flows = found.births - found.deaths + found.net_migration
    assert float(abs(change - flows).max()) < 1e-6 * float(found.population.max())
    assert found.sizes["scenario"] == 2


def test_without_all_migration_there_is_no_rest(domestic: xr.DataTree, parted: xr.Dataset) -> None:
    with pytest.raises(ForecastError, match="explains domestic migration alone"):
        gather(
            domestic, parted.drop_vars(names.NET_MIGRATION), YEARS, np.arange(8), 1, jobs=None,
            national=None, supplied=None, progress=False,
        )  # fmt: skip
