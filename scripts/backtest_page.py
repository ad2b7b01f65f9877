"""Backtests of Norway: ``make backtest-page`` writes docs/backtest-norway.md.

Results are kept in ``build/backtests`` as they come, so that a run that was stopped goes on.
"""

from __future__ import annotations

import os
import sys
import textwrap
import time
import warnings
from pathlib import Path

import pandas as pd
import xarray as xr

import attraktiv
from attraktiv.errors import AttraktivWarning
from attraktiv.reports import backtest_chart, pit_chart
from attraktiv.reports.drawing import draw
from attraktiv.specs import models_folder

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "backtest-norway.md"
STORES = ROOT / "build" / "backtests"
DATA = Path(
    os.environ.get("ATTRAKTIV_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
SEED, HORIZON = 1, 10
ORIGINS = range(2008, 2017)
SHOWN = (1, 3, 5, 10)
DEFAULT = "hierarchical_dynamic"
JOBS = (
    "own_job_growth + lag(own_job_growth, 1) + lag(own_job_growth, 2)",
    "neighbour_job_growth",
)
MODELS = (DEFAULT, "hierarchical_static", "hierarchical_grouped", "hierarchical_robust",
          "book_2023")  # fmt: skip


def variant(name: str, replaced: dict[str, str]) -> Path:
    """Write a model file that differs from the default in some words."""
    text = (models_folder() / f"{DEFAULT}.toml").read_text(encoding="utf-8")
    for old, new in ({DEFAULT: name, "default = true\n": ""} | replaced).items():
        if old not in text:
            sys.exit(f"{DEFAULT}.toml has no {old!r} any more; mend this script.")
        text = text.replace(old, new)
    path = STORES / f"{name}.toml"
    STORES.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def run(name: str, models: list[str | Path], panel: xr.Dataset, **asked: object) -> xr.Dataset:
    """Run a backtest, or open what there is of it."""
    begun = time.perf_counter()
    found = attraktiv.backtest(
        models, panel, ORIGINS, HORIZON, seed=SEED, out=STORES / name,
        benchmarks=[DATA / "norway" / "projections" / "official_2016.csv"], **asked,
    )  # fmt: skip
    print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return found


def table(frame: pd.DataFrame, by: str) -> str:
    """Write a Markdown table, a column of CRPS, error and coverage for each class."""
    head = [by, "forecaster", "CRPS", "against trend (80 %)", "log score", "error", "bias",
            "50 %", "80 %", "95 %"]  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|--:|---|" + "--:|" * (len(head) - 2)]
    for row in frame.to_dict("records"):
        compared = row["forecaster"] != frame.attrs["against"]
        against = (
            f"{row['difference']:+.2f} ({row['difference_lower']:+.2f} to "
            f"{row['difference_upper']:+.2f})"
            if compared
            else ""
        )
        cells = [
            str(row[by]), f"`{row['forecaster']}`", f"{row['crps']:.2f}", against,
            shown(row["log_score"], 2), f"{row['mape']:.2f}", f"{row['bias']:+.2f}",
            *(shown(100 * row[f"coverage_{p}"], 0) for p in (50, 80, 95)),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def shown(value: float, decimals: int) -> str:
    """Write a number, or nothing."""
    return "" if pd.isna(value) else f"{value:.{decimals}f}"


def at(frame: pd.DataFrame, forecaster: str, horizon: int, column: str) -> float:
    """Give one number of a table by years ahead."""
    row = frame[(frame["forecaster"] == forecaster) & (frame["horizon"] == horizon)]
    return float(row[column].iloc[0])
