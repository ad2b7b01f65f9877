"""The main job on the real panel, as a page: ``make pages`` writes docs/norway.md."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.queries import attractiveness_table

MODEL = "hierarchical_dynamic"
FIRST, LAST = 2006, 2016
SEED = 1
PROB = 0.8
SHOWN = 10
PAGE = Path(__file__).resolve().parents[1] / "docs" / "norway.md"

# A first experiment on the classical model's published residuals: other borders (426 places),
# other years (2003–2011), other code.
EARLIER = {
    names.TAU: "0.22 ± 0.05",
    names.SIGMA_U: "0.23 ± 0.02",
    names.RHO: "0.69 ± 0.08",
    names.PHI: "2.6",
}
SYMBOL = {
    names.TAU: "τ, SD of lasting attractiveness",
    names.SIGMA_U: "σ_u, innovation SD of moving attractiveness",
    names.RHO: "ρ, its autocorrelation",
    names.SIGMA: "σ, noise that does not depend on size",
    names.PHI: "φ, noise of flows (1 if Poisson)",
    names.SIGMA_ALPHA: "σ_α, innovation SD of the national level",
    names.RHO_ALPHA: "ρ_α, its autocorrelation",
}
TEXT = """# Norway, {first}–{last}

The main job on real data: `{model}` fitted to 350 Norwegian municipalities in 2024
borders. Six more, whose history is a fixed split, take no part in the fit. The data are public
statistics; this page shows results alone.

```console
$ attraktiv fit {model} norway --from {first} --until {last} --seed {seed} --out runs/no
$ attraktiv check runs/no
```

{verdict}

## Parameters

Mean ± standard deviation of the posterior. The last column is a first experiment on the residuals
that the classical model published, with 426 municipalities, 2003–2011, and experimental code: the
same kind of figure, not the same figure.

| parameter | this run | earlier experiment |
|---|---|---|
{parameters}

Effects of the structural factors, in percentage points of the yearly net migration rate:

| factor | one standard deviation more | one unit more | unit |
|---|---|---|---|
{effects}

Where a factor was missing its cell stood at the year's mean: {missing}. The job series is
broken in 2015, which costs every place one year of growth.

## The most and the least attractive places

Residential attractiveness, mean of {first}–{last} in percent of population per year, with its
equal-tailed {prob:.0%} band; the probability of being among the ten highest; and the classical
measure (attractiveness with the noise of the years, which least squares cannot take apart).

| place | attractiveness | band | P(top ten) | with noise |
|---|---|---|---|---|
{highest}

| place | attractiveness | band | P(top ten) | with noise |
|---|---|---|---|---|
{lowest}

`make pages` writes this page.
"""


def plus_minus(run: xr.DataTree, name: str) -> str:
    """Mean ± SD of a scalar."""
    draws = run[names.POSTERIOR][name]
    return f"{float(draws.mean()):.2f} ± {float(draws.std()):.2f}"


def effects(run: xr.DataTree) -> list[str]:
    """One row for each factor."""
    sample = (names.CHAIN, names.DRAW)
    rows = []
    for term in run[names.POSTERIOR][names.TERM].values:
        cells = [str(term)]
        for name, digits in ((names.BETA, 2), (names.BETA_ORIGINAL, 4)):
            draws = run[names.POSTERIOR][name].sel(term=term)
            mean, sd = float(draws.mean(sample)), float(draws.std(sample))
            cells.append(f"{mean:.{digits}f} ± {sd:.{digits}f}")
        cells.append(str(run[names.CONSTANT_DATA]["term_units"].sel(term=term).values))
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def missing(run: xr.DataTree) -> str:
    """Factors with gaps, and in how many cells."""
    counts = json.loads(run.attrs["missing_factors"])
    return ", ".join(f"`{term}` in {count} cells" for term, count in counts.items() if count)


def league(table: pd.DataFrame) -> str:
    """Rows of a league table."""
    return "\n".join(
        f"| {row.name_} | {row.mean_:+.2f} | {row.lower:+.2f} to {row.upper:+.2f} | "
        f"{row.prob_top:.0%} | {row.noisy:+.2f} |"
        for row in table.rename(
            columns={
                "name": "name_",
                "mean": "mean_",
                "attractiveness_with_noise_mean": "noisy",
            }
        ).itertuples()
    )


def write(norway: Path) -> None:
    """Fit and write the page."""
    run = attraktiv.fit(MODEL, attraktiv.read_panel(norway), first=FIRST, last=LAST, seed=SEED)
    table = attractiveness_table(run, prob=PROB, top=SHOWN)
    table = table[~table["from_prior"]]
    rows = [
        f"| {SYMBOL[name]} | {plus_minus(run, name)} | {EARLIER.get(name, '–')} |"
        for name in SYMBOL
    ]
    page = TEXT.format(
        model=MODEL,
        first=FIRST,
        last=LAST,
        seed=SEED,
        prob=PROB,
        verdict="\n>\n".join(f"> {line}" for line in attraktiv.check(run).lines),
        parameters="\n".join(rows),
        effects="\n".join(effects(run)),
        missing=missing(run),
        highest=league(table.head(SHOWN)),
        lowest=league(table.tail(SHOWN)[::-1]),
    )
    PAGE.write_text(page, encoding="utf-8")
