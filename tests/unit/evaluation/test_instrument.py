"""How migration responds to jobs of the same year: linearmodels' numbers, and a known bias."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.unit.evaluation.two_equations import LAG, RESPONSE, classical, joint_run, panel
from tests.unit.runs import fake_run

from attraktiv.engines import fit
from attraktiv.engines.least_squares import regressors
from attraktiv.errors import RunError
from attraktiv.evaluation import job_response, simultaneous
from attraktiv.evaluation.cells import cells
from attraktiv.store import equation_of

OWN, LAGGED = "own_job_growth", "lag(own_job_growth, 1)"
INSTRUMENTS = ["industry_mix", "lag(population_growth, 1)"]
BOTH = " + ".join(INSTRUMENTS)


@pytest.fixture(scope="module")
def country() -> xr.Dataset:
    """Sixty places, nine years; some cells lack their migration or their jobs."""
    found = panel()
    lost = (found["place"] == "0104") & (found["year"] < 2010)
    gap = (found["place"] == "0107") & (found["year"] == 2011)
    return found.assign(
        net_migration=found["net_migration"].where(~lost),
        industry_mix=found["industry_mix"].where(~gap),
    )


@pytest.fixture(scope="module")
def run(country: xr.Dataset) -> xr.DataTree:
    return fit(classical(), country, seed=1, progress=False)


@pytest.fixture(scope="module")
def joint(country: xr.Dataset) -> xr.DataTree:
    return joint_run(country)


def table(run: xr.DataTree) -> pd.DataFrame:
    """One row for each cell that both equations have, factors in their own units."""
    of_jobs = cells(equation_of(run, "business"))
    data = cells(run)
    gap = of_jobs["factor_missing"].sel(term="industry_mix", drop=True)
    unknown = data["factor_missing"].sel(term=OWN, drop=True)
    used = (data["used"] & of_jobs["used"] & ~gap & ~unknown).sel(year=of_jobs["year"])
    data = data.sel(year=of_jobs["year"]).assign(used=used)
    _, w, y, place, year = regressors(data)
    levels = {f"level {i}": w[:, 2 + i] for i in range(w.shape[1] - 2)}
    raw = w[:, :2] * data["scale"].values
    excluded = of_jobs["factors"].transpose("place", "year", "term").values[place, year]
    frame = pd.DataFrame({OWN: raw[:, 0], LAGGED: raw[:, 1], **levels, "y": y, "place": place})
    return frame.assign(**dict(zip(INSTRUMENTS, excluded.T, strict=True)))


def theirs(frame: pd.DataFrame, instruments: list[str]) -> object:
    iv = pytest.importorskip("linearmodels.iv")
    exogenous = frame[[LAGGED, *(c for c in frame if c.startswith("level"))]]
    found = iv.IV2SLS(frame["y"], exogenous, frame[[OWN]], frame[instruments])
    return found.fit(cov_type="clustered", clusters=frame["place"], debiased=True)


@pytest.mark.oracle
def test_two_stage_least_squares_is_that_of_linearmodels(run: xr.DataTree) -> None:
    frame = table(run)
    expected = theirs(frame, INSTRUMENTS[:1])
    found = job_response(run).sel(estimator="two-stage least squares")
    mean = found["job_response"].sel(estimate="mean").values
    both = [expected.params[OWN], expected.params[OWN] + expected.params[LAGGED]]
    assert mean == pytest.approx(both, rel=1e-8)
    covariance = expected.cov.loc[[OWN, LAGGED], [OWN, LAGGED]].values
    errors = np.sqrt([covariance[0, 0], covariance.sum()])
    assert found["job_response_se"].values == pytest.approx(errors, rel=1e-8)
    assert found.attrs["cells"] == len(frame)
    assert found.attrs["places"] == frame["place"].nunique()


@pytest.mark.oracle
def test_least_squares_is_that_of_linearmodels(run: xr.DataTree) -> None:
    iv = pytest.importorskip("linearmodels.iv")
    frame = table(run)
    regressor = frame.drop(columns=["y", "place", *INSTRUMENTS])
    expected = iv.IV2SLS(frame["y"], regressor, None, None).fit(
        cov_type="clustered", clusters=frame["place"], debiased=True
    )
    found = job_response(run).sel(estimator="least squares", span="same year")
    assert found["job_response"].sel(estimate="mean").item() == pytest.approx(
        expected.params[OWN], rel=1e-8
    )
    assert found["job_response_se"].item() == pytest.approx(expected.std_errors[OWN], rel=1e-8)


@pytest.mark.oracle
def test_the_first_stage_is_that_of_linearmodels(run: xr.DataTree) -> None:
    frame = table(run)
    found = job_response(run).sel(instruments="industry_mix")
    expected = theirs(frame, INSTRUMENTS[:1]).first_stage.diagnostics.loc[OWN]
    assert found["first_stage_f"].item() == pytest.approx(expected["f.stat"], rel=1e-8)
    assert found["partial_r2"].item() == pytest.approx(expected["partial.rsquared"], rel=1e-8)
    both = theirs(frame, INSTRUMENTS).first_stage.diagnostics.loc[OWN]
    found = job_response(run).sel(instruments=BOTH)
    assert found["partial_r2"].item() == pytest.approx(both["partial.rsquared"], rel=1e-8)


def test_the_effective_f_of_two_instruments_is_that_of_its_definition(run: xr.DataTree) -> None:
    frame = table(run)
    rest = frame[[LAGGED, *(c for c in frame if c.startswith("level"))]].values
    n, q = rest.shape[0], rest.shape[1] + 2

    def less(of: np.ndarray) -> np.ndarray:
        return of - rest @ np.linalg.lstsq(rest, of, rcond=None)[0]

    x, z = less(frame[OWN].values), less(frame[INSTRUMENTS].values)
    v = x - z @ np.linalg.lstsq(z, x, rcond=None)[0]
    of_place = np.array([(z[own] * v[own, None]).sum(0) for own in places_of(frame)])
    g = len(of_place)
    meat = of_place.T @ of_place * g / (g - 1) * (n - 1) / (n - q)
    inverse = np.linalg.inv(z.T @ z)
    expected = (x @ z @ inverse @ z.T @ x) / np.trace(meat @ inverse)
    found = job_response(run)["first_stage_f"].sel(instruments=BOTH).item()
    assert found == pytest.approx(expected, rel=1e-8)


def places_of(frame: pd.DataFrame) -> list[np.ndarray]:
    return [np.flatnonzero(frame["place"] == place) for place in frame["place"].unique()]


def test_the_instrument_removes_a_known_bias(run: xr.DataTree) -> None:
    found = job_response(run).sel(estimate="mean")
    for span, truth in (("same year", RESPONSE), ("with lags", RESPONSE + LAG)):
        mean, se = found["job_response"].sel(span=span), found["job_response_se"].sel(span=span)
        least = (mean - truth).sel(estimator="least squares").item()
        two_stage = (mean - truth).sel(estimator="two-stage least squares").item()
        assert least > 8 * se.sel(estimator="least squares").item()
        assert abs(two_stage) < 2 * se.sel(estimator="two-stage least squares").item()
    assert found["first_stage_f"].sel(instruments="industry_mix").item() > 104.7
    assert found["migrants_per_100_jobs"].values == pytest.approx(
        100 * found["job_response"].values
    )


def test_bands_hold_what_they_say(run: xr.DataTree) -> None:
    found = job_response(run, prob=0.95)
    half = found["job_response"].sel(estimate="upper") - found["job_response"].sel(estimate="mean")
    assert (half / found["job_response_se"]).values == pytest.approx(1.959964, abs=1e-6)


def test_a_mix_that_moves_nothing_is_weak(country: xr.Dataset) -> None:
    rng = np.random.default_rng(1)
    noise = country.assign(industry_mix=(("place", "year"), rng.normal(size=country["jobs"].shape)))
    run = fit(classical(), noise, seed=1, progress=False)
    assert job_response(run)["first_stage_f"].sel(instruments="industry_mix").item() < 10


def test_a_joint_run_has_its_posterior_beside(joint: xr.DataTree) -> None:
    found = job_response(joint)
    estimators = ["least squares", "two-stage least squares", "posterior"]
    assert found["estimator"].values.tolist() == estimators
    own = [f"lag(own_job_growth, {lag})" for lag in (1, 2)]
    beta = joint["posterior"].to_dataset()["beta_original"]
    for span, terms in (("same year", [OWN]), ("with lags", [OWN, *own])):
        drawn = beta.sel(term=terms).sum("term").values.ravel()
        of = found.sel(estimator="posterior", span=span)
        expected = [drawn.mean(), *np.quantile(drawn, [0.1, 0.9])]
        assert of["job_response"].values == pytest.approx(expected)
        assert of["job_response_se"].item() == pytest.approx(drawn.std())
    correlation = joint["posterior"]["correlation_noise"].values
    assert found["prob_positive"].item() == pytest.approx((correlation > 0).mean())
    assert found["correlation_noise"].sel(estimate="mean").item() == pytest.approx(
        correlation.mean()
    )


def test_without_a_mix_there_is_no_instrument(run: xr.DataTree, country: xr.Dataset) -> None:
    found = job_response(
        fit(classical(), country, without=["industry_mix"], seed=1, progress=False)
    )
    assert found["estimator"].values.tolist() == ["least squares"]
    assert found["instruments"].values.tolist() == ["lag(population_growth, 1)"]
    assert found.attrs["instrument"] == ""
    of_migration = f"{OWN} + industry_mix"
    found = job_response(fit(classical(of_migration), country, seed=1, progress=False))
    assert found["estimator"].values.tolist() == ["least squares"]


def test_a_sector_has_its_own_mix(country: xr.Dataset) -> None:
    private = country.assign(
        jobs_private=0.7 * country["jobs"], private_industry_mix=country["industry_mix"]
    )
    both = fit(classical(), private, sector="private", seed=1, progress=False)
    found = job_response(both)
    assert found.attrs["growth"] == "own_private_job_growth"
    assert found.attrs["instrument"] == "private_industry_mix"


@pytest.mark.parametrize("factors", ["neighbour_job_growth", LAGGED])
def test_runs_without_both_are_refused(country: xr.Dataset, factors: str) -> None:
    run = fit(classical(factors), country, seed=1, progress=False)
    assert simultaneous(run) is None
    with pytest.raises(RunError, match="does not explain jobs and migration of one year"):
        job_response(run)
    with pytest.raises(RunError, match="attraktiv fit joint_2026 PANEL"):
        job_response(fake_run())
