r"""The years to come, one block of draws at a time and one scenario after the other.

Mathematical details
--------------------
In year t, from the state of the draw on its 1 January: national levels; growth of jobs, with the
growth of population of the year before; net migration, with the growth of jobs of this year and
before; births and deaths; ages; and so the state of t + 1 (:mod:`attraktiv.recursion`,
:mod:`attraktiv.forecasts.cohorts`).

Attractiveness is a = γ + θ + u with u_{t} = ρ u_{t−1} + σ_u z. The noise of a year has variance
σ² + φ · 10⁴ c / size, its size that of the draw. Net migrants are m · pop / 100 persons.

A national total, where one is held, is met by the same rate of further net migration everywhere:
with T the population that the nation shall have, every place gains
:math:`P_i (T - \sum_j P'_j) / \sum_j P_j`, with P' the population it would have had. Domestic
migration, where it has its own equation, sums to zero over the nation: the mean rate, weighted
with population, is taken from every place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attraktiv import names
from attraktiv.forecasts import cohorts, factors
from attraktiv.forecasts.chance import AGES_OF_DEATHS, Chance
from attraktiv.forecasts.equations import Equation
from attraktiv.forecasts.factors import History
from attraktiv.forecasts.inputs import Inputs, Side, own_growth_labels
from attraktiv.forecasts.national import continue_level
from attraktiv.forecasts.scenarios import Scenario
from attraktiv.panels.weights import weighted_mean
from attraktiv.recursion import (
    JobTerms,
    MigrationTerms,
    State,
    advance,
    job_growth,
    net_migration_rate,
    own_job_growth,
)
from attraktiv.specs import of_sector

#: Groups of ages that services are planned for, by their first age.
AGE_GROUPS = {"0-5": 0, "6-15": 6, "16-19": 16, "20-66": 20, "67-79": 67, "80+": 80}

_MOST_LOST = -95.0  # percent of jobs in a year: growth is a rate, and a place keeps some
_ALL = 1.0  # person or job: a place that is empty has the noise and the logarithm of one


@dataclass(frozen=True)
class Path:
    """What a scenario comes to in a block of draws.

    Attributes
    ----------
    totals : dict of str to numpy.ndarray
        (draw, place, year) by variable: population on 1 January of each year, one year more than
        the flows, whose last year is NaN.
    by_group : numpy.ndarray or None
        (draw, group, place, year) persons by age group.
    by_age : numpy.ndarray or None
        (draw, sex, age, place, year) persons, where asked for.
    """

    totals: dict[str, np.ndarray]
    by_group: np.ndarray | None
    by_age: np.ndarray | None


@dataclass(frozen=True)
class How:
    """How people are counted.

    Attributes
    ----------
    whole : bool
        In whole persons.
    ages : bool
        Keep the population by sex and age.
    certain : bool
        No chance, and double precision: for proofs.
    """

    whole: bool = False
    ages: bool = False
    certain: bool = False


def simulate(
    inputs: Inputs,
    scenario: Scenario,
    chance: Chance,
    how: How,
    total: np.ndarray | None = None,
) -> Path:
    """Let the years pass in a block of draws.

    Parameters
    ----------
    inputs : Inputs
        Of the block.
    scenario : Scenario
    chance : Chance
        Of the block, the same for all scenarios.
    how : How
    total : (draw, year) float, optional
        Population that the nation shall have, the years after the origin.

    Returns
    -------
    Path
    """
    return _Years(inputs, scenario, chance, how, total).run()


class _Years:
    """The state of a block while its years pass; years are counted from the origin."""

    def __init__(
        self,
        inputs: Inputs,
        scenario: Scenario,
        chance: Chance,
        how: How,
        total: np.ndarray | None,
    ) -> None:
        self.inputs, self.scenario, self.chance, self.how = inputs, scenario, chance, how
        self.total = total
        draws, places = inputs.draws, len(inputs.places)
        start = inputs.start
        wide = (draws, places)
        self.state = State(
            np.broadcast_to(start.jobs, wide),
            np.broadcast_to(start.population, wide),
            np.broadcast_to(start.growth, wide),
            np.broadcast_to(start.own_growth, (draws, *start.own_growth.shape)),
        )
        self.history = History()
        self.lasting: dict[str, dict[str, np.ndarray]] = {"jobs": {}, "people": {}, "natural": {}}
        self.moving = inputs.migration.equation.path
        self.business = None if inputs.jobs is None else inputs.jobs.equation.path
        self.level = self._level(inputs.migration, chance.level)
        migration = inputs.migration.equation
        own = [migration.raw_beta(label) for label in own_growth_labels(inputs.sector)]
        self.betas = np.stack(own, axis=-1)
        self.jobs_level = None
        if inputs.jobs is not None:
            self.jobs_level = self._level(inputs.jobs, chance.jobs_level)
        else:  # nobody knows the jobs, so that nothing follows them
            self.betas = np.zeros_like(self.betas)
        if inputs.people is not None:
            self.precision = np.float64 if how.certain or how.whole else np.float32
            cells = (*wide, *inputs.people.by_age.shape[1:])
            self.people = np.broadcast_to(inputs.people.by_age, cells).astype(self.precision)
            self.survivors = np.empty_like(self.people)
            profile = np.broadcast_to(inputs.people.profile.mean, cells)
            assert chance.profile is not None
            self.profile = (profile + inputs.people.profile.sd * chance.profile).astype(
                self.precision
            )
            ages = inputs.people.ages
            self.first = np.searchsorted(ages, list(AGE_GROUPS.values()))
            self.end = np.append(self.first[1:], len(ages))
            self.of_deaths = np.searchsorted(ages, AGES_OF_DEATHS)
            of_shares = [factors.ages_of(label, ages) for label in inputs.share_scales]
            self.of_shares = np.array(of_shares, dtype=np.int64).reshape(-1, 2).T.copy()
        elif inputs.natural is not None:
            self.natural_level = self._level(inputs.natural, chance.level_of_increase())
            self.natural_path = inputs.natural.equation.path

    def run(self) -> Path:
        """Let all years pass."""
        inputs = self.inputs
        draws, places, years = inputs.draws, len(inputs.places), inputs.horizon + 1
        kept = [names.POPULATION, names.NATURAL_INCREASE, names.NET_MIGRATION]
        kept += [names.BIRTHS, names.DEATHS] if inputs.people is not None else []
        kept += [names.JOBS] if inputs.jobs is not None else []
        dtype = np.float64 if self.how.certain else np.float32
        # years first while they pass: what is written at once lies together
        totals = {name: np.full((years, draws, places), np.nan, dtype) for name in kept}
        by_group = by_age = None
        if inputs.people is not None:
            by_group = np.empty((years, len(AGE_GROUPS), draws, places))
            if self.how.ages:
                by_age = np.empty((years, *self.people.shape), dtype)
        for t in range(years):
            totals[names.POPULATION][t] = self.state.population
            if by_group is not None:
                cohorts.by_groups(self.people, self.first, self.end, by_group[t])
            if by_age is not None:
                by_age[t] = self.people
            if t < inputs.horizon:
                for name, values in self._year(t).items():
                    totals[name][t] = values
        return Path(
            {name: np.moveaxis(values, 0, -1) for name, values in totals.items()},
            None if by_group is None else by_group.transpose(2, 1, 3, 0),
            None if by_age is None else by_age.transpose(1, 3, 4, 2, 0),
        )

    def _year(self, t: int) -> dict[str, np.ndarray]:
        """Let one year pass, and give its flows and jobs."""
        state, history = self.state, self.history
        history.add(names.POPULATION, np.maximum(state.population, _ALL))
        if self.inputs.people is not None and self.inputs.share_scales:
            inside = np.empty((len(self.inputs.share_scales), *state.population.shape))
            first, end = self.of_shares
            cohorts.by_groups(self.people, first, end, inside)
            scales = self.inputs.share_scales.items()
            for (label, scale), persons in zip(scales, inside, strict=True):
                history.add(label, scale * persons / np.maximum(state.population, _ALL))
        found: dict[str, np.ndarray] = {}
        jobs = own = None
        if self.inputs.jobs is not None:
            jobs, own = self._jobs(t)
            found[names.JOBS] = jobs
        rate = self._migration(t, own)
        net = rate * state.population / 100.0
        born, dead, natural = self._natural(t)
        net += self._others(t, net, natural)
        if self.inputs.people is not None:
            net, population = self._move(t, net)
            found |= {names.BIRTHS: born, names.DEATHS: dead}
        else:
            net = np.maximum(net, -(state.population + natural))
            population = state.population + natural + net
        found |= {names.NATURAL_INCREASE: natural, names.NET_MIGRATION: net}
        before = np.maximum(state.population, _ALL)
        history.add(names.NET_MIGRATION_RATE, 100.0 * net / before)
        history.add(names.NATURAL_INCREASE_RATE, 100.0 * natural / before)
        if jobs is None:
            growth = 100.0 * (population - state.population) / before
            self.state = State(state.jobs, population, growth, state.own_growth)
        else:
            safe = State(state.jobs, before, state.growth, state.own_growth)
            self.state = advance(safe, jobs, population)
        history.add(names.POPULATION_GROWTH, self.state.growth)
        return found

    def _jobs(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Give the jobs of the year and their growth in percent of population."""
        side, inputs, state = self.inputs.jobs, self.inputs, self.state
        assert side is not None and self.jobs_level is not None and self.business is not None
        equation, year = side.equation, inputs.origin + t
        self.business = _moved(equation, self.business, self.chance.jobs_path[..., t])
        attractive = self._attractive(side, self.business)
        attractive = attractive + self._edited("business_attractiveness", year)
        structure = self._structure(side, t, "jobs")
        mix = self._edited("industry_mix", year)
        structure = structure + equation.raw_beta(_mix_of(equation.terms))[:, None] * mix
        noise = _noise(equation, state.jobs) * self.chance.jobs_noise[..., t]
        eta = equation.raw_beta(f"lag({names.POPULATION_GROWTH}, 1)")
        terms = JobTerms(self.jobs_level[:, t], structure, eta, attractive, noise)
        growth = np.maximum(job_growth(state, terms, inputs.fitted), _MOST_LOST)
        jobs = np.maximum(state.jobs * (1.0 + growth / 100.0) + self._edited("jobs", year), 0.0)
        safe = State(state.jobs, np.maximum(state.population, _ALL), state.growth, state.own_growth)
        own = own_job_growth(safe, jobs)
        self.history.add(of_sector("job_growth", inputs.sector), growth)
        self.history.add(of_sector("own_job_growth", inputs.sector), own)
        if inputs.neighbours is not None:
            everywhere = np.full((inputs.panel_places, len(own)), np.nan)
            everywhere[inputs.in_panel] = own.T
            around = weighted_mean(inputs.neighbours, everywhere)[inputs.in_panel].T
            self.history.add(of_sector("neighbour_job_growth", inputs.sector), around)
        return jobs, own

    def _migration(self, t: int, own: np.ndarray | None) -> np.ndarray:
        """Give the net migration rate of the year (draw, place), percent of population."""
        inputs, state = self.inputs, self.state
        side = inputs.migration
        equation, year = side.equation, inputs.origin + t
        self.moving = _moved(equation, self.moving, self.chance.path[..., t])
        attractive = self._attractive(side, self.moving) + self._edited("attractiveness", year)
        structure = self._structure(side, t, "people")
        noise = _noise(equation, state.population) * self.chance.noise[..., t]
        if own is None:
            own = np.zeros_like(state.population)
        terms = MigrationTerms(self.level[:, t], structure, self.betas, attractive, noise)
        rate = net_migration_rate(state, own, terms, inputs.fitted)
        if inputs.other_migration is not None:
            weight = state.population / state.population.sum(axis=1, keepdims=True)
            rate = rate - (rate * weight).sum(axis=1, keepdims=True)
            known = inputs.other_migration.shape[1]
            chosen = (self.chance.known_year[:, t] * known).astype(np.int64)
            rate = rate + inputs.other_migration[:, chosen].T
        return rate

    def _natural(self, t: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give births, deaths and natural increase, persons; people grow a year older."""
        inputs = self.inputs
        born = np.zeros(self.state.population.shape)
        dead = np.zeros_like(born)
        year = inputs.origin + t
        if inputs.people is None:
            side = inputs.natural
            assert side is not None
            equation = side.equation
            path, noise = self.chance.increase(t)
            self.natural_path = _moved(equation, self.natural_path, path)
            rate = self.natural_level[:, t, None] + self._structure(side, t, "natural")
            rate = rate + equation.lasting + self.natural_path
            rate = rate + _noise(equation, self.state.population) * noise
            natural = np.maximum(rate, -100.0) * self.state.population / 100.0
            return born, dead, natural
        vital = inputs.people.vital
        mortality = vital.mortality_of_place * vital.mortality_level[:, t, None]
        fertility = vital.fertility_of_place * vital.fertility_level[:, t, None]
        args = (
            self.people,
            inputs.people.female,
            vital.mortality.astype(self.precision),
            vital.fertility.astype(self.precision),
            vital.share_of_boys,
            (mortality * self._factor("mortality", year)).astype(self.precision),
            (fertility * self._factor("fertility", year)).astype(self.precision),
            self.chance.natural[:, :, t],
        )
        if self.how.whole:
            uniform = self.chance.deaths_of_cells(t, self.people.shape)
            cohorts.natural_whole(*args, uniform, self.survivors, born, dead)
        else:
            cohorts.natural(*args, self.of_deaths, self.how.certain, self.survivors, born, dead)
        return born, dead, born - dead

    def _others(self, t: int, net: np.ndarray, natural: np.ndarray) -> np.ndarray:
        """Give further net migrants that the nation's total, or an edit of it, asks for."""
        population = self.state.population
        share = population / population.sum(axis=1, keepdims=True)
        further = np.zeros((len(net), 1))
        for edit in self.scenario.edits:
            if edit.variable == "national_immigration" and edit.in_year(self.inputs.origin + t):
                further += edit.add or 0.0
        if self.total is not None:
            would_be = (population + natural + net).sum(axis=1)
            further[:, 0] = self.total[:, t] - would_be
        return further * share

    def _move(self, t: int, net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Let net migrants come and go; give how many did, and how many live here (draw, place)."""
        assert self.inputs.people is not None
        start = self.chance.start[..., t]
        if self.how.whole:
            net = np.floor(net + start)
        moved = np.empty(net.shape)
        spread = self.inputs.people.profile.spread.astype(self.precision)
        population = np.empty(net.shape)
        cohorts.migrate(
            self.people, self.survivors, net, self.profile, spread, start, self.how.whole, moved,
            population,
        )  # fmt: skip
        self.people, self.survivors = self.survivors, self.people
        return moved, population

    def _level(self, side: Side, normal: np.ndarray) -> np.ndarray:
        e = side.equation
        return continue_level(e.level, e.level_mean, e.level_rho, e.level_sigma, normal)

    def _structure(self, side: Side, t: int, which: str) -> np.ndarray:
        inputs = self.inputs
        uniform = self.chance.known_year[:, t]
        lasting = self.lasting[which]
        return factors.effect(
            side.factors, side.known, self.history, inputs.origin + t, inputs.origin, uniform,
            lasting, inputs.fitted,
        )  # fmt: skip

    def _attractive(self, side: Side, moving: np.ndarray) -> np.ndarray:
        level = self.scenario.level
        if level is None:
            return side.equation.lasting + moving
        return np.broadcast_to(level * side.equation.spread[:, None], moving.shape)

    def _edited(self, variable: str, year: int) -> np.ndarray:
        """Give what the scenario adds to a variable (place,)."""
        added = np.zeros(len(self.inputs.places))
        for edit in self.scenario.edits:
            if edit.variable == variable and edit.add is not None and edit.in_year(year):
                added += edit.add * self._where(edit.places)
        return added

    def _factor(self, variable: str, year: int) -> np.ndarray:
        """Give what the scenario multiplies a variable with (place,)."""
        factor = np.ones(len(self.inputs.places))
        for edit in self.scenario.edits:
            if edit.variable == variable and edit.times is not None and edit.in_year(year):
                factor = np.where(self._where(edit.places), factor * edit.times, factor)
        return factor

    def _where(self, codes: tuple[str, ...]) -> np.ndarray:
        if not codes:
            return np.ones(len(self.inputs.places), dtype=bool)
        return np.isin(self.inputs.places.astype(str), codes)


def _moved(equation: Equation, path: np.ndarray, normal: np.ndarray) -> np.ndarray:
    moved: np.ndarray = equation.rho[:, None] * path + equation.sigma_u[:, None] * normal
    return moved


def _noise(equation: Equation, size: np.ndarray) -> np.ndarray:
    """Give the standard deviation of a year's noise (draw, place)."""
    flow = 1e4 * equation.turnover / np.maximum(size, _ALL)
    deviation: np.ndarray = np.sqrt(equation.sigma[:, None] ** 2 + equation.phi[:, None] * flow)
    return deviation


def _mix_of(labels: tuple[str, ...]) -> str:
    """Give the label of the industry mix among factors, or one that is none."""
    return next((label for label in labels if label.endswith(names.INDUSTRY_MIX)), "")


__all__ = ["AGE_GROUPS", "How", "Path", "simulate"]
