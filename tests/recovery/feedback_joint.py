"""Does the joint model find what jobs do to people and people to jobs, where both are known?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binom

import attraktiv
from attraktiv import names
from attraktiv.panels import Feedback, SimulatedCountry
from attraktiv.panels.simulation import JOBS_TERMS, TERMS
from attraktiv.store import equation_of

JOINT, NAIVE = "joint_2026", "hierarchical_dynamic"
PROBABILITIES = (0.5, 0.8, 0.95)
LAMBDA = "λ: industry mix on job growth"
ETA = "η: population growth on job growth a year later"
SAME_YEAR = "β: own job growth on migration, same year"
THREE_YEARS = "β: the same, summed over three years"
CORRELATION = "correlation of the noises"
HEADING = "## Jobs and people estimated together\n"
_OWN = list(TERMS[:3])
_MIX, _GROWTH = JOBS_TERMS
_INTRODUCTION = """
A model of both equations, `joint_2026`, has to find what jobs do to people and what people do to
jobs. Here it is fitted to {countries} simulated countries of {places} places and {years} years in
which jobs follow people, the industry mix moves jobs strongly, and what disturbs jobs in a year
also disturbs migration (correlation {correlation:g}). The first year is left to tell how fast each
place grew before the fit. Beside it stands the naive estimate: the equation of migration alone,
`hierarchical_dynamic`, which takes job growth as given from outside.

*Error* is the mean of the posterior less the truth, on average over the countries; ± is its
standard error over them. The bands are equal-tailed, and the shares are of countries whose band
holds the truth. The effects on migration are percentage points per percent of population; λ and η
are percentage points of job growth per percentage point. The naive model has no equation of jobs.
"""
_READING = """
The shares are of {countries} countries and therefore coarse: one country more or less is
{step:.0%}. {verdict}

`make feedback-table ARGS="--joint {countries}"` writes this part of the page and keeps the rest.
"""
_BUSINESS_BETA = names.of_equation(names.BETA, names.BUSINESS)


def quantities(run: xr.DataTree, truth: xr.Dataset) -> dict[str, tuple[xr.DataArray, xr.DataArray]]:
    """Draws and truth, per raw unit, of each quantity that the run has."""
    posterior = run[names.POSTERIOR].to_dataset()
    own = posterior[names.BETA_ORIGINAL].sel({names.TERM: _OWN})
    true = truth[names.BETA].sel({names.TERM: _OWN})
    found = {
        SAME_YEAR: (own.sel({names.TERM: _OWN[0]}), true.sel({names.TERM: _OWN[0]})),
        THREE_YEARS: (own.sum(names.TERM), true.sum()),
    }
    if names.CORRELATION_NOISE not in posterior:
        return found
    jobs = equation_of(run, names.BUSINESS)[names.POSTERIOR].to_dataset()[names.BETA_ORIGINAL]
    for quantity, term in ((LAMBDA, _MIX), (ETA, _GROWTH)):
        known = truth[_BUSINESS_BETA].sel({names.JOBS_TERM: term})
        found[quantity] = (jobs.sel({names.TERM: term}), known)
    found[CORRELATION] = (posterior[names.CORRELATION_NOISE], truth[names.CORRELATION_NOISE])
    return found


def rows_of(
    country: SimulatedCountry, seed: int, models: tuple[str, ...] = (JOINT, NAIVE)
) -> Iterator[dict[str, object]]:
    """Fit a country; give the error and the tail of the truth for each model and quantity."""
    # Growth of the year before is what the jobs of the first year follow, and has to be known.
    first = int(country.panel[names.YEAR][0]) + 1
    for model in models:
        run = attraktiv.fit(model, country.panel, engine="collapsed", seed=seed, first=first)
        for quantity, (draws, truth) in quantities(run, country.truth).items():
            values, true = draws.values.ravel(), float(truth)
            yield {
                "seed": seed,
                "model": model,
                "quantity": quantity,
                "truth": true,
                "error": float(values.mean()) - true,
                # How far from the middle of the posterior: inside the band of p where below p.
                "inner": abs(2 * float(np.mean(values <= true)) - 1),
            }


def measure_joint(
    feedback: Feedback,
    countries: int,
    places: int,
    years: int,
    models: tuple[str, ...] = (JOINT, NAIVE),
) -> pd.DataFrame:
    """Give the rows of so many countries."""
    rows: list[dict[str, object]] = []
    for seed in range(1, countries + 1):
        country = attraktiv.simulate_country(
            places=places, years=years, seed=seed, ages=False, feedback=feedback
        )
        rows += rows_of(country, seed, models)
    return pd.DataFrame(rows)


def section(table: pd.DataFrame, places: int, years: int) -> str:
    """Write the section of the page."""
    countries = int(table["seed"].nunique())
    bands = " | ".join(f"{prob:.0%}" for prob in PROBABILITIES)
    lines = [f"| quantity | truth | model | error | ± | {bands} |"]
    lines.append("|---" * (5 + len(PROBABILITIES)) + "|")
    for quantity in (LAMBDA, ETA, SAME_YEAR, THREE_YEARS, CORRELATION):
        for model in (JOINT, NAIVE):
            found = table[(table["quantity"] == quantity) & (table["model"] == model)]
            if found.empty:
                continue
            error, margin = _error(found)
            held = [f"{float((found['inner'] < prob).mean()):.0%}" for prob in PROBABILITIES]
            numbers = [f"{error:+.3f}", f"{margin:.3f}"]
            cells = [quantity, f"{found['truth'].iloc[0]:g}", f"`{model}`", *numbers, *held]
            lines.append("| " + " | ".join(cells) + " |")
    correlation = float(table.loc[table["quantity"] == CORRELATION, "truth"].iloc[0])
    introduction = _INTRODUCTION.format(
        countries=countries, places=places, years=years, correlation=correlation
    )
    reading = _READING.format(countries=countries, step=1 / countries, verdict=_verdict(table))
    return HEADING + introduction + "\n" + "\n".join(lines) + "\n" + reading


def _error(found: pd.DataFrame) -> tuple[float, float]:
    """Mean error over countries and its standard error."""
    return float(found["error"].mean()), float(found["error"].std() / len(found) ** 0.5)


def _verdict(table: pd.DataFrame) -> str:
    """Say in words whether the naive estimate errs, and whether the joint one does."""
    same = table[table["quantity"] == SAME_YEAR]
    words = []
    for model, name in ((NAIVE, "The naive estimate"), (JOINT, "The joint estimate")):
        error, margin = _error(same[same["model"] == model])
        if abs(error) > 3 * margin:
            high = "too high" if error > 0 else "too low"
            words.append(
                f"{name} of the effect in the same year is {high}, by {abs(error):.2f} on average."
            )
        else:
            words.append(
                f"{name} of the effect in the same year shows no bias that so few can tell."
            )
    inside = same.loc[same["model"] == JOINT, "inner"] < 0.8
    held, countries = int(inside.sum()), len(inside)
    chance = float(binom.cdf(held, countries, 0.8))
    words.append(
        f"Its 80% band held the truth in {held} of {countries}; so few or fewer would be held with "
        f"a chance of {chance:.0%} if the bands are right. Many cells were looked at, and more "
        "countries are needed to tell."
    )
    return "\n".join(words)
