"""People by sex and age in a block of draws while the years pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attraktiv.forecasts import cohorts, factors
from attraktiv.forecasts.along_ages import draw_along_ages
from attraktiv.forecasts.chance import AGES_OF_DEATHS, Chance
from attraktiv.forecasts.inputs import People
from attraktiv.forecasts.path import AGE_GROUPS, How


class Residents:
    """Who lives in every place of a block of draws, by sex and age.

    Attributes
    ----------
    by_age : numpy.ndarray
        (draw, place, sex, age) persons on 1 January of the year that has come.

    Parameters
    ----------
    people : People
        At the origin, and what changes them.
    chance : Chance
    how : How
    shares : mapping of str to float
        Shares of age groups that factors need, and what the panel counts them in.
    """

    def __init__(
        self, people: People, chance: Chance, how: How, shares: Mapping[str, float]
    ) -> None:
        self.people, self.chance, self.how, self.shares = people, chance, how, shares
        self.precision = np.float64 if how.certain or how.whole else np.float32
        assert chance.profile is not None
        cells = chance.profile.shape
        # "C": a copy of what was broadcast would keep the draws innermost, and loops run over ages
        self.by_age = np.broadcast_to(people.by_age, cells).astype(self.precision, order="C")
        self._survivors = np.empty_like(self.by_age)
        self._profile = np.empty_like(self.by_age)
        profile = people.profile
        draw_along_ages(profile.mean, profile.own, profile.steps, chance.profile, self._profile)
        ages = people.ages
        self._first = np.searchsorted(ages, list(AGE_GROUPS.values()))
        self._end = np.append(self._first[1:], len(ages))
        self._of_deaths = np.searchsorted(ages, AGES_OF_DEATHS)
        of_shares = [factors.ages_of(label, ages) for label in shares]
        self._of_shares = np.array(of_shares, dtype=np.int64).reshape(-1, 2).T.copy()

    def by_group(self, out: np.ndarray) -> None:
        """Fill in persons (group, draw, place) by the age groups of services."""
        cohorts.by_groups(self.by_age, self._first, self._end, out)

    def shares_of(self, population: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Give the shares of age groups (draw, place) that factors need, by label."""
        if not self.shares:
            return
        inside = np.empty((len(self.shares), *population.shape))
        first, end = self._of_shares
        cohorts.by_groups(self.by_age, first, end, inside)
        for (label, scale), persons in zip(self.shares.items(), inside, strict=True):
            yield label, scale * persons / population

    def natural(
        self, t: int, mortality: np.ndarray, fertility: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Let a year of births and deaths pass; give both, persons (draw, place).

        Parameters
        ----------
        t : int
            Years since the origin.
        mortality, fertility : (place,) float
            What a scenario multiplies the rates with.
        """
        vital, wide = self.people.vital, self.by_age.shape[:2]
        born, dead = np.zeros(wide), np.zeros(wide)
        dying = vital.mortality_of_place * vital.mortality_level[:, t, None] * mortality
        bearing = vital.fertility_of_place * vital.fertility_level[:, t, None] * fertility
        args = (
            self.by_age,
            self.people.female,
            vital.mortality.astype(self.precision),
            vital.fertility.astype(self.precision),
            vital.share_of_boys,
            dying.astype(self.precision),
            bearing.astype(self.precision),
            self.chance.natural[:, :, t],
        )
        if self.how.whole:
            uniform = self.chance.deaths_of_cells(t, self.by_age.shape)
            cohorts.natural_whole(*args, uniform, self._survivors, born, dead)
        else:
            cohorts.natural(*args, self._of_deaths, self.how.certain, self._survivors, born, dead)
        return born, dead

    def move(self, t: int, net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Let net migrants come and go; give how many did, and how many live here (draw, place).

        After :meth:`natural` of the same year.
        """
        start = self.chance.start[..., t]
        if self.how.whole:
            net = np.floor(net + start)
        moved, population = np.empty(net.shape), np.empty(net.shape)
        profile, first = self.people.profile, self.chance.first_number
        assert first is not None
        cohorts.migrate(
            self.by_age, self._survivors, net, self._profile,
            profile.spread.astype(self.precision), profile.noise.astype(self.precision),
            self.chance.numbers, first[..., t], start, self.how.whole, moved, population,
        )  # fmt: skip
        self.by_age, self._survivors = self._survivors, self.by_age
        return moved, population
