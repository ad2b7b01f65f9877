"""Jobs and people, theirs and ours: ``make pages`` writes docs/jobs-and-people.md and its chart."""

from __future__ import annotations

import tempfile
from pathlib import Path

import jobs_figures as figures
import jobs_words as words
import numpy as np
import pandas as pd
import persistence_page
import published_figures as published
import published_panel
import xarray as xr
from jobs_chart import chart

import attraktiv
from attraktiv import names
from attraktiv.evaluation import instrument
from attraktiv.reports.drawing import draw

SEED = 1
FIRST, LAST = 2004, 2013
#: Jobs of three years are factors of migration.
FIRST_JOINT = 2005
FIRST_NORWAY, LAST_NORWAY = 2006, 2016
SPLIT = "2003:2008/2009:2013"
MOST = 5
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "jobs-and-people.md"
CHART = DOCS / "figures" / "jobs-and-people.svg"
MIX, GROWTH = "private_industry_mix", "lag(population_growth, 1)"
WORDS = {MIX: ("λ, industry mix", "1"), GROWTH: ("η, last year's population growth", "0.31")}
TIES = {
    names.CORRELATION_LASTING: "what lasts",
    names.CORRELATION_PATH: "what moves",
    names.CORRELATION_NOISE: "noise of the year",
}


def band(mean: float, low: float, high: float, digits: int, sign: str = "") -> str:
    """Give a figure with its interval."""
    return f"{mean:{sign}.{digits}f} ({low:{sign}.{digits}f} to {high:{sign}.{digits}f})"


def effect_rows(runs: list[xr.DataTree], weighted: np.ndarray) -> str:
    """λ and η: theirs, by least squares, and by the hierarchical models."""
    plain, *others = [figures.effects(run) for run in runs]
    rows = []
    for (factor, (label, theirs)), by_jobs in zip(WORDS.items(), weighted, strict=True):
        cells = [label, theirs, band(*plain.loc[factor], 2), f"{by_jobs:.2f}"]
        cells += [band(*found.loc[factor], 2) for found in others]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def lag_rows(values: np.ndarray) -> str:
    """How like each other the business attractiveness of two years is."""
    rows = []
    for lag in figures.LAGS:
        low, high = figures.interval_over_places(values, lag)
        rows.append(f"| {lag} | {band(figures.autocorrelation(values, lag), low, high, 2, '+')} |")
    return "\n".join(rows)


def size_rows(table: pd.DataFrame) -> str:
    """What varies, by size of place."""
    ends = [f"below {end:,}" for end in figures.SIZES[1:]]
    labels = [ends[0], *(f"{start:,} to {end}" for start, end in _between(ends))]
    labels += [f"{figures.SIZES[-1]:,} and more", "all"]
    rows = []
    for label, row in zip(labels, table.itertuples(), strict=True):
        shares = f"{row.lasting:.0%} | {row.moving:.0%} | {row.noise:.0%}"
        rows.append(
            f"| {label} | {row.places} | {row.of_years:.2f} ({row.years_implied:.2f}) | "
            f"{row.of_means:.2f} ({row.implied:.2f}) | {shares} |"
        )
    return "\n".join(rows)


def _between(ends: list[str]) -> list[tuple[int, str]]:
    return list(zip(figures.SIZES[1:-1], ends[1:], strict=True))


def extreme_rows(table: pd.DataFrame) -> str:
    """List the places that stand highest and lowest in theirs."""
    ordered = table.sort_values("theirs", ascending=False)
    ranks = table["ours"].rank(ascending=False)
    rows = []
    for place in [*ordered.index[:MOST], *ordered.index[-MOST:]]:
        of = table.loc[place]
        ours = band(of["ours"], of["lower"], of["upper"], 2, "+")
        theirs = f"{of['name']} | {of['jobs']:,.0f} | {of['theirs']:+.2f}"
        rows.append(f"| {theirs} | {ours} | {ranks[place]:.0f} |")
    return "\n".join(rows)


def response_rows(correlated: xr.DataTree, apart: xr.DataTree) -> str:
    """Migrants for each hundred jobs, by estimate."""
    found, other = (attraktiv.job_response(run) for run in (correlated, apart))
    labels = {
        instrument.LEAST_SQUARES: (found, "least squares"),
        instrument.TWO_STAGE: (found, "two-stage least squares"),
    }
    known = [key for key in labels if key in found[names.ESTIMATOR].values]
    rows = [(labels[key][1], labels[key][0], key) for key in known]
    rows += [
        ("joint model, noise independent", other, instrument.POSTERIOR),
        ("joint model, noise correlated", found, instrument.POSTERIOR),
    ]
    lines = []
    for label, of, estimator in rows:
        cells = [
            band(
                *of[names.MIGRANTS_PER_100_JOBS]
                .sel({names.ESTIMATOR: estimator, names.SPAN: span})
                .values,
                0,
            )
            for span in (instrument.SAME_YEAR, instrument.WITH_LAGS)
        ]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def tie_rows(*runs: xr.DataTree) -> str:
    """Correlations of residential and business attractiveness, and of the noise."""
    rows = []
    for name, label in TIES.items():
        draws = [run[names.POSTERIOR].to_dataset()[name] for run in runs]
        cells = [band(float(d.mean()), *d.quantile([0.1, 0.9]).values, 2, "+") for d in draws]
        rows.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(rows)


def strength(run: xr.DataTree) -> dict[str, float]:
    """Say how much of job growth industry mix moves."""
    found = attraktiv.job_response(run).isel({names.INSTRUMENTS: 0})
    return {
        "strength": float(found[names.FIRST_STAGE_F]),
        "explained": float(found[names.PARTIAL_R2]),
    }


def write(data: Path) -> None:
    """Fit, compute and write the page."""
    rows = published.of_level(published.read(data), published.MUNICIPALITY)
    with tempfile.TemporaryDirectory() as folder:
        panel = attraktiv.read_panel(published_panel.write_folder(rows, Path(folder)))
    norway = attraktiv.read_panel(data / "norway")
    joint = figures.of_the_jobs("joint_2026")
    of_all = attraktiv.load_spec("joint_2026")
    plain, business = (
        figures.fitted(figures.of_the_jobs(model), panel, FIRST, LAST, SEED)
        for model in ("business_2017", "business_2026")
    )
    together, apart = (
        figures.fitted(spec, panel, FIRST_JOINT, LAST, SEED, *figures.LACKING)
        for spec in (joint, figures.independent(joint))
    )
    norwegian, norwegian_apart = (
        figures.fitted(spec, norway, FIRST_NORWAY, LAST_NORWAY, SEED, names.INDUSTRY_MIX)
        for spec in (of_all, figures.independent(of_all))
    )
    later = attraktiv.hindcast(
        figures.of_the_jobs("business_2026"), panel, [SPLIT], blocks="region_name", seed=SEED
    )
    of_jobs = attraktiv.store.equation_of(together, names.BUSINESS)
    values, beside = figures.centred(rows), figures.long_run(business, rows)
    sizes, slopes = figures.by_size(business, rows), figures.effects(business)
    spread = beside["theirs"].std()
    draw(chart(beside), CHART, force=True)
    page = words.TEXT.format(
        places=panel.sizes[names.PLACE],
        first=FIRST,
        last=LAST,
        first_joint=FIRST_JOINT,
        first_norway=FIRST_NORWAY,
        last_norway=LAST_NORWAY,
        seed=SEED,
        effects=effect_rows([plain, business, of_jobs], figures.weighted_by_jobs(rows)),
        effects_reading=words.effects_reading(*(slopes.loc[factor] for factor in WORDS)),
        lags=lag_rows(values),
        sizes=size_rows(sizes),
        sizes_reading=words.sizes_reading(sizes, figures.autocorrelation(values, 1)),
        tau=float(business[names.POSTERIOR].to_dataset()[names.TAU].mean()),
        correlation=beside["ours"].corr(beside["theirs"]),
        rank_correlation=beside["ours"].corr(beside["theirs"], method="spearman"),
        sd_theirs=spread,
        between_reading=words.between_reading(spread, figures.by_chance(values)),
        sd_ours=beside["ours"].std(),
        extremes=extreme_rows(beside),
        hindcast=persistence_page.table(later),
        hindcast_reading=words.hindcast_reading(later),
        responses=response_rows(together, apart),
        responses_norway=response_rows(norwegian, norwegian_apart),
        ties=tie_rows(together, norwegian),
        **strength(together),
    )
    PAGE.write_text(page, encoding="utf-8")
