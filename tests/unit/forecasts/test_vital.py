"""Births and deaths: the truth of a simulated country, what is known, and the real panel."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import attraktiv
from attraktiv.errors import PanelError
from attraktiv.forecasts.known import known_at
from attraktiv.forecasts.levels import LevelPrior, carried_on
from attraktiv.forecasts.mortality import probability_of_death
from attraktiv.forecasts.vital import Vital, estimate_vital
from attraktiv.panels.schedules import Schedules
from attraktiv.panels.simulation.cohorts import death_probabilities, fertility_rates

ORIGIN = 2017
PRIOR = LevelPrior(drift=-0.015, drift_sd=0.01, innovation=0.01, irregular=0.015)


def life_expectancy(probability: np.ndarray) -> np.ndarray:
    alive = np.cumprod(np.hstack([np.ones((2, 1)), 1 - probability[:, :-1]]), axis=1)
    return (alive * (1 - probability / 2)).sum(axis=1)


def vital_of(panel: xr.Dataset, origin: int = ORIGIN, **kwargs) -> Vital:
    kwargs = {"years": 3, "draws": 800, "rng": np.random.default_rng(3), **kwargs}
    return estimate_vital(panel, known_at(panel, origin), **kwargs)


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    return attraktiv.simulate_country(places=150, years=12, seed=5).panel


@pytest.fixture(scope="module")
def vital(panel) -> Vital:
    return vital_of(panel)


def test_the_truth_of_a_simulated_country(vital):
    lives = life_expectancy(probability_of_death(vital.mortality))
    true_deaths = death_probabilities()
    # the pattern has no deaths of infants apart
    true_deaths[:, 0] = true_deaths[:, 1]
    np.testing.assert_allclose(lives, life_expectancy(true_deaths), atol=0.5)
    true = fertility_rates()
    assert vital.fertility.sum() == pytest.approx(true.sum(), rel=0.03)
    ages = np.arange(len(true))
    mean = ages @ vital.fertility / vital.fertility.sum()
    assert mean == pytest.approx(ages @ true / true.sum(), abs=1.0)
    assert vital.share_of_boys == pytest.approx(0.513, abs=0.003)
    old = slice(65, 95)
    np.testing.assert_allclose(
        probability_of_death(vital.mortality)[:, old], death_probabilities()[:, old], rtol=0.12
    )


def test_places_alike_have_factors_near_one(vital):
    for factors in (vital.mortality_of_place, vital.fertility_of_place):
        assert factors.dtype == np.float32
        assert factors.shape == (800, 150)
        assert factors.mean(axis=0).std() < 0.03


def test_a_place_of_many_births_is_found(panel):
    changed = panel.copy(deep=True)
    largest = int(panel["population"].values[:, 0].argmax())
    changed["births"][largest] *= 1.3
    changed["deaths"][largest] *= 0.8
    vital = vital_of(changed)
    assert vital.fertility_of_place[:, largest].mean() == pytest.approx(1.28, abs=0.06)
    assert vital.mortality_of_place[:, largest].mean() == pytest.approx(0.82, abs=0.06)


def test_nothing_after_the_origin_is_used(panel, vital):
    later = panel.copy(deep=True)
    for name in ("births", "deaths", "natural_increase"):
        later[name].loc[{"year": slice(ORIGIN, None)}] = 1e6
    later = later.sel(year=slice(2005, ORIGIN)).copy(deep=True)
    early = vital_of(panel, 2014)
    changed = panel.copy(deep=True)
    changed["population_by_age"].loc[{"year": slice(2015, None)}] = 7.0
    changed["births"].loc[{"year": slice(2014, None)}] = 1e6
    changed["deaths"].loc[{"year": slice(2014, None)}] = 1e6
    again = vital_of(changed, 2014)
    for field in ("mortality", "fertility", "mortality_of_place", "fertility_level"):
        np.testing.assert_array_equal(getattr(early, field), getattr(again, field))
        np.testing.assert_array_equal(getattr(vital, field), getattr(vital_of(later), field))


def test_deaths_from_natural_increase_are_the_same(panel, vital):
    without = vital_of(panel.drop_vars("deaths"))
    np.testing.assert_allclose(without.mortality, vital.mortality, rtol=1e-9)


def test_births_are_those_aged_0_where_the_column_is_absent(panel):
    known = known_at(panel.drop_vars(["births", "deaths"]), ORIGIN)
    aged_0 = panel["population_by_age"].sel(age=0).sum("sex").sel(year=slice(2006, ORIGIN))
    np.testing.assert_array_equal(known.births, aged_0.transpose("place", "year"))


def test_a_place_without_data_has_factors_of_mean_one(panel):
    gaps = panel.copy(deep=True)
    gaps["population_by_age"][3] = np.nan
    gaps["deaths"][4] = np.nan
    gaps["natural_increase"][4] = np.nan
    vital = vital_of(gaps, draws=4000)
    for values in vars(vital).values():
        assert np.isfinite(values).all()
    assert vital.fertility_of_place[:, 3].mean() == pytest.approx(1.0, abs=0.02)
    assert vital.mortality_of_place[:, [3, 4]].mean(axis=0) == pytest.approx(1.0, abs=0.02)


def test_an_error_of_measurement_makes_places_less_sure(panel):
    rough = panel.drop_vars("deaths")
    rough["measurement_sd"] = rough["measurement_sd"] + 0.3
    largest = int(panel["population"].values[:, 0].argmax())
    rough["natural_increase"][largest] -= 0.2 * panel["deaths"][largest]
    sharp = rough.assign(measurement_sd=0.0 * rough["measurement_sd"])
    unsure = vital_of(rough).mortality_of_place[:, largest].mean()
    assert 1.0 < unsure < vital_of(sharp).mortality_of_place[:, largest].mean() - 0.03


def test_a_panel_without_deaths_says_what_is_needed(panel):
    bare = panel.drop_vars(["deaths", "natural_increase"])
    with pytest.raises(PanelError, match=r"natural_increase.*mortality\.csv"):
        vital_of(bare)


def test_a_panel_without_ages_says_what_is_needed(panel):
    with pytest.raises(PanelError, match=r"population_by_age\.csv"):
        vital_of(panel.drop_vars("population_by_age"))


def test_an_origin_beyond_the_ages_is_refused(panel):
    with pytest.raises(PanelError, match="1 January 2017 and 2018 are not both known"):
        vital_of(panel, 2018)


def test_unknown_sexes_are_refused(panel):
    with pytest.raises(PanelError, match="which are women"):
        vital_of(panel.assign_coords(sex=["x", "y"]))


def test_sexes_may_stand_in_any_order(panel, vital):
    turned = vital_of(panel.isel(sex=[1, 0]))
    np.testing.assert_allclose(turned.mortality, vital.mortality[::-1], rtol=1e-6)
    assert turned.share_of_boys == vital.share_of_boys


def test_supplied_rates_are_the_pattern(panel):
    mortality = xr.DataArray(
        np.full((2, 106), 0.02),
        dims=("sex", "age"),
        coords={"sex": ["male", "female"], "age": np.arange(106)},
    )
    fertility = xr.DataArray(np.full(10, 0.15), dims="age", coords={"age": np.arange(25, 35)})
    vital = vital_of(
        panel.drop_vars(["deaths", "natural_increase"]),
        supplied=Schedules(fertility, mortality),
    )
    assert (vital.mortality == 0.02).all()
    assert vital.fertility.sum() == pytest.approx(1.5)
    assert (vital.mortality_of_place == 1).all()
    # nothing but the prior says how mortality goes on
    assert np.log(vital.mortality_level[:, 0]).mean() == pytest.approx(-0.015, abs=0.005)
    with pytest.raises(PanelError, match=r"no rate for 106.*female, 0"):
        vital_of(panel, supplied=Schedules(mortality=mortality.isel(sex=[0])))


def test_a_drift_is_learnt_as_far_as_the_years_tell():
    years = np.arange(15)
    expected = np.full(15, 40_000.0)
    observed = expected * np.exp(-0.03 * (years - 14))
    level, paths = carried_on(
        observed,
        expected,
        0 * expected,
        PRIOR,
        years=10,
        draws=4000,
        rng=np.random.default_rng(1),
    )
    assert level == pytest.approx(1.0, abs=0.01)
    assert -0.3 < np.log(paths[:, 9]).mean() < -0.2
    wide = np.log(paths).std(axis=0)
    assert (np.diff(wide) > 0).all()


def test_a_level_is_the_exact_posterior_where_the_grid_is_a_point():
    # a random walk that is seen without error: the next year is the last, and the spread is sigma
    prior = LevelPrior(0.0, 0.0, innovation=0.05, irregular=1e-6, log_sd=1e-9)
    observed = np.array([1.0, 1.1, 0.9, 1.2]) * 1e12
    level, paths = carried_on(
        observed,
        np.full(4, 1e12),
        np.zeros(4),
        prior,
        years=2,
        draws=40_000,
        rng=np.random.default_rng(1),
    )
    assert level == pytest.approx(1.2, rel=1e-4)
    logs = np.log(paths)
    assert logs.mean(axis=0) == pytest.approx(0.0, abs=0.002)
    assert logs.std(axis=0) == pytest.approx([0.05, 0.05 * np.sqrt(2)], rel=0.03)


def test_a_change_that_persists_goes_on_and_dies_out():
    prior = LevelPrior(0.0, 0.0, 0.05, 1e-6, persistence=(0.5,), log_sd=1e-9)
    observed = np.exp(np.array([0.0, 0.0, -0.08])) * 1e12
    _, paths = carried_on(
        observed,
        np.full(3, 1e12),
        np.zeros(3),
        prior,
        years=2,
        draws=40_000,
        rng=np.random.default_rng(1),
    )
    assert np.log(paths).mean(axis=0) == pytest.approx([-0.04, -0.06], abs=0.002)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("origin", "lives", "births_per_woman"),
    [(2010, (83.2, 78.9), 1.95), (2013, (83.6, 79.6), 1.80), (2016, (84.2, 80.6), 1.72)],
)
def test_norway_is_near_what_its_statistics_say(norway, origin, lives, births_per_woman):
    vital = vital_of(norway, origin)
    found = life_expectancy(probability_of_death(vital.mortality))
    np.testing.assert_allclose(found, lives, atol=0.8)
    assert vital.fertility.sum() == pytest.approx(births_per_woman, rel=0.05)
    later = norway.sel(year=origin)
    women = later["population_by_age"].sel(sex="female").fillna(0.0)
    births = (women.values @ vital.fertility * vital.fertility_of_place).sum(axis=1)
    births = births * vital.fertility_level[:, 0]
    low, high = np.quantile(births, [0.01, 0.99])
    assert low < float(later["births"].sum()) < high
