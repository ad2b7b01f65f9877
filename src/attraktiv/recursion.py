r"""Jobs and people, one year after the other: what one brings of the other.

The two equations of a model of jobs and migration, run forwards. A simulated country and a forecast
take their years from here.

Mathematical details
--------------------
For place i and year t, with :math:`J_{it}` the jobs of the year, :math:`P_{it}` the population on
1 January, and :math:`\tilde x_{it} = x_{it} - \bar x_t` a factor less its mean over the fitted
places,

.. math::

    g_{it} &= \nu_t + s_{it}'\lambda + \eta\,\tilde G_{i,t-1} + b_{it} + e_{it}, &
    J_{it} &= J_{i,t-1} (1 + g_{it} / 100), \\
    h_{it} &= 100\,(J_{it} - J_{i,t-1}) / P_{it}, & & \\
    m_{it} &= \alpha_t + x_{it}'\beta + \sum_{l=0}^{L-1} \beta_l \tilde h_{i,t-l}
        + a_{it} + \varepsilon_{it}, & & \\
    G_{it} &= m_{it} + n_{it}, & P_{i,t+1} &= P_{it} (1 + G_{it} / 100),

in percent of jobs (g), of population (h, m, G and the natural increase n). The errors of a year
enter g before m, and later years after both: given the first state the map from
:math:`(e_{it}, \varepsilon_{it})` to :math:`(g_{it}, m_{it})` is triangular in time with ones on
its diagonal, so its Jacobian is 1 (Lütkepohl 2005, *New Introduction to Multiple Time Series
Analysis*, chapter 9, calls such a system recursive). Centring a year's h ties the places of that
year together in m, but h is known from g by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class State:
    """What a year starts from; any dims of draws come first.

    Attributes
    ----------
    jobs : numpy.ndarray
        (*draw, place) jobs of the year before.
    population : numpy.ndarray
        (*draw, place) persons on 1 January.
    growth : numpy.ndarray
        (*draw, place) growth of population in the year before, percent.
    own_growth : numpy.ndarray
        (*draw, lag, place) growth of jobs in the years before, the latest first, percent of the
        population of their year.
    """

    jobs: np.ndarray
    population: np.ndarray
    growth: np.ndarray
    own_growth: np.ndarray


@dataclass(frozen=True)
class JobTerms:
    """The right-hand side of the equation of jobs in one year, percent of jobs.

    Attributes
    ----------
    level : numpy.ndarray
        (*draw,) national level.
    structure : numpy.ndarray
        (*draw, place) effect of the factors other than the growth of population, centred.
    eta : numpy.ndarray
        (*draw,) effect of the growth of population the year before, per percent.
    business, noise : numpy.ndarray
        (*draw, place) business attractiveness, and the noise of the year.
    """

    level: np.ndarray
    structure: np.ndarray
    eta: np.ndarray
    business: np.ndarray
    noise: np.ndarray


@dataclass(frozen=True)
class MigrationTerms:
    """The right-hand side of the equation of migration in one year, percent of population.

    Attributes
    ----------
    level : numpy.ndarray
        (*draw,) national level.
    structure : numpy.ndarray
        (*draw, place) effect of the factors other than the place's own job growth, centred.
    betas : numpy.ndarray
        (*draw, lag) effects of own job growth, this year's first, per percent of population.
    residential, noise : numpy.ndarray
        (*draw, place) residential attractiveness, and the noise of the year.
    """

    level: np.ndarray
    structure: np.ndarray
    betas: np.ndarray
    residential: np.ndarray
    noise: np.ndarray


@dataclass(frozen=True)
class Year:
    """What a year brings, each (*draw, place).

    Attributes
    ----------
    job_growth : numpy.ndarray
        g, percent of jobs.
    own_job_growth : numpy.ndarray
        h, percent of population.
    net_migration_rate : numpy.ndarray
        m, percent of population.
    after : State
        What the next year starts from.
    """

    job_growth: np.ndarray
    own_job_growth: np.ndarray
    net_migration_rate: np.ndarray
    after: State


def step(
    state: State,
    jobs: JobTerms,
    migration: MigrationTerms,
    natural_increase: np.ndarray,
    fitted: np.ndarray,
) -> Year:
    """Let one year pass: jobs first, then people.

    Where a factor of migration depends on the jobs of the same year, as the neighbours' job growth
    does, take :func:`job_growth`, :func:`own_job_growth`, :func:`net_migration_rate` and
    :func:`advance` one after the other.

    Parameters
    ----------
    state : State
        What the year starts from.
    jobs, migration : JobTerms, MigrationTerms
        What the two equations add up.
    natural_increase : numpy.ndarray
        (*draw, place) births less deaths, percent of population.
    fitted : numpy.ndarray
        (place,) bool, the places at whose mean factors are centred.

    Returns
    -------
    Year
        The year's rates, and the state after it.
    """
    growth = job_growth(state, jobs, fitted)
    after = state.jobs * (1.0 + growth / 100.0)
    own = own_job_growth(state, after)
    rate = net_migration_rate(state, own, migration, fitted)
    population = state.population * (1.0 + (rate + natural_increase) / 100.0)
    return Year(growth, own, rate, advance(state, after, population))


def job_growth(state: State, terms: JobTerms, fitted: np.ndarray) -> np.ndarray:
    """Give g, the growth of jobs (*draw, place), percent of jobs."""
    people = _per_place(terms.eta) * centred(state.growth, fitted)
    return _per_place(terms.level) + terms.structure + people + terms.business + terms.noise


def own_job_growth(state: State, jobs: np.ndarray) -> np.ndarray:
    """Give h, what jobs have grown by since the year before (*draw, place), percent of people."""
    growth: np.ndarray = 100.0 * (jobs - state.jobs) / state.population
    return growth


def net_migration_rate(
    state: State, own_growth: np.ndarray, terms: MigrationTerms, fitted: np.ndarray
) -> np.ndarray:
    """Give m, the net migration rate (*draw, place), percent of population.

    Parameters
    ----------
    state : State
        What the year starts from.
    own_growth : numpy.ndarray
        (*draw, place) job growth of the year, percent of population.
    terms : MigrationTerms
        What the equation adds up.
    fitted : numpy.ndarray
        (place,) bool, the places at whose mean factors are centred.
    """
    lags = np.concatenate([own_growth[..., None, :], state.own_growth], axis=-2)
    of_jobs = np.einsum("...l,...li->...i", terms.betas, centred(lags, fitted))
    return _per_place(terms.level) + terms.structure + of_jobs + terms.residential + terms.noise


def advance(state: State, jobs: np.ndarray, population: np.ndarray) -> State:
    """Move on to the next year.

    Parameters
    ----------
    state : State
        What the year started from.
    jobs, population : numpy.ndarray
        (*draw, place) jobs of the year, and persons on 1 January after it; whole or not.
    """
    growth = 100.0 * (population - state.population) / state.population
    latest = own_job_growth(state, jobs)[..., None, :]
    own = np.concatenate([latest, state.own_growth], axis=-2)[..., :-1, :]
    return State(jobs, population, growth, own)


def centred(factor: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Take from a factor (*draw, place) its mean over the fitted places of the year."""
    return factor - factor[..., fitted].mean(axis=-1, keepdims=True)


def _per_place(value: np.ndarray) -> np.ndarray:
    """Give a number per draw a last dim for places."""
    return np.asarray(value)[..., None]


@dataclass(frozen=True)
class ImpulseResponse:
    """What one more job in a place brings, through the loop of jobs and people.

    Attributes
    ----------
    migrants : numpy.ndarray
        (*draw, year) net migrants of each year.
    jobs : numpy.ndarray
        (*draw, year) new jobs of each year, the first of them the one that came from outside.
    migrants_in_the_long_run, jobs_in_the_long_run : numpy.ndarray
        (*draw,) all that ever come; infinite where the loop feeds itself.
    """

    migrants: np.ndarray
    jobs: np.ndarray
    migrants_in_the_long_run: np.ndarray
    jobs_in_the_long_run: np.ndarray


def impulse_response(
    eta: np.ndarray, betas: np.ndarray, jobs_per_person: float, years: int
) -> ImpulseResponse:
    r"""Say what one more job brings in migrants and in further jobs, year by year.

    A hundred jobs bring a hundred times as much. The response is causal, so it does not depend on
    how the noises of the two equations are correlated.

    Parameters
    ----------
    eta : numpy.ndarray
        (*draw,) effect of population growth on job growth a year later, percent of jobs per percent
        of population.
    betas : numpy.ndarray
        (*draw, lag) effects of job growth on net migration, this year's first, both in percent of
        population.
    jobs_per_person : float
        Jobs of the place over its population.
    years : int
        How many years to follow, the one of the job included.

    Returns
    -------
    ImpulseResponse
        Migrants and jobs by year, and in the long run.

    Notes
    -----
    **Mathematical details.** A change of the recursion around a path without growth, in a place
    that weighs little in the mean of its country: with r the jobs per person, :math:`j_0 = 1` and

    .. math::

        M_t = \sum_l \beta_l\, j_{t-l}, \qquad j_t = r\,\eta\, M_{t-1} \quad (t \ge 1),

    the sums over all years are :math:`\sum j = 1 / (1 - r \eta B)` and :math:`\sum M = B \sum j`,
    with :math:`B = \sum_l \beta_l`. They are finite if :math:`|r \eta| \sum_l |\beta_l| < 1`, which
    is also necessary where no effect is negative.
    """
    feedback = jobs_per_person * np.asarray(eta, dtype=np.float64)
    betas = np.asarray(betas, dtype=np.float64)
    jobs = np.zeros((*feedback.shape, years))
    migrants = np.zeros_like(jobs)
    for t in range(years):
        jobs[..., t] = feedback * migrants[..., t - 1] if t else 1.0
        for lag in range(min(t + 1, betas.shape[-1])):
            migrants[..., t] += betas[..., lag] * jobs[..., t - lag]
    total = betas.sum(axis=-1)
    settles = np.abs(feedback) * np.abs(betas).sum(axis=-1) < 1.0
    finite = 1.0 / np.where(settles, 1.0 - feedback * total, 1.0)
    migrants_ever, jobs_ever = (
        np.where(settles, value, np.inf) for value in (total * finite, finite)
    )
    return ImpulseResponse(migrants, jobs, migrants_ever, jobs_ever)
