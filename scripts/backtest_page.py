"""Backtests of Norway: ``make backtest-page`` writes docs/backtest-norway.md.

Results are kept in ``build/backtests`` as they come, so that a run that was stopped goes on.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pandas as pd
import xarray as xr

import attraktiv
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

TEXT = """# Who forecasts best? Norway, {origins_named}

Every model was fitted anew at each origin, to what was known on its 1 January, and forecast up to
ten years ahead; benchmarks forecast from the same panels, and all are judged by what came until
2020. {missing} pairs of origin and years ahead have no outcome yet. Known later and used all the
same: {look_ahead}.

```console
$ make backtest-page
```

[](backtests.md) says what the forecasters are and how scores and intervals are found. Errors are in
percent of the persons at the origin; the error in the table is the mean absolute percentage error
of the middle of the forecast.

## In plain words

{reading}

Nine origins up to 2016 see the same dozen years of the nation, so that what concerns the nation
rests on little more than one observation.

## By years ahead

![CRPS and coverage by years ahead](backtest-norway.svg)

{horizons}

## Beside the official projection

On its own places and years.

{official}

## Are the forecasts calibrated?

Bars of one height say so: each tenth of the forecast then holds a tenth of the outcomes.

![Share of outcomes in each tenth of the forecast](backtest-norway-pit.svg)

## Sums: counties and the nation

{regions}

The nation:

{nation}

## By origin, three years ahead

{origins}

## By size, three years ahead

{sizes}

## By centrality, three years ahead

Class 1 is the most central.

{centrality}

## Net migration

Of the year that ends with the horizon, percent of the persons at the origin; `trend` and `no_change`
forecast none.

{migration}

## The youngest and the oldest

Percent of those of that age at the origin.

{ages}

## The joint model

`joint_2026` without an industry mix, which this panel does not have.

{joint}

## Without centrality

{bare}

## Failed

{failed}
"""


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


def write(folder: Path) -> None:
    """Run what is not stored yet, and write the page."""
    panel = attraktiv.read_panel(folder)
    plain = {" \\\n  + ".join(JOBS) + " + ": ""}
    models: list[str | Path] = [*MODELS, variant("dynamic_without_jobs", plain)]
    found = run("models", models, panel)
    joint = run("joint", ["joint_2026"], panel, without=["industry_mix"])
    bare = run("without_centrality", [DEFAULT], panel, without=["centrality"])
    horizons = attraktiv.scores(found)
    draw(backtest_chart(horizons), PAGE.with_name("backtest-norway.svg"), force=True)
    chosen = attraktiv.backtests.pit_histogram(found)
    chosen = chosen[chosen["forecaster"].isin([DEFAULT, "regression_zero", "trend",
                                               "cohort_method"])]  # fmt: skip
    draw(pit_chart(chosen), PAGE.with_name("backtest-norway-pit.svg"), force=True)
    parts = {
        "horizons": table(attraktiv.scores(found, horizons=SHOWN), "horizon"),
        "official": table(attraktiv.scores(found, on="official_2016", horizons=(1, 3)), "horizon"),
        "nation": table(attraktiv.scores(found, level="nation", horizons=SHOWN), "horizon"),
        "regions": table(attraktiv.scores(found, level="county", horizons=SHOWN), "horizon"),
        "origins": table(attraktiv.scores(found, by="origin", horizons=(3,)), "origin"),
        "sizes": table(attraktiv.scores(found, by="size", horizons=(3,)), "size"),
        "centrality": table(
            attraktiv.scores(found, by="centrality_class", horizons=(3,)), "centrality_class"
        ),
        "migration": table(
            attraktiv.scores(
                found, quantity="net_migration", against="cohort_method", horizons=SHOWN
            ),
            "horizon",
        ),
        "joint": table(attraktiv.scores(joint, horizons=SHOWN), "horizon"),
        "bare": table(attraktiv.scores(bare, horizons=SHOWN), "horizon"),
        "ages": "\n\n".join(
            f"**{quantity.replace('_', ' ').capitalize()}**\n\n"
            + table(
                attraktiv.scores(
                    found, quantity=quantity, against="cohort_method", horizons=(1, 5, 10)
                ),
                "horizon",
            )
            for quantity in ("aged_0-5", "aged_80+")
        ),
        "reading": reading(found, bare),
        "look_ahead": "; ".join(found.attrs["look_ahead"]),
        "missing": found.attrs["horizons_without_outcome"],
        "failed": failed(found),
        "origins_named": f"{ORIGINS[0]}–{ORIGINS[-1]}",
    }
    PAGE.write_text(TEXT.format(**parts), encoding="utf-8")


def failed(found: xr.Dataset) -> str:
    """Say who could not forecast."""
    said = found.attrs["failed"]
    if not said:
        return "Every forecaster has a forecast from every origin."
    return "\n".join(f"- {who}: {why}" for who, why in said.items())


def reading(found: xr.Dataset, bare: xr.Dataset) -> str:
    """Put the tables in words, with their figures."""
    frame = attraktiv.scores(found, horizons=SHOWN)
    known = attraktiv.scores(found, on="official_2016", horizons=(3,))
    without = attraktiv.scores(bare, horizons=SHOWN)
    rest = [name for name in frame["forecaster"].unique() if name != DEFAULT]
    lines = []
    for horizon in SHOWN:
        own = at(frame, DEFAULT, horizon, "crps")
        better = [name for name in rest if at(frame, name, horizon, "crps") < own]
        best = min(rest, key=lambda name: at(frame, name, horizon, "crps"))
        lines.append(
            f"- **{horizon} year{'' if horizon == 1 else 's'} ahead** the CRPS of `{DEFAULT}` is "
            f"{own:.2f} % of the population at the origin. "
            + (
                f"Lower have {', '.join(f'`{n}` ({at(frame, n, horizon, "crps"):.2f})' for n in better)}"
                if better
                else f"Nobody has a lower one; next is `{best}` with "
                f"{at(frame, best, horizon, 'crps'):.2f}"
            )
            + f". Its 80 % intervals held {100 * at(frame, DEFAULT, horizon, 'coverage_80'):.0f} "
            f"%, its 95 % intervals {100 * at(frame, DEFAULT, horizon, 'coverage_95'):.0f} %."
        )
    ratio = at(known, DEFAULT, 3, "mape") / at(known, "official_2016", 3, "mape")
    lines.append(
        f"- Beside the **official projection of 2016**, three years ahead, its error is "
        f"{ratio:.2f} of the official one."
    )
    owed = ", ".join(
        f"{at(without, DEFAULT, h, 'crps') - at(frame, DEFAULT, h, 'crps'):+.2f} at {h}"
        for h in SHOWN
    )
    lines.append(
        f"- **Centrality** has no year, and later years may have shaped it. Without it the CRPS "
        f"changes by {owed} years ahead."
    )
    return "\n".join(textwrap.fill(line, 100, break_on_hyphens=False) for line in lines)


if __name__ == "__main__":
    if not (DATA / "norway").is_dir():
        sys.exit("The real data are not beside the checkout; set ATTRAKTIV_REAL_DATA.")
    warnings.simplefilter("ignore", AttraktivWarning)  # the panel's own doubts, known and stated
    write(DATA / "norway")
