"""Growth by centrality in Norway: ``make pages`` writes docs/norway-growth.md and its chart."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.effects import bands
from attraktiv.queries import decomposition_table
from attraktiv.reports.decomposition import decomposition_chart
from attraktiv.reports.drawing import draw

MODEL = "hierarchical_dynamic"
FIRST, LAST = 2006, 2016
SEED = 1
PROB = 0.8
COLUMN = "centrality_class"
MOST, LEAST = "1", "6"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "norway-growth.md"
CHART = PAGE.with_suffix(".svg")

JOBS = ("own_job_growth", "lag(own_job_growth, 1)", "lag(own_job_growth, 2)")
#: Rows of the table: the components that each is the sum of.
ROWS = {
    "natural increase": (names.NATURAL_INCREASE,),
    "national level": (names.NATIONAL_LEVEL,),
    "job growth, three years": JOBS,
    "neighbours' job growth": ("neighbour_job_growth",),
    "centrality": ("centrality",),
    "size": ("log(population)",),
    "share aged 20–39": ("share_20_39",),
    "attractiveness": (names.RESIDENTIAL_ATTRACTIVENESS,),
    "noise": (names.NOISE,),
    "borders and rounding": (names.BOUNDARY_TRANSFER, names.ROUNDING),
}
SUMS = {
    "jobs, own and neighbours'": (*JOBS, "neighbour_job_growth"),
    "centrality and size": ("centrality", "log(population)"),
}
#: The same model with fewer factors: what is called structure, and what attractiveness.
FEWER = {
    "all factors": (),
    "without centrality and size": ("centrality", "log(population)"),
    "job growth alone": ("centrality", "log(population)", "share_20_39"),
}
TEXT = """# Growth by centrality: Norway, {first}–{last}

Do cities grow because they are large and central, because of the jobs they have, or because people
prefer to live there? The authors of the classical model answer: by preference and by industry mix,
rather than by agglomeration. This page splits the growth of Norwegian municipalities by
[the decomposition](decomposition.md), over Statistics Norway's classes of centrality, from 1, the
most central, to 6, the least.

```console
$ attraktiv fit {model} norway --from {first} --until {last} --seed {seed} --out runs/no
$ attraktiv decompose runs/no --group {column} --chart norway-growth.svg
```

Percent of the population on 1 January per year, mean of the years; ± is half the width of the
equal-tailed {prob:.0%} band. What is observed has no band. The structural terms are relative to
the average municipality, which is small and remote: most people live in more central places than
it, so the centrality term is positive in four classes of six.

{table}

![Bars of the terms of growth by class of centrality]({chart})

## What the table says

{words}

## The same growth by models with fewer factors

Class {most} minus class {least}, percentage points per year:

{fewer}

{more_words}

What the table cannot say yet: industry mix is not in this model. Job growth stands as it happened,
and a jobs equation is needed to split it into what the country's industries did and what
the places did themselves. Until then the part of the finding about industry mix is open. The
centrality index is that of 2024, later than the years shown. `make pages` writes this page and
stops if its numbers no longer bear out its words.
"""
WORDS = """- The most central class grows by {growth_most:.2f} percent a year, the least central
  by {growth_least:.2f}: a difference of {gap:.2f} points. **{natural_share:.0%} of it is natural
  increase**, the births and deaths of populations of different age, and no migration at all.
- Job growth, own and neighbours', gives {jobs} points of the difference.
- Centrality gives {centrality} and size {size}: together {both}. That size counts against growth
  once centrality is known does not look like agglomeration by mere size. But large places are
  central, the draws of the two terms correlate at {correlation:.1f}, and their sum is what to read.
  The centrality index itself measures how many jobs and services are within reach: what it explains
  can be agglomeration as well as a preference for living centrally, and this model cannot tell the
  two apart.
- Attractiveness gives {attractiveness}: beyond their circumstances there is no sign that
  central places are preferred. That is so by construction: what varies with a factor is called
  structure, whatever its cause."""
MORE_WORDS = """Growth and natural increase are the same; what the rest is called depends on the
factors. With job growth alone in the model, the difference is {alone_attractiveness} attractiveness
against {alone_jobs} jobs: cities would seem to grow by preference more than by jobs, as the authors
found. With centrality and size in the model, which are the obvious measures of agglomeration, next
to nothing is left to call preference. **So the table neither confirms nor refutes the finding**: it
shows that job growth explains the smaller part of the cities' gain by migration in either model,
and that the larger part is called preference or centrality according to what the model is told."""


def fitted(norway: xr.Dataset, without: tuple[str, ...]) -> xr.DataTree:
    """Fit the model, less some of its factors."""
    return attraktiv.fit(MODEL, norway, first=FIRST, last=LAST, seed=SEED, without=without)


def total(draws: xr.DataArray, components: tuple[str, ...]) -> xr.DataArray:
    """Sum those components that the model has, within each draw."""
    present = [name for name in components if name in draws[names.COMPONENT].values]
    return draws.sel({names.COMPONENT: present}).sum(names.COMPONENT)


def plus_minus(draws: xr.DataArray) -> str:
    """Mean and half the width of the band, where it has one."""
    band = bands(draws, PROB)
    half = float(band["upper"] - band["lower"]) / 2
    mean = f"{float(band['mean']):+.2f}"
    mean = "0.00" if float(mean) == 0 else mean
    return mean if half < 1e-9 else f"{mean} ± {half:.2f}"


def table_of_classes(found: xr.Dataset) -> str:
    """Terms by classes, with the growth that they sum to."""
    draws, classes = found[names.DECOMPOSITION], [str(c) for c in found[names.GROUP].values]
    lines = [
        f"| | {' | '.join(classes)} |",
        "|---|" + "---|" * len(classes),
        *(
            f"| {label} | "
            + " | ".join(plus_minus(total(draws, parts).sel(group=c)) for c in classes)
            + " |"
            for label, parts in ROWS.items()
        ),
        "| **growth** | "
        + " | ".join(f"**{float(g):+.2f}**" for g in found[names.OBSERVED_GROWTH])
        + " |",
        "| municipalities | " + " | ".join(str(int(n)) for n in found["places_counted"]) + " |",
        "| inhabitants, thousands | "
        + " | ".join(f"{float(n) / 1000:,.0f}" for n in found[names.POPULATION])
        + " |",
    ]
    return "\n".join(lines)


def difference(found: xr.Dataset, components: tuple[str, ...]) -> xr.DataArray:
    """Draws of some terms in the most central class minus those in the least."""
    draws = total(found[names.DECOMPOSITION], components)
    return draws.sel(group=MOST, drop=True) - draws.sel(group=LEAST, drop=True)


def table_of_models(results: dict[str, xr.Dataset]) -> str:
    """The difference of the classes by models with fewer factors."""
    rows = {
        "natural increase": ROWS["natural increase"],
        **SUMS,
        "share aged 20–39": ROWS["share aged 20–39"],
        "attractiveness": ROWS["attractiveness"],
        "noise": ROWS["noise"],
        "borders and rounding": ROWS["borders and rounding"],
    }
    lines = [f"| | {' | '.join(results)} |", "|---|" + "---|" * len(results)]
    for label, parts in rows.items():
        cells = []
        for found in results.values():
            has = set(parts) & set(found[names.COMPONENT].values)
            cells.append(plus_minus(difference(found, parts)) if has else "–")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    growth = [gap(found) for found in results.values()]
    lines.append("| **growth** | " + " | ".join(f"**{value:+.2f}**" for value in growth) + " |")
    return "\n".join(lines)


def gap(found: xr.Dataset) -> float:
    """Observed growth of the most central class minus that of the least."""
    growth = found[names.OBSERVED_GROWTH]
    return float(growth.sel(group=MOST) - growth.sel(group=LEAST))


def correlation(found: xr.Dataset) -> float:
    """Correlation between the draws of the differences by centrality and by size."""
    return float(xr.corr(*(difference(found, ROWS[label]) for label in ("centrality", "size"))))


def require(claim: str, holds: bool) -> None:
    """Stop where the page would say what its numbers do not."""
    if not holds:
        raise SystemExit(f"The words of {PAGE.name} no longer hold: {claim}. Rewrite them.")


def check_words(full: xr.Dataset, alone: xr.Dataset) -> None:
    """Hold the claims of the words against the draws."""
    level = {label: difference(full, parts) for label, parts in (ROWS | SUMS).items()}
    migration = gap(full) - float(level["natural increase"].mean())
    require(
        "centrality counts for, size against",
        bool((level["centrality"] > 0).mean() > 0.99 and (level["size"] < 0).mean() > 0.99),
    )
    require("centrality and size are told apart badly", correlation(full) < -0.5)
    own = level["attractiveness"]
    require("little is left to call preference", abs(float(own.mean())) < 0.15 * migration)
    require("central places are not preferred", bool((own > 0).mean() < 0.5))
    at_classes = total(full[names.DECOMPOSITION], ROWS["centrality"]).mean(
        (names.CHAIN, names.DRAW)
    )
    require("centrality is positive in four classes", int((at_classes > 0).sum()) == 4)
    jobs, left = (
        difference(alone, parts)
        for parts in (SUMS["jobs, own and neighbours'"], ROWS["attractiveness"])
    )
    require("preference before jobs", bool((left > jobs).mean() > 0.99))
    for found in (full, alone):
        part = float(difference(found, SUMS["jobs, own and neighbours'"]).mean())
        require("jobs are the smaller part", 0 < part < 0.5 * migration)


def write(norway: Path) -> None:
    """Fit three times, write the page and its chart."""
    panel = attraktiv.read_panel(norway)
    runs = {label: fitted(panel, without) for label, without in FEWER.items()}
    results = {label: attraktiv.decompose(run, group=COLUMN) for label, run in runs.items()}
    full, alone = results["all factors"], results["job growth alone"]
    check_words(full, alone)
    growth = full[names.OBSERVED_GROWTH]
    natural = float(difference(full, ROWS["natural increase"]).mean())
    words = WORDS.format(
        growth_most=float(growth.sel(group=MOST)),
        growth_least=float(growth.sel(group=LEAST)),
        gap=gap(full),
        natural_share=natural / gap(full),
        jobs=plus_minus(difference(full, SUMS["jobs, own and neighbours'"])),
        centrality=plus_minus(difference(full, ROWS["centrality"])),
        size=plus_minus(difference(full, ROWS["size"])),
        both=plus_minus(difference(full, SUMS["centrality and size"])),
        attractiveness=plus_minus(difference(full, ROWS["attractiveness"])),
        correlation=correlation(full),
    )
    more = MORE_WORDS.format(
        alone_attractiveness=plus_minus(difference(alone, ROWS["attractiveness"])),
        alone_jobs=plus_minus(difference(alone, SUMS["jobs, own and neighbours'"])),
    )
    page = TEXT.format(
        model=MODEL,
        first=FIRST,
        last=LAST,
        seed=SEED,
        prob=PROB,
        column=COLUMN,
        most=MOST,
        least=LEAST,
        table=table_of_classes(full),
        chart=CHART.name,
        words=words,
        fewer=table_of_models(results),
        more_words=more,
    )
    chart = decomposition_chart(decomposition_table(runs["all factors"], group=COLUMN, prob=PROB))
    draw(chart, CHART, force=True)
    PAGE.write_text(page, encoding="utf-8")
