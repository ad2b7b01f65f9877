"""Slopes within and between agree with linearmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.unit.evaluation.conftest import model

from attraktiv.engines import fit
from attraktiv.engines.least_squares import regressors
from attraktiv.evaluation import slopes
from attraktiv.evaluation.cells import cells


def frame(run: xr.DataTree) -> pd.DataFrame:
    """One row for each used cell."""
    data = cells(run)
    _, w, y, place, year = regressors(data)
    terms = [str(term) for term in data["term"].values]
    table = pd.DataFrame(w[:, : len(terms)], columns=terms)
    return table.assign(y=y, place=place, year=year).set_index(["place", "year"])


def test_the_pooled_slope_is_the_classical_one(classical: xr.DataTree) -> None:
    found = slopes(classical)
    _, w, y, _, _ = regressors(cells(classical))
    expected = np.linalg.lstsq(w, y, rcond=None)[0][: found.sizes["term"]]
    assert found["slope_mean"].sel(slope="pooled").values == pytest.approx(expected)


@pytest.mark.oracle
def test_the_within_slope_is_that_of_fixed_effects(classical: xr.DataTree) -> None:
    linear = pytest.importorskip("linearmodels.panel")
    table = frame(classical)  # one place lacks years: the panel is unbalanced
    moving = ["own_job_growth", "share_20_39"]
    theirs = linear.PanelOLS(table["y"], table[moving], entity_effects=True, time_effects=True).fit(
        cov_type="clustered", cluster_entity=True, debiased=False, count_effects=False
    )
    found = slopes(classical).sel(slope="within").to_dataframe()
    assert found.loc[moving, "slope_mean"].values == pytest.approx(theirs.params.values, rel=1e-6)
    # they count the effects of places as lost degrees of freedom, though places are the clusters
    size, effects = 19, 19 + 6
    ours = np.sqrt((size - 1) / size * len(table) / (len(table) - effects))
    assert found.loc[moving, "slope_se"].values * ours == pytest.approx(
        theirs.std_errors.values, rel=1e-6
    )
    assert found["slope_mean"].isna()["centrality"]


@pytest.mark.oracle
def test_the_between_slope_is_that_of_place_means(country: xr.Dataset) -> None:
    linear = pytest.importorskip("linearmodels.panel")
    spec = model("balanced", year_effect="fixed")
    run = fit(spec, country, first=2007, seed=1, progress=False)
    table = frame(run)
    level = table.groupby("year").transform("mean")
    centred = table - level
    theirs = linear.BetweenOLS(
        centred["y"], centred[["own_job_growth", "centrality", "share_20_39"]]
    )
    found = slopes(run).sel(slope="between")["slope_mean"].values
    assert found == pytest.approx(theirs.fit().params.values, rel=1e-6)


def test_a_planted_difference_is_found(country: xr.Dataset) -> None:
    rng = np.random.default_rng(0)
    lasting, moving = rng.standard_normal(20), rng.standard_normal((20, country.sizes["year"]))
    rate = 1.0 * lasting[:, None] - 0.5 * moving
    people = country["population"].values
    panel = country.assign(
        driver=(("place", "year"), lasting[:, None] + moving),
        net_migration=country["net_migration"] + rate * people / 100,
    )
    run = fit(model("driver", "driver", year_effect="fixed"), panel, seed=1, progress=False)
    found = slopes(run).isel(term=0)
    scale = run["constant_data"]["scale"].item()
    mean = found["slope_mean"] / scale
    assert float(mean.sel(slope="within")) == pytest.approx(-0.5, abs=0.2)
    assert float(mean.sel(slope="between")) > 0.2
    difference, se = (float(found[n].sel(slope="difference")) for n in ("slope_mean", "slope_se"))
    assert difference > 2 * se
    assert difference == pytest.approx(
        float(found["slope_mean"].sel(slope="between") - found["slope_mean"].sel(slope="within"))
    )
