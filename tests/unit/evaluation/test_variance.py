"""The parts of the outcome's variance add up."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from attraktiv.evaluation.cells import cells, shared
from attraktiv.evaluation.variance import explained


@pytest.mark.parametrize("which", ["classical", "bayesian"])
def test_shares_sum_to_one(which: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(which)
    total = explained(run, shared([run])).sum("component")
    assert total.values == pytest.approx(1.0)


def test_the_classical_share_is_r_squared(classical: xr.DataTree) -> None:
    from attraktiv.engines.least_squares import regressors

    _, w, y, _, _ = regressors(cells(classical))
    residual = y - w @ np.linalg.lstsq(w, y, rcond=None)[0]
    r2 = 1 - residual @ residual / ((y - y.mean()) ** 2).sum()
    shares = explained(classical, shared([classical])).mean("draw")
    known = shares.sel(component=["level", "structure"]).sum()
    assert float(known) == pytest.approx(r2, abs=0.02)
    assert shares.sel(component="noise").item() == pytest.approx(0.0, abs=1e-9)


def test_noise_is_what_the_draws_leave(bayesian: xr.DataTree) -> None:
    """The covariance of the outcome with each part, from the parts themselves, in one draw."""
    data = cells(bayesian)
    of = bayesian["posterior"].to_dataset().isel(chain=0, draw=5)
    place = data["place"].values
    group = of["gamma"].sel(group=data["group_of_place"].values.astype(str)).values
    own = of["theta"].sel(place=place).values[:, None] + of["u"].sel(place=place).values
    own = own + group[:, None]
    y = data["outcome"].values
    on = np.isfinite(y)
    centred = y[on] - y[on].mean()
    expected = centred @ own[on] / (centred @ centred)
    found = explained(bayesian, shared([bayesian])).isel(draw=5)
    assert found.sel(component="attractiveness").item() == pytest.approx(expected, rel=1e-4)
