"""What do the priors imply, before any data? ``make pages`` writes docs/prior-predictive.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymc as pm

import attraktiv
from attraktiv import names

MODEL = "hierarchical_dynamic"
DRAWS = 1000
PLACES, YEARS = 100, 12
PAGE = Path(__file__).resolve().parents[1] / "docs" / "prior-predictive.md"
TEXT = """# What the priors imply

{draws} countries drawn from the priors of `{model}` alone, before any outcome is seen, over the
sizes, job growth, centrality and ages of a simulated country of {places} places, {years} years.
Each row gives the 5th, 50th and 95th percentile over those countries, in percent of population
per year. The last column is the Norwegian panel, 2006–2016, 350 municipalities.

| | 5 % | 50 % | 95 % | Norway |
|---|---|---|---|---|
{rows}

A prior should rule out the absurd and little else: rates of tens of percent for most places, or
attractiveness that explains everything. It should not squeeze a country whose migration is livelier
than Norway's, so the ranges are wide and Norway stands towards their quiet end; with thousands of
cells the data decide. `make pages` writes this page.
"""


def summaries(outcome: np.ndarray, population: np.ndarray) -> dict[str, float]:
    """Figures of one country; ``outcome`` and ``population`` are (place, year), NaN if missing."""
    centred = outcome - np.nanmean(outcome, axis=0)
    large = np.nanmean(population, axis=1) > 20_000
    before, after = centred[:, :-1].ravel(), centred[:, 1:].ravel()
    both = np.isfinite(before) & np.isfinite(after)
    return {
        "SD over places within a year": float(np.nanstd(centred)),
        "the same, places above 20,000 inhabitants": float(np.nanstd(centred[large])),
        "SD of the places' means over the period": float(np.nanstd(np.nanmean(centred, axis=1))),
        "autocorrelation from one year to the next": float(
            np.corrcoef(before[both], after[both])[0, 1]
        ),
        "largest rate of any place and year": float(np.nanmax(np.abs(outcome))),
        "SD of the national level over the years": float(np.nanstd(np.nanmean(outcome, axis=0))),
    }


def of_design(design: attraktiv.model.Design, outcome: np.ndarray) -> dict[str, float]:
    """Figures of an outcome given for the used cells of a design."""
    data = design.fitted()
    full = np.where(data[names.USED].values, 0.0, np.nan)
    full[data[names.USED].values] = outcome
    return summaries(full, data[names.POPULATION].values)


def prior_figures() -> dict[str, np.ndarray]:
    """Percentiles of each figure over countries drawn from the priors."""
    panel = attraktiv.simulate_country(places=PLACES, years=YEARS, seed=1, ages=False).panel
    spec = attraktiv.load_spec(MODEL)
    design = attraktiv.build_design(spec, panel)
    with attraktiv.build_model(spec, panel):
        prior = pm.sample_prior_predictive(DRAWS, random_seed=1)
    drawn = prior["prior_predictive"][spec.migration.outcome].values.reshape(DRAWS, -1)
    figures = [of_design(design, outcome) for outcome in drawn]
    return {
        key: np.percentile([figure[key] for figure in figures], [5, 50, 95]) for key in figures[0]
    }


def norwegian_figures(folder: Path) -> dict[str, float]:
    """The same figures of the Norwegian panel."""
    panel = attraktiv.read_panel(folder)
    design = attraktiv.build_design(attraktiv.load_spec(MODEL), panel, first=2006, last=2016)
    data = design.fitted()
    return of_design(design, data[names.OUTCOME].values[data[names.USED].values])


def write(norway: Path) -> None:
    """Write the page."""
    real = norwegian_figures(norway)
    rows = [
        f"| {key} | " + " | ".join(f"{value:.2f}" for value in (*band, real[key])) + " |"
        for key, band in prior_figures().items()
    ]
    page = TEXT.format(draws=DRAWS, model=MODEL, places=PLACES, years=YEARS, rows="\n".join(rows))
    PAGE.write_text(page, encoding="utf-8")
