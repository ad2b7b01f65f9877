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
YEARS = (2004, 2013)
#: Jobs of three years are factors of migration.
YEARS_JOINT = (2005, 2013)
YEARS_NORWAY = (2006, 2016)
#: Draws of a chain of a joint fit.
DRAWS = 1000
SPLIT = "2003:2008/2009:2013"
MOST = 5
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "jobs-and-people.md"
CHART = DOCS / "figures" / "jobs-and-people.svg"
MIX, GROWTH = "private_industry_mix", "lag(population_growth, 1)"
WORDS = {MIX: ("λ, industry mix", "1"), GROWTH: ("η, last year's population growth", "0.31")}
#: Factors of migration, beside which industry mix stands for jobs of the year.
STRUCTURE = {
    "jobs alone": published.OWN_JOBS,
    "and size": (*published.OWN_JOBS, "log(population)"),
    "and their structure": published.FROM_JOBS,
}
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


def per_hundred(found: xr.Dataset, estimator: str, span: str) -> str:
    """Migrants for each hundred jobs, with the interval."""
    at = {names.ESTIMATOR: estimator, names.SPAN: span}
    return band(*found[names.MIGRANTS_PER_100_JOBS].sel(at).values, 0)


def response_rows(correlated: xr.Dataset, apart: xr.Dataset) -> str:
    """Migrants for each hundred jobs, by estimate."""
    known = [str(one) for one in correlated[names.ESTIMATOR].values]
    rows = [(one, correlated, one) for one in known if one != instrument.POSTERIOR]
    rows += [
        ("joint model, noise independent", apart, instrument.POSTERIOR),
        ("joint model, noise correlated", correlated, instrument.POSTERIOR),
    ]
    spans = (instrument.SAME_YEAR, instrument.WITH_LAGS)
    return "\n".join(
        f"| {label} | {' | '.join(per_hundred(of, which, span) for span in spans)} |"
        for label, of, which in rows
    )


def structure_rows(by_structure: dict[str, xr.Dataset]) -> str:
    """The two-stage estimate as the equation of migration is given more factors."""
    rows = []
    for label, found in by_structure.items():
        cells = [
            per_hundred(found, estimator, instrument.SAME_YEAR)
            for estimator in (instrument.LEAST_SQUARES, instrument.TWO_STAGE)
        ]
        rows.append(
            f"| {label} | {' | '.join(cells)} | {float(found[names.FIRST_STAGE_F][0]):.0f} |"
        )
    return "\n".join(rows)


def tie_rows(*runs: xr.DataTree) -> str:
    """Correlations of residential and business attractiveness, and of the noise."""
    rows = []
    for name, label in TIES.items():
        draws = [run[names.POSTERIOR].to_dataset()[name] for run in runs]
        cells = [band(float(d.mean()), *d.quantile([0.1, 0.9]).values, 2, "+") for d in draws]
        rows.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(rows)


def write(data: Path) -> None:
    """Fit, compute and write the page."""
    rows = published.of_level(published.read(data), published.MUNICIPALITY)
    with tempfile.TemporaryDirectory() as folder:
        panel = attraktiv.read_panel(published_panel.write_folder(rows, Path(folder)))
    norway = attraktiv.read_panel(data / "norway")
    joint, of_all = figures.of_the_jobs("joint_2026"), attraktiv.load_spec("joint_2026")
    plain, business = (
        figures.fitted(figures.of_the_jobs(model), panel, YEARS, seed=SEED)
        for model in ("business_2017", "business_2026")
    )
    together, apart = (
        figures.fitted(spec, panel, YEARS_JOINT, seed=SEED, without=figures.LACKING, draws=DRAWS)
        for spec in (joint, figures.independent(joint))
    )
    norwegian, norwegian_apart = (
        figures.fitted(
            spec, norway, YEARS_NORWAY, seed=SEED, without=(names.INDUSTRY_MIX,), draws=DRAWS
        )
        for spec in (of_all, figures.independent(of_all))
    )
    found, found_apart, found_norway, found_norway_apart = (
        attraktiv.job_response(run) for run in (together, apart, norwegian, norwegian_apart)
    )
    by_structure = {
        label: attraktiv.job_response(
            figures.fitted(figures.two_equations(factors), panel, YEARS_JOINT, seed=SEED)
        )
        for label, factors in STRUCTURE.items()
    }
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
        first=YEARS[0],
        last=YEARS[1],
        first_joint=YEARS_JOINT[0],
        first_norway=YEARS_NORWAY[0],
        last_norway=YEARS_NORWAY[1],
        draws=DRAWS,
        seed=SEED,
        effects=effect_rows([plain, business, of_jobs], figures.weighted_by_jobs(rows)),
        effects_reading=words.effects_reading(slopes, figures.effects(of_jobs), MIX, GROWTH),
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
        responses=response_rows(found, found_apart),
        responses_norway=response_rows(found_norway, found_norway_apart),
        ties=tie_rows(together, norwegian),
        structures=structure_rows(by_structure),
        joint_reading=words.joint_reading(found, found_norway, list(by_structure.values())),
        strength=float(found[names.FIRST_STAGE_F][0]),
        explained=float(found[names.PARTIAL_R2][0]),
    )
    PAGE.write_text(page, encoding="utf-8")
