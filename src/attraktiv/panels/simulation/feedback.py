r"""Jobs of a simulated country that people drive, as jobs drive people.

Mathematical details
--------------------
The equation of jobs is that of :mod:`attraktiv.recursion`, with the industry mix as its factor.
Where lasting attractiveness has correlation :math:`r_\theta`, the innovations of the paths
:math:`r_u` and the noises :math:`r_\varepsilon` between the two equations, a standard normal draw
z of the jobs is :math:`r z_m + \sqrt{1 - r^2}\, z'` with :math:`z_m` that of migration. Both paths
are stationary from the start if the first draws have the correlation

.. math::

    r_u \frac{\sqrt{(1 - \rho_u^2)(1 - \rho_w^2)}}{1 - \rho_u \rho_w}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from attraktiv import names
from attraktiv.panels.shift_share import expected_growth
from attraktiv.panels.simulation.cohorts import whole
from attraktiv.panels.simulation.economy import chance_of_industries
from attraktiv.panels.simulation.migration import (
    Attractiveness,
    Parameters,
    autoregression,
    noise_variance,
)
from attraktiv.recursion import JobTerms, State, centred, job_growth

JOBS_TERMS = (names.INDUSTRY_MIX, f"lag({names.POPULATION_GROWTH}, 1)")
"""The factors of the equation of jobs, as a formula writes them."""

_PASSES = 20


def _default_beta() -> Mapping[str, float]:
    return MappingProxyType(dict(zip(JOBS_TERMS, (1.0, 0.4), strict=True)))


@dataclass(frozen=True)
class Feedback:
    """The truth of the equation of jobs; rates in percent of jobs per year.

    The defaults are near what the growth of jobs in Norwegian municipalities shows.

    Attributes
    ----------
    mu_alpha, rho_alpha, sigma_alpha : float
        The national level: its mean, autocorrelation and standard deviation of innovations.
    tau : float
        Standard deviation of lasting business attractiveness between places.
    rho, sigma_u : float
        Business attractiveness that moves: its autocorrelation and standard deviation of
        innovations.
    sigma, phi, turnover : float
        The noise of one year has variance sigma² + phi · 1e4 · turnover / jobs of the year before.
    beta : mapping
        Effect per raw unit of each factor of :data:`JOBS_TERMS`.
    correlation_lasting, correlation_path, correlation_noise : float
        Between migration and jobs in the same place: of what lasts, of the innovations of what
        moves, and of the noise of the same year.
    mix_spread : float
        Standard deviation between the industries' national growth in a year: what the industry mix
        tells of a place's jobs grows with it.
    """

    mu_alpha: float = 1.2
    rho_alpha: float = 0.4
    sigma_alpha: float = 1.0
    tau: float = 0.5
    rho: float = 0.3
    sigma_u: float = 0.8
    sigma: float = 1.2
    phi: float = 1.0
    turnover: float = 0.3
    beta: Mapping[str, float] = field(default_factory=_default_beta)
    correlation_lasting: float = 0.3
    correlation_path: float = 0.3
    correlation_noise: float = 0.3
    mix_spread: float = 3.0


def draw_business(
    rng: np.random.Generator, feedback: Feedback, truth: Parameters, residential: Attractiveness
) -> Attractiveness:
    """Draw the level and attractiveness of jobs, correlated with those of migration.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    feedback, truth : Feedback, Parameters
        The truth of jobs and of migration.
    residential : Attractiveness
        What was drawn for migration.
    """
    years = residential.noise.shape[1]
    level = autoregression(
        rng.normal(size=(1, years)), np.full(years, feedback.rho_alpha), feedback.sigma_alpha
    )
    both = np.sqrt((1 - truth.rho**2) * (1 - feedback.rho**2)) / (1 - truth.rho * feedback.rho)
    r_path = np.full(years, feedback.correlation_path)
    r_path[0] *= both
    theta = _beside(rng, residential.theta_draws, np.array(feedback.correlation_lasting))
    innovations = _beside(rng, residential.u_draws, r_path)
    noise = _beside(rng, residential.noise, np.array(feedback.correlation_noise))
    u = autoregression(innovations, np.full(years, feedback.rho), feedback.sigma_u)
    return Attractiveness(
        feedback.mu_alpha + level.ravel(), feedback.tau * theta, u, noise, theta, innovations
    )


def _beside(rng: np.random.Generator, draws: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Draw values of unit variance (place, ...) that have this correlation with others."""
    own = rng.normal(size=draws.shape)
    values: np.ndarray = correlation * draws + np.sqrt(1 - correlation**2) * own
    return values


@dataclass
class LinkedEconomy:
    """The jobs of every place and industry where people drive jobs, one year at a time.

    Attributes
    ----------
    rng : numpy.random.Generator
        Source of chance for the industries.
    jobs : numpy.ndarray
        (place, industry), whole jobs of the latest year.
    feedback : Feedback
        The truth of the equation of jobs.
    drawn : Attractiveness
        Level, attractiveness and noise of jobs.
    factors, noise : numpy.ndarray
        (place, jobs_term) in raw units and (place,) in percent of jobs, of the latest year; NaN
        before the first.
    """

    rng: np.random.Generator
    jobs: np.ndarray
    feedback: Feedback
    drawn: Attractiveness
    factors: np.ndarray = field(init=False)
    noise: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Know nothing of the year that was."""
        self.factors = np.full((len(self.jobs), len(JOBS_TERMS)), np.nan)
        self.noise = np.full(len(self.jobs), np.nan)

    def step(self, state: State, t: int) -> np.ndarray:
        """Move one year on and give the new jobs (place, industry)."""
        feedback, before = self.feedback, self.jobs
        lam, eta = (np.array(feedback.beta[term]) for term in JOBS_TERMS)
        national = self.rng.normal(0.0, feedback.mix_spread, before.shape[1])
        growth = national + chance_of_industries(self.rng, before)
        wanted = np.maximum(before * (1 + growth / 100.0), 0.0)
        everywhere = np.ones(len(before), dtype=bool)
        self.noise = np.sqrt(noise_variance(feedback, state.jobs)) * self.drawn.noise[:, t]
        share = wanted / wanted.sum(axis=1, keepdims=True)
        after, total = wanted, np.full(len(before), np.inf)
        # the mix of a place hangs on the jobs of all others, theirs on its own: passes settle it
        for _ in range(_PASSES):
            mix = _industry_mix(before, after)
            terms = JobTerms(
                self.drawn.alpha[t],
                lam * centred(mix, everywhere),
                eta,
                self.drawn.theta + self.drawn.u[:, t],
                self.noise,
            )
            rate = job_growth(state, terms, everywhere)
            exact = state.jobs * (1 + rate / 100.0)
            # whole jobs that are right to one job stay: else the rounding could go to and fro
            off = np.abs(exact - total) > 1.0
            if not off.any():
                break
            total = np.where(off, np.maximum(np.round(exact), 1.0), total)
            after = whole(total[:, None] * share, total).astype(np.float64)
        self.factors = np.column_stack([_industry_mix(before, after), state.growth])
        self.jobs = after
        return after


def _industry_mix(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Give the industry mix (place,) as a panel of these jobs (place, industry) has it."""
    expected, national, _ = expected_growth(before[:, None], after[:, None])
    mix: np.ndarray = (expected - national)[:, 0]
    return mix
