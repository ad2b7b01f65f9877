"""Forecasts of Norway beside what came: ``make forecast-page`` writes docs/forecast-norway.md."""

from __future__ import annotations

import os
import sys
import tempfile
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.errors import AttraktivWarning
from attraktiv.reports import fan_chart, pyramid
from attraktiv.reports.drawing import draw

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "forecast-norway.md"
DATA = Path(
    os.environ.get("ATTRAKTIV_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
SEED = 1
JOBS = ("own_job_growth", "neighbour_job_growth")
MODELS = {
    "hierarchical_dynamic": ("hierarchical_dynamic", ()),
    "the same without jobs": ("hierarchical_dynamic", JOBS),
    "joint_2026": ("joint_2026", ("industry_mix",)),
}
ORIGINS = (2012, 2016)
JOINT_ORIGIN = 2016  # the slow one is fitted once
PROBS = (0.5, 0.8, 0.95)
PLACES = ("5636", "3411", "0301")
TRIO = ("low", "high")
TEXT = """# Forecasts of Norway, and what came

Each row is a forecast of 356 municipalities by a model that was fitted to the years before the
origin, and its error against the population that was counted. Nothing later than the origin is used
but centrality and the commuting of 2017, which had no earlier year: they are look-ahead, and the
fit says so. Jobs of later years come from an equation of jobs that is fitted to the same years, and
births, deaths and the ages of migrants from the population by age up to the origin.

```console
$ make forecast-page
```

The error is the mean absolute percentage error over the {scored} municipalities whose earlier
figures are reliable (`exclude` of the panel). *Official* is Statistics Norway's main projection of
2016; *no change* is the population of the origin; *trend* goes on with each place's growth of the
last ten years. An interval's share is how many of the places it held. The nation is the sum of all
places within each draw, in thousands, with its 80 % interval.

{table}

{reading}

## Low, continued and high attractiveness in three places

From 1 January {last_origin}, thirty years ahead, with `hierarchical_dynamic`: a small place, a
middling one and the largest. *Low* and *high* put the attractiveness of every place at the 10th and
the 90th percentile of what the model thinks that places differ by, in every year; *continued* lets
it go on as the model has it. The bands hold 80 %. All scenarios share their chance, so that they
differ by less than their bands suggest: the table has the difference itself.

![Population of three municipalities from 1990, and three scenarios to {end}]({fan})

{difference}

## Who will live there

![Population by sex and age of {pyramid_place} in {last_origin} and in {pyramid_year}]({pyramid})

Bars are {last_origin}, lines the median of {pyramid_year}, and what is shaded its 80 % interval.
"""


def scored_places(panel: xr.Dataset, found: xr.Dataset) -> list[str]:
    """Places whose population is reliable before and after the origin."""
    reliable = panel[names.PLACE].values[~panel[names.EXCLUDED].values.astype(bool)]
    return [code for code in found[names.PLACE].values if code in set(reliable)]


def rows_of(label: str, panel: xr.Dataset, found: xr.Dataset, official: pd.DataFrame) -> list[dict]:
    """One row for each year ahead that has an outcome."""
    origin = int(found.attrs["origin"])
    codes = scored_places(panel, found)
    population = found[names.POPULATION].isel({names.SCENARIO: 0})
    draws = population.stack(sample=(names.CHAIN, names.DRAW)).transpose("sample", ...)
    now = panel[names.POPULATION].sel({names.PLACE: codes, names.YEAR: origin}).values
    before = panel[names.POPULATION].sel({names.PLACE: codes, names.YEAR: origin - 10}).values
    rows = []
    for year in found[names.YEAR].values[1:]:
        if year not in panel[names.YEAR].values:
            continue
        came = panel[names.POPULATION].sel({names.PLACE: codes, names.YEAR: year}).values
        of_year = draws.sel({names.YEAR: year})
        mine = of_year.sel({names.PLACE: codes}).values
        nation = of_year.sum(names.PLACE, dtype=np.float64).values
        counted = float(
            panel[names.POPULATION].sel({names.PLACE: found[names.PLACE], names.YEAR: year}).sum()
        )
        years = year - origin
        stated = official[(official["year"] == year) & (official["origin"] == origin)]
        theirs = stated.set_index("place")["population"].reindex(codes).to_numpy()
        held = {}
        for prob in PROBS:
            low, high = np.quantile(mine, [0.5 - prob / 2, 0.5 + prob / 2], axis=0)
            held[f"{100 * prob:g} %"] = f"{100 * ((came >= low) & (came <= high)).mean():.0f}"
        interval = np.quantile(nation, [0.1, 0.9]) / 1000
        rows.append(
            {
                "model": label,
                "origin": origin,
                "years": int(years),
                "error": percent(np.median(mine, axis=0), came),
                "official": percent(theirs, came) if np.isfinite(theirs).all() else "",
                "no change": percent(now, came),
                "trend": percent(now * (now / before) ** (years / 10), came),
                **held,
                "nation": f"{np.median(nation) / 1000:,.0f} "
                f"({interval[0]:,.0f}–{interval[1]:,.0f})",
                "counted": f"{counted / 1000:,.0f}",
            }
        )
    return rows


def percent(said: np.ndarray, came: np.ndarray) -> str:
    """Mean absolute percentage error; places that cannot be compared left out."""
    return f"{100 * np.nanmean(np.abs(said / came - 1)):.2f}"


def table(rows: list[dict]) -> str:
    """A Markdown table."""
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|---|" + "--:|" * (len(columns) - 1)]
    lines += ["| " + " | ".join(str(row[column]) for column in columns) + " |" for row in rows]
    return "\n".join(lines)


def reading(rows: list[dict]) -> str:
    """The table in words, with its figures."""
    at = {(row["model"], row["origin"], row["years"]): row for row in rows}
    one = at["hierarchical_dynamic", JOINT_ORIGIN, 1]
    three = at["hierarchical_dynamic", JOINT_ORIGIN, 3]
    ratio = float(three["error"]) / float(three["official"])
    bare = at["the same without jobs", JOINT_ORIGIN, 3]
    joint = at["joint_2026", JOINT_ORIGIN, 3]
    words = (
        f"From 2016 the error of `hierarchical_dynamic` is {one['error']} % after one year and "
        f"{three['error']} % after three, where the official projection has {one['official']} and "
        f"{three['official']}: {ratio:.2f} of its error at three years. Its 80 % intervals held "
        f"{one['80 %']} and {three['80 %']} % of the places, its 95 % intervals {one['95 %']} and "
        f"{three['95 %']} %. Without jobs the error after three years is {bare['error']} %, with "
        f"the joint model {joint['error']} %. The national level moves all places at once, so that "
        "two origins are hardly more than two observations of it: where the nation is missed, so "
        "are most places, and a share far from its probability is then no surprise."
    )
    return textwrap.fill(words, 100, break_on_hyphens=False)


def difference(run: xr.DataTree, years: tuple[int, ...]) -> str:
    """How far scenarios are apart from the first, with bands."""
    found = run[names.FORECAST].dataset
    rows = []
    for code in PLACES:
        name = str(run[names.CONSTANT_DATA].dataset[names.NAME].sel({names.PLACE: code}).values)
        for scenario in TRIO:
            row: dict[str, object] = {"place": name, "scenario": scenario}
            for year in years:
                values = found[names.POPULATION_DIFFERENCE].sel(
                    {names.SCENARIO: scenario, names.PLACE: code, names.YEAR: year}
                )
                low, middle, high = np.quantile(values.values, [0.1, 0.5, 0.9])
                row[str(year)] = f"{middle:+,.0f} ({low:+,.0f} to {high:+,.0f})"
            rows.append(row)
    return table(rows)


def write(folder: Path) -> None:
    """Fit, forecast, compare, draw and write."""
    panel = attraktiv.read_panel(folder)
    official = pd.read_csv(folder / "projections" / "official_2016.csv", dtype={"place": str})
    official = official.assign(origin=JOINT_ORIGIN)
    rows = []
    for label, (model, without) in MODELS.items():
        for origin in ORIGINS if model != "joint_2026" else (JOINT_ORIGIN,):
            run = attraktiv.fit(
                model, panel, last=origin - 1, without=without, seed=SEED, progress=False
            )
            horizon = min(5, int(panel[names.YEAR][-1]) - origin)
            found = attraktiv.forecast(run, panel, horizon, seed=SEED, progress=False)
            rows += rows_of(label, panel, found, official)
    last_origin = int(panel[names.YEAR][-1])
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "run"
        attraktiv.fit("hierarchical_dynamic", panel, seed=SEED, progress=False, out=path)
        attraktiv.forecast(path, panel, 30, scenarios=TRIO, seed=SEED, ages=True, draws=400)
        run = attraktiv.open_run(path)
        observed = panel[names.POPULATION].sel({names.YEAR: slice(1990, None)})
        fan = PAGE.with_name("forecast-norway-fan.svg")
        draw(fan_chart(run, PLACES, observed=observed), fan, force=True)
        ages = PAGE.with_name("forecast-norway-pyramid.svg")
        draw(pyramid(run, PLACES[1], last_origin + 20), ages, force=True)
        constant = run[names.CONSTANT_DATA].dataset
        text = TEXT.format(
            scored=len(scored_places(panel, found)),
            table=table(rows),
            reading=reading(rows),
            last_origin=last_origin,
            end=last_origin + 30,
            fan=fan.name,
            difference=difference(run, (last_origin + 10, last_origin + 30)),
            pyramid=ages.name,
            pyramid_place=str(constant[names.NAME].sel({names.PLACE: PLACES[1]}).values),
            pyramid_year=last_origin + 20,
        )
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if not (DATA / "norway").is_dir():
        sys.exit("The real data are not beside the checkout; set ATTRAKTIV_REAL_DATA.")
    warnings.simplefilter("ignore", AttraktivWarning)  # the panel's own doubts, known and stated
    write(DATA / "norway")
