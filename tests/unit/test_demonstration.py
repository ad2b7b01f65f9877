"""The demo: what it writes, what it replaces, and the truth beside the answer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.unit.runs import fake_run
from typer.testing import CliRunner

from attraktiv import engines
from attraktiv.cli.app import app
from attraktiv.demonstration import demo
from attraktiv.errors import InputError
from attraktiv.panels import read_truth
from attraktiv.store import open_run


@pytest.fixture(autouse=True)
def quick_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that knows the truth: all its bands hold, but the first place's."""

    def fit(model: str, panel: Path, *, seed: int, progress: bool = True) -> xr.DataTree:
        truth = read_truth(panel)
        sizes = {"places": truth.sizes["place"], "years": truth.sizes["year"]}
        run = fake_run("dynamic", seed=seed, excluded=(), unobserved=(), **sizes)
        labels = {"place": truth["place"].values, "year": truth["year"].values}
        for name in ("posterior", "observed_data", "constant_data"):
            run[name] = xr.DataTree(run[name].to_dataset().assign_coords(labels))
        noise = np.linspace(-1, 1, 50)[None, :, None]
        offset = np.where(np.arange(sizes["places"]) == 0, 5.0, 0.0)
        posterior = run["posterior"].dataset
        posterior["theta"].values[:] = truth["theta"].values + noise + offset
        posterior["u"].values[:] = truth["u"].values
        return run

    verdict = SimpleNamespace(passed=True, lines=["Passed."])
    monkeypatch.setattr(engines, "fit", fit, raising=False)
    monkeypatch.setattr(engines, "check", lambda run: verdict, raising=False)
    # an engine that estimates nothing leaves nothing to continue; test_forecast.py does that
    monkeypatch.setattr("attraktiv.demonstration.forecast", lambda *args, **kwargs: None)
    monkeypatch.setattr("attraktiv.demonstration.forecast_table", lambda run, prob: _ahead())
    monkeypatch.setattr("attraktiv.demonstration.report", _report)


def _report(run: Path, out: Path, *, panel: Path, language: str, prob: float) -> Path:
    """Write down what is reported: the answers of an engine that estimates nothing are few."""
    assert not out.exists()
    out.write_text(f"{run} {panel} {language} {prob}", encoding="utf-8")
    return out


def _ahead() -> pd.DataFrame:
    row = {"scenario": "continued", "place": "", "name": "all places", "year": 2018, "horizon": 1}
    numbers = {"population": 1000.0, "mean": 1010.0, "median": 1010.0, "lower": 990.0}
    more = {"upper": 1030.0, "prob_decline": 0.2, "prob": 0.8, "interval": "eti"}
    frame = pd.DataFrame([{**row, **numbers, **more}])
    frame.attrs = {"model": "hierarchical_dynamic", "origin": 2017, "draws": 10}
    return frame


def test_the_truth_of_the_period_stands_beside_the_bands(tmp_path: Path) -> None:
    found = demo(tmp_path / "demo", places=12, years=6)
    assert (found.places, found.held, found.prob) == (12, 11, 0.8)
    assert not found.table["held"].iloc[0]  # five points too high, so it comes first
    truth = read_truth(found.panel)
    expected = truth["theta"] + truth["u"].mean("year")
    np.testing.assert_allclose(
        found.table["truth"], expected.sel(place=found.table["place"].to_numpy()), atol=1e-9
    )
    assert open_run(found.run).attrs["model"] == "hierarchical_dynamic"
    assert found.report.read_text("utf-8") == f"{found.run} {found.panel} en 0.8"


def test_a_demo_replaces_only_an_earlier_demo(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    first = demo(out, places=12, years=6, seed=1)
    again = demo(out, places=12, years=6, seed=2)
    assert first.table["truth"].tolist() != again.table["truth"].tolist()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(InputError, match="not the folder of an earlier demo"):
        demo(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_what_the_command_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = tmp_path / "demo"
    result = CliRunner().invoke(app, ["demo", "--out", str(out)])
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert "A simulated country of 60 places" in text
    assert "Passed." in text
    assert "The 5 most attractive places, percent of population per year, 80% bands" in text
    assert "The 5 least attractive places" in text
    assert "The 80% bands hold 59 of 60 truths; about 48 are expected." in text
    assert f"Run:    {out / 'run'}" in text
    assert f"Report: {out / 'report.html'}" in text
    assert "Population on 1 January, forecast from 2017" in text
    assert text.count("\n  attraktiv ") == 5
