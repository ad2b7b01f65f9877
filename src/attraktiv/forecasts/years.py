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

from functools import partial

import numpy as np

from attraktiv import names
from attraktiv.forecasts import factors
from attraktiv.forecasts.chance import Chance
from attraktiv.forecasts.factors import History
from attraktiv.forecasts.inputs import Inputs, Side, own_growth_labels
from attraktiv.forecasts.path import AGE_GROUPS, How, Path
from attraktiv.forecasts.residents import Residents
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

_MOST_LOST = -95.0  # percent of jobs in a year: growth is a rate, and a place keeps some
_ALL = 1.0  # person or job: a place that is empty has the noise and the logarithm of one


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
        self.level = inputs.migration.equation.level_path(chance.level)
        migration = inputs.migration.equation
        own = [migration.raw_beta(label) for label in own_growth_labels(inputs.sector)]
        self.betas = np.stack(own, axis=-1)
        self.jobs_level = None
        if inputs.jobs is not None:
            self.jobs_level = inputs.jobs.equation.level_path(chance.jobs_level)
        else:  # nobody knows the jobs, so that nothing follows them
            self.betas = np.zeros_like(self.betas)
        self.residents: Residents | None = None
        if inputs.people is not None:
            self.residents = Residents(inputs.people, chance, how, inputs.share_scales)
        elif inputs.natural is not None:
            self.natural_level = inputs.natural.equation.level_path(chance.level_of_increase())
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
        if self.residents is not None:
            by_group = np.empty((years, len(AGE_GROUPS), draws, places))
            if self.how.ages:
                by_age = np.empty((years, *self.residents.by_age.shape), dtype)
        for t in range(years):
            totals[names.POPULATION][t] = self.state.population
            if self.residents is not None and by_group is not None:
                self.residents.by_group(by_group[t])
                if by_age is not None:
                    by_age[t] = self.residents.by_age
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
        state, history, year = self.state, self.history, self.inputs.origin + t
        history.add(names.POPULATION, np.maximum(state.population, _ALL))
        if self.residents is not None:
            for label, share in self.residents.shares_of(np.maximum(state.population, _ALL)):
                history.add(label, share)
        found: dict[str, np.ndarray] = {}
        jobs = own = None
        if self.inputs.jobs is not None:
            jobs, own = self._jobs(t)
            found[names.JOBS] = jobs
        rate = self._migration(t, own)
        net = rate * state.population / 100.0
        if self.residents is not None:
            factor = partial(self.scenario.factor, year=year, places=self.inputs.places)
            born, dead = self.residents.natural(t, factor("mortality"), factor("fertility"))
            natural = born - dead
            found |= {names.BIRTHS: born, names.DEATHS: dead}
            net, population = self.residents.move(t, net + self._others(t, net, natural))
        else:
            natural = self._natural(t)
            net = net + self._others(t, net, natural)
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
        self.business = equation.moved(self.business, self.chance.jobs_path[..., t])
        attractive = self._attractive(side, self.business)
        attractive = attractive + self._added("business_attractiveness", year)
        structure = self._structure(side, t, "jobs")
        mix = self._added("industry_mix", year)
        structure = structure + equation.raw_beta(_mix_of(equation.terms))[:, None] * mix
        noise = equation.noise_sd(state.jobs) * self.chance.jobs_noise[..., t]
        eta = equation.raw_beta(f"lag({names.POPULATION_GROWTH}, 1)")
        terms = JobTerms(self.jobs_level[:, t], structure, eta, attractive, noise)
        growth = np.maximum(job_growth(state, terms, inputs.fitted), _MOST_LOST)
        jobs = np.maximum(state.jobs * (1.0 + growth / 100.0) + self._added("jobs", year), 0.0)
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
        self.moving = equation.moved(self.moving, self.chance.path[..., t])
        attractive = self._attractive(side, self.moving) + self._added("attractiveness", year)
        structure = self._structure(side, t, "people")
        noise = equation.noise_sd(state.population) * self.chance.noise[..., t]
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

    def _natural(self, t: int) -> np.ndarray:
        """Give natural increase (draw, place), persons, where people have no ages."""
        side = self.inputs.natural
        assert side is not None
        equation = side.equation
        path, noise = self.chance.increase(t)
        self.natural_path = equation.moved(self.natural_path, path)
        rate = self.natural_level[:, t, None] + self._structure(side, t, "natural")
        rate = rate + equation.lasting + self.natural_path
        rate = rate + equation.noise_sd(self.state.population) * noise
        increase: np.ndarray = np.maximum(rate, -100.0) * self.state.population / 100.0
        return increase

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

    def _added(self, variable: str, year: int) -> np.ndarray:
        return self.scenario.added(variable, year, self.inputs.places)


def _mix_of(labels: tuple[str, ...]) -> str:
    """Give the label of the industry mix among factors, or one that is none."""
    return next((label for label in labels if label.endswith(names.INDUSTRY_MIX)), "")
