"""Densities with Student-t noise against one-dimensional integrals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from attraktiv.evaluation import futures, tails


def of_place(r: np.ndarray, v: np.ndarray, tau: float, nu: float) -> float:
    """Log density of residuals, θ integrated out by adaptive quadrature."""

    def integrand(theta: float) -> float:
        noise = stats.t.pdf((r - theta) / np.sqrt(v), nu) / np.sqrt(v)
        return float(stats.norm.pdf(theta, 0.0, tau) * noise.prod())

    marks = sorted({0.0, *r, *np.linspace(-8 * tau, 8 * tau, 9)})
    ends = [marks[0] - 8 * tau, *marks, marks[-1] + 8 * tau]
    pieces = [
        integrate.quad(integrand, low, high, epsabs=0, epsrel=1e-10, limit=200)[0]
        for low, high in pairwise(ends)
    ]
    return float(np.log(sum(pieces)))


@pytest.mark.parametrize("nu", [2.1, 5.0, 60.0])
@pytest.mark.parametrize("tau", [0.02, 0.4, 3.0])
def test_the_density_of_a_place_integrates_what_is_lasting(nu: float, tau: float) -> None:
    rng = np.random.default_rng(3)
    r = rng.normal(0.3, 0.7, (1, 3, 6))
    r[0, 1, 2] = 9.0  # one odd year
    r[0, 2] += 4.0  # a place that stands apart
    v = rng.uniform(0.05, 0.8, (1, 3, 6))
    used = np.ones((3, 6), dtype=bool)
    used[0, 4:] = False
    found = tails.place_log_density(r, used, v, np.array([tau]), np.array([nu]))
    for i in range(3):
        expected = of_place(r[0, i, used[i]], v[0, i, used[i]], tau, nu)
        assert found[0, i] == pytest.approx(expected, abs=1e-5)


def test_without_a_lasting_part_the_cells_are_independent() -> None:
    r, v = np.array([[[0.4, -2.0, 0.1]]]), np.array([[[0.5, 0.3, 2.0]]])
    used = np.ones((1, 3), dtype=bool)
    found = tails.place_log_density(r, used, v, np.zeros(1), np.array([4.0]))
    assert found[0, 0] == pytest.approx(stats.t.logpdf(r, 4.0, scale=np.sqrt(v)).sum())


def test_many_degrees_of_freedom_are_normal_noise() -> None:
    rng = np.random.default_rng(5)
    r, v, tau = rng.normal(0, 1, (1, 1, 5)), rng.uniform(0.2, 1, (1, 1, 5)), 0.6
    found = tails.place_log_density(
        r, np.ones((1, 5), dtype=bool), v, np.array([tau]), np.array([1e7])
    )
    covariance = tau**2 + np.diag(v[0, 0])
    expected = stats.multivariate_normal.logpdf(r[0, 0], np.zeros(5), covariance)
    assert found[0, 0] == pytest.approx(expected, abs=1e-5)

    y, mean, variance = rng.normal(size=7), rng.normal(size=(2, 7)), rng.uniform(0.3, 2, (2, 7))
    of_draws = tails.log_density_given_level(y, mean, variance, np.full(2, 1e7))
    normal = futures.log_density_given_level(y, mean, variance)
    assert np.log(np.exp(of_draws).mean(axis=0)) == pytest.approx(normal, abs=1e-5)


@pytest.mark.parametrize("nu", [2.1, 6.0])
def test_the_level_of_a_later_year_is_learnt_from_the_others(nu: float) -> None:
    rng = np.random.default_rng(8)
    y = rng.normal(0, 1, 5) + np.array([0, 0, 12.0, 0, 0])  # one odd place
    variance = rng.uniform(0.2, 1.5, (1, 5))
    found = tails.log_density_given_level(y, np.zeros((1, 5)), variance, np.array([nu]))

    def integral(which: np.ndarray) -> float:
        def integrand(level: float) -> float:
            sd = np.sqrt(variance[0, which])
            return float((stats.t.pdf((y[which] - level) / sd, nu) / sd).prod())

        ends = [-np.inf, -5.0, *sorted(y), 20.0, np.inf]
        pieces = [
            integrate.quad(integrand, low, high, epsabs=0, epsrel=1e-9, limit=200)[0]
            for low, high in pairwise(ends)
        ]
        return sum(pieces)

    everyone = np.arange(5)
    for i in everyone:
        expected = np.log(integral(everyone) / integral(everyone[everyone != i]))
        assert found[0, i] == pytest.approx(expected, abs=1e-4)
