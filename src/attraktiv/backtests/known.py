"""What was known at an origin: a panel cut there, so that nothing later can be seen."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.panels.build import place_attributes

#: Columns of 1 January, of which the origin's own is known.
_OF_1_JANUARY = (names.POPULATION, names.POPULATION_BY_AGE)

ATTRIBUTE, BORDERS, COMMUTING = "attribute", "borders", "commuting"


def known_panel(panel: xr.Dataset, origin: int) -> xr.Dataset:
    """Cut a panel at an origin.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.
    origin : int
        Population, and that by age, is kept up to 1 January of this year; everything else up to
        the year before.

    Returns
    -------
    xarray.Dataset
        A panel that ends in the origin. Attributes of places and borders have no year and are
        kept; so is the earliest commuting where none is from before the origin.
        ``look_ahead`` of the result of a backtest names them.
    """
    cut = panel.sel({names.YEAR: slice(None, origin)})
    last = cut[names.YEAR] == origin
    changed = {}
    for name, variable in cut.data_vars.items():
        if names.YEAR not in variable.dims or name in _OF_1_JANUARY:
            continue
        if variable.dtype.kind == "f":
            changed[name] = variable.where(~last)
        elif variable.dtype.kind == "O":
            changed[name] = variable.where(~last, "")
    cut = cut.assign(changed)
    if names.COMMUTING_YEAR in cut:
        cut = cut.isel({names.FLOW: _commuting(cut, origin)})
    breaks = [b for b in json.loads(cut.attrs.get("breaks", "[]")) if b["year"] < origin]
    return cut.assign_attrs(breaks=json.dumps(breaks))


def look_ahead(
    panel: xr.Dataset, origins: list[int], factors: list[str]
) -> list[dict[str, str | int]]:
    """Say what forecasters may use that was not known at every origin.

    Parameters
    ----------
    panel : xarray.Dataset
    origins : list of int
    factors : list of str
        Variables of the panel that models use.

    Returns
    -------
    list of dict
        ``what`` of each: ``attribute`` of places with its ``name``, ``borders`` of places, or
        ``commuting`` with the ``year`` it is of, and the ``first`` and ``last`` origin that it is
        used from. :func:`attraktiv.words.look_ahead_name` puts it in words.
    """
    attributes = [name for name in place_attributes(panel) if name in factors]
    found: list[dict[str, str | int]] = [{"what": ATTRIBUTE, "name": str(n)} for n in attributes]
    found.append({"what": BORDERS})
    if names.COMMUTING_YEAR in panel and panel.sizes[names.FLOW]:
        year = int(panel[names.COMMUTING_YEAR].min())
        early = [origin for origin in origins if origin <= year]
        if early:
            found.append({"what": COMMUTING, "year": year, "first": early[0], "last": early[-1]})
    return found


def _commuting(panel: xr.Dataset, origin: int) -> np.ndarray:
    years = panel[names.COMMUTING_YEAR].values
    before = years < origin
    return before if before.any() or not years.size else years == years.min()
