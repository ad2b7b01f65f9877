"""The factors of years after the fit, on the scale of the fit.

Mathematical details
--------------------
Factors are centred and scaled as :mod:`.scaling` says, with the scale that the fit divided by.
Weights between places are those of the last year of the fit, so that a factor is the same
quantity before and after.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.model.formula import evaluate, parse_formula
from attraktiv.model.scaling import centre, standardised
from attraktiv.panels import covariate


def later_factors(
    data: xr.Dataset, panel: xr.Dataset, *, years: Sequence[int], until: int
) -> xr.DataArray:
    """Compute the factors of a fit in other years of its panel.

    Parameters
    ----------
    data : xarray.Dataset
        The ``data`` of a design, or the ``constant_data`` of a run: which terms, which
        places were fitted, and the scale of each term.
    panel : xarray.Dataset
        The panel of the fit, with the years asked for.
    years : sequence of int
    until : int
        Last year of the fit.

    Returns
    -------
    xarray.DataArray
        (place, year, term), standard deviations within the year; 0 where missing.

    Raises
    ------
    PanelError
        If the panel has no such covariate.
    """
    panel = panel.sel({names.PLACE: data[names.PLACE].values})
    years = [int(year) for year in years]
    labels = [str(label) for label in data[names.TERM].values]
    out = np.zeros((data.sizes[names.PLACE], len(years), len(labels)))
    for k, label in enumerate(labels):
        (term,) = parse_formula(label)
        raw = evaluate(term, lambda name: covariate(panel, name, until=until))
        x = raw.sel({names.YEAR: years}).transpose(names.PLACE, names.YEAR).values
        middle = centre(x, data[names.FITTED].values, axis=0)
        out[..., k] = standardised(x, middle, float(data[names.SCALE][k]))
    return xr.DataArray(
        out,
        {names.PLACE: data[names.PLACE].values, names.YEAR: years, names.TERM: labels},
        (names.PLACE, names.YEAR, names.TERM),
        attrs={"units": "standard deviations within the year"},
    )
