"""The ages of migrants: a made-up student town, small places, and the real panel."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import attraktiv
from attraktiv.backtests.known import known_panel
from attraktiv.errors import PanelError
from attraktiv.forecasts.along_ages import draw_along_ages
from attraktiv.forecasts.known import known_at
from attraktiv.forecasts.mortality import older
from attraktiv.forecasts.profile import Profile, estimate_profile
from attraktiv.forecasts.vital import Vital, estimate_vital
from attraktiv.panels.simulation.cohorts import migrant_profile

PLACES, YEARS, AGES = 40, 8, 101
TOWN, SMALL_TOWN = 0, 1


def no_deaths() -> Vital:
    return Vital(
        np.zeros((2, AGES)),
        np.zeros(AGES),
        0.5,
        np.ones((1, PLACES)),
        np.ones((1, PLACES)),
        np.ones((1, 1)),
        np.ones((1, 1)),
    )


def made_up(rng: np.random.Generator) -> tuple[xr.Dataset, np.ndarray, np.ndarray]:
    """Give a panel without deaths, the true profile (place, sex, age), and the spread (age,)."""
    size = np.full(PLACES, 400.0)
    size[SMALL_TOWN], size[2:10] = 60.0, 15.0
    profile = np.zeros((PLACES, 2, AGES))
    for town in (TOWN, SMALL_TOWN):
        profile[town, :, 19:21] = 0.10
        profile[town, :, 25:29] = -0.05
    spread = np.where(np.arange(AGES) < 40, 2.0, 0.25)
    people = np.tile(size[:, None, None], (1, 2, AGES))
    kept = [people]
    # without a mean over the years, which the profile would rightly take up
    shocks = rng.normal(0.0, 0.01, (YEARS, PLACES))
    shocks -= shocks.mean(axis=0)
    for year in range(YEARS):
        shock = shocks[year]
        mean = people * (profile + spread * shock[:, None, None])
        net = np.rint(mean + rng.normal(size=people.shape) * np.sqrt(0.03 * people))
        following = older(people + net)
        following[..., 0] = size[:, None]
        # what ages leaves the last age at once: nobody is older, so that sizes last
        following[..., -1] = size[:, None]
        people = np.maximum(following, 1.0)
        kept.append(people)
    cube = np.stack(kept, axis=1)
    dims = ("place", "year", "sex", "age")
    coords = {
        "place": [f"{i:02d}" for i in range(PLACES)],
        "year": np.arange(2000, 2000 + YEARS + 1),
        "sex": ["female", "male"],
        "age": np.arange(AGES),
    }
    panel = xr.Dataset({"population_by_age": (dims, cube)}, coords=coords)
    return panel, profile, spread


def sd(profile: Profile) -> np.ndarray:
    """Standard deviation (place, sex, age) of draws of a profile."""
    normal = np.random.default_rng(1).standard_normal((1000, *profile.mean.shape))
    draws = np.empty(normal.shape)
    draw_along_ages(profile.mean, profile.own, profile.steps, normal, draws)
    return draws.std(axis=0)


@pytest.fixture(scope="module")
def made():
    return made_up(np.random.default_rng(2))


@pytest.fixture(scope="module")
def found(made):
    return estimate_profile(made[0], known_at(made[0], 2000 + YEARS), no_deaths())


@pytest.fixture(scope="module")
def found_sd(found):
    return sd(found)


def test_a_student_town_without_net_migration_keeps_its_hump(made, found):
    _, true, _ = made
    for town, tolerance in ((TOWN, 0.012), (SMALL_TOWN, 0.035)):
        assert found.mean[town, :, 19:21] == pytest.approx(0.10, abs=tolerance)
        assert found.mean[town, :, 25:29] == pytest.approx(-0.05, abs=tolerance)
    assert (
        np.corrcoef(found.mean[TOWN, :, 15:60].ravel(), true[TOWN, :, 15:60].ravel())[0, 1] > 0.95
    )


def test_a_small_place_is_drawn_to_the_nation_and_less_sure(made, found, found_sd):
    panel, true, _ = made
    cube = panel["population_by_age"].values
    moved = cube[:, 1:, :, 1:] - cube[:, :-1, :, :-1]
    raw = moved.sum(axis=1) / cube[:, :-1, :, :-1].sum(axis=1)
    ages = slice(1, 80)
    error_of = [
        np.square(rates[2:10, :, ages] - true[2:10, :, ages]).mean() for rates in (raw, found.mean)
    ]
    assert error_of[1] < 0.3 * error_of[0]
    assert (found_sd[2:10, :, 20] > found_sd[10:, :, 20].max()).all()


def test_the_posterior_is_as_sure_as_it_is_right(made, found, found_sd):
    _, true, _ = made
    ages = slice(1, 60)
    off = (found.mean - true)[10:, :, ages] / found_sd[10:, :, ages]
    assert 0.4 < np.square(off).mean() < 2.0


def test_spread_is_found_and_above_zero(made, found):
    assert (found.spread > 0).all()
    true = made[2]
    assert found.spread[:, :35].mean() / found.spread[:, 45:80].mean() == pytest.approx(
        true[0] / true[-1], rel=0.4
    )


def test_the_chance_of_a_year_is_found(found):
    # 0.03 a person, and a twelfth of a person from whole persons
    assert found.noise[:, 2:90].mean() == pytest.approx(0.031, rel=0.1)


def test_the_chance_of_who_dies_is_not_taken_for_migration(made):
    panel = made[0].copy(deep=True)
    rng, rate = np.random.default_rng(3), 0.05
    people = np.full((PLACES, 2, AGES), 400)
    kept = [people]
    for _ in range(YEARS):
        people = np.maximum(older(people - rng.binomial(people, rate)), 0)
        people[..., 0], people[..., -1] = 400, 400
        kept.append(people)
    panel["population_by_age"].values[:] = np.stack(kept, axis=1)
    vital = no_deaths()
    vital.mortality[:] = rate / (1 - rate / 2)
    profile = estimate_profile(panel, known_at(panel, 2000 + YEARS), vital)
    assert profile.noise[:, :80].mean() < 0.02 * rate


def test_the_highest_ages_have_no_migrants(found, found_sd):
    assert np.abs(found.mean[..., -2:]).max() < 1e-6
    assert (found_sd[..., -2:] < 1e-5).all()


def test_a_place_without_data_has_the_nations_profile(made, found, found_sd):
    gaps = made[0].copy(deep=True)
    gaps["population_by_age"][5] = np.nan
    profile = estimate_profile(gaps, known_at(gaps, 2000 + YEARS), no_deaths())
    for values in vars(profile).values():
        assert np.isfinite(values).all()
    assert (sd(profile)[5, :, 20] >= found_sd[:, :, 20].max(axis=0)).all()


def test_people_that_a_border_moved_are_no_migrants(made, found):
    moved = made[0].copy(deep=True)
    year = {"year": slice(2004, None)}
    moved["population_by_age"].loc[year] = (
        moved["population_by_age"].loc[year]
        * np.where(np.arange(PLACES) == 12, 1.5, 1.0)[:, None, None, None]
    )
    transfer = xr.zeros_like(moved["population_by_age"].sum(("sex", "age")))
    before = moved["population_by_age"].sum(("sex", "age"))
    transfer.loc[{"year": 2003, "place": "12"}] = 0.5 * before.sel(year=2003, place="12")
    moved["boundary_transfer"] = transfer
    profile = estimate_profile(moved, known_at(moved, 2000 + YEARS), no_deaths())
    np.testing.assert_allclose(profile.mean[12], found.mean[12], atol=0.02)


def test_two_years_are_too_few(made):
    with pytest.raises(PanelError, match=r"at least 3 years.*has 2"):
        estimate_profile(made[0], known_at(made[0], 2002), no_deaths())


def test_the_ages_of_a_simulated_country():
    panel = attraktiv.simulate_country(places=100, years=10, seed=2).panel
    vital = estimate_vital(
        panel, known_at(panel, 2015), years=1, draws=200, rng=np.random.default_rng(1)
    )
    profile = estimate_profile(panel, known_at(panel, 2015), vital)
    # migrants of age a + 1 at the end of the year were a at its start, spread by counts of persons
    people = panel["population_by_age"].sel(year=slice(2005, 2014)).sum(("place", "year")).values
    true = migrant_profile()[:, 1:76] / people[:, :75]
    for s in range(2):
        assert np.corrcoef(profile.spread[s, :75], true[s])[0, 1] > 0.9


@pytest.mark.real_data
def test_norwegian_profiles_tell_the_next_years(norway):
    origin = 2016
    vital = estimate_vital(
        norway, known_at(norway, origin), years=3, draws=200, rng=np.random.default_rng(1)
    )
    profile = estimate_profile(norway, known_at(norway, origin), vital)
    later = estimate_profile(norway, known_at(norway, 2020), vital)
    assert np.isfinite(profile.mean).all()
    assert (profile.spread > 0).all()
    oslo = profile.mean[0]
    assert oslo[:, 19].min() > 0.1
    assert oslo[:, 32].max() < 0
    # places differ in the same way afterwards
    ages = slice(15, 35)
    one, other = (p.mean[..., ages] - p.mean[..., ages].mean(axis=0) for p in (profile, later))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.8


@pytest.mark.real_data
@pytest.mark.parametrize("origin", [2009, 2012])
def test_norwegian_children_of_one_age_are_within_their_intervals(norway, origin):
    """One age holds few persons: what it gains or loses is nearly all chance."""
    known = known_panel(norway, origin)
    run = attraktiv.fit(
        "hierarchical_static", known, last=origin - 1, draws=100, seed=1, progress=False
    )
    found = attraktiv.forecast(run, known, 1, ages=True, seed=1, progress=False)
    ahead = found["population_by_age"].isel(scenario=0).sel(year=origin + 1).sum("sex")
    came = norway["population_by_age"].sel(year=origin + 1).sum("sex").reindex_like(ahead)
    lower, upper = (ahead.quantile(q, ("chain", "draw")).drop_vars("quantile") for q in (0.1, 0.9))
    inside = ((came >= lower) & (came <= upper)).where(came.notnull())
    for age in (1, 4, 9):
        assert float(inside.sel(age=age).mean()) == pytest.approx(0.8, abs=0.08)
