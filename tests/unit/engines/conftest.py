"""One small simulated country for all engines; what is simulated is made once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import xarray as xr

from attraktiv.engines.tree import Draws
from attraktiv.model import Design
from attraktiv.panels import simulate_country

FACTORS = "own_job_growth + lag(own_job_growth, 1) + centrality"
OUTSIDE = "0103"

#: The standard deviations and autocorrelations in the draws of `draws_of`.
FIXED: Mapping[str, float] = {
    "tau": 0.4,
    "rho": 0.7,
    "sigma_u": 0.3,
    "sigma_gamma": 0.5,
    "sigma": 0.2,
    "phi": 1.5,
    "rho_alpha": 0.5,
    "sigma_alpha": 0.1,
}


@pytest.fixture(scope="session")
def country() -> xr.Dataset:
    """Fifteen places, six years, three regions; one place is excluded, one cell unknown.

    Shared by all tests of a process: do not change it.
    """
    panel = simulate_country(places=15, years=6, ages=False, seed=2).panel
    unknown = (panel["place"] == "0101") & (panel["year"] == 2006)
    return panel.assign(
        net_migration=panel["net_migration"].where(~unknown),
        excluded=panel["place"] == OUTSIDE,
        # the only place of region C is excluded
        part=("place", [{2: "C"}.get(i, "AB"[i % 2]) for i in range(15)]),
    )


def draws_of(design: Design, chains: int = 2, draws: int = 50) -> Draws:
    """Draws as an engine gives them: of fitted places alone, what the model has."""
    rng = np.random.default_rng(5)
    data = design.fitted()
    equation = design.spec.migration
    sizes: dict[str, tuple[int, ...]] = {"alpha": (data.sizes["year"],), "mu_alpha": ()}
    if design.terms:
        sizes["beta"] = (data.sizes["term"],)
    if equation.groups is not None:
        sizes["gamma"] = (np.unique(data["group_of_place"]).size,)
    if equation.place_effect != "none":
        sizes["theta"] = (data.sizes["place"],)
    if equation.place_effect == "ar1":
        sizes["u"] = (data.sizes["place"], data.sizes["year"])
    out = {name: rng.normal(size=(chains, draws, *shape)) for name, shape in sizes.items()}
    fixed = [name for name in equation.parameters if name in FIXED]
    return out | {name: np.full((chains, draws), FIXED[name]) for name in fixed}
