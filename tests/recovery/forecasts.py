"""Do the intervals of a forecast hold what came? ``make forecast-coverage`` writes the page."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.forecasts.path import AGE_GROUPS
from attraktiv.panels import Feedback, SimulatedCountry

MODEL = "hierarchical_dynamic"
PROBABILITIES = (0.5, 0.8, 0.95)
HORIZONS = (1, 5, 10, 20)
KNOWN = 14  # years that are fitted
COUNTRIES: dict[str, Feedback | None] = {
    "jobs do not follow people": None,
    "jobs follow people": Feedback(),
}
GROUPS = tuple(AGE_GROUPS)
FLOWS = (names.BIRTHS, names.DEATHS, names.NET_MIGRATION)
LEVELS = ("places", "the nation")
ABOVE = "above the median"
_KEY = ["level", "quantity", "horizon"]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "forecast-coverage.md"
INTRODUCTION = """
The share of what came that lies in the equal-tailed interval of the stated probability, over
{countries} simulated countries of each kind. Each has {places} places and {years} years;
`{model}` is fitted to the first {known} of them, and forecast {horizon} years. Population and age
groups are those of 1 January after so many years, births, deaths and net migration those of the
year that ends then. The nation is the sum of its places within each draw.
"""
READING = """
± is the standard error from the spread between countries, which are the independent units: the
places of a country share its national surprises, the more the farther ahead. The nation is one
number for each country; where every country's is held, or none's, the spread says nothing, and
the standard error by chance alone is {nation[0]:.0%}, {nation[1]:.0%} and {nation[2]:.0%} of the
three intervals. The last column tells which way a forecast errs: the share of what came that lies
above the median, 50% where it errs neither way.
"""
NO_FEEDBACK = """
Jobs are drawn without regard to migration. The model of migration is that of the simulator; the
equation of jobs, `business_2026` fitted beside it, is not quite, for here industries have growth
of their own.
"""
FEEDBACK = """
Job growth answers last year's growth of population, and what the two equations leave out is
correlated in what lasts, in its path and in its noise. `business_2026` is fitted beside the model
of migration, as `attraktiv.forecast` does by itself, and knows nothing of these correlations.
"""
FOUND = """
**What holds.** In places population, births, deaths and net migration, and people aged 20–66 and 80
or more, lie in their 80% intervals within six percentage points of the stated share up to ten years
ahead. In the nation they do as far as so few countries can tell. Both kinds of country have the
same national histories of migration, so that the second is no second witness.

**What is too wide.** Births, and in time children aged 0–5, above all in the nation. The simulated
country's fertility never changes; the forecast believes that it may, as it does in the world, and
is right to be unsure. People aged 80 or more are held too often from ten years on. Twenty years
ahead population is held 3 to 4 points more often than stated: the national level of migration is
believed to last longer than it does here. People aged 6–19 are held too often in places in the
first years.

**What is too narrow.** People aged 67–79: their 80% intervals hold 72–79% in places, from the first
year on. In Norway they held 66–74% ([](backtest-norway.md)), before a place's ages of migrants were
drawn as alike as the posterior has them; that widened them here by up to seven points. Deaths below
67, at 67–79, 80–89 and from 90 have each a chance of their own. What is left of this is in part the
simulator's: it sends as many migrants to each of the ages from 80 to 105 as to that of 79, however
few live there, where the forecast believes that hardly anybody moves.

**What leans.** More deaths come than the middle of the forecast, 1.5% in the nation after five
years, and after twenty fewer people are aged 80 or more, 2%: mortality is believed to fall by 1.5%
a year, and here it never does. The years that are known take most of that back and not all of it:
0.14% a year is left, so that a forecast for a country without progress is a little too hopeful.
Another part of the deaths is those of the old migrants. Children come out 1% too few in the nation,
in part because the simulator lets newborn children move in within their first year, and the
forecast does not: there those who are born stay until the next 1 January.
"""
COMMAND = """
`make forecast-coverage` writes the tables of this page.
"""


def came(country: SimulatedCountry, origin: int) -> dict[str, xr.DataArray]:
    """What came in a country, persons (place, year), by quantity."""
    panel = country.panel.sel({names.YEAR: slice(origin, None)})
    by_age = panel[names.POPULATION_BY_AGE].sum(names.SEX)
    firsts = np.array(list(AGE_GROUPS.values()))
    group = np.array(list(AGE_GROUPS))[np.searchsorted(firsts, by_age[names.AGE], "right") - 1]
    found = {name: panel[name] for name in (names.POPULATION, *FLOWS)}
    for label in GROUPS:
        found[label] = by_age.isel({names.AGE: np.flatnonzero(group == label)}).sum(names.AGE)
    return found


def drawn(forecast: xr.Dataset) -> dict[str, xr.DataArray]:
    """Draws of the same quantities, persons (chain, draw, place, year)."""
    continued = forecast.sel({names.SCENARIO: names.CONTINUED})
    found = {name: continued[name] for name in (names.POPULATION, *FLOWS)}
    by_group = continued[names.POPULATION_BY_AGE_GROUP]
    return found | {label: by_group.sel({names.AGE_GROUP: label}) for label in GROUPS}


def shares(country: SimulatedCountry, seed: int) -> Iterator[tuple[object, ...]]:
    """Fit and forecast a country; give the share held of every quantity, horizon and probability.

    Yields
    ------
    tuple
        Level, quantity, horizon, probability or ``ABOVE``, share.
    """
    last = int(country.panel[names.YEAR][KNOWN - 1])
    run = attraktiv.fit(MODEL, country.panel, last=last, seed=seed, progress=False)
    found = attraktiv.forecast(run, country.panel, max(HORIZONS), seed=seed, progress=False)
    origin = int(found.attrs["origin"])
    truths, forecasts = came(country, origin), drawn(found)
    for quantity, truth in truths.items():
        for horizon in HORIZONS:
            # a flow is of the year that ends then
            at = {names.YEAR: origin + horizon - (quantity in FLOWS)}
            one = forecasts[quantity].sel(at).stack(sample=(names.CHAIN, names.DRAW))
            values = one.transpose("sample", names.PLACE).values.astype(np.float64)
            true = truth.sel(at).sel({names.PLACE: one[names.PLACE]}).values
            for level, draws, what in zip(
                LEVELS,
                (values, values.sum(axis=1, keepdims=True)),
                (true, true.sum(keepdims=True)),
                strict=True,
            ):
                key = (level, quantity, horizon)
                for prob in PROBABILITIES:
                    low, high = np.quantile(draws, [(1 - prob) / 2, (1 + prob) / 2], axis=0)
                    yield *key, prob, float(((low <= what) & (what <= high)).mean())
                # counts are whole: half of those at the median are above it
                middle = np.median(draws, axis=0)
                yield *key, ABOVE, float(((what > middle) + 0.5 * (what == middle)).mean())


def measure(kind: str, countries: int, places: int) -> pd.DataFrame:
    """Shares held in ``countries`` countries of one kind.

    Returns
    -------
    pandas.DataFrame
        Columns ``level``, ``quantity``, ``horizon``, ``prob`` (a probability or ``ABOVE``),
        ``share`` and its standard error ``se``.
    """
    rows: list[tuple[object, ...]] = []
    for seed in range(1, countries + 1):
        country = attraktiv.simulate_country(
            places=places, years=KNOWN + max(HORIZONS), seed=seed, feedback=COUNTRIES[kind]
        )
        rows += shares(country, seed)
    table = pd.DataFrame(rows, columns=[*_KEY, "prob", "share"])
    found = table.groupby([*_KEY, "prob"], sort=False)["share"].agg(["mean", "sem"])
    return found.rename(columns={"mean": "share", "sem": "se"}).reset_index()


def table_of(measured: pd.DataFrame, level: str) -> str:
    """Write the table of one level."""
    head = ["quantity", "years", *(f"{prob:.0%}" for prob in PROBABILITIES), ABOVE]
    cells: dict[tuple[str, int], list[str]] = {}
    for row in measured[measured["level"] == level].to_dict("records"):
        # the order is that of the head
        shown = cells.setdefault((row["quantity"], row["horizon"]), [])
        shown.append(f"{row['share']:.0%} ± {row['se']:.0%}")
    lines = [head, ["---"] * len(head)]
    for (quantity, horizon), shown in cells.items():
        label = f"aged {quantity}" if quantity in GROUPS else quantity.replace("_", " ")
        lines.append([label, str(horizon), *shown])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def page(countries: int, places: int) -> str:
    """Write the page of the documentation."""
    facts = {
        "countries": countries,
        "places": places,
        "years": KNOWN + max(HORIZONS),
        "known": KNOWN,
        "horizon": max(HORIZONS),
        "model": MODEL,
        "nation": [(prob * (1 - prob) / countries) ** 0.5 for prob in PROBABILITIES],
    }
    parts = ["# Do the intervals of a forecast hold what came?\n"]
    parts += [_wrapped(text.format(**facts)) for text in (INTRODUCTION, READING, FOUND, COMMAND)]
    for kind, text in zip(COUNTRIES, (NO_FEEDBACK, FEEDBACK), strict=True):
        parts.append(f"## {kind[0].upper()}{kind[1:]}\n\n{_wrapped(text)}")
        measured = measure(kind, countries, places)
        for level in LEVELS:
            parts.append(f"### {level[0].upper()}{level[1:]}\n\n{table_of(measured, level)}")
    return "\n".join(parts)


def _wrapped(text: str) -> str:
    blocks = text.strip().split("\n\n")
    return "\n\n".join(textwrap.fill(b, 100, break_on_hyphens=False) for b in blocks) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", type=int, default=30)
    parser.add_argument("--places", type=int, default=40)
    PAGE.write_text(page(**vars(parser.parse_args())), encoding="utf-8")
