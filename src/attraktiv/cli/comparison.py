"""Commands that judge models: compare, screen."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attraktiv.cli.messages import paragraph, reported
from attraktiv.cli.options import Exclude, First, Formats, Last, Model, Out, Panel, Prob, Without
from attraktiv.cli.output import band_name, write_frame
from attraktiv.cli.slopes import slopes_table
from attraktiv.cli.tables import (
    MISSING,
    Column,
    ends,
    mark_gap,
    number,
    numbers,
    plus_minus,
    text_table,
)
from attraktiv.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CRITERIA = {
    "cell": "a cell",
    "place": "a place",
    "future": "a later year",
    "future_carried": "… residual carried",
}


@reported
def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN…", help="Two runs or more of one panel.")
    ],
    panel: Annotated[
        Path | None,
        typer.Option("--panel", metavar="PANEL", help="Fit again to parts of the years (slow)."),
    ] = None,
    prob: Prob = 0.8,
    origins: Annotated[
        int, typer.Option("--origins", min=1, help="How many of the last years are predicted.")
    ] = 3,
    top: Annotated[
        int, typer.Option("--top", min=1, metavar="K", help="Top whose return is counted.")
    ] = 20,
    limit: Annotated[
        int, typer.Option("--limit", min=2, help="Places shown, half of them from below.")
    ] = 20,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Write all numbers, as one zarr store."),
    ] = None,
    charts: Annotated[
        Path | None, typer.Option("--charts", metavar="FOLDER", help="Write charts as PNG.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Compare runs: effects, places, explained variance, and how well they predict."""
    from attraktiv.evaluation import compare as compare_runs

    if out is not None:
        _refuse_existing(out, force=force)
    found = compare_runs(runs, panel, prob=prob, origins=origins, top=top)
    typer.echo("\n\n".join(sections(found, limit)))
    if out is not None:
        _store(found, out, force=force)
    if charts is not None:
        from attraktiv.reports.comparisons import draw_comparison

        for path in draw_comparison(found, charts, force=force):
            typer.echo(f"Chart: {path}")


@reported
def screen(
    model: Model,
    panel: Panel,
    factor: Annotated[
        list[str],
        typer.Option("--factor", metavar="FACTOR", help="A proposed driver. May be repeated."),
    ],
    rope: Annotated[
        float,
        typer.Option("--rope", help="Effects this small count as none: points per SD."),
    ] = 0.05,
    prob: Prob = 0.8,
    without: Without = None,
    first: First = None,
    last: Last = None,
    exclude: Exclude = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same seed gives the same answer.")
    ] = 1,
    format: Formats = None,
    out: Out = None,
) -> None:
    """Ask whether proposed drivers belong in the structure of a model."""
    from attraktiv.evaluation import screen as screen_factors

    found = screen_factors(
        model,
        panel,
        factor,
        rope=rope,
        prob=prob,
        without=tuple(without or ()),
        first=first,
        last=last,
        exclude=exclude,
        seed=seed,
    )
    write_frame(_screened(found), format, out, lambda frame: _screening_table(found, frame))


def sections(found: xr.Dataset, limit: int) -> Iterator[str]:
    """Yield each part of a comparison as text; `limit` is how many places are shown."""
    yield _key(found)
    yield _effects(found)
    yield _variance(found)
    yield _densities(found)
    if "top_returning" in found:
        yield _returning(found)
    yield _slopes(found)
    yield _league(found, limit)
    for note in json.loads(found.attrs["notes"]):
        yield paragraph(note)


def _key(found: xr.Dataset) -> str:
    lines = [
        paragraph(f"{found.attrs['panel_title']}, {found.attrs['first']}–{found.attrs['last']}"),
        paragraph(f"Means with {band_name(found.attrs['prob'], 'eti')} bands"),
        "",
    ]
    classical = json.loads(found.attrs["classical"])
    for letter, run, least_squares in zip(_LETTERS, found["run"].values, classical, strict=False):
        kind = "least squares; its attractiveness is the residual" if least_squares else "Bayesian"
        lines.append(f"{letter}  {run} ({kind})")
    return "\n".join(lines)


def _effects(found: xr.Dataset) -> str:
    terms = [str(term) for term in found["term"].values]
    columns = [Column("Factor", terms, text=True)]
    columns += [
        Column(letter, [_band(found["coefficient"].isel(run=i).sel(term=t)) for t in terms])
        for i, letter in _runs(found)
    ]
    return "\n".join(["Effect of one standard deviation, percentage points", *text_table(columns)])


def _variance(found: xr.Dataset) -> str:
    parts = [str(part) for part in found["component"].values]
    columns = [Column("Part", parts, text=True)]
    for i, letter in _runs(found):
        of_run = found["explained"].isel(run=i)
        if json.loads(found.attrs["classical"])[i]:  # its noise is in its attractiveness
            of_run = of_run.where(of_run["component"] != "noise")
        columns.append(Column(letter, [_band(of_run.sel(component=p)) for p in parts]))
    return "\n".join(["Share of the outcome's variance", *text_table(columns)])


def _densities(found: xr.Dataset) -> str:
    rows: list[list[str]] = []
    for criterion in found["criterion"].values:
        of = found.sel(criterion=criterion)
        for i, letter in _runs(found):
            less, se = (float(of[f"elpd_difference{of_it}"][i]) for of_it in ("", "_se"))
            rows.append(
                [
                    "" if i else _CRITERIA[str(criterion)],
                    "" if i else f"{int(of['scored'])}",
                    letter,
                    number(float(of["elpd"][i]), 1),
                    plus_minus(less, se, 1) if i else MISSING,
                    number(float(of["pareto_k"][i]), 2),
                ]
            )
    heads = ("Left out", "Number", "Run", "Log density", "Less A ± SE", "Worst k")
    columns = [
        Column(head, cells, text=head in ("Left out", "Run"))
        for head, cells in zip(heads, zip(*rows, strict=True), strict=True)
    ]
    title = "Log predictive density of what was left out; higher is better"
    return "\n".join([title, *text_table(columns)])


def _returning(found: xr.Dataset) -> str:
    letters = [letter for _, letter in _runs(found)]
    top = found.attrs["top"]
    columns = [
        Column("Run", letters, text=True),
        Column(f"Top {top} returning", [f"{share:.0%}" for share in found["top_returning"].values]),
        Column("Rank correlation", numbers(found["rank_correlation"].values, 2)),
    ]
    return "\n".join(["Fitted to each half of the years apart", *text_table(columns)])


def _slopes(found: xr.Dataset) -> str:
    """Slopes of the run with the most factors: all others leave something out."""
    count = found["slope_mean"].notnull().any("slope").sum("term")
    i = int(count.values.argmax())
    of = found.isel(run=i).dropna("term", how="all", subset=["slope_mean"])
    title = (
        f"Least-squares slopes of the factors of {_LETTERS[i]}, per standard deviation, ± standard "
        "error clustered by place; difference: between less within"
    )
    return "\n".join([paragraph(title), *slopes_table(of)])


def _league(found: xr.Dataset, limit: int) -> str:
    """The ends of the first run's table, and what the last run makes of them."""
    last = found.sizes["run"] - 1
    one, other = found.isel(run=0), found.isel(run=last)
    order = one["rank"].argsort().values
    chosen = order[ends(len(order), limit)]
    one, other = one.isel(place=chosen), other.isel(place=chosen)
    ranks = [
        f"{a:.0f}→{b:.0f}" for a, b in zip(one["rank"].values, other["rank"].values, strict=True)
    ]
    columns = [
        Column("Place", [str(name) for name in one["name"].values], text=True),
        Column("Persons", numbers(one["population"].values, 0)),
    ]
    if len(set(found["years_known"].values)) > 1:
        columns.append(Column("Yrs", numbers(one["years_known"].values, 0)))
    columns += [
        Column("A", numbers(one["attractiveness"].sel(estimate="mean").values, 2)),
        Column("Struct", numbers(other["other_structure"].values, 2)),
        Column("Shrunk", numbers(other["shrinkage"].values, 2)),
        Column(_LETTERS[last], numbers(other["attractiveness"].sel(estimate="mean").values, 2)),
        Column("Noise", numbers(other["noise_sd"].values, 2)),
        Column("Rel", numbers(other["reliability"].values, 2)),
        Column("Rank", ranks),
    ]
    lines = text_table(columns)
    mark_gap(lines, len(order), limit)
    letter = _LETTERS[last]
    of_first = "A" if json.loads(found.attrs["classical"])[0] else "A with its noise"
    legend = (
        f"{letter} = {of_first} + Struct + Shrunk. Struct: what another structure changes. Shrunk: "
        "noise taken out. Noise: standard deviation of the noise in the mean of the years, from "
        "size and number of years. Rel: reliability, the share of attractiveness in what is "
        f"measured. Rank: in A → in {letter}."
    )
    title = "Attractiveness, mean of the years, highest and lowest in A, percentage points"
    return "\n".join([paragraph(title), *lines, "", paragraph(legend)])


def _screened(found: xr.Dataset) -> pd.DataFrame:
    """One row for each factor."""
    import pandas as pd

    rows = []
    for factor in found["factor"].values:
        of = found.sel(factor=factor)
        effect = of["coefficient"]
        change = of["attractiveness_change"]
        most = abs(change).argmax("place")
        rows.append(
            {
                "factor": str(factor),
                "belongs": str(of["belongs"].values),
                **{str(e): float(effect.sel(estimate=e)) for e in effect["estimate"].values},
                **{
                    f"{e}_original": float(of["coefficient_original"].sel(estimate=e))
                    for e in effect["estimate"].values
                },
                "unit_of_factor": str(of["units_of_factor"].values),
                **{
                    name: float(of[name])
                    for name in (
                        "prob_equivalent",
                        "tail",
                        "tail_adjusted",
                        "elpd_difference",
                        "elpd_difference_se",
                        "attractiveness_change_sd",
                    )
                },
                "most_changed": str(change["name"].values[int(most)]),
                "most_change": float(change.isel(place=most)),
                "cells_missing": int(of["factor_missing"]),
                "look_ahead": bool(of["look_ahead"]),
                "prob": found.attrs["prob"],
                "rope": found.attrs["rope"],
            }
        )
    return pd.DataFrame(rows)


def _screening_table(found: xr.Dataset, frame: pd.DataFrame) -> str:
    attrs = found.attrs
    effects = zip(frame["mean"], frame["lower"], frame["upper"], strict=True)
    gains = zip(frame["elpd_difference"], frame["elpd_difference_se"], strict=True)
    columns = [
        Column("Factor", list(frame["factor"]), text=True),
        Column("Effect", [_numbers_band(*effect) for effect in effects]),
        Column("≈ 0", numbers(frame["prob_equivalent"], 2)),
        Column("Tail", numbers(frame["tail_adjusted"], 3)),
        Column("Δ log density", [plus_minus(*gain, 1) for gain in gains]),
        Column("Moves", numbers(frame["attractiveness_change_sd"], 2)),
        Column("Belongs", list(frame["belongs"]), text=True),
    ]
    title = [
        paragraph(
            f"Proposed drivers for {attrs['model']}, {attrs['panel_title']}, "
            f"{attrs['first']}–{attrs['last']}"
        ),
        "",
    ]
    legend = [
        f"Effect: of one standard deviation, percentage points, with its "
        f"{band_name(attrs['prob'], 'eti')} band. ≈ 0: the probability that it is less than "
        f"{attrs['rope']:g} either way. Tail: two-sided tail probability, corrected for the "
        f"{len(frame)} tried. Δ log density: of places left out whole, with the factor less "
        "without, ± standard error. Moves: standard deviation over places of the change in "
        f"attractiveness. Belongs: yes where tail and ≈ 0 are at most {attrs['rate']:g}, no where "
        f"≈ 0 is at least {1 - attrs['rate']:g}."
    ]
    legend += list(_doubts(frame))
    return "\n".join([*title, *text_table(columns), "", "\n\n".join(map(paragraph, legend))])


def _doubts(frame: pd.DataFrame) -> Iterator[str]:
    gaps = frame[frame["cells_missing"] > 0]
    if len(gaps):
        counts = ", ".join(
            f"{row.factor} in {row.cells_missing}" for row in gaps.itertuples(index=False)
        )
        yield f"Cells in which a factor was missing and stood at its year's mean: {counts}."
    ahead = frame[frame["look_ahead"]]
    if len(ahead):
        yield f"Known only after the last year of the fit: {', '.join(ahead['factor'])}."
    yield (
        "An effect is an association given the other factors: a factor that net migration itself "
        "moves, as demand moves housing, gets an effect too."
    )


def _runs(found: xr.Dataset) -> Iterator[tuple[int, str]]:
    yield from enumerate(_LETTERS[: found.sizes["run"]])


def _band(of: xr.DataArray) -> str:
    return _numbers_band(*(float(of.sel(estimate=e)) for e in ("mean", "lower", "upper")))


def _numbers_band(mean: float, lower: float, upper: float) -> str:
    if not math.isfinite(mean):
        return MISSING
    return f"{number(mean, 2)} [{number(lower, 2)}, {number(upper, 2)}]"


def _refuse_existing(out: Path, *, force: bool) -> None:
    """Raise unless the folder can be written: a comparison is replaced when asked, no other."""
    from attraktiv.evaluation.comparison import FORMAT

    if not out.exists():
        return
    try:
        stored = json.loads((out / "zarr.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = {}
    if stored.get("attributes", {}).get("attraktiv_format") != FORMAT:
        raise InputError(
            f"{out} is there already and is no comparison, so it is never replaced. Choose "
            f"another folder: --out {out.name}.zarr"
        )
    if not force:
        raise InputError(f"{out} is there already. Choose another folder, or replace it: --force")


def _store(found: xr.Dataset, out: Path, *, force: bool) -> None:
    from attraktiv.atomic import replacing

    target = out.resolve()
    with replacing(target, beside=target.parent, label=target.name, force=force) as folder:
        found.to_zarr(folder, mode="w", consolidated=False, zarr_format=3)
