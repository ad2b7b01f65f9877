"""What if the priors were others? ``make pages`` writes docs/prior-sensitivity.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import altair as alt
import pandas as pd
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.queries import attractiveness_table
from attraktiv.reports.drawing import COLOURS, GREY, draw
from attraktiv.specs import ModelSpec, load_spec

MODEL = "hierarchical_dynamic"
FIRST, LAST = 2006, 2016
SEED, OTHER_SEED = 1, 2
PROB = 0.8
TOP = 10
#: Of attractiveness, in percentage points: below this a reader of two decimals hardly sees it.
SMALL = 0.05
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "prior-sensitivity.md"
FIGURE = DOCS / "figures" / "prior-sensitivity.svg"

SYMBOL = {
    names.TAU: "τ",
    names.SIGMA_U: "σ_u",
    names.RHO: "ρ",
    names.SIGMA: "σ",
    names.PHI: "φ",
}
Priors = Mapping[str, Mapping[str, Any]]


def _half_normal(sigma: float) -> dict[str, Any]:
    return {"distribution": "half_normal", "sigma": sigma}


def _exponential(scale: float) -> dict[str, Any]:
    return {"distribution": "exponential", "scale": scale}


def _uniform(lower: float) -> dict[str, Any]:
    return {"distribution": "uniform", "lower": lower, "upper": 1.0}


def _beta(alpha: float, beta: float) -> dict[str, Any]:
    return {"distribution": "beta", "alpha": alpha, "beta": beta}


def _log_normal(sigma: float) -> dict[str, Any]:
    return {"distribution": "log_normal", "mu": 0.7, "sigma": sigma}


AS_IT_IS = "the model's own priors"
SAME = "the same, another seed"
ALTERNATIVES: Mapping[str, Priors] = MappingProxyType(
    {
        "τ half-normal 0.25": {names.TAU: _half_normal(0.25)},
        "τ half-normal 1.0": {names.TAU: _half_normal(1.0)},
        "τ exponential 0.5": {names.TAU: _exponential(0.5)},
        "τ exponential 0.05": {names.TAU: _exponential(0.05)},
        "σ_u half-normal 0.25": {names.SIGMA_U: _half_normal(0.25)},
        "σ_u half-normal 1.0": {names.SIGMA_U: _half_normal(1.0)},
        "ρ uniform 0 to 1": {names.RHO: _uniform(0.0)},
        "ρ uniform −1 to 1": {names.RHO: _uniform(-1.0)},
        "ρ beta(5, 2)": {names.RHO: _beta(5.0, 2.0)},
        "σ half-normal 0.3": {names.SIGMA: _half_normal(0.3)},
        "σ exponential 1.0": {names.SIGMA: _exponential(1.0)},
        "φ log-normal, SD 1.5": {names.PHI: _log_normal(1.5)},
        "φ half-normal 5": {names.PHI: _half_normal(5.0)},
        "all of them wide": {
            names.TAU: _half_normal(1.0),
            names.SIGMA_U: _half_normal(1.0),
            names.RHO: _uniform(-1.0),
            names.SIGMA: _half_normal(2.0),
            names.PHI: _log_normal(1.5),
        },
    }
)

TEXT = """# What if the priors were others?

`{model}` fitted to the Norwegian panel, {first}–{last}, once with its own priors and
{count} times with others for the variances, the autocorrelation and the noise of flows. The row
*{same}* has the model's own priors: it shows how much of a difference is the randomness of drawing,
and nothing else.

{conclusion}

## Parameters

Mean ± standard deviation of the posterior.

| priors | {symbols} |
|---|{rule}|
{parameters}

![Posteriors under the alternatives](figures/{figure})

Means with equal-tailed {prob:.0%} bands; the line is the mean under the model's own priors.

## What users see

Residential attractiveness of {places} places, mean of the period, against the model's own priors:
the largest change of any place in percentage points per year, and the same in widths of that
place's {prob:.0%} band; Spearman's correlation of the two rankings; how many of the ten highest
remain; and the width of the bands, as the median ratio over places. The last column is the share of
the variance of attractiveness between places and years that lasts, τ² / (τ² + σ_u²/(1−ρ²)).

| priors | largest change | in bands | where | rank correlation | of the ten | width | lasting |
|---|---|---|---|---|---|---|---|
{seen}

`make pages` writes this page.
"""


@dataclass(frozen=True)
class Fit:
    """What is kept of a fit with some priors.

    Attributes
    ----------
    draws : (draw,) of τ, σ_u, ρ, σ and φ, by column
    places : one row for each fitted place: name, mean, lower, upper of attractiveness
    """

    draws: pd.DataFrame
    places: pd.DataFrame


def with_priors(spec: ModelSpec, priors: Priors) -> ModelSpec:
    """The specification with some priors exchanged."""
    described = spec.model_dump()
    described["equations"]["migration"]["priors"].update(priors)
    return ModelSpec.model_validate(described)


def kept(run: xr.DataTree) -> Fit:
    """What the page needs of a run."""
    posterior = run[names.POSTERIOR].to_dataset()
    table = attractiveness_table(run, prob=PROB, top=TOP).set_index(names.PLACE)
    return Fit(
        pd.DataFrame({name: posterior[name].values.reshape(-1) for name in SYMBOL}),
        table.loc[~table["from_prior"], [names.NAME, "mean", "lower", "upper"]],
    )


def lasting_share(draws: pd.DataFrame) -> pd.Series:
    """Share of the variance of attractiveness that lasts, draw by draw."""
    moving = draws[names.SIGMA_U] ** 2 / (1 - draws[names.RHO] ** 2)
    return draws[names.TAU] ** 2 / (draws[names.TAU] ** 2 + moving)


def changes(base: Fit, other: Fit) -> dict[str, Any]:
    """How far the attractiveness of places is from that under the base."""
    one, two = base.places, other.places.loc[base.places.index]
    change = (two["mean"] - one["mean"]).abs()
    width = one["upper"] - one["lower"]
    highest = set(one["mean"].nlargest(TOP).index) & set(two["mean"].nlargest(TOP).index)
    return {
        "change": float(change.max()),
        "bands": float((change / width).max()),
        "where": str(one[names.NAME].iloc[int(change.to_numpy().argmax())]),
        "ranks": float(one["mean"].corr(two["mean"], method="spearman")),
        "highest": len(highest),
        "width": float(((two["upper"] - two["lower"]) / width).median()),
        "lasting": float(lasting_share(other.draws).mean()),
    }


def shifts(base: Fit, other: Fit) -> pd.Series:
    """Changes of the parameters' means in posterior standard deviations of the base."""
    return (other.draws.mean() - base.draws.mean()) / base.draws.std()


def conclusion(base: Fit, others: Mapping[str, Fit]) -> str:
    """What the numbers say."""
    priors = {label: fit for label, fit in others.items() if label != SAME}
    moved = pd.DataFrame({label: shifts(base, fit) for label, fit in priors.items()}).abs()
    seen = pd.DataFrame({label: changes(base, fit) for label, fit in priors.items()}).T
    furthest = {name: str(moved.loc[name].idxmax()) for name in SYMBOL}
    parts = [
        f"{SYMBOL[name]} by {moved.loc[name].max():.1f} (*{furthest[name]}*)" for name in SYMBOL
    ]
    worst = str(seen["change"].idxmax())
    row = seen.loc[worst]
    size = "less" if row["change"] < SMALL else "more"
    noise = ""
    if SAME in others:
        noise = f"; another seed alone moves one by {changes(base, others[SAME])['change']:.2f}"
    widths, ranks = seen["width"].astype(float), seen["ranks"].astype(float)
    lasting, share = seen["lasting"].astype(float), lasting_share(base.draws)
    return (
        "Over all alternatives the mean of a parameter moves at most, in its own posterior "
        f"standard deviations: {', '.join(parts)}.\n\n"
        f"No place's attractiveness over the period moves by more than {row['change']:.2f} "
        f"percentage points per year ({row['where']}, under *{worst}*), {size} than "
        f"{SMALL:.2f}{noise}. A change is at most {float(seen['bands'].max()):.0%} of the width of "
        f"that place's band. The ranking under any alternative correlates at least "
        f"{ranks.min():.3f} with the model's own, and the bands are between {widths.min():.2f} and "
        f"{widths.max():.2f} times as wide.\n\n"
        "The share of the variance of attractiveness that lasts has the posterior mean "
        f"{share.mean():.0%} ± {share.std():.0%} under the model's own priors, and means between "
        f"{lasting.min():.0%} and {lasting.max():.0%} under the alternatives."
    )


def chart(fits: Mapping[str, Fit]) -> alt.HConcatChart:
    """Posterior means and bands of each parameter under each set of priors."""
    tail = (1 - PROB) / 2
    rows = [
        {
            "priors": label,
            "parameter": name,
            "mean": fit.draws[name].mean(),
            "lower": fit.draws[name].quantile(tail),
            "upper": fit.draws[name].quantile(1 - tail),
        }
        for label, fit in fits.items()
        for name in SYMBOL
    ]
    table = pd.DataFrame(rows)
    order = list(fits)
    panels = []
    for i, name in enumerate(SYMBOL):
        part = table[table["parameter"] == name]
        axis = alt.Axis(labelLimit=300) if i == 0 else None
        base = alt.Chart(part).encode(y=alt.Y("priors", sort=order, title=None, axis=axis))
        scale = alt.Scale(zero=False)
        ticks = alt.Axis(tickCount=3, labelFlush=False)
        rule = base.mark_rule(color=COLOURS[0], strokeWidth=2).encode(
            x=alt.X("lower", title=SYMBOL[name], scale=scale, axis=ticks),
            x2="upper",
        )
        point = base.mark_point(color=COLOURS[0], filled=True, size=35, opacity=1).encode(x="mean")
        own = alt.Chart(part[part["priors"] == order[0]]).mark_rule(color=GREY).encode(x="mean")
        panels.append(alt.layer(own, rule, point).properties(width=120, height=260))
    return alt.hconcat(*panels, spacing=14).properties(
        title=f"{MODEL}, Norway {FIRST}–{LAST}: posteriors under other priors"
    )


def page(base: Fit, others: Mapping[str, Fit]) -> str:
    """Text of the page."""
    parameters, seen = [], []
    for label, fit in {AS_IT_IS: base, **others}.items():
        cells = [f"{v.mean():.2f} ± {v.std():.2f}" for v in (fit.draws[name] for name in SYMBOL)]
        parameters.append(f"| {' | '.join([label, *cells])} |")
    lasting = float(lasting_share(base.draws).mean())
    seen.append(f"| {AS_IT_IS} | – | – | – | – | – | – | {lasting:.0%} |")
    for label, fit in others.items():
        row = changes(base, fit)
        cells = [
            f"{row['change']:.3f}",
            f"{row['bands']:.0%}",
            row["where"],
            f"{row['ranks']:.4f}",
            f"{row['highest']}",
            f"{row['width']:.2f}",
            f"{row['lasting']:.0%}",
        ]
        seen.append(f"| {' | '.join([label, *cells])} |")
    return TEXT.format(
        model=MODEL,
        first=FIRST,
        last=LAST,
        count=len([label for label in others if label != SAME]),
        same=SAME,
        conclusion=conclusion(base, others),
        symbols=" | ".join(SYMBOL.values()),
        rule="|".join(["---"] * len(SYMBOL)),
        parameters="\n".join(parameters),
        figure=FIGURE.name,
        places=len(base.places),
        prob=PROB,
        seen="\n".join(seen),
    )


def write(norway: Path) -> None:
    """Fit under every set of priors and write the page."""
    panel = attraktiv.read_panel(norway)
    own = load_spec(MODEL)

    def fitted(spec: ModelSpec, seed: int) -> Fit:
        return kept(attraktiv.fit(spec, panel, first=FIRST, last=LAST, seed=seed))

    base = fitted(own, SEED)
    others = {SAME: fitted(own, OTHER_SEED)}
    for label, priors in ALTERNATIVES.items():
        others[label] = fitted(with_priors(own, priors), SEED)
    FIGURE.parent.mkdir(exist_ok=True)
    draw(chart({AS_IT_IS: base, **others}), FIGURE, force=True)
    PAGE.write_text(page(base, others), encoding="utf-8")
