"""The command `forecast`, its table, and questions about a forecast."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import WIDTH, Call
from tests.unit.fake_forecast import fake_forecast, with_forecast
from tests.unit.runs import fake_run

import attraktiv
from attraktiv.cli.forecasts import table
from attraktiv.queries import forecast_table
from attraktiv.store import append_group, write_run


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tree = fake_run(places=30)
    path = write_run(tree, tmp_path / "run")

    def forecast(run: Path, *arguments: object, **options: object) -> None:
        asked.append((run, *arguments, options))
        append_group(run, "forecast", fake_forecast(tree, horizon=25))

    monkeypatch.setattr(attraktiv, "forecast", forecast, raising=False)
    return path


asked: list[tuple] = []


def test_what_was_asked_for_is_handed_over(call: Call, path: Path) -> None:
    asked.clear()
    options = "--horizon 25 --scenario continued --scenario my.toml --seed 3 --ages --place Oslo"
    options += " --workers 2 --scheduler tcp://10.0.0.1:8786"
    result = call("forecast", path, "panel", *options.split(), "--format", "json")
    assert result.exit_code == 0
    assert {row["name"] for row in json.loads(result.stdout)} == {"Oslo"}
    ((run, panel, horizon, said),) = asked
    assert (run, panel, horizon) == (path, Path("panel"), 25)
    assert said == {
        "scenarios": ("continued", "my.toml"),
        "jobs": None,
        "seed": 3,
        "draws": None,
        "ages": True,
        "whole": False,
        "national": None,
        "scheduler": "tcp://10.0.0.1:8786",
        "workers": 2,
        "force": False,
    }


def test_the_table_fits(call: Call, path: Path) -> None:
    lines = call("forecast", path, "panel", "--horizon", 25).stdout.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert sum(line.startswith("all places") for line in lines) == 3
    assert sum(line.startswith("  decline") for line in lines) == 3 * 16
    assert any("15 are not shown" in " ".join(lines[i : i + 3]) for i in range(len(lines)))
    header = next(line for line in lines if line.startswith("Place"))
    assert header.split() == ["Place", "2012", "2013", "2017", "2022", "2032", "2037"]


def test_a_large_nation_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    run = fake_run()
    run["constant_data"]["next_population"] = run["constant_data"]["next_population"] * 0 + 5e6
    text = table(forecast_table(with_forecast(run, horizon=25)))
    assert max(map(len, text.splitlines())) <= WIDTH


def test_questions_at_the_command_line(call: Call, path: Path) -> None:
    call("forecast", path, "panel", "--horizon", 25)
    where = ["--scenario", "low", "--year", 2020, "--place", "Oslo"]
    text = call("query", path, "prob_above", "--threshold", 5000, *where).stdout
    assert "prob_above, probability" in text
    assert "bands" not in text
    assert "threshold: 5000 persons" in text
