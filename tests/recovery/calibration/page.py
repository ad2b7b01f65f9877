"""docs/calibration.md and its charts, from tables of ranks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import pandas as pd
from tests.recovery.calibration import collapsed, joint, nuts
from tests.recovery.calibration.ranks import (
    ESS,
    FAILURE,
    GRID,
    KEPT,
    METHOD,
    R_HAT,
    band,
    complete,
    difference,
    inside_band,
    p_value,
)
from tests.recovery.calibration.tables import ROOT, path_of, read

from attraktiv import names
from attraktiv.engines.diagnostics import R_HAT_LIMIT
from attraktiv.reports.drawing import COLOURS, GREY, draw

PAGE = ROOT / "docs" / "calibration.md"
FIGURES = ROOT / "docs" / "figures"
MODELS = ("hierarchical_static", "hierarchical_dynamic")
ENGINES = (collapsed.ENGINE, nuts.ENGINE)
PROBABILITIES = (0.95, 0.99)
WORD = {collapsed.ENGINE: "the collapsed engine", nuts.ENGINE: "NUTS"}
SYMBOL = {
    names.MU_ALPHA: "μ_α",
    names.RHO_ALPHA: "ρ_α",
    names.SIGMA_ALPHA: "σ_α",
    names.TAU: "τ",
    names.SIGMA_U: "σ_u",
    names.RHO: "ρ",
    names.SIGMA: "σ",
    names.PHI: "φ",
    names.BETA: "β",
    names.ALPHA: "α",
    names.THETA: "θ",
    names.U: "u",
    names.INITIAL: "d",
    names.CORRELATION_LASTING: "r of θ",
    names.CORRELATION_PATH: "r of u",
    names.CORRELATION_NOISE: "r of ε",
}
JOBS = f"_{names.BUSINESS}"
COLUMNS = 6  # of small charts

TEXT = """# Are the posteriors calibrated?

If parameters are drawn from the prior and data from the parameters, then the rank of a true value
among draws from the posterior of those data is uniform: each of its {ranks} possible values is
equally likely, for every parameter
([Talts et al. 2020](https://arxiv.org/abs/1804.06788)). A posterior that is too narrow puts
too many truths at the ends, one that is too wide too many in the middle, one that is off to a side
tilts them. This tests everything at once: the density, the sampler and the model's code.

Each simulation draws all parameters from the priors of the model, simulates a panel whose sizes
run from 200,000 to 500 inhabitants with a tenth of the cells missing, fits it, and ranks each truth
among {kept} draws. For the collapsed engine the panels have {collapsed_places} places and
{collapsed_years} years, and are drawn by a simulator of the tests' own; those of two equations
are of the same size, and job growth is a factor of migration in them and migration one of next
year's jobs. For NUTS they have
{nuts_places} places and {nuts_years} years, and PyMC itself draws them from the model that it then
fits ([simuk](https://simuk.readthedocs.io)); a chain's draws are dependent, so {nuts_chains} chains
of {nuts_draws:,} draws are thinned to {kept}. Its simulations are from before the
national level got its present prior: ρ_α was drawn from Beta(2, 2).

{summary}

*Gave up*: the engine said that its draws cannot be trusted; such a simulation has no ranks.
*Outside the band*: scalars whose distribution of ranks leaves the simultaneous band that holds all
of it with the stated probability, in brackets how many would do so on average if every posterior
were exact. *Smallest p*: of Pearson's chi-square test of ten equal bins, over the scalars; with so
many scalars the smallest of them is expected near one over their number. Scalars of one simulation
depend on each other, so these counts vary more than those of independent ones.

{parts}
## To repeat it

```console
$ make calibration
$ make calibration ARGS="--nuts 100"
```

`make calibration` first runs the slow tests; then {simulations} simulations of the collapsed engine
for each model, on all cores; `--nuts 100` adds those of NUTS, which take hours. A killed run goes
on where it was. The ranks are kept in `docs/calibration/`, a row for each simulation, and
`python -m tests.recovery.calibration --simulations 0` writes this page from them.
"""
PART = """## `{model}` by {engine}

{words}

| | scalars | outside 95 % | outside 99 % | smallest p |
|---|---|---|---|---|
{rows}

![Distribution of ranks of each scalar]({figure})

Share of ranks below a value less what uniform ranks would give, for each scalar; simultaneous bands
of 95 % (dark) and 99 % (light). A line that leaves the light band is drawn in
another colour. Place 0 is the largest, and years count from 0.

"""
HEAD = (
    "| model | engine | simulations | gave up | by Metropolis chains | scalars "
    "| outside 95 % | outside 99 % | smallest p |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Study:
    """The ranks of an engine and a model."""

    engine: str
    model: str
    table: pd.DataFrame

    @property
    def ranks(self) -> pd.DataFrame:
        """Of the simulations that gave draws."""
        return complete(self.table)

    @property
    def figure(self) -> str:
        """File name of the chart."""
        return f"calibration-{self.engine}-{self.model}.svg"


def studies(folder: Path | None = None) -> Iterator[Study]:
    """Those whose tables are there."""
    for model in (*MODELS, joint.MODEL):
        for engine in ENGINES:
            path = path_of(engine, model) if folder is None else path_of(engine, model, folder)
            if path.exists():
                yield Study(engine, model, read(path))


def verdicts(ranks: pd.DataFrame) -> pd.DataFrame:
    """For each scalar: p value, and whether it lies outside each band."""
    found: dict[str, dict[str | float, float]] = {}
    for label in map(str, ranks):
        values = ranks[label].to_numpy()
        found[label] = {"p": p_value(values)}
        for prob in PROBABILITIES:
            found[label][prob] = not inside_band(values, prob)
    return pd.DataFrame.from_dict(found, orient="index")


def page(found: list[Study], simulations: int = 500) -> str:
    """Text of the page."""
    judged = [(study, verdicts(study.ranks)) for study in found]
    return TEXT.format(
        ranks=KEPT + 1,
        kept=KEPT,
        collapsed_places=collapsed.PLACES,
        collapsed_years=collapsed.YEARS,
        nuts_places=nuts.PLACES,
        nuts_years=nuts.YEARS,
        nuts_chains=nuts.CHAINS,
        nuts_draws=nuts.DRAWS,
        summary="\n".join([HEAD, *(_summary(study, verdict) for study, verdict in judged)]),
        parts="".join(_part(study, verdict) for study, verdict in judged),
        simulations=simulations,
    )


def chart(study: Study) -> alt.FacetChart:
    """Small multiples of the distribution of ranks, one for each scalar."""
    ranks = study.ranks
    ends = {}
    for prob in PROBABILITIES:
        ends[f"low{prob}"], ends[f"high{prob}"] = band(len(ranks), prob)
    parts = []
    for label in ranks:
        values = ranks[label].to_numpy()
        part = pd.DataFrame({"rank": GRID, "line": difference(values), **ends}).round(4)
        part = part.iloc[::2]  # as much as the eye sees, of models with many scalars
        inside = inside_band(values, PROBABILITIES[-1])
        parts.append(part.assign(scalar=symbol(str(label)), inside=inside))
    base = alt.Chart(pd.concat(parts)).encode(
        x=alt.X("rank", title=None, axis=alt.Axis(values=[0, 0.5, 1], format=".1f"))
    )
    height = alt.Axis(tickCount=3, format="+.2~f")
    layers = [
        base.mark_area(color=GREY, opacity=opacity).encode(
            y=alt.Y(f"low{prob}".replace(".", "\\."), title=None, axis=height),
            y2=f"high{prob}".replace(".", "\\."),
        )
        for prob, opacity in zip(PROBABILITIES[::-1], (0.2, 0.25), strict=True)
    ]
    line = base.mark_line(strokeWidth=1.5).encode(
        y="line",
        color=alt.Color(
            "inside",
            scale=alt.Scale(domain=[True, False], range=list(COLOURS[:2])),
            legend=None,
        ),
    )
    small = alt.layer(*layers, line).properties(width=100, height=70)
    order = [symbol(str(label)) for label in ranks]
    return small.facet(
        facet=alt.Facet("scalar", sort=order, title=None), columns=COLUMNS
    ).properties(
        title=alt.Title(
            f"{study.model}, {study.engine}: {len(ranks)} simulations",
            subtitle="Share of ranks below a value (across) less what uniform ranks give (up)",
        )
    )


def symbol(label: str) -> str:
    """A label as the formulas write it: ``theta[0]`` is θ[0]."""
    name, bracket, rest = label.partition("[")
    alone = name.removesuffix(JOBS)
    return SYMBOL.get(alone, alone) + " of jobs" * (alone != name) + bracket + rest


def write() -> None:
    """Write the page and its charts."""
    found = list(studies())
    FIGURES.mkdir(exist_ok=True)
    for study in found:
        draw(chart(study), FIGURES / study.figure, force=True)
    PAGE.write_text(page(found), encoding="utf-8")


def _summary(study: Study, verdict: pd.DataFrame) -> str:
    cells = [
        f"`{study.model}`",
        study.engine,
        f"{len(study.table)}",
        f"{(study.table[FAILURE] != '').sum()}",
        f"{(study.table[METHOD] == 'metropolis').sum()}" if study.engine != nuts.ENGINE else "–",
        *_counts(verdict),
    ]
    return f"| {' | '.join(cells)} |"


def _counts(verdict: pd.DataFrame) -> list[str]:
    outside = [
        f"{int(verdict[prob].sum())} ({len(verdict) * (1 - prob):.1f})" for prob in PROBABILITIES
    ]
    return [f"{len(verdict)}", *outside, f"{verdict['p'].min():.2g}"]


def _part(study: Study, verdict: pd.DataFrame) -> str:
    kinds = [str(label).partition("[")[0] for label in verdict.index]
    rows = [
        f"| {' | '.join([symbol(str(kind)), *_counts(part)])} |"
        for kind, part in verdict.groupby(kinds, sort=False)
    ]
    return PART.format(
        model=study.model,
        engine=WORD[study.engine],
        words=" ".join(_words(study, verdict)),
        rows="\n".join(rows),
        figure=f"figures/{study.figure}",
    )


def _words(study: Study, verdict: pd.DataFrame) -> Iterator[str]:
    """What the numbers say, bad news first."""
    outside = [
        symbol(str(label)) for label in verdict.index[verdict[PROBABILITIES[-1]].astype(bool)]
    ]
    if outside:
        yield f"Outside the 99 % band: {', '.join(outside)}."
    else:
        yield f"All {len(verdict)} scalars stay inside the 99 % band."
    worst = str(verdict["p"].idxmin())
    p = float(verdict["p"].min())
    yield (
        f"The smallest p, {p:.2g}, is that of {symbol(worst)}; times the number of scalars it is "
        f"{min(1.0, p * len(verdict)):.2g}."
    )
    gave_up = study.table.loc[study.table[FAILURE] != "", FAILURE].value_counts()
    for why, count in gave_up.items():
        yield f"{count} times the engine gave up: {why}."
    if study.engine == nuts.ENGINE:
        far = int((study.table[R_HAT] > R_HAT_LIMIT).sum())
        yield (
            f"In {far} of {len(study.table)} simulations some scalar's R-hat was above "
            f"{R_HAT_LIMIT}; they count too. The smallest effective sample size of any scalar was "
            f"{study.table[ESS].min():.0f}, its median over simulations "
            f"{study.table[ESS].median():.0f}."
        )
