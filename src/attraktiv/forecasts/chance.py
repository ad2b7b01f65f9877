"""All the chance of a block of draws, drawn once and shared by every scenario.

Shared random numbers make the difference between two scenarios a matter of what they change, so
its bands are narrow. A block has a generator of its own, spawned from the seed: which scenarios
are asked for changes no number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: First ages of the groups whose deaths have a chance of their own. The more of the deaths are in a
#: group, and the more the dead are of those alive, the more its chance is felt in who is left.
AGES_OF_DEATHS = (0, 67, 80, 90)

#: Normal numbers that the ages of migrants are moved by, and how many for a place at least. One for
#: every draw, place, year, sex and age would take longer to draw than all the rest of a forecast:
#: each place and year reads on from where chance puts it, and they are so many that two hardly
#: start at the same.
_NUMBERS, _OF_PLACE = 2**18, 8


@dataclass(frozen=True)
class Chance:
    """Standard normal numbers unless another distribution is named.

    Attributes
    ----------
    level, jobs_level : numpy.ndarray
        (draw, year) of the national levels.
    path, jobs_path : numpy.ndarray
        (draw, place, year) of innovations of attractiveness; correlated as the model says.
    noise, jobs_noise : numpy.ndarray
        (draw, place, year) of the noise of each year, likewise.
    natural : numpy.ndarray
        (draw, place, year, 1 + group) of births, and of the deaths of each group of ages.
    profile : numpy.ndarray or None
        (draw, place, sex, age) of the ages of migrants.
    numbers : numpy.ndarray
        (number,) that the ages of migrants of a year are moved by.
    first_number : numpy.ndarray or None
        (draw, place, year) int: which is the first for a place and year.
    known_year : numpy.ndarray
        (draw, year) uniform: which known year a factor without a model takes its values from.
    start : numpy.ndarray
        (draw, place, year) uniform: where rounding starts.
    seed : numpy.random.SeedSequence
        Of what is too much to keep, or rarely asked for: whole persons, and natural increase
        where people have no ages.
    certain : bool
        No chance at all.
    """

    level: np.ndarray
    jobs_level: np.ndarray
    path: np.ndarray
    jobs_path: np.ndarray
    noise: np.ndarray
    jobs_noise: np.ndarray
    natural: np.ndarray
    profile: np.ndarray | None
    numbers: np.ndarray
    first_number: np.ndarray | None
    known_year: np.ndarray
    start: np.ndarray
    seed: np.random.SeedSequence
    certain: bool

    def deaths_of_cells(self, t: int, cells: tuple[int, ...]) -> np.ndarray:
        """Give uniform numbers (draw, place, sex, age) of who dies in a year, for whole persons."""
        return self._of_year(t).random(cells, dtype=np.float32)

    def level_of_increase(self) -> np.ndarray:
        """Give normal numbers (draw, year) of the national level of natural increase."""
        if self.certain:
            return np.zeros(self.level.shape)
        return np.random.default_rng(self.seed).standard_normal(self.level.shape)

    def increase(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Give normal numbers (draw, place) of the path of natural increase, and of its noise."""
        shape, rng = self.path.shape[:2], self._of_year(t)
        if self.certain:
            return np.zeros(shape), np.zeros(shape)
        return rng.standard_normal(shape), rng.standard_normal(shape)

    def _of_year(self, t: int) -> np.random.Generator:
        return np.random.default_rng([t, *self.seed.generate_state(4)])


def draw_chance(
    seed: np.random.SeedSequence,
    draws: int,
    places: int,
    years: int,
    cells: tuple[int, int] | None,
    correlation_path: np.ndarray,
    correlation_noise: np.ndarray,
    freedom: np.ndarray | None,
    certain: bool,
) -> Chance:
    """Draw the chance of a block.

    Parameters
    ----------
    seed : numpy.random.SeedSequence
    draws, places, years : int
    cells : (sexes, ages), optional
        Where people are counted by age.
    correlation_path, correlation_noise : (draw,) float
        Between the equations of migration and of jobs.
    freedom : (draw,) float, optional
        Degrees of freedom of Student-t noise of migration.
    certain : bool
        No chance at all: every number is zero.

    Returns
    -------
    Chance
    """
    rng = np.random.default_rng(seed)
    shape = (draws, places, years)

    def normal(*size: int) -> np.ndarray:
        if certain:
            return np.zeros(size, dtype=np.float32)
        return rng.standard_normal(size, dtype=np.float32)

    def tied(r: np.ndarray, one: np.ndarray) -> np.ndarray:
        r = r[:, None, None].astype(np.float32)
        return r * one + np.sqrt(1 - r**2) * normal(*shape)

    level, jobs_level = normal(draws, years), normal(draws, years)
    path, noise = normal(*shape), normal(*shape)
    jobs_path, jobs_noise = tied(correlation_path, path), tied(correlation_noise, noise)
    if freedom is not None and not certain:
        degrees = np.broadcast_to(freedom[:, None, None], shape)
        noise = noise * np.sqrt(degrees / rng.chisquare(degrees)).astype(np.float32)
    natural = normal(*shape, 1 + len(AGES_OF_DEATHS))
    known_year = rng.random((draws, years))
    start = rng.random(shape, dtype=np.float32)
    profile = first = None
    numbers = np.empty(0, dtype=np.float32)
    if cells is not None:
        profile = normal(draws, places, *cells)
        numbers = normal(max(_NUMBERS, _OF_PLACE * places))
        first = rng.integers(len(numbers) - math.prod(cells), size=shape, dtype=np.int32)
    return Chance(
        level, jobs_level, path, jobs_path, noise, jobs_noise, natural, profile, numbers, first,
        known_year, start, seed.spawn(1)[0], certain,
    )  # fmt: skip
