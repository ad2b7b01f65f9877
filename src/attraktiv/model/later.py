"""The factors of years after the fit, on the scale of the fit.

Mathematical details
--------------------
For a factor x, a year t and the places F of the fit:

    factor = (x_it − mean of x_jt over j ∈ F with x_jt known) / scale

with the scale that the fit divided by. A missing factor stands at its year's mean, zero.
Weights between places are those of the last year of the fit, so that a factor is the same
quantity before and after.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.model.formula import evaluate, parse_formula
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
        out[..., k] = _standardised(x, data[names.FITTED].values, float(data[names.SCALE][k]))
    return xr.DataArray(
        out,
        {names.PLACE: data[names.PLACE].values, names.YEAR: years, names.TERM: labels},
        (names.PLACE, names.YEAR, names.TERM),
        attrs={"units": "standard deviations within the year"},
    )


def _standardised(x: np.ndarray, fitted: np.ndarray, scale: float) -> np.ndarray:
    known = np.isfinite(x)
    count = (known & fitted[:, None]).sum(axis=0)
    total = np.where(known, x, 0.0)[fitted].sum(axis=0)
    centre = np.divide(total, count, out=np.zeros(count.size), where=count > 0)
    # a year that no fitted place knows has no centre: all its cells are missing
    return np.where(known & (count > 0), (x - centre) / scale, 0.0)
