"""The posterior along ages, against the inverse of the whole precision."""

from __future__ import annotations

import numpy as np
import pytest

from attraktiv.forecasts.along_ages import draw_along_ages, posterior_along_ages

AGES = 9


def covariance(steps: np.ndarray) -> np.ndarray:
    """Give the covariance (2 age, 2 age) that draws of a place have, from one number at a time."""
    cells = 2 * AGES
    normal = np.eye(cells).reshape(cells, 1, 2, AGES)
    out = np.empty(normal.shape)
    draw_along_ages(np.zeros((1, 2, AGES)), np.ones((2, AGES)), steps[None], normal, out)
    drawn = out.reshape(cells, cells)
    return drawn.T @ drawn


@pytest.mark.parametrize(("r", "c"), [(0.0, 0.0), (0.6, 0.0), (0.0, 0.7), (0.97, 0.9)])
def test_it_is_that_of_the_dense_matrix(r: float, c: float) -> None:
    rng = np.random.default_rng(1)
    information = rng.exponential(3.0, (5, 2, AGES)) * rng.integers(0, 2, (5, 2, AGES))
    pull = information * rng.normal(size=information.shape)
    mean, steps = posterior_along_ages(information, pull, r, c)
    age = np.arange(AGES)
    prior = np.kron([[1.0, c], [c, 1.0]], r ** np.abs(age[:, None] - age))
    for i, known in enumerate(information.reshape(5, -1)):
        posterior = np.linalg.inv(np.linalg.inv(prior) + np.diag(known))
        np.testing.assert_allclose(mean[i].ravel(), posterior @ pull[i].ravel(), atol=1e-12)
        np.testing.assert_allclose(covariance(steps[i]), posterior, atol=1e-10)


def test_where_nothing_is_known_it_is_the_prior() -> None:
    nothing = np.zeros((1, 2, AGES))
    mean, steps = posterior_along_ages(nothing, nothing, 0.9, 0.5)
    np.testing.assert_array_equal(mean, 0.0)
    age = np.arange(AGES)
    prior = np.kron([[1.0, 0.5], [0.5, 1.0]], 0.9 ** np.abs(age[:, None] - age))
    np.testing.assert_allclose(covariance(steps[0]), prior)


def test_draws_are_around_the_mean_and_in_its_units() -> None:
    nothing = np.zeros((3, 2, AGES))
    _, steps = posterior_along_ages(nothing, nothing, 0.5, 0.5)
    mean, scale = np.arange(3.0 * 2 * AGES).reshape(3, 2, AGES), np.full((2, AGES), 0.1)
    scale[1] = 0.0
    out = np.empty((4, 3, 2, AGES))
    draw_along_ages(mean, scale, steps, np.ones(out.shape), out)
    np.testing.assert_array_equal(out[:, :, 1], np.broadcast_to(mean[:, 1], (4, 3, AGES)))
    assert (out[:, :, 0] > mean[:, 0]).all()
    np.testing.assert_allclose(out[0, :, 0, -1] - mean[:, 0, -1], 0.1)
