"""The years to come beside a projection by hand, and what is drawn from known years."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import xarray as xr

from attraktiv import names
from attraktiv.forecasts.chance import Chance, draw_chance
from attraktiv.forecasts.gather import gather
from attraktiv.forecasts.inputs import Inputs, People
from attraktiv.forecasts.path import AGE_GROUPS, How, Path
from attraktiv.forecasts.scenarios import Scenario
from attraktiv.forecasts.years import simulate

YEARS = 4
CERTAIN = How(certain=True)


@pytest.fixture(scope="module")
def inputs(run: xr.DataTree, country: xr.Dataset) -> Inputs:
    return gather(
        run, country, YEARS, np.array([0, 7]), 1, jobs=None, national=None, supplied=None,
        progress=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def linked_inputs(linked: xr.DataTree, jobs: xr.DataTree, country: xr.Dataset) -> Inputs:
    return gather(
        linked, country, YEARS, np.array([3, 5]), 1, jobs=jobs, national=None, supplied=None,
        progress=False,
    )  # fmt: skip


def people_of(inputs: Inputs) -> People:
    """People by age, which the country has."""
    assert inputs.people is not None
    return inputs.people


def certain_path(inputs: Inputs, scenario: Literal["continued", "neutral"] = "continued") -> Path:
    chance = draw_chance(
        np.random.SeedSequence(1), inputs.draws, len(inputs.places), YEARS,
        people_of(inputs).by_age.shape[1:], inputs.correlation_path, inputs.correlation_noise, None,
        True,
    )  # fmt: skip
    return simulate(inputs, Scenario(name=scenario, base=scenario), chance, CERTAIN)


def by_hand(inputs: Inputs, country: xr.Dataset, draw: int) -> np.ndarray:
    """Project one draw without chance, place by place and age by age, (year, place)."""
    e, people = inputs.migration.equation, people_of(inputs)
    vital, profile = people.vital, people.profile
    scale = dict(zip(e.terms, e.scale, strict=True))
    beta = dict(zip(e.terms, e.beta[draw], strict=True))
    centrality = country["centrality"].values
    everyone = people.by_age.copy()
    level = e.level[draw]
    out = [everyone.sum((1, 2))]
    ages = len(people.ages)
    for t in range(YEARS):
        level = e.level_mean[draw] + e.level_rho[draw] * (level - e.level_mean[draw])
        size = everyone.sum((1, 2))
        young = everyone[:, :, 20:40].sum((1, 2)) / size
        factors = {"centrality": centrality, "log(population)": np.log(size), "share_20_39": young}
        rate = level + e.lasting[draw]
        for label, x in factors.items():
            rate = rate + beta[label] * (x - x.mean()) / scale[label]
        after = np.zeros_like(everyone)
        for i in range(len(size)):
            f = vital.mortality_of_place[draw, i] * vital.mortality_level[draw, t]
            g = vital.fertility_of_place[draw, i] * vital.fertility_level[draw, t]
            born = g * (everyone[i, people.female] * vital.fertility).sum()
            here = everyone[i]
            m = vital.mortality * f
            staying = here * (1 - np.minimum(m / (1 + m / 2), 1))
            net = rate[i] * size[i] / 100
            delta = (net - (here * profile.mean[i]).sum()) / (here * profile.spread).sum()
            moving = here * (profile.mean[i] + profile.spread * delta)
            for s in range(2):
                boys = vital.share_of_boys
                after[i, s, 0] = born * (1 - boys if s == people.female else boys)
                for a in range(ages):
                    after[i, s, np.minimum(a + 1, ages - 1)] += staying[s, a] + moving[s, a]
        everyone = after
        out.append(everyone.sum((1, 2)))
    return np.array(out)


def test_without_chance_it_is_a_projection_by_hand(inputs: Inputs, country: xr.Dataset) -> None:
    assert set(inputs.migration.equation.terms) == {"centrality", "log(population)", "share_20_39"}
    sure = replace(
        people_of(inputs).vital,
        mortality_of_place=people_of(inputs).vital.mortality_of_place.astype(np.float64),
        fertility_of_place=people_of(inputs).vital.fertility_of_place.astype(np.float64),
    )
    inputs = replace(inputs, people=replace(people_of(inputs), vital=sure))
    path = certain_path(inputs)
    for draw in range(2):
        found = path.totals[names.POPULATION][draw].T
        np.testing.assert_allclose(found, by_hand(inputs, country, draw), rtol=1e-9)


def test_births_deaths_and_migrants_balance(inputs: Inputs) -> None:
    totals = certain_path(inputs).totals
    change = np.diff(totals[names.POPULATION], axis=-1)
    flows = totals[names.BIRTHS] - totals[names.DEATHS] + totals[names.NET_MIGRATION]
    np.testing.assert_allclose(change, flows[..., :-1], atol=1e-7)
    by_group = certain_path(inputs).by_group
    assert by_group is not None
    assert by_group.shape[1] == len(AGE_GROUPS)
    np.testing.assert_allclose(by_group.sum(axis=1), totals[names.POPULATION], rtol=1e-12)


def test_neutral_takes_attractiveness_away(inputs: Inputs) -> None:
    e = inputs.migration.equation
    flat = replace(e, lasting=np.zeros_like(e.lasting))
    without = replace(inputs, migration=replace(inputs.migration, equation=flat))
    np.testing.assert_allclose(
        certain_path(inputs, "neutral").totals[names.POPULATION],
        certain_path(without).totals[names.POPULATION],
        rtol=1e-12,
    )


def test_jobs_and_people_pass_as_the_recursion_says(
    linked_inputs: Inputs, country: xr.Dataset
) -> None:
    totals = certain_path(linked_inputs).totals
    assert linked_inputs.jobs is not None
    e, j = linked_inputs.migration.equation, linked_inputs.jobs.equation
    jobs, people = totals[names.JOBS], totals[names.POPULATION]
    growth = 100 * np.diff(jobs, axis=-1) / jobs[..., :-1]
    eta = j.raw_beta("lag(population_growth, 1)")[:, None]
    of_people = 100 * np.diff(people, axis=-1) / people[..., :-1]
    left = growth[..., :-1]
    for t in range(left.shape[-1]):  # the year t + 1
        level = j.level_mean + j.level_rho ** (t + 2) * (j.level - j.level_mean)
        path = j.lasting + j.path * (j.rho ** (t + 2))[:, None]
        before = of_people[..., t]
        expected = level[:, None] + path + eta * (before - before.mean(axis=1, keepdims=True))
        mix = left[..., t] - expected
        # what is left is the industry mix of one known year, the same in every draw but for β
        beta = j.raw_beta("industry_mix")
        years = j.factors[:, :, j.terms.index("industry_mix")] * j.scale[
            j.terms.index("industry_mix")
        ]  # fmt: skip
        for draw in range(2):
            distance = np.abs(mix[draw][:, None] - beta[draw] * years).max(axis=0)
            assert distance.min() < 1e-8
    assert np.abs(e.raw_beta("own_job_growth")).min() > 0


def test_chance_is_that_of_the_block_and_not_of_the_scenario(inputs: Inputs) -> None:
    def chance() -> Chance:
        return draw_chance(
            np.random.SeedSequence(4), 2, 3, 5, (2, 9), np.array([0.0, 1.0]), np.zeros(2), None,
            False,
        )  # fmt: skip

    one, other = chance(), chance()
    np.testing.assert_array_equal(one.noise, other.noise)
    np.testing.assert_allclose(one.jobs_path[1], one.path[1], rtol=1e-6)
    assert abs(one.jobs_path[0] - one.path[0]).max() > 0.1
