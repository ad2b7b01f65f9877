"""The test for a trend in yearly coefficients, against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr
from tests.unit.runs import TERMS, fake_run

from attraktiv.engines import check, coefficient_trend
from attraktiv.errors import RunError


def run_with(estimates: np.ndarray, errors: np.ndarray) -> xr.DataTree:
    """A run whose draws of the first coefficient have just these means and deviations."""
    run = fake_run("yearly", years=estimates.size, chains=2, draws=200)
    normal = np.random.default_rng(3).standard_normal((400, estimates.size))
    exact = (normal - normal.mean(axis=0)) / normal.std(axis=0)
    draws = (estimates + errors * exact).reshape(2, 200, -1)
    posterior = run["posterior"].to_dataset()
    posterior["beta_original"][..., 0] = draws
    run["posterior"] = xr.DataTree(posterior)
    del run["diagnostics"]
    return run


ERRORS = np.array([0.02, 0.05, 0.03, 0.04, 0.02, 0.06, 0.03])


@pytest.mark.parametrize("unknown", [None, 2])
def test_statsmodels_gives_the_same(unknown: int | None) -> None:
    rng = np.random.default_rng(5)
    estimates = 0.2 - 0.01 * np.arange(7) + 2 * ERRORS * rng.standard_normal(7)
    if unknown is not None:
        estimates[unknown] = np.nan
    row = coefficient_trend(run_with(estimates, ERRORS)).iloc[0]
    known = np.isfinite(estimates)
    years = np.arange(2006, 2013)[known]
    fit = sm.WLS(estimates[known], sm.add_constant(years), weights=ERRORS[known] ** -2.0).fit()
    assert row["term"] == TERMS[0]
    assert row["years"] == known.sum()
    assert (row["first"], row["last"]) == (2006, 2012)
    assert row["slope"] == pytest.approx(fit.params[1])
    assert row["standard_error"] == pytest.approx(fit.bse[1])
    assert row["t"] == pytest.approx(fit.tvalues[1])
    assert row["p"] == pytest.approx(fit.pvalues[1])
    assert row["mean"] == pytest.approx(np.average(estimates[known], weights=ERRORS[known] ** -2.0))


def test_a_true_null_is_rejected_as_often_as_promised() -> None:
    rng = np.random.default_rng(6)
    p = [
        coefficient_trend(run_with(0.2 + 1.5 * ERRORS * rng.standard_normal(7), ERRORS))["p"][0]
        for _ in range(400)
    ]
    # 5 % of 400 is 20, with a standard deviation of 4.4
    assert 6 < np.sum(np.array(p) < 0.05) < 36


def test_check_says_whether_there_is_a_trend_in_job_growth() -> None:
    steep = check(run_with(0.5 - 0.1 * np.arange(7) + 0.01 * np.sin(np.arange(7)), ERRORS))
    assert steep.passed is None
    of_growth = [line for line in steep.lines if line.startswith("Coefficient of own_job_growth,")]
    assert len(of_growth) == 1
    assert "2006–2012, 7 years" in of_growth[0]
    assert "change per year -0.1" in of_growth[0]
    assert of_growth[0].endswith(": a trend.")
    flat = check(run_with(0.2 + 0.05 * (-1.0) ** np.arange(7), ERRORS))
    assert any(line.endswith("no trend that can be told from chance.") for line in flat.lines)
    assert not any("log(population)" in line for line in flat.lines)


def test_three_years_are_too_few() -> None:
    run = run_with(np.array([0.1, 0.2, 0.3]), ERRORS[:3])
    assert np.isnan(coefficient_trend(run)["p"]).all()
    assert any("too few years" in line for line in check(run).lines)


@pytest.mark.parametrize("kind", ["least-squares", "dynamic"])
def test_years_that_share_their_coefficients_have_no_trend(kind: str) -> None:
    run = fake_run(kind)  # type: ignore[arg-type]
    with pytest.raises(
        RunError, match=r"share their coefficients.* attraktiv fit book_2023_yearly"
    ):
        coefficient_trend(run)
    if kind == "least-squares":
        del run["diagnostics"]
        assert len(check(run).lines) == 1
