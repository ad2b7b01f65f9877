"""The table of the decomposition of growth: one row per place or group and term, with bands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import bands, choice
from attraktiv.effects.components import ATTRACTIVE, STRUCTURE
from attraktiv.effects.decomposition import Of, decompositions
from attraktiv.effects.intervals import SAMPLE, Interval, check_interval
from attraktiv.effects.units import Unit

IS_TERM = "is_term"
KIND = "kind"
#: Sums that are shown beside their terms, each within the draws.
SUMMED = (STRUCTURE, ATTRACTIVE)
GROWTH = "growth"
_NUMBERS = ("mean", "median", "lower", "upper")
_BLOCK = 2**23  # numbers drawn at a time: what bounds the memory where there are many places


def decomposition_table(
    run: xr.DataTree,
    *,
    of: Of | None = None,
    kind: str | None = None,
    places: Sequence[str] | None = None,
    group: str | None = None,
    first: int | None = None,
    last: int | None = None,
    unit: Unit = "percent",
    prob: float = 0.8,
    interval: Interval = "eti",
) -> pd.DataFrame:
    """Return the decomposition of growth with bands.

    Parameters
    ----------
    run
        A run.
    of, kind, places, group, first, last, unit
        As for :func:`attraktiv.decompose`.
    prob, interval
        The bands: their probability, and ``eti`` or ``hdi``.

    Returns
    -------
    DataFrame
        For each place (or group), those that grow most first unless they are named in the
        question or are groups: one row per term in the order of the decomposition, then
        the sums ``structure`` and ``attractiveness``, then ``observed_growth``. Columns
        ``place`` (or ``group``), ``name``, ``first``, ``last``, ``unit``, ``component``,
        ``kind``, ``is_term`` (the rows that sum to the growth), ``mean``, ``median``,
        ``lower``, ``upper``, ``prob``, ``interval``, ``population`` or ``jobs``, ``years`` and,
        for groups, ``places`` and ``places_counted``. What is observed has a band of no
        width. ``attrs``: ``model``, ``group`` (the column), ``draws`` and ``growth_of`` (what
        grows, in words).

    Raises
    ------
    RunError, InputError
        As for :func:`attraktiv.decompose` and :func:`attraktiv.effects.bands`.
    """
    check_interval(prob, interval)
    blocks: Iterable[Sequence[str] | None] = [places]
    if group is None:
        blocks = _blocks(run, choice.find_places(run, places))
    results = list(
        decompositions(
            run, blocks, of=of, kind=kind, group=group, first=first, last=last, unit=unit
        )
    )
    frames = [_frame(result, prob, interval) for result in results]
    frame = pd.concat(frames, ignore_index=True)
    if group is None and places is None:
        frame = _fastest_first(frame)
    one = results[0]
    frame.attrs = {
        "model": str(run.attrs.get("model", "")),
        names.GROUP: group or "",
        "growth_of": one.attrs["growth_of"],
        "draws": int(np.prod([one.sizes[dim] for dim in SAMPLE])),
    }
    return frame.assign(prob=prob, interval=interval)


def _blocks(run: xr.DataTree, positions: np.ndarray) -> Iterator[list[str]]:
    """Give the codes of the places in blocks whose draws fit into memory."""
    codes = choice.place_codes(run)
    posterior = run[names.POSTERIOR].dataset
    terms = 10 + posterior.sizes.get(names.TERM, 0)
    size = max(1, _BLOCK // (posterior.sizes[names.CHAIN] * posterior.sizes[names.DRAW] * terms))
    for start in range(0, len(positions), size):
        yield [codes[i] for i in positions[start : start + size]]


def _frame(result: xr.Dataset, prob: float, interval: Interval) -> pd.DataFrame:
    dim = names.GROUP if names.GROUP in result.dims else names.PLACE
    draws = _with_sums(result)
    band = bands(draws, prob, interval).transpose(dim, names.COMPONENT)
    growth = result[names.OBSERVED_GROWTH].values[:, None]
    numbers = {name: np.hstack([band[name].values, growth]) for name in _NUMBERS}
    components = [*draws[names.COMPONENT].values, names.OBSERVED_GROWTH]
    kinds = [*draws[KIND].values, GROWTH]
    terms = result.sizes[names.COMPONENT]
    n, rows = result.sizes[dim], len(components)
    beside = [str(c) for c in result.coords if result[c].dims == (dim,) and c != dim]
    columns: dict[str, object] = {dim: np.repeat(result[dim].values, rows)}
    columns[names.NAME] = np.repeat(result[names.NAME].values, rows)
    columns |= {key: result.attrs[key] for key in ("first", "last")}
    columns |= {
        "unit": result.attrs["units"],
        names.COMPONENT: np.tile(np.array(components, dtype=object), n),
        KIND: np.tile(np.array(kinds, dtype=object), n),
        IS_TERM: np.tile(np.arange(rows) < terms, n),
        **{name: values.reshape(-1) for name, values in numbers.items()},
    }
    for name in beside:
        columns[name] = np.repeat(result[name].values, rows)
    return pd.DataFrame(columns)


def _with_sums(result: xr.Dataset) -> xr.DataArray:
    """Return the terms, and after them the sums over the kinds that have several."""
    draws = result[names.DECOMPOSITION]
    parts = [draws]
    for kind in SUMMED:
        of_kind = np.flatnonzero(result[KIND].values == kind)
        if of_kind.size:
            total = draws.isel({names.COMPONENT: of_kind}).sum(names.COMPONENT, skipna=False)
            parts.append(
                total.expand_dims({names.COMPONENT: np.array([kind], dtype=object)}).assign_coords(
                    {KIND: (names.COMPONENT, np.array([kind], dtype=object))}
                )
            )
    return xr.concat(parts, names.COMPONENT, coords="different", compat="equals")


def _fastest_first(frame: pd.DataFrame) -> pd.DataFrame:
    growth = frame.loc[frame[names.COMPONENT] == names.OBSERVED_GROWTH]
    order = growth.set_index(names.PLACE)["mean"].sort_values(
        ascending=False, kind="stable", na_position="last"
    )
    rank = {place: i for i, place in enumerate(order.index)}
    return frame.sort_values(
        names.PLACE, key=lambda column: column.map(rank), kind="stable", ignore_index=True
    )
