"""The posterior along ages, against the inverse of the whole precision."""

from __future__ import annotations

import numpy as np
import pytest

from attraktiv.forecasts.along_ages import posterior_along_ages

AGES = 9


@pytest.mark.parametrize(("r", "c"), [(0.0, 0.0), (0.6, 0.0), (0.0, 0.7), (0.97, 0.9)])
def test_it_is_that_of_the_dense_matrix(r: float, c: float) -> None:
    rng = np.random.default_rng(1)
    information = rng.exponential(3.0, (5, 2, AGES)) * rng.integers(0, 2, (5, 2, AGES))
    pull = information * rng.normal(size=information.shape)
    mean, variance = posterior_along_ages(information, pull, r, c)
    age = np.arange(AGES)
    prior = np.kron([[1.0, c], [c, 1.0]], r ** np.abs(age[:, None] - age))
    for i, known in enumerate(information.reshape(5, -1)):
        posterior = np.linalg.inv(np.linalg.inv(prior) + np.diag(known))
        np.testing.assert_allclose(mean[i].ravel(), posterior @ pull[i].ravel(), atol=1e-12)
        np.testing.assert_allclose(variance[i].ravel(), np.diag(posterior), rtol=1e-10)


def test_where_nothing_is_known_it_is_the_prior() -> None:
    nothing = np.zeros((1, 2, AGES))
    mean, variance = posterior_along_ages(nothing, nothing, 0.9, 0.5)
    np.testing.assert_array_equal(mean, 0.0)
    np.testing.assert_allclose(variance, 1.0)
