"""Centres and scales, along either axis."""

from __future__ import annotations

import numpy as np
import pytest

from attraktiv.model.scaling import centre, standardised

X = np.array([[1.0, np.nan, 3.0], [5.0, np.nan, np.nan], [100.0, 7.0, 100.0]])
FITTED = np.array([True, True, False])


@pytest.mark.parametrize("axis", [0, -1])
def test_only_fitted_places_that_are_known_make_the_centre(axis: int) -> None:
    x = X if axis == 0 else X.T
    middle = centre(x, FITTED, axis=axis)
    np.testing.assert_array_equal(middle.ravel(), [3.0, np.nan, 3.0])
    found = standardised(x, middle, 2.0)
    expected = np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [48.5, 0.0, 48.5]])
    np.testing.assert_array_equal(found, expected if axis == 0 else expected.T)


def test_an_attribute_has_one_centre() -> None:
    assert centre(X[:, 0], FITTED, axis=-1) == pytest.approx(3.0)
