"""Births, deaths, ageing and migrants, beside projections that are made in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attraktiv.forecasts import cohorts

DRAWS, PLACES, AGES = 3, 4, 30
FEMALE = 0
FIRST = np.array([0, 12, 24])  # of the groups whose deaths have a chance of their own


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def people(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(1.0, 100.0, (DRAWS, PLACES, 2, AGES))


@pytest.fixture
def rates(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    fertility = np.zeros(AGES)
    fertility[15:25] = 0.15
    return rng.uniform(0.01, 0.3, (2, AGES)), fertility


def natural(people, rates, levels=(1.0, 1.0), normal=None, uniform=None):
    """Let a year of births and deaths pass; give survivors, births and deaths."""
    mortality, fertility = rates
    wide = people.shape[:2]
    survivors, births, deaths = np.empty_like(people), np.empty(wide), np.empty(wide)
    level = [np.broadcast_to(np.asarray(x, people.dtype), wide).copy() for x in levels]
    certain = normal is None
    normal = np.zeros((*wide, 1 + len(FIRST))) if normal is None else normal
    args: tuple[Any, ...] = (people, FEMALE, mortality, fertility, 0.51, *level, normal)
    if uniform is None:
        once: Any = cohorts.natural
        once(*args, FIRST, certain, survivors, births, deaths)
    else:
        once = cohorts.natural_whole
        once(*args, uniform, survivors, births, deaths)
    return survivors, births, deaths


def migrate(people, survivors, net, profile, spread, whole=False, noise=None, numbers=None):
    """Let migrants come and go; give people a year later, how many moved and how many there are."""
    after, moved, population = survivors.copy(), np.empty(net.shape), np.empty(net.shape)
    start = np.full(net.shape, 0.37)
    first = np.zeros(net.shape, dtype=np.int32)
    if noise is None:
        noise, numbers = np.zeros(spread.shape, people.dtype), np.ones(spread.size, np.float32)
    else:
        first += np.arange(net.size, dtype=np.int32).reshape(net.shape) * spread.size
    cohorts.migrate(
        people, after, net, profile, spread, noise, numbers, first, start, whole, moved, population
    )
    return after, moved, population


def leslie(mortality: np.ndarray, fertility: np.ndarray, boys: float) -> np.ndarray:
    """Give the dense matrix that takes (sex, age) a year on."""
    ages = len(fertility)
    q = mortality / (1 + mortality / 2)
    matrix = np.zeros((2 * ages, 2 * ages))
    for sex in range(2):
        at = sex * ages
        for age in range(ages):
            matrix[at + min(age + 1, ages - 1), at + age] += 1 - q[sex, age]
        matrix[at, FEMALE * ages : FEMALE * ages + ages] += fertility * (
            1 - boys if sex == FEMALE else boys
        )
    return matrix


def test_thirty_years_are_those_of_a_dense_leslie_matrix(people, rates) -> None:
    matrix = leslie(rates[0], rates[1], 0.51)
    expected = people.reshape(DRAWS * PLACES, -1).T
    found = people
    nobody = np.zeros((DRAWS, PLACES))
    for _ in range(30):
        expected = matrix @ expected
        survivors, _, _ = natural(found, rates)
        found, _, _ = migrate(found, survivors, nobody, np.zeros_like(found), np.ones((2, AGES)))
    np.testing.assert_allclose(found.reshape(DRAWS * PLACES, -1).T, expected, rtol=1e-9)


def test_births_and_deaths_balance_in_every_cell(people, rates, rng) -> None:
    normal = rng.standard_normal((DRAWS, PLACES, 1 + len(FIRST)))
    survivors, births, deaths = natural(people, rates, (1.3, 0.8), normal)
    np.testing.assert_allclose(
        survivors.sum((2, 3)), people.sum((2, 3)) + births - deaths, rtol=1e-12
    )
    np.testing.assert_allclose(survivors[..., 0].sum(2), births, rtol=1e-12)
    assert (survivors[..., 1:-1] <= people[..., :-2]).all()


def test_chance_has_the_mean_and_variance_of_counts(rates) -> None:
    draws = 40_000
    people = np.full((draws, 1, 2, AGES), 3.0)
    normal = np.random.default_rng(1).standard_normal((draws, 1, 1 + len(FIRST)))
    survivors, births, deaths = natural(people, rates, normal=normal)
    expected, expected_births, expected_deaths = natural(people[:1], rates)
    for found, mean, counts in (
        (births, float(expected_births[0, 0]), 1),
        (deaths, float(expected_deaths[0, 0]), len(FIRST)),
    ):
        assert abs(found.mean() - mean) < 5 * np.sqrt(mean / draws)
        # a count has the variance of its mean, less an eighth; counts that are summed are apart
        assert found.var() / (mean - counts / 8) == pytest.approx(1.0, abs=0.04)
    # of the middle group alone, from those who are left of it a year later
    group = slice(FIRST[1] + 1, FIRST[2] + 1)
    left = survivors[..., group].sum((1, 2, 3))
    dead = 3.0 * 2 * (FIRST[2] - FIRST[1]) - left
    mean = 3.0 * 2 * (FIRST[2] - FIRST[1]) - float(expected[..., group].sum())
    assert abs(dead.mean() - mean) < 5 * np.sqrt(mean / draws)
    assert dead.var() / (mean - 1 / 8) == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("mean", [0.02, 0.2, 0.6, 4.0])
def test_few_deaths_are_no_more_by_chance_than_without(mean) -> None:
    """Where less than one death is expected a count that is cut at zero would have too many."""
    draws = 200_000
    people = np.zeros((draws, 1, 2, AGES))
    people[..., 5] = 5000.0
    rates = np.zeros((2, AGES)), np.zeros(AGES)
    rates[0][:, 5] = mean / 10_000
    normal = np.random.default_rng(4).standard_normal((draws, 1, 1 + len(FIRST)))
    survivors, _, deaths = natural(people, rates, normal=normal)
    assert (deaths >= 0).all()
    assert abs(deaths.mean() / mean - 1) < 5 * deaths.std() / mean / np.sqrt(draws) + 1e-3
    np.testing.assert_allclose(survivors.sum((2, 3)) + deaths, 10_000.0, rtol=1e-12)


def test_nobody_dies_twice(rates) -> None:
    people = np.full((2000, 1, 2, AGES), 0.4)
    normal = 3.0 * np.random.default_rng(6).standard_normal((2000, 1, 1 + len(FIRST)))
    survivors, births, deaths = natural(people, rates, normal=normal)
    assert (survivors >= 0).all()
    assert (survivors == 0).any()
    np.testing.assert_allclose(
        survivors.sum((2, 3)), people.sum((2, 3)) + births - deaths, rtol=1e-12
    )


def test_whole_persons_have_the_mean_and_variance_of_binomial_deaths(rates) -> None:
    draws = 20_000
    people = np.full((draws, 1, 2, AGES), 3.0)
    rng = np.random.default_rng(2)
    survivors, births, deaths = natural(
        people, rates, normal=rng.standard_normal((draws, 1, 2)),
        uniform=rng.random(people.shape, dtype=np.float32),
    )  # fmt: skip
    q = rates[0] / (1 + rates[0] / 2)
    assert abs(deaths.mean() - 3 * q.sum()) < 5 * np.sqrt(3 * (q * (1 - q)).sum() / draws)
    assert deaths.var() == pytest.approx(3 * (q * (1 - q)).sum(), rel=0.05)
    assert births.var() == pytest.approx(births.mean(), rel=0.05)
    np.testing.assert_array_equal(survivors, np.round(survivors))
    np.testing.assert_array_equal(survivors.sum((2, 3)), people.sum((2, 3)) + births - deaths)


def test_many_whole_persons_die_as_often_as_few(rates) -> None:
    draws = 4_000
    people = np.full((draws, 1, 2, AGES), 20_000.0)
    rng = np.random.default_rng(3)
    _, births, deaths = natural(
        people, rates, normal=rng.standard_normal((draws, 1, 2)),
        uniform=rng.random(people.shape, dtype=np.float32),
    )  # fmt: skip
    q = rates[0] / (1 + rates[0] / 2)
    assert deaths.mean() == pytest.approx(20_000 * q.sum(), rel=1e-3)
    assert births.mean() == pytest.approx(20_000 * rates[1].sum(), rel=3e-3)


def test_migrants_keep_their_total_and_their_hump(people, rates, rng) -> None:
    profile = np.zeros_like(people)
    profile[..., 19], profile[..., 25] = 0.3, -0.2
    survivors, _, _ = natural(people, rates)
    net = rng.normal(0.0, 40.0, (DRAWS, PLACES))
    after, moved, population = migrate(people, survivors, net, profile, np.full((2, AGES), 0.01))
    np.testing.assert_allclose(moved, net, atol=1e-9)
    np.testing.assert_allclose(after.sum((2, 3)), population, rtol=1e-12)
    np.testing.assert_allclose(population, survivors.sum((2, 3)) + net, rtol=1e-12)
    by_age = (after - survivors).sum((0, 1, 2))
    # those who were 19 and 25 at the start of the year are a year older
    assert by_age.argmax() == 20
    assert by_age.argmin() == 26


@pytest.mark.parametrize("whole", [False, True])
def test_chance_moves_the_ages_of_migrants_and_not_their_total(rng, whole) -> None:
    draws = 20_000
    people = np.full((draws, 1, 2, AGES), 400.0)
    people[..., :5] = 100.0
    noise = np.full((2, AGES), 0.04)
    noise[1, :] = 0.01
    numbers = rng.standard_normal(draws * 2 * AGES, dtype=np.float32)
    survivors = np.zeros_like(people)
    survivors[..., 1:] = people[..., :-1]  # nobody is old: the last age takes no two
    spread, net = np.ones((2, AGES)), np.full((draws, 1), 30.0)
    after, moved, population = migrate(
        people, survivors, net, np.zeros_like(people), spread, whole, noise, numbers
    )
    np.testing.assert_allclose(moved, net, atol=1e-9)
    np.testing.assert_allclose(after.sum((2, 3)), population, rtol=1e-12)
    # cells of ages 0 to the last but two at the start of the year, a year later
    here, found = people[0, 0, :, : AGES - 2], (after - survivors)[:, 0, :, 1 : AGES - 1]
    expected = 30.0 * here / people[0].sum()
    np.testing.assert_allclose(found.mean(axis=0), expected, atol=0.15)
    variance = noise * people[0, 0]
    left = (variance * (1 - variance / variance.sum()))[:, : AGES - 2]
    # rounding to whole persons adds the chance of a fraction, at most a quarter
    np.testing.assert_allclose(found.var(axis=0), left, rtol=0.05, atol=0.3 if whole else 0.0)
    one, other = found[:, 0, 3] - expected[0, 3], found[:, 1, 9] - expected[1, 9]
    assert np.mean(one * other) == pytest.approx(
        -variance[0, 3] * variance[1, 9] / variance.sum(), abs=0.05
    )


@pytest.mark.parametrize("whole", [False, True])
def test_a_place_never_has_less_than_nobody(people, rates, whole) -> None:
    people = np.floor(people)
    survivors = np.zeros_like(people)
    survivors[..., 1:] = people[..., :-1]
    total = survivors.sum((2, 3))
    spread = np.ones((2, AGES))
    spread[:, :10] = 9.0
    for net in (-0.9 * total, -3.0 * total):
        net = np.floor(net)
        after, moved, population = migrate(
            people, survivors, net, np.zeros_like(people), spread, whole
        )
        assert (after >= 0).all()
        np.testing.assert_allclose(moved, np.maximum(net, -total))
        np.testing.assert_allclose(after.sum((2, 3)), population, atol=1e-9)
        np.testing.assert_allclose(population, np.maximum(total + net, 0.0), atol=1e-9)
        if whole:
            np.testing.assert_array_equal(after, np.round(after))


def test_people_come_to_where_nobody_lives() -> None:
    nobody = np.zeros((1, 1, 2, AGES))
    spread = np.ones((2, AGES))
    after, moved, _ = migrate(nobody, nobody, np.array([[60.0]]), nobody.copy(), spread)
    assert moved[0, 0] == 60.0
    assert after.sum() == pytest.approx(60.0)


def test_single_and_double_precision_agree(people, rates, rng) -> None:
    net = rng.normal(0.0, 20.0, (DRAWS, PLACES))
    found = []
    for dtype in (np.float32, np.float64):
        one = people.astype(dtype)
        survivors, _, _ = natural(one, tuple(rate.astype(dtype) for rate in rates))
        found.append(migrate(one, survivors, net, np.zeros_like(one), np.ones((2, AGES), dtype))[0])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4)


def test_groups_of_ages_are_sums(people) -> None:
    out = np.empty((2, DRAWS, PLACES))
    cohorts.by_groups(people, np.array([0, 10]), np.array([10, 20]), out)
    np.testing.assert_allclose(out[1], people[..., 10:20].sum((2, 3)))
