"""What check says of runs with equations of jobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.unit.cli.conftest import WIDTH, Call
from tests.unit.evaluation.two_equations import classical, joint_run, panel

from attraktiv import engines
from attraktiv.cli.responses import response_lines
from attraktiv.evaluation import job_response


@pytest.fixture(scope="module")
def country() -> xr.Dataset:
    return panel(places=30, years=8)


@pytest.fixture(scope="module")
def joint(country: xr.Dataset) -> xr.DataTree:
    return joint_run(country)


def text(found: xr.Dataset) -> str:
    return " ".join("\n\n".join(response_lines(found)).split())


def test_check_shows_both_equations_and_what_a_job_brings(
    call: Call, country: xr.Dataset, tmp_path: Path
) -> None:
    run = engines.fit(classical(), country, out=tmp_path / "run", seed=1, progress=False)
    result = call("check", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert all(len(line) <= WIDTH for line in result.stdout.splitlines())
    said = " ".join(result.stdout.split())
    assert "factors of net_migration_rate (residential attractiveness), percentage" in said
    assert "factors of job_growth (business attractiveness), percentage" in said
    migrants = job_response(run)["migrants_per_100_jobs"].sel(estimator="two-stage least squares")
    mean, lower, upper = migrants.sel(span="same year").values
    assert f"Two-stage least squares {mean:.0f} [{lower:.0f}, {upper:.0f}]" in said
    assert "a strong instrument" in said


def test_check_of_jobs_alone_says_so(call: Call, country: xr.Dataset, tmp_path: Path) -> None:
    engines.fit("business_2017", country, out=tmp_path / "run", seed=1, progress=False)
    result = call("check", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    said = " ".join(result.stdout.split())
    assert "factors of job_growth (business attractiveness)" in said
    assert "Jobs and migration of one year" not in said


def test_a_joint_run_has_three_estimates_and_the_correlation(joint: xr.DataTree) -> None:
    found = job_response(joint)
    said = text(found)
    for estimate in ("Least squares", "Two-stage least squares", "Posterior"):
        assert f"{estimate} " in said
    mean = float(found["correlation_noise"].sel(estimate="mean"))
    assert f"correlation {mean:.2f} [" in said
    assert f"above zero with probability {float(found['prob_positive']):.2f}." in said


@pytest.mark.parametrize(
    ("f", "said", "unsaid"),
    [
        (3.0, ["a weak instrument", "Do not use the two-stage estimate."], "too narrow"),
        (30.0, ["a strong instrument", "too narrow: that takes F above 104.7"], "Do not use"),
        (200.0, ["a strong instrument"], "too narrow"),
    ],
)
def test_the_strength_is_put_in_words(
    joint: xr.DataTree, f: float, said: list[str], unsaid: str
) -> None:
    found = job_response(joint)
    found["first_stage_f"] = xr.full_like(found["first_stage_f"], f)
    words = text(found)
    assert all(part in words for part in said)
    assert unsaid not in words
    assert f"F {f:.1f} against the conventional 10" in words


def test_without_a_mix_it_says_what_is_left(country: xr.Dataset) -> None:
    plain = engines.fit(classical(factors=""), country, seed=1, progress=False)
    words = text(job_response(plain))
    assert "told apart by nothing: no two-stage estimate" in words
    assert np.isnan(job_response(plain)["first_stage_f"].values).sum() == 0
    without = joint_run(country, without=("industry_mix",))
    assert "only by lagged growth and by the model's shape" in text(job_response(without))
    without = joint_run(country, without=("industry_mix", "population_growth"))
    assert "only by the model's shape" in text(job_response(without))
