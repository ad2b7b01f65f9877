"""Covariates: what a model can use, each with its formula and unit.

A covariate is a derived quantity of :data:`~attraktiv.panels.definitions.COVARIATES`, a numeric
column of panel.csv, or a numeric attribute of places.csv. Lags, logarithms and interactions belong
to a model's formula.
"""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.panels.build import place_attributes
from attraktiv.panels.definitions import covariates_of
from attraktiv.panels.derived import Covariate
from attraktiv.panels.faults import listed
from attraktiv.panels.jobs import OF_WEIGHTS
from attraktiv.panels.shift_share import OF_INDUSTRIES
from attraktiv.panels.units import describe


def covariate(panel: xr.Dataset, name: str, *, until: int | None = None) -> xr.DataArray:
    """Give a covariate of a panel.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.
    name : str
        A derived covariate, a numeric column of panel.csv, or a numeric attribute of places.csv.
    until : int, optional
        The last year that is taken as known; it decides the year of the weights between places.

    Returns
    -------
    xarray.DataArray
        (place, year), float64, NaN where not known. Attrs: ``units``, ``long_name``, ``formula``
        and ``look_ahead`` (bool): True where something was used that is later than ``until``, or
        an attribute of places whose year is not known while ``until`` is before the last year
        with net migration.

    Raises
    ------
    PanelError
        If the panel has no such covariate, or if it is text.
    """
    definitions = covariates_of(panel)
    if name in definitions:
        definition = definitions[name]
        if not definition.possible(panel):
            raise PanelError(_not_possible(panel, definition))
        result = definition.compute(panel, until)
        result.attrs = {
            "units": definition.units,
            "long_name": definition.long_name,
            "formula": definition.formula,
            "look_ahead": False,
            # arithmetic keeps the attrs of the columns; only what was added on the way belongs here
            **{k: result.attrs[k] for k in (*OF_WEIGHTS, *OF_INDUSTRIES) if k in result.attrs},
        }
        return result.rename(name)
    _refuse_unknown(panel, name)
    own = panel[name].astype(np.float64)
    own.attrs = {**describe(name), **panel[name].attrs, "formula": name, "look_ahead": False}
    if own.dims == (names.PLACE,):
        if name not in (names.LONGITUDE, names.LATITUDE, names.EXCLUDED):
            own.attrs["look_ahead"] = until is not None and until < _last_year(panel)
        own = own.expand_dims({names.YEAR: panel[names.YEAR].values}, axis=1).copy()
    return own


def available_covariates(panel: xr.Dataset) -> list[str]:
    """List what :func:`covariate` can give for a panel: derived ones, columns, attributes."""
    definitions = covariates_of(panel).items()
    derived = [name for name, definition in definitions if definition.possible(panel)]
    columns = sorted(
        str(name)
        for name, variable in panel.data_vars.items()
        if variable.dims == (names.PLACE, names.YEAR)
        and variable.dtype.kind == "f"
        and name != names.MEASUREMENT_SD
    )
    attributes = [name for name in place_attributes(panel) if panel[name].dtype.kind in "fb"]
    # a column may bear the name of what is computed where it is absent
    return list(dict.fromkeys([*derived, *columns, *attributes]))


def _not_possible(panel: xr.Dataset, definition: Covariate) -> str:
    needs = " or ".join(listed(columns, 9) for columns in definition.requires)
    sector = (
        f", or in their place jobs_by_industry.csv and an industries.csv with the sector "
        f"{definition.sector}"
        if definition.sector
        else ""
    )
    name = definition.name
    return (
        f"{name} cannot be computed from the panel {panel.attrs.get('title', '')!r}: it needs the "
        f"columns {needs}{sector}. Add them to panel.csv, or leave the factor out "
        f"(--without {name}). {_valid(panel)}"
    )


def _last_year(panel: xr.Dataset) -> int:
    """Give the last year with net migration; a year after it has the population alone."""
    years = panel[names.YEAR].values
    if names.NET_MIGRATION in panel:
        known = panel[names.NET_MIGRATION].notnull().any(names.PLACE).values
        years = years[known] if known.any() else years
    return int(years[-1])


def _valid(panel: xr.Dataset) -> str:
    return f"This panel has: {', '.join(available_covariates(panel))}."


def _refuse_unknown(panel: xr.Dataset, name: str) -> None:
    shapes = ((names.PLACE, names.YEAR), (names.PLACE,))
    if name not in panel.data_vars or panel[name].dims not in shapes:
        near = get_close_matches(name, [*available_covariates(panel), *covariates_of(panel)], n=3)
        hint = f" Did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
        raise PanelError(f"unknown covariate {name!r}.{hint} {_valid(panel)}")
    values = panel[name].values
    if values.dtype.kind in "OUT":
        texts = values.astype(str)
        words = [text for text in dict.fromkeys(texts.ravel()) if not _number(text)]
        found = "its codes have leading zeros"
        if words:
            place = panel[names.PLACE].values[np.argwhere(texts == words[0])[0][0]]
            found = f"place {place} has {str(words[0])!r}"
        raise PanelError(
            f"{name} is text, not a number ({found}), so it cannot be a covariate. Valid is a "
            f"column of numbers; text can only group places. {_valid(panel)}"
        )


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text == ""
    return True
