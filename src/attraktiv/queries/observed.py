"""What a panel counted, in the form that answers about a run have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice
from attraktiv.errors import RunError
from attraktiv.queries.selection import select_years

#: Counts that can be summed over places, in the order in which they are listed.
COUNTED: Final = (
    names.POPULATION,
    names.POPULATION_BY_AGE,
    names.JOBS,
    names.NET_MIGRATION,
    names.NATURAL_INCREASE,
    names.BIRTHS,
    names.DEATHS,
    names.IN_MIGRATION,
    names.OUT_MIGRATION,
)


def observed_table(
    run: xr.DataTree,
    panel: xr.Dataset,
    variable: str,
    *,
    places: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    group: str | None = None,
) -> pd.DataFrame:
    """Return what a panel counted in the places, or groups of places, of a run.

    Parameters
    ----------
    run
        A run that was fitted to the panel.
    panel
        The panel; it may have more years than the run.
    variable
        A count: ``population``, ``population_by_age``, ``jobs``, ``net_migration``,
        ``natural_increase``, ``births``, ``deaths``, ``in_migration``, ``out_migration``.
    places, group
        As for :func:`attraktiv.query`; a group's figure is missing where one of its places has
        none.
    years
        None for all.

    Returns
    -------
    DataFrame
        ``place`` and ``name``, or ``group``; ``sex`` and ``age`` where the count has them;
        ``year``; ``variable``, ``unit``, ``observed``.

    Raises
    ------
    RunError
        An unknown place, group or year; the panel has no such count, or lacks a place.
    """
    if variable not in COUNTED or variable not in panel:
        held = ", ".join(name for name in COUNTED if name in panel)
        raise RunError(
            f"The panel has no count {variable!r}; it has {held}. For example: {names.POPULATION}"
        )
    chosen = choice.choose(run, places, group)
    codes = np.array(choice.place_codes(run), dtype=object)[chosen.positions]
    where = panel.indexes[names.PLACE].get_indexer(pd.Index(codes))
    if (where < 0).any():
        raise RunError(
            f"The panel has no place {codes[where < 0][0]}, which the run has. Give the panel that "
            "the run was fitted to: --panel PANEL"
        )
    values = select_years(panel[variable].isel({names.PLACE: where}), variable, years)
    rest = [str(dim) for dim in values.dims if dim not in (names.PLACE, names.YEAR)]
    values = values.transpose(names.PLACE, *rest, names.YEAR)
    summed = np.zeros((len(chosen.labels), *values.shape[1:]))
    np.add.at(summed, chosen.group_of, values.values)
    labelled = xr.DataArray(
        summed,
        dims=(chosen.dim, *rest, names.YEAR),
        coords={chosen.dim: chosen.labels, **{d: values[d].values for d in (*rest, names.YEAR)}},
    )
    frame = labelled.to_series().rename("observed").reset_index()
    at = list(frame.columns).index("observed")
    frame.insert(at, "unit", str(panel[variable].attrs.get("units", "")))
    frame.insert(at, "variable", variable)
    if chosen.dim == names.PLACE:
        label_of = dict(zip(chosen.labels, chosen.named, strict=True))
        frame.insert(1, names.NAME, frame[names.PLACE].map(label_of))
    return frame
