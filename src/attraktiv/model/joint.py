"""The designs of the two equations of a joint model, and where their recursion begins.

Mathematical details
--------------------
Growth of a year is a factor of the jobs of the next. Within the fitted years the model says
what it depends on; that of the year before them, growth_i0, it has to take as given, and it
is not independent of what lasts: an attractive place grew then, too. So it enters as a
regressor of both lasting effects (Wooldridge 2005, *J. Applied Econometrics*),

    θ_i = d_θ z_i + θ*_i,   κ_i = d_κ z_i + κ*_i,   z_i = (growth_i0 − mean) / SD

over the fitted places, z_i = 0 where growth_i0 is not known. (θ*, κ*) are what the priors of
the lasting effects are about; d has the prior of the other coefficients of its equation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.model.design import Design
from attraktiv.panels import covariate
from attraktiv.specs import ModelSpec


@dataclass(frozen=True)
class JointDesign:
    """What an engine needs of both equations.

    Attributes
    ----------
    residential, business : Design
        Of migration and of jobs: the same places, years and fitted places.
    initial : xarray.DataArray
        z of the module's text, (place,), for every place of the panel.
    """

    residential: Design
    business: Design
    initial: xr.DataArray

    @property
    def spec(self) -> ModelSpec:
        """The specification of both."""
        return self.residential.spec

    def by_kind(self) -> dict[str, Design]:
        """The designs by kind of attractiveness."""
        return {names.RESIDENTIAL: self.residential, names.BUSINESS: self.business}

    def fitted_initial(self) -> np.ndarray:
        """Return z of the fitted places, in the order of :meth:`Design.fitted`."""
        places = self.residential.fitted()[names.PLACE]
        return self.initial.sel({names.PLACE: places}).values


def joint_design(designs: Mapping[str, Design], panel: xr.Dataset) -> JointDesign:
    """Put the designs of a joint model together.

    Parameters
    ----------
    designs : mapping of str to Design
        From :func:`attraktiv.model.build_designs`.
    panel : xarray.Dataset
        The panel that they were built from.

    Returns
    -------
    JointDesign
    """
    residential = designs[names.RESIDENTIAL]
    places = residential.data[names.PLACE]
    before = int(residential.years[0]) - 1
    growth = np.full(places.size, np.nan)
    if before in panel[names.YEAR].values:
        found = covariate(panel, names.POPULATION_GROWTH).sel({names.YEAR: before})
        growth = found.sel({names.PLACE: places.values}).values
    z = _standardised(growth, residential.data[names.FITTED].values, places.values)
    initial = xr.DataArray(
        z,
        {names.PLACE: places.values},
        (names.PLACE,),
        attrs={
            "units": "standard deviations between places",
            "long_name": f"growth of population in {before}, before the first year of the fit",
        },
    )
    return JointDesign(residential, designs[names.BUSINESS], initial)


def _standardised(growth: np.ndarray, fitted: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return z; summed in the order of the codes, so that permuting places changes nothing."""
    counted = np.argsort(codes)
    counted = counted[(np.isfinite(growth) & fitted)[counted]]
    if counted.size < 2 or (scale := growth[counted].std()) == 0.0:
        return np.zeros(growth.size)
    return np.where(np.isfinite(growth), (growth - growth[counted].mean()) / scale, 0.0)
