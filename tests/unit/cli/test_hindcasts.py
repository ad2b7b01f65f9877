"""The command `hindcast`: what it hands over, and its table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from attraktiv import evaluation
from attraktiv.cli.app import app
from attraktiv.errors import InputError
from attraktiv.evaluation.persistence import PREDICTORS

WIDTH = 80
SPLITS = ["2014:2016/2018:2019", "2006:2011/2012:2016"]


def result() -> xr.Dataset:
    """Two splits of three places; the later one stands first."""
    by = ("split", "predictor")
    rmse = np.array([[0.6, 0.64, 0.5, 0.603, 0.499], [0.7, 0.8, 0.5, 0.6, 0.51]])
    values = {"rmse": rmse, "difference": rmse - rmse[:, [-1]]}
    bounds = {
        f"{k}_{b}": v + s for k, v in values.items() for b, s in (("lower", -1), ("upper", 1))
    }
    return xr.Dataset(
        {
            **{name: (by, v) for name, v in (values | bounds).items()},
            "predicted": ((*by, "place"), np.zeros((2, 5, 3))),
            "observed": (("split", "place"), np.zeros((2, 3))),
            "places": ("split", [350, 349]),
            "blocks": ("split", [84, 83]),
        },
        {"split": SPLITS, "predictor": list(PREDICTORS), "place": ["0101", "0102", "0103"]},
        {
            "model": "hierarchical_dynamic",
            "outcome": "net_migration_rate",
            "classical": "the factors of hierarchical_dynamic",
            "block_column": "labour_market_region",
            "prob": 0.8,
            "seed": 2147483647,
        },
    )


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setenv("NO_COLOR", "1")
    made: list[tuple] = []

    def hindcast(*arguments: object, **options: object) -> xr.Dataset:
        made.append((arguments, options))
        return result()

    monkeypatch.setattr(evaluation, "hindcast", hindcast)
    return made


def call(*arguments: str) -> str:
    splits = [word for split in SPLITS for word in ("--split", split)]
    answer = CliRunner().invoke(app, ["hindcast", "a_model", "a_panel", *splits, *arguments])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_what_was_asked_for_is_handed_over(calls: list[tuple]) -> None:
    options = "--classical book_2023 --blocks county --without jobs --prob 0.5 --seed 3"
    call(*options.split())
    assert calls == [
        (
            ("a_model", Path("a_panel"), SPLITS),
            {
                "classical": "book_2023",
                "blocks": "county",
                "without": ("jobs",),
                "prob": 0.5,
                "seed": 3,
            },
        )
    ]


@pytest.mark.usefixtures("calls")
def test_the_table_fits_and_keeps_the_order_of_the_splits() -> None:
    text = call()
    assert all(len(line) <= WIDTH for line in text.splitlines())
    lines = text.splitlines()
    titles = [line for line in lines if "→" in line]
    assert titles == [
        "2014–2016 → 2018–2019: 350 places in 84 blocks",
        "2006–2011 → 2012–2016: 349 places in 83 blocks",
    ]
    rows = [line for line in lines if line.startswith("regression + residual")]
    assert rows[0].split()[3:] == [
        "0.603",
        "-0.397",
        "to",
        "1.603",
        "0.104",
        "-0.896",
        "to",
        "1.104",
    ]
    assert sum(line.startswith("posterior") and line.count("–") == 2 for line in lines) == 2


@pytest.mark.usefixtures("calls")
def test_numbers_for_machines(tmp_path: Path) -> None:
    rows = json.loads(call("--format", "json"))
    assert len(rows) == 10
    assert rows[0]["split"] == SPLITS[0]
    assert [row["predictor"] for row in rows[:5]] == list(PREDICTORS)
    assert rows[3]["rmse"] == 0.603
    assert rows[0]["prob"] == 0.8
    assert "place" not in rows[0]
    call("--out", str(tmp_path / "errors.parquet"))
    stored = pd.read_parquet(tmp_path / "errors.parquet")
    written = [row["difference_upper"] for row in rows]
    assert stored["difference_upper"].tolist() == pytest.approx(written)
    assert call("--format", "csv").splitlines()[0].startswith("split,predictor,places,blocks,rmse")


def test_a_wrong_call_is_a_paragraph(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError("The split is wrong.")

    monkeypatch.setattr(evaluation, "hindcast", refuse)
    answer = CliRunner().invoke(app, ["hindcast", "m", "p", "--split", "1:2/3:4"])
    assert answer.exit_code == 2
    assert answer.stderr == "Error: The split is wrong.\n"


def test_a_split_is_needed() -> None:
    answer = CliRunner().invoke(app, ["hindcast", "m", "p"])
    assert answer.exit_code == 2
    assert "--split" in answer.stderr
