"""The derived covariates: each with its name, unit, formula and the code that computes it."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.panels.derived import Compute, Covariate
from attraktiv.panels.industries import schemes
from attraktiv.panels.jobs import SECTORS, growth_covariates, industry_covariates, sector_covariates
from attraktiv.panels.weights import commuting


def _rate(column: str) -> Compute:
    def compute(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        return 100.0 * panel[column] / panel[names.POPULATION]

    return compute


def _population_growth(panel: xr.Dataset, until: int | None) -> xr.DataArray:
    population = panel[names.POPULATION]
    change = population.shift({names.YEAR: -1}) - population
    if names.BOUNDARY_TRANSFER in panel:
        # a transfer that nobody recorded is taken as none
        change = change - panel[names.BOUNDARY_TRANSFER].fillna(0.0)
    return 100.0 * change / population


def _labour_market_integration(panel: xr.Dataset, until: int | None) -> xr.DataArray:
    flows, year, look_ahead = commuting(panel, until)
    at_home = flows.diagonal()
    residents, jobs = flows.sum(axis=1), flows.sum(axis=0)
    across = (residents - at_home) + (jobs - at_home)
    share = np.divide(
        100.0 * across, residents, out=np.full(residents.size, np.nan), where=residents > 0
    )
    years = panel[names.YEAR]
    values = np.repeat(share[:, None], years.size, axis=1)
    dims = (names.PLACE, names.YEAR)
    coords = {names.PLACE: panel[names.PLACE], names.YEAR: years}
    attrs = {"look_ahead": look_ahead, "basis": f"commuting of {year}"}
    return xr.DataArray(values, coords, dims, attrs=attrs)


COVARIATES: dict[str, Covariate] = {
    item.name: item
    for item in (
        Covariate(
            names.NET_MIGRATION_RATE,
            names.PERCENT_OF_POPULATION,
            "net migration rate",
            "100 * net_migration[t] / pop[t]",
            ((names.NET_MIGRATION,),),
            _rate(names.NET_MIGRATION),
        ),
        Covariate(
            names.NATURAL_INCREASE_RATE,
            names.PERCENT_OF_POPULATION,
            "natural increase rate",
            "100 * (births[t] - deaths[t]) / pop[t]",
            ((names.NATURAL_INCREASE,),),
            _rate(names.NATURAL_INCREASE),
        ),
        Covariate(
            names.POPULATION_GROWTH,
            names.PERCENT_OF_POPULATION,
            "population growth",
            "100 * (pop[t+1] - pop[t] - boundary_transfer[t]) / pop[t]",
            ((names.POPULATION,),),
            _population_growth,
        ),
        Covariate(
            names.NET_DOMESTIC_MIGRATION_RATE,
            names.PERCENT_OF_POPULATION,
            "net domestic migration rate",
            "100 * net_domestic_migration[t] / pop[t]",
            ((names.NET_DOMESTIC_MIGRATION,),),
            _rate(names.NET_DOMESTIC_MIGRATION),
        ),
        Covariate(
            names.LABOUR_MARKET_INTEGRATION,
            names.PERCENT_OF_EMPLOYED,
            "labour-market integration: commuters out and in",
            "100 * (commuters out + commuters in) / employed residents, of the commuting of one "
            "year",
            ((names.COMMUTING_YEAR,),),
            _labour_market_integration,
        ),
        *growth_covariates(),
        *(item for sector in SECTORS for item in sector_covariates(sector)),
        *industry_covariates(),
    )
}
"""The derived covariates by name."""


def covariates_of(panel: xr.Dataset) -> dict[str, Covariate]:
    """Give :data:`COVARIATES` and those of the sectors that this panel has besides."""
    own = [
        item
        for sector in schemes(panel)
        if sector not in SECTORS
        for item in sector_covariates(sector)
    ]
    return COVARIATES | {item.name: item for item in own}
