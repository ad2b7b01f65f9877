"""The places of a run, and a group of them that somebody chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice
from attraktiv.queries.selection import find_or_all

#: The grouping column of :func:`with_own_group`, and its two groups.
OWN_GROUP: Final = "own_group"
CHOSEN, OTHERS = "chosen", "others"


def place_table(run: xr.DataTree) -> pd.DataFrame:
    """Return the places of a run, sorted by name in their own alphabet.

    Parameters
    ----------
    run
        A run.

    Returns
    -------
    DataFrame
        ``place``, ``name``, ``population`` (persons on 1 January of the last year of the fit
        that is known), ``fitted``, ``longitude`` and ``latitude`` where the panel has them, and a
        column for each grouping of the panel.
    """
    where = find_or_all(run, None)
    constant = run[names.CONSTANT_DATA].dataset
    columns: dict[str, object] = {
        names.PLACE: np.array(choice.place_codes(run), dtype=object),
        names.NAME: np.array(choice.place_names(run), dtype=object),
        names.POPULATION: _last_known(
            constant[names.POPULATION].transpose(names.PLACE, names.YEAR).values
        ),
        names.FITTED: constant[names.FITTED].values.astype(bool),
    }
    for name in (names.LONGITUDE, names.LATITUDE):
        if name in constant:
            columns[name] = constant[name].values
    for column in choice.grouping_columns(run):
        columns.setdefault(column, choice.group_labels(run, column))
    return pd.DataFrame(columns).iloc[where].reset_index(drop=True)


def with_own_group(run: xr.DataTree, members: Sequence[str]) -> xr.DataTree:
    """Return a run whose places can also be grouped by whether they are among some.

    Parameters
    ----------
    run
        A run; it is not changed.
    members
        Codes or names of places.

    Returns
    -------
    DataTree
        The same run with the column ``own_group``: ``chosen`` for the members, ``others`` for
        the rest.

    Raises
    ------
    RunError
        An unknown place.
    """
    labels = np.full(len(choice.place_codes(run)), OTHERS, dtype=object)
    labels[choice.find_places(run, members)] = CHOSEN
    grouped = run.copy()
    for node in grouped.subtree:
        if node.name == names.CONSTANT_DATA:
            node.dataset = node.to_dataset().assign({OWN_GROUP: (names.PLACE, labels)})
    return grouped


def _last_known(values: np.ndarray) -> np.ndarray:
    """Give the last number of each row (place, year); NaN where there is none."""
    known = np.isfinite(values)
    last = values.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    found: np.ndarray = values[np.arange(len(values)), last]
    return found
