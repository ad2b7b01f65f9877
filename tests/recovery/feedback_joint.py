"""Does the joint model find what jobs do to people and people to jobs, where both are known?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import binomtest, chi2

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
KEPT = Path(__file__).resolve().parents[2] / "docs" / "feedback"
_OWN = list(TERMS[:3])
_MIX, _GROWTH = JOBS_TERMS
_INTRODUCTION = """
A model of both equations, `joint_2026`, has to find what jobs do to people and what people do to
jobs. Here it is fitted to simulated countries of {places} places and {years} years in which jobs
follow people and the industry mix moves jobs strongly. The first year is left to tell how fast each
place grew before the fit. Beside it stands the naive estimate: the equation of migration alone,
`hierarchical_dynamic`, which takes job growth as given from outside.

*Error* is the mean of the posterior less the truth, on average over the countries; ± is its
standard error over them. *Spread* is the root mean square of the errors, each over the standard
deviation of its posterior: near 1 if the posterior is as wide as its errors are large. The bands
are equal-tailed, and the shares are of countries whose band holds the truth. The effects on
migration are percentage points per percent of population; λ and η are percentage points of job
growth per percentage point. The naive model has no equation of jobs.
"""
_HEADINGS = {True: "What disturbs both in a year", False: "What disturbs each by itself"}
_READING = """
The shares are of {countries} countries: one country more or less is {step:.0%}.
{verdict}

`make feedback-table ARGS="--joint {countries} --noise {correlation:g}"` adds the countries that are
missing in `docs/feedback/` to the table, writes this part of the page and keeps the rest.
"""
_NARROW = 0.05  # probability below which a count of countries is not put down to chance
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
                "deviation": float(values.std()),
                # How far from the middle of the posterior: inside the band of p where below p.
                "inner": abs(2 * float(np.mean(values <= true)) - 1),
            }


def kept(places: int, years: int, correlation: float) -> Path:
    """Where the rows of countries of one kind are kept."""
    return KEPT / f"joint-{places}-{years}-{correlation:g}.csv"


def measure_joint(
    feedback: Feedback,
    countries: int,
    places: int,
    years: int,
    models: tuple[str, ...] = (JOINT, NAIVE),
    table: Path | None = None,
) -> pd.DataFrame:
    """Give the rows of so many countries.

    Parameters
    ----------
    feedback : Feedback
        The truth of the equation of jobs.
    countries, places, years : int
        Countries, of seeds from one; places and years of each.
    models : tuple of str
    table : Path, optional
        Where rows are kept, a country's as soon as it is fitted; those that are there are not
        fitted again.
    """
    done = pd.read_csv(table) if table is not None and table.is_file() else pd.DataFrame()
    parts = [done]
    for seed in range(1, countries + 1):
        if not done.empty and (done["seed"] == seed).any():
            continue
        country = attraktiv.simulate_country(
            places=places, years=years, seed=seed, ages=False, feedback=feedback
        )
        rows = pd.DataFrame(rows_of(country, seed, models))
        if table is not None:
            table.parent.mkdir(exist_ok=True)
            header = not table.is_file()
            rows.to_csv(table, mode="a", header=header, index=False, float_format="%.5g")
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def section(tables: list[pd.DataFrame], places: int, years: int) -> str:
    """Write the section of the page, from the rows of one or several kinds of country."""
    parts = [_of_kind(table) for table in tables]
    return HEADING + _INTRODUCTION.format(places=places, years=years) + "".join(parts)


def _of_kind(table: pd.DataFrame) -> str:
    """Write what was found in the countries of one kind."""
    countries = int(table["seed"].nunique())
    bands = " | ".join(f"{prob:.0%}" for prob in PROBABILITIES)
    lines = [f"| quantity | truth | model | error | ± | spread | {bands} |"]
    lines.append("|---" * (6 + len(PROBABILITIES)) + "|")
    for quantity in (LAMBDA, ETA, SAME_YEAR, THREE_YEARS, CORRELATION):
        for model in (JOINT, NAIVE):
            found = table[(table["quantity"] == quantity) & (table["model"] == model)]
            if found.empty:
                continue
            error, margin = _error(found)
            held = [f"{float((found['inner'] < prob).mean()):.0%}" for prob in PROBABILITIES]
            numbers = [f"{error:+.3f}", f"{margin:.3f}", f"{_spread(found):.2f}"]
            cells = [quantity, f"{found['truth'].iloc[0]:g}", f"`{model}`", *numbers, *held]
            lines.append("| " + " | ".join(cells) + " |")
    correlation = float(table.loc[table["quantity"] == CORRELATION, "truth"].iloc[0])
    heading = f"\n### {_HEADINGS[correlation != 0]}: correlation {correlation:g}\n\n"
    reading = _READING.format(
        countries=countries, step=1 / countries, verdict=_verdict(table), correlation=correlation
    )
    return heading + "\n".join(lines) + "\n" + reading


def _error(found: pd.DataFrame) -> tuple[float, float]:
    """Mean error over countries and its standard error."""
    return float(found["error"].mean()), float(found["error"].std() / len(found) ** 0.5)


def _spread(found: pd.DataFrame) -> float:
    """How large errors are, in standard deviations of their posteriors."""
    return float(((found["error"] / found["deviation"]) ** 2).mean() ** 0.5)


def _verdict(table: pd.DataFrame) -> str:
    """Say in words whether the naive estimate errs, whether the joint one does, and its bands."""
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
    return "\n".join([*words, *_of_bands(same[same["model"] == JOINT])])


def _of_bands(found: pd.DataFrame) -> list[str]:
    """Say in words whether the joint model's bands of the effect hold as often as they should.

    Mathematical details
    --------------------
    Of n countries a right band of probability p holds the truth in a binomial number; the smallest
    of the three two-sided probabilities is judged at a third of the level. With posteriors that are
    normal and right, n · spread² is χ² of n degrees of freedom.
    """
    countries = len(found)
    held = {prob: int((found["inner"] < prob).sum()) for prob in PROBABILITIES}
    chance = {prob: float(binomtest(count, countries, prob).pvalue) for prob, count in held.items()}
    least = min(chance, key=lambda prob: chance[prob])
    counts = ", ".join(f"{count} ({prob:.0%})" for prob, count in held.items())
    words = [f"Of {countries} countries its bands held the truth in {counts}."]
    if chance[least] < _NARROW / len(PROBABILITIES):
        kind = "narrow" if held[least] < least * countries else "wide"
        words.append(
            f"The {least:.0%} band is too {kind}: right bands would hold so far from "
            f"{least * countries:.0f} with a chance of {chance[least]:.1%}."
        )
    else:
        words.append(
            f"Right bands would do so: the furthest from what is expected is the {least:.0%} band, "
            f"and so far is a right one with a chance of {chance[least]:.0%}."
        )
    low, high = np.sqrt(chi2.ppf([0.05, 0.95], countries) / countries)
    spread = _spread(found)
    side = "within" if low <= spread <= high else "outside"
    words.append(
        f"Its errors spread by {spread:.2f} of what the posteriors say, {side} the {low:.2f} to "
        f"{high:.2f} of nine in ten such sets of right posteriors."
    )
    return words
