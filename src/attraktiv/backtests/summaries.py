r"""From the scores of cells to a table: how good each forecaster is, and how sure that is.

Mathematical details
--------------------
Errors are in percent of the persons at the origin, so that places of every size count alike:
CRPS, width and interval score are divided by them. The percentage error is that of the middle of
the forecast (the median) relative to what came; *weighted* is the sum of absolute errors over the
sum of what came. Skill is 1 − CRPS / CRPS of the forecaster compared with.

Forecasters are compared on the cells that all of them have, projections from files apart: each of
these is compared with everybody on its own cells.

Cells are not independent: what surprises one place surprises its neighbours, and a forecast ten
years ahead from 2008 sees the same years as one from 2009. The interval of a difference resamples
both ways at once (a two-way block bootstrap): places in blocks, of the first column of places.csv
that groups them, and origins in runs of consecutive ones (circular blocks, Politis and Romano
1992) as long as the years ahead, at most half of the origins. A draw weighs a cell by the product
of how often its block and its origin were drawn. With few origins it is still too narrow for
what concerns the nation.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import scoringrules
import xarray as xr

from attraktiv import names
from attraktiv.backtests.forecasters import TREND
from attraktiv.backtests.units import BLOCKS, PLACE_LEVEL
from attraktiv.errors import InputError
from attraktiv.evaluation.bootstrap import find_blocks

PROBS = {0.5: (0.25, 0.75), 0.8: (0.1, 0.9), 0.95: (0.025, 0.975)}
SIZES = (0, 2_000, 5_000, 20_000, 50_000)
_REPLICATIONS = 2000
_CLASSES = 5
_OWN = (names.HORIZON, names.ORIGIN, "size")
_BINS = 10


def scores(
    found: xr.Dataset,
    *,
    quantity: str = names.POPULATION,
    level: str = PLACE_LEVEL,
    by: str = names.HORIZON,
    horizons: tuple[int, ...] = (),
    against: str = TREND,
    on: str | None = None,
    prob: float = 0.8,
    seed: int = 0,
) -> pd.DataFrame:
    """Sum up a backtest.

    Parameters
    ----------
    found : xarray.Dataset
        From :func:`attraktiv.backtest` or :func:`attraktiv.open_backtest`.
    quantity : str
        ``population``, ``net_migration``, or an age group such as ``aged_0-5``.
    level : str
        ``place``, a column of places.csv whose groups are summed, or ``nation``.
    by : str
        One row for each ``horizon``, ``origin``, ``size`` (persons at the origin) or value of a
        column of places.csv; numbers of many values are put into five classes.
    horizons : tuple of int
        Years ahead that count; by default all.
    against : str
        The forecaster that others are compared with.
    on : str, optional
        A projection from a file: its cells alone count. By default the cells that all forecasters
        but these projections have.
    prob : float
        Probability of the interval of the difference.
    seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        A row for each class and forecaster: ``cells``; ``crps``, ``difference`` from ``against``
        with ``difference_lower`` and ``difference_upper``, ``width_80``, ``interval_score_80``
        (percent of persons at the origin); ``skill``; ``log_score``; ``mape``, ``median_ape``,
        ``weighted_ape``, ``bias`` (percent of what came); ``coverage_50``, ``coverage_80``,
        ``coverage_95`` (shares).

    Raises
    ------
    InputError
        The backtest has no such quantity, level, class or forecaster.
    """
    forecasters = [str(name) for name in found[names.FORECASTER].values]
    _refuse(found, quantity, level, against, on, forecasters, horizons)
    chosen = found.sel({names.QUANTITY: quantity})
    units = (chosen[names.UNIT_LEVEL] == level) & ~chosen[names.EXCLUDED]
    chosen = chosen.isel({names.UNIT: np.flatnonzero(units.values)})
    if horizons:
        chosen = chosen.sel({names.HORIZON: list(horizons)})
    chosen = chosen.load()
    chosen, shared = _shared(chosen, against, on)
    cells = _cells(chosen, shared)
    classes = _classes(chosen, by)
    rng = np.random.default_rng(seed)
    rows = []
    for label in dict.fromkeys(classes[shared].tolist()):
        inside = shared & (classes == label)
        bounds = _difference(chosen, cells["crps"], inside, against, prob, rng)
        for f, name in enumerate(chosen[names.FORECASTER].values):
            rows.append(
                {by: label, names.FORECASTER: str(name), "cells": int(inside.sum())}
                | _summed({key: values[f][inside] for key, values in cells.items()})
                | {key: values[f] for key, values in bounds.items()}
            )
    table = pd.DataFrame(rows)
    reference = table[table[names.FORECASTER] == against].set_index(by)["crps"]
    table.insert(4, "skill", 1.0 - table["crps"] / table[by].map(reference))
    order = {name: i for i, name in enumerate(_in_order(classes, by))}
    table = table.sort_values(by, key=lambda column: column.map(order), kind="stable")
    table = table.reset_index(drop=True)
    table.attrs = {
        names.QUANTITY: quantity, "level": level, "by": by, "against": against, "prob": prob,
        "on": on or "", "look_ahead": found.attrs.get("look_ahead", []),
        "horizons_without_outcome": found.attrs.get("horizons_without_outcome", 0),
        "failed": found.attrs.get("failed", {}), "title": found.attrs.get("panel_title", ""),
        "draws": found.attrs.get("draws", 0), "unfinished": found.attrs.get("unfinished", 0),
    }  # fmt: skip
    return table


def pit_histogram(found: xr.Dataset, quantity: str = names.POPULATION) -> pd.DataFrame:
    """Give the share of places whose outcome lies in each tenth of the forecast.

    Parameters
    ----------
    found : xarray.Dataset
    quantity : str

    Returns
    -------
    pandas.DataFrame
        ``forecaster``, ``horizon``, ``bin`` (the lower bound) and ``share``, a tenth where the
        forecast is calibrated.
    """
    places = (found[names.UNIT_LEVEL] == PLACE_LEVEL) & ~found[names.EXCLUDED]
    pit = (
        found[names.PIT]
        .sel({names.QUANTITY: quantity})
        .isel({names.UNIT: np.flatnonzero(places.values)})
    )
    rows = []
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    for name in pit[names.FORECASTER].values:
        for horizon in pit[names.HORIZON].values:
            values = pit.sel({names.FORECASTER: name, names.HORIZON: horizon}).values
            values = values[np.isfinite(values)]
            if values.size:
                share = np.histogram(values, edges)[0] / values.size
                rows += [
                    {names.FORECASTER: str(name), names.HORIZON: int(horizon), "bin": low,
                     "share": part}
                    for low, part in zip(edges[:-1].round(3), share, strict=True)
                ]  # fmt: skip
    return pd.DataFrame(rows)


def _refuse(
    found: xr.Dataset,
    quantity: str,
    level: str,
    against: str,
    on: str | None,
    forecasters: list[str],
    horizons: tuple[int, ...],
) -> None:
    asked: list[tuple[str, object, list[object]]] = [
        ("--quantity", quantity, list(found[names.QUANTITY].values)),
        ("--level", level, list(dict.fromkeys(found[names.UNIT_LEVEL].values))),
        ("--against", against, list(forecasters)),
    ]
    asked += [("--on", on, list(forecasters))] if on else []
    asked += [("--horizon", h, found[names.HORIZON].values.tolist()) for h in horizons]
    for option, value, valid in asked:
        if value not in valid:
            raise InputError(
                f"{option} {value}: the backtest has none of that name. Valid here: "
                f"{', '.join(map(str, valid))}."
            )


def _shared(chosen: xr.Dataset, against: str, on: str | None) -> tuple[xr.Dataset, np.ndarray]:
    """Give the forecasters that have the quantity, and the cells (origin, horizon, unit) shared."""
    told = np.isfinite(chosen[names.CRPS].transpose(names.FORECASTER, *_DIMS).values)
    some = told.reshape(len(told), -1).any(axis=1)
    labels = [str(name) for name in chosen[names.FORECASTER].values]
    files = [name not in chosen.attrs["forecasts_of_its_own"] for name in labels]
    kept = [i for i, name in enumerate(labels) if some[i] and (not files[i] or name == on)]
    if labels.index(against) not in kept:
        others = ", ".join(labels[i] for i in kept) or "none"
        raise InputError(
            f"{against} does not forecast this quantity, so that nobody can be compared with it. "
            f"Give one that does: --against NAME, of {others}."
        )
    shared = told[kept].all(axis=0)
    if not shared.any():
        failed = "; ".join(chosen.attrs["failed"].values())
        raise InputError(
            "The forecasters have no outcome in common"
            + (f" with {on}: its origins or years are others." if on else ".")
            + (f" Some failed: {failed}" if failed else "")
        )
    return chosen.isel({names.FORECASTER: kept}), shared


_DIMS = (names.ORIGIN, names.HORIZON, names.UNIT)


def _cells(chosen: xr.Dataset, shared: np.ndarray) -> dict[str, np.ndarray]:
    """Give every measure of every cell, (forecaster, origin, horizon, unit)."""
    dims = (names.FORECASTER, *_DIMS)
    base = chosen[names.BASE].transpose(names.ORIGIN, names.UNIT).values[:, None, :]
    observed = chosen[names.OBSERVED].transpose(*_DIMS).values.astype(np.float64)
    quantile = chosen[names.PREDICTED_QUANTILE]

    def at(level: float) -> np.ndarray:
        nearest = quantile.sel({names.QUANTILE: level}, method="nearest")
        values: np.ndarray = nearest.transpose(*dims).values.astype(np.float64)
        return values

    with np.errstate(divide="ignore", invalid="ignore"):
        to_percent = 100.0 / base
        off = at(0.5) - observed
        cells = {
            "crps": chosen[names.CRPS].transpose(*dims).values * to_percent,
            "log_score": chosen[names.LOG_SCORE].transpose(*dims).values.astype(np.float64),
            "off": off,
            "observed": np.broadcast_to(observed, off.shape),
            "ape": 100.0 * np.abs(off / observed),
            "bias": 100.0 * off / observed,
        }
        for prob, (lower, upper) in PROBS.items():
            inside = (observed >= at(lower)) & (observed <= at(upper))
            stated = np.isfinite(at(lower) + at(upper))
            cells[f"coverage_{100 * prob:g}"] = np.where(stated, inside, np.nan)
        low, high = at(0.1), at(0.9)
        cells["width_80"] = (high - low) * to_percent
        score = scoringrules.interval_score(observed, low, high, 0.2, backend="numpy")
        # scoringrules drops dimensions of length one
        cells["interval_score_80"] = np.reshape(score, off.shape) * to_percent
    return cells


def _summed(of: dict[str, np.ndarray]) -> dict[str, float]:
    def mean(values: np.ndarray) -> float:
        known = values[np.isfinite(values)]
        return float(known.mean()) if known.size else float("nan")

    total = float(np.abs(of["observed"]).sum())
    weighted = 100.0 * float(np.abs(of["off"]).sum()) / total if total else float("nan")
    ape = of["ape"][np.isfinite(of["ape"])]
    found = {key: mean(of[key]) for key in ("crps", "log_score")}
    found |= {
        "mape": mean(of["ape"]),
        "median_ape": float(np.median(ape)) if ape.size else float("nan"),
        "weighted_ape": weighted,
        "bias": mean(of["bias"]),
    }
    keys = [key for key in of if key.startswith(("coverage", "width", "interval"))]
    return found | {key: mean(of[key]) for key in keys}


def _classes(chosen: xr.Dataset, by: str) -> np.ndarray:
    """Give the class of every cell (origin, horizon, unit), as text or number."""
    shape = tuple(chosen.sizes[dim] for dim in _DIMS)
    if by in (names.HORIZON, names.ORIGIN):
        at = _DIMS.index(by)
        values = chosen[by].values.reshape([-1 if i == at else 1 for i in range(3)])
        return np.broadcast_to(values, shape).astype(object)
    if by == "size":
        base = chosen[names.BASE].transpose(names.ORIGIN, names.UNIT).values
        # the upper end is not inside
        index = np.searchsorted(SIZES, base, side="right") - 1
        labels = np.array(_size_labels(), dtype=object)
        return np.broadcast_to(labels[index.clip(0)][:, None, :], shape)
    if by not in chosen or chosen[by].dims != (names.UNIT,):
        columns = [str(n) for n, v in chosen.data_vars.items() if v.dims == (names.UNIT,)]
        valid = [*_OWN, *sorted(set(columns) - {names.NAME, names.EXCLUDED})]
        raise InputError(f"--by {by}: valid here are {', '.join(valid)}.")
    values = chosen[by].values
    if values.dtype.kind == "f" and np.unique(values[np.isfinite(values)]).size > 2 * _CLASSES:
        # sums have no value of their own
        known = np.isfinite(values)
        if known.any():
            cut = pd.qcut(values, _CLASSES, duplicates="drop")
            values = np.array([f"{i.left:g} to {i.right:g}" if k else "" for i, k in
                               zip(cut, known, strict=True)], dtype=object)  # fmt: skip
    return np.broadcast_to(np.array([str(v) for v in values], dtype=object), shape)


def _size_labels() -> list[str]:
    upper = [f"{low:,}–{high - 1:,}" for low, high in pairwise(SIZES[1:])]
    return [f"below {SIZES[1]:,}", *upper, f"{SIZES[-1]:,} or more"]


def _in_order(classes: np.ndarray, by: str) -> list[object]:
    found = list(dict.fromkeys(classes.ravel().tolist()))
    if by == "size":
        return [label for label in _size_labels() if label in found]
    if by in (names.HORIZON, names.ORIGIN):
        return sorted(found)

    def key(label: object) -> tuple[float, str]:
        first = str(label).split(" ")[0]
        try:
            return float(first), str(label)
        except ValueError:
            return np.inf, str(label)

    return sorted(found, key=key)


def _difference(
    chosen: xr.Dataset,
    crps: np.ndarray,
    inside: np.ndarray,
    against: str,
    prob: float,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Give the difference of mean CRPS from a forecaster's, with its interval, (forecaster,)."""
    at = [str(name) for name in chosen[names.FORECASTER].values].index(against)
    less = np.where(inside, crps - crps[at], 0.0).sum(axis=2)
    count = inside.sum(axis=1).astype(np.float64)
    _, block = np.unique(_blocks(chosen), return_inverse=True)
    inner = np.eye(block.max() + 1)[block]
    less, count = less @ inner, count @ inner
    length = _run_length(inside, chosen[names.HORIZON].values)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = less.sum(axis=(1, 2)) / count.sum()
        of_origin = _drawn_runs(len(count), length, rng)
        of_block = rng.multinomial(
            inner.shape[1], np.full(inner.shape[1], 1.0 / inner.shape[1]), size=_REPLICATIONS
        )
        total = np.einsum("ro,ob,rb->r", of_origin, count, of_block)
        drawn = np.einsum("ro,fob,rb->fr", of_origin, less, of_block) / total
        low, high = np.nanquantile(drawn, [0.5 - prob / 2, 0.5 + prob / 2], axis=1)
    return {names.DIFFERENCE: mean, f"{names.DIFFERENCE}_lower": low,
            f"{names.DIFFERENCE}_upper": high}  # fmt: skip


def _run_length(inside: np.ndarray, horizons: np.ndarray) -> int:
    """Give how many consecutive origins are drawn together."""
    ahead = int(horizons[inside.any(axis=(0, 2))].max())
    return max(1, min(ahead, int(inside.any(axis=(1, 2)).sum()) // 2))


def _drawn_runs(origins: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Draw how often each origin counts, (replication, origin)."""
    runs = -(-origins // length)
    start = rng.integers(origins, size=(_REPLICATIONS, runs))
    taken = ((start[..., None] + np.arange(length)) % origins).reshape(_REPLICATIONS, -1)
    taken = taken[:, :origins]
    counts = np.zeros((_REPLICATIONS, origins))
    np.add.at(counts, (np.arange(_REPLICATIONS)[:, None], taken), 1.0)
    return counts


def _blocks(chosen: xr.Dataset) -> np.ndarray:
    """Give the block of each unit: its value in the column that groups places, or the unit."""
    labels = chosen[names.UNIT_LABEL].values.astype(object)
    named = chosen.drop_vars(names.UNIT_LABEL).rename({names.UNIT: names.PLACE})
    return find_blocks(named.assign_coords({names.PLACE: labels}), chosen.attrs[BLOCKS])[1].astype(
        str
    )


__all__ = ["PROBS", "pit_histogram", "scores"]
