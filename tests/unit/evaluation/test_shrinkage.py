"""Why a posterior differs from a classical residual adds up, and follows size and years."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from attraktiv.evaluation.cells import shared
from attraktiv.evaluation.shrinkage import places


@pytest.fixture(scope="module")
def found(classical: xr.DataTree, bayesian: xr.DataTree) -> xr.Dataset:
    runs = [classical, bayesian]
    return places(runs, ["classical", "bayesian"], shared(runs), 0.8)


def test_the_parts_add_up(found: xr.Dataset) -> None:
    mean = found["attractiveness"].sel(estimate="mean")
    one, other = mean.sel(run="classical"), mean.sel(run="bayesian")
    parts = found[["other_structure", "shrinkage"]].sel(run="bayesian")
    total = one + parts["other_structure"] + parts["shrinkage"]
    assert total.values == pytest.approx(other.values, abs=1e-5)
    assert found["shrinkage"].sel(run="classical").values == pytest.approx(0.0, abs=1e-5)


def test_reliability_is_the_share_of_signal(found: xr.Dataset, bayesian: xr.DataTree) -> None:
    of = bayesian["posterior"].to_dataset().mean(("chain", "draw"))
    squares = (bayesian["posterior"].to_dataset() ** 2).mean(("chain", "draw"))
    constant = bayesian["constant_data"].to_dataset()
    for code in ("0101", "0102"):  # the second lacks two years
        here = constant.sel(place=code)
        years = here["year"].values[here["used"].values]
        flow = here["flow_variance"].sel(year=years).values
        noise = (float(squares["sigma"]) + float(of["phi"]) * flow).sum() / years.size**2
        correlation = float(of["rho"]) ** np.abs(years[:, None] - years)
        path = float(squares["sigma_u"]) / (1 - float(of["rho"]) ** 2) * correlation.mean()
        signal = path + float(squares["tau"]) + float(squares["sigma_gamma"])
        mine = found.sel(run="bayesian", place=code)
        assert float(mine["noise_sd"]) == pytest.approx(np.sqrt(noise), rel=1e-5)
        assert float(mine["reliability"]) == pytest.approx(signal / (signal + noise), rel=1e-5)


def test_small_places_keep_the_least(found: xr.Dataset) -> None:
    full = found.sel(run="bayesian").where(found["years_known"] == 7, drop=True)
    order = np.argsort(full["population"].values)
    assert (np.diff(full["reliability"].values[order]) > -1e-3).all()


def test_ranks_change_by_their_difference(found: xr.Dataset) -> None:
    ranks = found["rank"]
    assert sorted(ranks.sel(run="bayesian").values) == list(range(1, 20))
    change = found["rank_change"].sel(run="bayesian")
    expected = ranks.sel(run="classical") - ranks.sel(run="bayesian")
    assert (change.values == expected.values).all()


def test_least_squares_has_no_reliability(found: xr.Dataset) -> None:
    assert found[["reliability", "noise_sd"]].sel(run="classical").isnull().all().to_array().all()
    assert int(found["years_known"].sel(place="0102")) == 5
    assert "0103" not in found["place"].values  # left out of the fits
