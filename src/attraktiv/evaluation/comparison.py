"""Runs side by side: coefficients, places, explained variance, predictive densities, stability."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from attraktiv import names
from attraktiv.effects import bands
from attraktiv.effects.intervals import check_interval
from attraktiv.effects.terms import has_yearly_coefficients, is_residual
from attraktiv.errors import InputError
from attraktiv.evaluation.cells import labels, require_comparable, shared
from attraktiv.evaluation.densities import is_joint
from attraktiv.evaluation.mundlak import slopes
from attraktiv.evaluation.refits import require_panel
from attraktiv.evaluation.scores import cell_scores, future_scores, place_scores, summed
from attraktiv.evaluation.shrinkage import ESTIMATES, places
from attraktiv.evaluation.stability import halves, stability
from attraktiv.evaluation.variance import explained
from attraktiv.panels import read_panel
from attraktiv.progress import progress as progress_bar
from attraktiv.store import open_run

FORMAT = "comparison/1"
_TERM_COORDS = ("term_units", "term_look_ahead")


def compare(
    runs: Sequence[str | Path | xr.DataTree],
    panel: str | Path | xr.Dataset | None = None,
    *,
    prob: float = 0.8,
    origins: int = 3,
    top: int = 20,
    progress: bool = True,
) -> xr.Dataset:
    """Compare runs of one outcome of one panel.

    Parameters
    ----------
    runs : sequence of str, Path or xarray.DataTree
        Two runs or more; the first is the one that the others are compared with.
    panel : str, Path or xarray.Dataset, optional
        The panel that the runs were fitted to. With it every model is fitted again to parts of
        the years: for the predictive density of later years and the stability of the league table.
    prob : float
        Probability of the equal-tailed bands.
    origins : int
        How many of the last years are predicted, each from the years before it.
    top : int
        Length of the top of the league table whose return is counted.
    progress : bool
        Show progress on standard error, where that is a terminal.

    Returns
    -------
    xarray.Dataset
        docs/schema.md lists its variables under *Evaluation*; effects and attractiveness in
        percentage points. What needs the panel is absent without it. attrs ``notes`` (JSON list):
        what a reader must know beside the numbers; ``classical`` (JSON list): which runs are
        regressions.

    Raises
    ------
    RunError
        Runs of different panels or outcomes, or another panel than theirs.
    InputError
        A probability, a number of origins or a length of the top that cannot be.
    """
    check_interval(prob, "eti")
    _require_positive(origins=origins, top=top)
    trees = [run if isinstance(run, xr.DataTree) else _read(run) for run in runs]
    require_comparable(trees)
    on = shared(trees)
    on = on.isel({names.PLACE: on.any(names.YEAR).values, names.YEAR: on.any(names.PLACE).values})
    name = labels(trees)
    notes: list[str] = []
    parts = [
        _of_terms([_coefficients(tree, prob) for tree in trees]),
        _of_terms([slopes(tree) for tree in trees]),
        _explained(trees, on, prob),
        places(trees, name, on, prob),
    ]
    scores = [cell_scores(trees, on, notes), place_scores(trees, on, notes)]
    if panel is None:
        notes.append(
            "Densities of later years and the stability of the league table need the panel, to fit "
            "the models again to parts of the years: --panel PANEL."
        )
    else:
        data = panel if isinstance(panel, xr.Dataset) else read_panel(panel)
        require_panel(trees, data)
        scores += future_scores(trees, data, on, origins, progress, notes)
        parts.append(_stability(trees, data, on, top, progress))
    if any(map(is_residual, trees)):
        notes.append(
            "A regression takes the cells of a place as independent, and so does its density; the "
            "standard errors of all densities do not, they take places as independent."
        )
    for tree, label in zip(trees, name, strict=True):
        if is_joint(tree):
            notes.append(
                f"{label} predicts a cell of migration from the place's other years and from its "
                "jobs of all years; a run of migration alone knows of jobs what its factors say. "
                f"The reliability of {label} counts what migration tells, and jobs add to that."
            )
        if has_yearly_coefficients(tree):
            notes.append(
                f"Every year of {label} has coefficients of its own; its effects here are their "
                "means over the years."
            )
    parts.append(summed(scores))
    out = xr.merge([part.assign_coords({names.RUN: name}) for part in parts], join="outer")
    # text of fixed width has no settled type in zarr
    out = out.assign_coords(
        {d: out[d].astype(object) for d in out.dims if out[d].dtype.kind == "U"}
    )
    return out.assign_attrs(
        attraktiv_format=FORMAT,
        first=int(on[names.YEAR][0]),
        last=int(on[names.YEAR][-1]),
        prob=prob,
        top=top,
        outcome=trees[0].attrs["outcome"],
        panel_hash=trees[0].attrs["panel_hash"],
        panel_title=trees[0].attrs.get("panel_title", ""),
        classical=json.dumps([is_residual(tree) for tree in trees]),
        notes=json.dumps(notes, ensure_ascii=False),
    )


def _read(path: str | Path) -> xr.DataTree:
    """Open a run and keep in memory what is read many times."""
    run = open_run(path)
    for group in (names.POSTERIOR, names.OBSERVED_DATA, names.CONSTANT_DATA):
        run[group].load()
    return run


def _coefficients(run: xr.DataTree, prob: float) -> xr.Dataset:
    posterior = run[names.POSTERIOR].to_dataset()
    found = {}
    for name, of in (
        (names.COEFFICIENT, names.BETA),
        (names.COEFFICIENT_ORIGINAL, names.BETA_ORIGINAL),
    ):
        values = posterior[of]
        if names.YEAR in values.dims:
            values = values.mean(names.YEAR, keep_attrs=True)
        found[name] = estimate(values, prob)
    return xr.Dataset(found)


def _of_terms(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Put runs side by side, terms in the order in which the runs first name them."""
    named = [p.assign_coords({names.TERM: p[names.TERM].values.astype(object)}) for p in parts]
    terms = list(dict.fromkeys(str(t) for part in named for t in part[names.TERM].values))
    return xr.concat([part.reindex({names.TERM: terms}) for part in named], dim=names.RUN)


def _explained(runs: Sequence[xr.DataTree], on: xr.DataArray, prob: float) -> xr.Dataset:
    parts = [estimate(explained(run, on), prob) for run in runs]
    return xr.concat(parts, dim=names.RUN).to_dataset(name=names.EXPLAINED)


def estimate(draws: xr.DataArray, prob: float) -> xr.DataArray:
    """Return the mean and the equal-tailed band of draws along a last dimension ``estimate``."""
    found = bands(draws.drop_vars(_TERM_COORDS, errors="ignore"), prob)
    out = xr.concat([found[name] for name in ESTIMATES], dim=names.ESTIMATE)
    out = out.assign_coords({names.ESTIMATE: list(ESTIMATES)})
    return out.transpose(..., names.ESTIMATE).assign_attrs(draws.attrs)


def _stability(
    runs: Sequence[xr.DataTree], panel: xr.Dataset, on: xr.DataArray, top: int, progress: bool
) -> xr.Dataset:
    size = on.sizes[names.PLACE]
    if top >= size:
        raise InputError(
            f"The top {top} is no part of a league table of {size} places; give fewer: "
            f"--top {max(1, size // 4)}"
        )
    first, last = int(on[names.YEAR][0]), int(on[names.YEAR][-1])
    found = []
    total = float(len(runs)) if progress else None
    with progress_bar("fitting each half of the years", total) as update:
        for run in runs:
            found.append(halves(run, panel, first, last))
            update(1.0)
    figures = [stability(two, top) for two in xr.align(*found, join="inner")]
    returning, correlation = zip(*figures, strict=True)
    return xr.Dataset(
        {
            names.TOP_RETURNING: (names.RUN, list(returning)),
            names.RANK_CORRELATION: (names.RUN, list(correlation)),
        }
    )


def _require_positive(**given: int) -> None:
    for name, value in given.items():
        if value < 1:
            raise InputError(
                f"{name} is {value}; valid is a whole number from 1 up, for example --{name} 3."
            )
