"""What was left out is predicted as a regression without it would."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import multivariate_t

from attraktiv.engines.least_squares import regressors
from attraktiv.evaluation.cells import cells
from attraktiv.evaluation.deletion import Deletion


def predicted(w: np.ndarray, y: np.ndarray, left: np.ndarray) -> float:
    """Log density of the rows left out, by a regression on the others."""
    known, seen = w[~left], y[~left]
    b = np.linalg.lstsq(known, seen, rcond=None)[0]
    df = known.shape[0] - known.shape[1]
    s2 = ((seen - known @ b) ** 2).sum() / df
    spread = np.linalg.inv(known.T @ known)
    shape = s2 * (np.eye(left.sum()) + w[left] @ spread @ w[left].T)
    return float(multivariate_t.logpdf(y[left], w[left] @ b, shape, df))


@pytest.mark.parametrize("row", [0, 17, 60])
def test_a_cell(classical: xr.DataTree, row: int) -> None:
    data = cells(classical)
    _, w, y, place, year = regressors(data)
    left = np.arange(len(y)) == row
    found = Deletion.of(data).of_cells()[place[row], year[row]]
    assert found == pytest.approx(predicted(w, y, left), abs=1e-9)


@pytest.mark.parametrize("i", [0, 1, 12])
def test_a_place(classical: xr.DataTree, i: int) -> None:
    data = cells(classical)
    _, w, y, place, _ = regressors(data)
    found = Deletion.of(data).of_places()[i]
    assert found == pytest.approx(predicted(w, y, place == i), abs=1e-8)


def test_only_used_cells_have_a_density(classical: xr.DataTree, used: np.ndarray) -> None:
    assert (np.isfinite(Deletion.of(cells(classical)).of_cells()) == used).all()


def test_a_year_that_one_place_alone_knows_cannot_be_predicted(classical: xr.DataTree) -> None:
    data = cells(classical)
    alone = (data["year"] != 2011) | (data["place"] == "0104")
    data = data.assign(used=data["used"] & alone, outcome=data["outcome"].where(alone))
    found = Deletion.of(data)
    here = list(data["place"].values).index("0104")
    assert np.isnan(found.of_cells()[here, -1])
    assert np.isnan(found.of_places()[here])
    assert np.isfinite(np.delete(found.of_places(), here)).all()
