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
from typing import Any

import pandas as pd
import xarray as xr

import attraktiv
from attraktiv.backtests import pit_histogram
from attraktiv.errors import AttraktivWarning
from attraktiv.reports import backtest_chart, pit_chart
from attraktiv.reports.drawing import draw
from attraktiv.specs import models_folder
from attraktiv.words import look_ahead_name

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
    "own_job_growth + lag(own_job_growth, 1) + lag(own_job_growth, 2) \\\n"
    "  + neighbour_job_growth + "
)
MODELS = ("hierarchical_static", "hierarchical_grouped", "book_2023")
PHI = 'phi = { distribution = "log_normal", mu = 0.7, sigma = 0.7 }\n'
LEVEL = 'rho_alpha = { distribution = "beta", alpha = %s, beta = 2.0 }'


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

`dynamic_no_jobs` is `hierarchical_dynamic` without job growth among its factors,
`dynamic_returning_level` has a prior by which the national level may return sooner (Beta(2, 2) for
its autocorrelation), `dynamic_noise_of_one_size` has noise that is alike in small and large places,
and `dynamic_no_ages` has a panel without ages, so that a model of the rate of natural increase
takes the place of births and deaths by age.

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

Of the year that ends with the horizon, percent of the persons at the origin; `trend` and
`no_change` forecast none.

{migration}

## By age

Percent of those of that age at the origin. The other models differ by little.

{ages}

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


def run(name: str, models: list[str | Path], panel: xr.Dataset, **asked: Any) -> xr.Dataset:
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
    head = [by, "forecaster", "CRPS", f"against `{frame.attrs['against']}` (80 %)", "log score",
            "error", "bias", "50 %", "80 %", "95 %"]  # fmt: skip
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


def together(found: xr.Dataset, others: list[xr.Dataset]) -> xr.Dataset:
    """Put the models of other backtests of the same origins beside those of the first."""
    parts = [
        one.sel(forecaster=one.attrs["models"]).reindex(quantity=found["quantity"])
        for one in others
    ]
    own = [name for one in others for name in one.attrs["models"]]
    joined = xr.concat(
        [found, *parts], dim="forecaster", data_vars="minimal", coords="minimal", compat="override",
        combine_attrs="override",
    )  # fmt: skip
    failures = [one.attrs["failed"] for one in (found, *others)]
    return joined.assign_attrs(
        forecasts_of_its_own=found.attrs["forecasts_of_its_own"] + own,
        failed={who: why for one in failures for who, why in one.items()},
    )


def write(folder: Path) -> None:
    """Run what is not stored yet, and write the page."""
    panel = attraktiv.read_panel(folder)
    plain = variant("dynamic_no_jobs", {JOBS: ""})
    main = run("models", [DEFAULT, plain, *MODELS], panel)
    bare = run("without_centrality", [DEFAULT], panel, without=["centrality"])
    returning = variant("dynamic_returning_level", {LEVEL % "8.0": LEVEL % "2.0"})
    one_size = {"size_dependent = true": "size_dependent = false", PHI: ""}
    noise = variant("dynamic_noise_of_one_size", one_size)
    trials = run("trials", [returning, noise], panel)
    robust = run("robust", ["hierarchical_robust"], panel)
    ageless = panel.drop_vars(["population_by_age"])
    without_ages = run("no_ages", [variant("dynamic_no_ages", {})], ageless)
    found = together(main, [trials, robust, without_ages])
    lines = attraktiv.scores(main)
    # one model beside the benchmarks: the models are too much alike to be told apart
    others = [name for name in main.attrs["models"] if name != DEFAULT]
    lines = lines[~lines["forecaster"].isin(others)]
    draw(backtest_chart(lines), PAGE.with_name("backtest-norway.svg"), force=True)
    tenths = pit_histogram(main)
    shown = tenths["forecaster"].isin([DEFAULT, "regression_zero", "trend", "cohort_method"])
    draw(pit_chart(tenths[shown]), PAGE.with_name("backtest-norway-pit.svg"), force=True)

    def by(column: str, of: xr.Dataset = main, **asked: Any) -> str:
        return table(attraktiv.scores(of, by=column, **asked), column)

    def of_age(quantity: str) -> str:
        asked = {"against": "cohort_method", "horizons": SHOWN}
        frame = attraktiv.scores(main, by="horizon", quantity=quantity, **asked)
        return table(frame[frame["forecaster"].isin([DEFAULT, "cohort_method"])], "horizon")

    after = {"horizons": (3,)}
    parts = {
        "horizons": by("horizon", found, horizons=SHOWN),
        "official": by("horizon", found, on="official_2016", horizons=(1, 3)),
        "nation": by("horizon", level="nation", horizons=SHOWN),
        "regions": by("horizon", level="county", horizons=SHOWN),
        "origins": by("origin", **after),
        "sizes": by("size", **after),
        "centrality": by("centrality_class", **after),
        "migration": by(
            "horizon", quantity="net_migration", against="cohort_method", horizons=SHOWN
        ),
        "bare": by("horizon", bare, horizons=SHOWN),
        "ages": "\n\n".join(
            f"**{quantity.replace('_', ' ').capitalize()}**\n\n" + of_age(quantity)
            for quantity in main["quantity"].values
            if quantity.startswith("aged_")
        ),
        "reading": reading(found, bare),
        "look_ahead": "; ".join(look_ahead_name(one, "en") for one in main.attrs["look_ahead"]),
        "missing": main.attrs["horizons_without_outcome"],
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
                "Lower have " + ", ".join(f"`{name}`" for name in better)
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
