"""Population by sex and age of a simulated country, in whole persons.

Mortality follows Gompertz's law, fertility a normal curve over the mother's age, and net migrants
the age profile of Rogers and Castro (1981). Every count is whole, so that the population of a
year is exactly that of the year before plus its flows.
"""

from __future__ import annotations

import numpy as np

AGES = np.arange(106)
SEXES = ("female", "male")
FEMALE, MALE = 0, 1
_TOTAL_FERTILITY, _MEAN_AGE, _AGE_SD = 1.75, 30.5, 5.3
_SHARE_OF_BOYS = 0.513
_GOMPERTZ_SLOPE, _MODAL_AGES = 0.1, np.array([90.0, 86.5])
_INFANT_DEATH, _BACKGROUND = 0.002, 0.0002


def death_probabilities() -> np.ndarray:
    """Give the probability of dying within a year, (sex, age)."""
    slope = _GOMPERTZ_SLOPE
    hazard = slope * np.exp(slope * (AGES - _MODAL_AGES[:, None])) + _BACKGROUND
    probability: np.ndarray = 1 - np.exp(-hazard)
    probability[:, 0] += _INFANT_DEATH
    return probability


def fertility_rates() -> np.ndarray:
    """Give births per woman and year by age, (age,)."""
    curve: np.ndarray = np.exp(-0.5 * ((AGES - _MEAN_AGE) / _AGE_SD) ** 2)
    curve[(AGES < 15) | (AGES > 49)] = 0.0
    curve *= _TOTAL_FERTILITY / curve.sum()
    return curve


def migrant_profile() -> np.ndarray:
    """Give the relative propensity to migrate by sex and age, (sex, age)."""
    childhood = 0.5 * np.exp(-0.12 * AGES)
    youth = 2.0 * np.exp(-0.11 * (AGES - 22) - np.exp(-0.45 * (AGES - 22)))
    return np.tile(childhood + youth + 0.08, (len(SEXES), 1))


def start_population(
    rng: np.random.Generator, size: np.ndarray, centrality: np.ndarray
) -> np.ndarray:
    """Draw the first population, (place, sex, age), whole persons that add up to ``size``.

    A stationary age structure, with more young adults and fewer old where centrality is high.
    """
    alive = np.cumprod(1 - death_probabilities(), axis=1)
    young = ((AGES >= 20) & (AGES < 40)).astype(float)
    old = (AGES >= 67).astype(float)
    tilt = (centrality - centrality.mean()) / 1000.0
    more_young = 0.5 * tilt + rng.normal(0.0, 0.08, len(size))
    more_old = -0.7 * tilt + rng.normal(0.0, 0.12, len(size))
    shape = alive * np.exp(more_young[:, None, None] * young + more_old[:, None, None] * old)
    share = shape.reshape(len(size), -1)
    share = share / share.sum(axis=1, keepdims=True)
    drawn = rng.multinomial(size.astype(np.int64), share)
    return drawn.reshape(len(size), len(SEXES), len(AGES))


def natural_year(
    rng: np.random.Generator, population: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Let a year of births and deaths pass, without migration.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    population : numpy.ndarray
        (place, sex, age) on 1 January.

    Returns
    -------
    tuple of numpy.ndarray
        The population a year older (place, sex, age), births (place,) and deaths (place,).
    """
    died = rng.binomial(population, death_probabilities())
    births = rng.poisson(population[:, FEMALE] @ fertility_rates())
    boys = rng.binomial(births, _SHARE_OF_BOYS)
    older = np.zeros_like(population)
    alive = population - died
    older[..., 1:] = alive[..., :-1]
    older[..., -1] += alive[..., -1]
    older[:, FEMALE, 0] = births - boys
    older[:, MALE, 0] = boys
    return older, births, died.sum(axis=(1, 2))


def add_migrants(population: np.ndarray, net: np.ndarray) -> np.ndarray:
    """Spread net migrants over sex and age, whole persons.

    Parameters
    ----------
    population : numpy.ndarray
        (place, sex, age).
    net : numpy.ndarray
        (place,) whole net migrants, not below minus half the population.

    Returns
    -------
    numpy.ndarray
        (place, sex, age), never negative; its sums have changed by exactly ``net``.
    """
    shape = population.shape
    people = population.reshape(len(net), -1)
    profile = migrant_profile().ravel()
    arriving = np.broadcast_to(profile, people.shape)
    weight = np.where(net[:, None] < 0, people * profile, arriving)
    wanted = np.abs(net)[:, None] * weight / weight.sum(axis=1, keepdims=True)
    room = np.where(net[:, None] < 0, people, np.inf)
    excess = np.maximum(wanted - room, 0.0)
    if excess.any():
        # more would leave than there are: the rest leave from the other ages
        wanted = np.minimum(wanted, room)
        spare = np.where(np.isfinite(room), room - wanted, 0.0)
        total = np.maximum(spare.sum(axis=1, keepdims=True), 1e-300)
        wanted = wanted + excess.sum(axis=1, keepdims=True) * spare / total
    moved = whole(wanted, np.abs(net))
    return (people + np.sign(net)[:, None] * moved).reshape(shape)


def shares(population: np.ndarray) -> dict[str, np.ndarray]:
    """Give the shares of broad age groups, each (place,), with six decimals."""
    by_age = population.sum(axis=1)
    total = by_age.sum(axis=1)
    groups = {
        "share_0_19": slice(0, 20),
        "share_20_39": slice(20, 40),
        "share_40_66": slice(40, 67),
        "share_67_plus": slice(67, None),
    }
    return {
        name: np.round(by_age[:, group].sum(axis=1) / total, 6) for name, group in groups.items()
    }


def whole(values: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Round (place, cell) by largest remainders, so that the rows add up to whole ``totals``."""
    floor = np.floor(values + 1e-9).astype(np.int64)
    left = (totals - floor.sum(axis=1)).astype(np.int64)
    rank = np.argsort(np.argsort(floor - values, axis=1, kind="stable"), axis=1, kind="stable")
    return floor + (rank < left[:, None])
