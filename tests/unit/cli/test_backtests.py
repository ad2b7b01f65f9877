"""The commands `backtest` and `scores`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import WIDTH, Call

import attraktiv


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("country") / "land"
    attraktiv.simulate(path, places=15, years=12, seed=3)
    return path


def test_a_backtest_is_stored_and_summed_up(call: Call, folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    words = ["hierarchical_static", str(folder), "--origins", "2012", "--horizon", "2"]
    words += ["--without", "own_job_growth", "--without", "neighbour_job_growth"]
    words += ["--draws", "20", "--seed", "1", "--out", str(store)]
    result = call("backtest", *words)
    assert result.exit_code == 0, result.stderr
    assert "2 years ahead, 15 outcomes" in result.stdout
    assert "hierarchical_static" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= WIDTH
    again = call("scores", str(store), "--by", "size", "--format", "json")
    rows = json.loads(again.stdout)
    assert {row["forecaster"] for row in rows} >= {"trend", "regression_zero"}
    refused = call("scores", str(store), "--quantity", "dogs")
    assert refused.exit_code == 2
    assert "Valid here: population" in refused.stderr.replace("\n", " ")


def test_years_that_cannot_be_read(call: Call, folder: Path, tmp_path: Path) -> None:
    result = call("backtest", "book_2023", str(folder), "--origins", "soon", "--out",
                  str(tmp_path / "s"))  # fmt: skip
    assert result.exit_code == 2
    assert "--origins 2008:2016" in result.stderr.replace("\n", " ")


def test_a_panel_is_needed(call: Call, tmp_path: Path) -> None:
    result = call("backtest", "book_2023", "--origins", "2012", "--out", str(tmp_path / "s"))
    assert result.exit_code == 2
    assert "the panel last" in result.stderr.replace("\n", " ")
