"""The classical model's published numbers beside ours: ``make pages`` writes docs/published.md."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import persistence_page
import published_figures as published
import published_panel
import xarray as xr

import attraktiv
from attraktiv import names

SEED = 1
YEARS = (1, 2, 3, 5, 10, 11)
SPLIT = "2003:2008/2009:2013"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "published.md"
THEIRS = {
    **dict.fromkeys(published.FACTORS, "1"),
    **dict(zip(published.OWN_JOBS, ("0.20", "0.11", "0.10"), strict=True)),
    "log(population)": "0.1026",
}
EARLIER = {
    names.TAU: "0.22 ± 0.05",
    names.SIGMA_U: "0.23 ± 0.02",
    names.RHO: "0.69 ± 0.08",
    names.PHI: "2.6",
}
SYMBOL = {names.TAU: "τ", names.SIGMA_U: "σ_u", names.RHO: "ρ", names.PHI: "φ"}
TEXT = """# The published numbers

Telemarksforsking published what the classical model says of every Norwegian municipality, region
and county, 2003–2013: population growth and the growth of private jobs, each split into
contributions. Here the file is taken apart and computed again. It is not part of this repository,
for no licence is stated; this page holds results alone. Intervals are 80 %; ± is a standard error,
clustered by place.

## Two identities

Population growth is birth surplus, structure and attractiveness; growth of private jobs is the
nation's growth, industry mix, a population effect and attractiveness. What is left over when the
terms are summed, in percentage points:

| identity | level | rows | within 0.02 | within 0.05 | median | 90th percentile | largest |
|---|---|---|---|---|---|---|---|
{identities}

Terms have two decimals, and some were revised. The growth itself follows from the file's population
to the last decimal wherever the next year is in the file, so it is the terms that do not add up to
it. Rows of population growth that are off by half a point or more:

| municipality | year | population | growth | left over |
|---|---|---|---|---|
{off}

## Size

The size effect of a municipality is {size_slope} · ln(population) {size_constant}.
This line explains {size_share} of it; published are 0.1026 and −0.871. The largest difference
from the published line is {size_off:.4f}.

## Population effect on jobs

Regressed on last year's population growth within each year; published is about 0.31.

| level | effect of one percent of growth | share of variance |
|---|---|---|
{population_effect}

## The job effect takes three years

The published contribution of business attractiveness to population, regressed on business
attractiveness in percent of population in the same year and the two before. It explains
{jobs_share} of the variance, and the same year alone {jobs_alone}.

| lag | weight | as described |
|---|---|---|
{weights}

## What structure explains

Share of the variance of net migration over municipalities that the published structure explains,
in means over so many consecutive years, the nation's level of each year taken away. With that
level, which immigration moves, structure explains {with_level} of single years. Published are about
a quarter of a year and 65 % of long means (14 years, which the file does not reach).

| years | share | interval |
|---|---|---|
{structure}

## Estimated again: published contributions as factors

Our regression and our hierarchical model: net migration of {places} municipalities 2003–2013
(growth less birth surplus) with the published contributions as factors. A coefficient of 1 says
that the contribution is as large as we find it. The contribution of immigration is the same
everywhere in a year, and is part of the level of the year here.

{contributions}

## Estimated again: from jobs and population

The same, 2005–2013, with growth of private jobs (percent of population) and ln(population) from the
file in place of their contributions.

{from_jobs}

The published weights are those of business attractiveness; here all growth of private jobs counts.

## What moves and what lasts

Parameters of the two hierarchical fits, mean ± standard deviation. The last column is a first
experiment with the published residuals, 2003–2011, by other code.

| parameter | contributions | jobs and population | earlier experiment |
|---|---|---|---|
{parameters}

## Does it persist?

[As on the panel of today's municipalities](persistence.md), here on the published contributions,
with regions as blocks:

{persistence}

## What cannot be estimated again

The file has no jobs in the public sector, no commuting, no industries and no ages. So the effects
of public jobs, of neighbours' growth, of labour-market integration and of the industry mix cannot
be estimated from their sources; the published contributions can be scaled: for migration above, and
for the industry mix and the population effect of the equation of jobs in
[](jobs-and-people.md). Jobs before 2002 are not known, which is why the fit with lags begins in
2005. Years after 2013 are not in the file.

`make pages` writes this page.
"""


def identities(table: pd.DataFrame) -> list[str]:
    """One row for each identity and level."""
    rows = []
    for identity in published.IDENTITIES:
        for level in (published.MUNICIPALITY, published.REGION, published.COUNTY):
            off = published.left_over(published.of_level(table, level), identity).abs()
            rows.append(
                f"| {identity} | {level} | {len(off)} | {(off <= 0.02).mean():.1%} | "
                f"{(off <= 0.05).mean():.1%} | {off.median():.2f} | {off.quantile(0.9):.2f} | "
                f"{off.max():.2f} |"
            )
    return rows


def off_rows(table: pd.DataFrame) -> list[str]:
    """Rows that do not add up."""
    return [
        f"| {row.name_} | {row.year} | {row.population_1jan:,.0f} | "
        f"{row.population_growth_pct:+.2f} | {row.off:+.2f} |"
        for row in published.off_by(table, 0.5).rename(columns={"name": "name_"}).itertuples()
    ]


def plus_minus(value: float, error: float, digits: int) -> str:
    """Give an estimate with its error."""
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def interval(run: xr.DataTree, term: str) -> str:
    """Mean and 80 % interval of a coefficient per unit of the factor."""
    draws = run[names.POSTERIOR].to_dataset()[names.BETA_ORIGINAL].sel(term=term)
    low, high = draws.quantile([0.1, 0.9]).values
    return f"{float(draws.mean()):.3f} ({low:.3f} to {high:.3f})"


def coefficients(classical: xr.DataTree, hierarchical: xr.DataTree) -> str:
    """Give ours beside theirs."""
    lines = ["| factor | published | least squares | hierarchical |", "|---|---|---|---|"]
    for term in classical[names.POSTERIOR].to_dataset()[names.TERM].values:
        cells = [interval(run, term) for run in (classical, hierarchical)]
        lines.append(f"| `{term}` | {THEIRS[str(term)]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def parameters(*runs: xr.DataTree) -> list[str]:
    """One row for each parameter of attractiveness and noise."""
    rows = []
    for name, symbol in SYMBOL.items():
        draws = [run[names.POSTERIOR].to_dataset()[name] for run in runs]
        cells = [plus_minus(float(d.mean()), float(d.std()), 2) for d in draws]
        rows.append(f"| {symbol} | {' | '.join(cells)} | {EARLIER[name]} |")
    return rows


def estimated(
    panel: xr.Dataset, factors: tuple[str, ...], first: int
) -> tuple[xr.DataTree, xr.DataTree]:
    """Fit the regression and the hierarchical model."""
    classical, hierarchical = (
        attraktiv.fit(
            published.with_factors(factors, classical=plain), panel, first=first, seed=SEED
        )
        for plain in (True, False)
    )
    if hierarchical.attrs["verdict"] != "passed":
        raise RuntimeError("the hierarchical fit did not pass its checks")
    return classical, hierarchical


def population_effects(table: pd.DataFrame) -> list[str]:
    """One row for each level."""
    rows = []
    for level in (published.MUNICIPALITY, published.REGION, published.COUNTY):
        lagged = published.with_lags(published.of_level(table, level))
        slopes, errors, share = published.regress(
            lagged, "population_effect", ["last_growth"], within_years=True
        )
        rows.append(f"| {level} | {plus_minus(slopes[0], errors[0], 3)} | {share:.0%} |")
    return rows


def structure_shares(table: pd.DataFrame) -> dict[str, str]:
    """What structure explains, one row for each length of the mean."""
    migration, structure = published.migration_and_structure(table)
    rows = []
    for years in YEARS:

        def share(*arrays, years: int = years) -> float:
            return published.explained(*arrays, years)

        low, high = published.over_places(share, migration, structure)
        rows.append(f"| {years} | {share(migration, structure):.0%} | {low:.0%} to {high:.0%} |")
    with_level = 1 - (migration - structure).var() / migration.var()
    return {"structure": "\n".join(rows), "with_level": f"{with_level:.0%}"}


def figures(table: pd.DataFrame) -> dict[str, object]:
    """What is computed from the rows of municipalities alone."""
    rows = published.with_lags(table)
    lags = ["business_0", "business_1", "business_2"]
    size, size_error, size_share = published.regress(
        rows, "size_effect", ["log_population"], within_years=False
    )
    own = "own_growth_attractiveness"
    weights, errors, jobs_share = published.regress(rows, own, lags, within_years=False)
    alone = published.regress(rows, own, lags[:1], within_years=False)[2]
    line = 0.1026 * rows["log_population"] - 0.871
    return {
        "size_slope": f"({plus_minus(size[0], size_error[0], 5)})",
        "size_constant": f"− ({plus_minus(-size[1], size_error[1], 4)})",
        "size_share": f"{size_share:.2%}",
        "size_off": float((rows["size_effect"] - line).abs().max()),
        "jobs_share": f"{jobs_share:.0%}",
        "jobs_alone": f"{alone:.0%}",
        "weights": "\n".join(
            f"| {lag} | {plus_minus(weights[lag], errors[lag], 3)} | {described} |"
            for lag, described in enumerate(("0.20", "0.11", "0.10"))
        ),
        **structure_shares(table),
    }


def write(data: Path) -> None:
    """Compute, fit and write the page."""
    table = published.read(data)
    municipalities = published.of_level(table, published.MUNICIPALITY)
    with tempfile.TemporaryDirectory() as folder:
        panel = attraktiv.read_panel(published_panel.write_folder(municipalities, Path(folder)))
    by_contributions = estimated(panel, published.FACTORS, 2003)
    by_jobs = estimated(panel, published.FROM_JOBS, 2005)
    spec = published.with_factors(published.FACTORS, classical=False)
    later = attraktiv.hindcast(spec, panel, [SPLIT], blocks="region_name", seed=SEED)
    page = TEXT.format(
        identities="\n".join(identities(table)),
        off="\n".join(off_rows(table)),
        population_effect="\n".join(population_effects(table)),
        places=panel.sizes[names.PLACE],
        contributions=coefficients(*by_contributions),
        from_jobs=coefficients(*by_jobs),
        parameters="\n".join(parameters(by_contributions[1], by_jobs[1])),
        persistence=persistence_page.table(later),
        **figures(municipalities),
    )
    PAGE.write_text(page, encoding="utf-8")
