"""The derived covariates: each with its name, unit, formula and the code that computes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.panels.weights import commuting, neighbours, weighted_mean

OF_WEIGHTS = ("look_ahead", "basis", "places_without_neighbours")
"""Attrs that a covariate computed over neighbours adds."""

Compute = Callable[[xr.Dataset, int | None], xr.DataArray]


@dataclass(frozen=True)
class Covariate:
    """A derived covariate.

    Attributes
    ----------
    name : str
        How a formula calls it.
    units : str
        Its unit.
    long_name : str
        What it is.
    formula : str
        How it is computed; ``pop[t]`` is the population on 1 January of the year.
    requires : tuple of tuple of str
        Alternative sets of columns; one of them must be in the panel.
    compute : callable
        (panel, until) → DataArray (place, year).
    """

    name: str
    units: str
    long_name: str
    formula: str
    requires: tuple[tuple[str, ...], ...]
    compute: Compute

    def possible(self, panel: xr.Dataset) -> bool:
        """Say whether the panel has the columns that the covariate needs."""
        return any(all(column in panel for column in columns) for columns in self.requires)


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


def _jobs(panel: xr.Dataset, kind: str) -> tuple[xr.DataArray, tuple[str, ...]]:
    """Give a series of jobs and the columns it comes from."""
    if kind == names.JOBS_PUBLIC and kind not in panel:
        difference = panel[names.JOBS] - panel[names.JOBS_PRIVATE]
        return difference, (kind, names.JOBS, names.JOBS_PRIVATE)
    return panel[kind], (kind,)


def _change(panel: xr.Dataset, kind: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Give the change of jobs since the year before, NaN across a break, and the jobs then."""
    jobs, columns = _jobs(panel, kind)
    before = jobs.shift({names.YEAR: 1})
    breaks = json.loads(panel.attrs.get("breaks", "[]"))
    breaks = [item["year"] for item in breaks if item["variable"] in columns]
    change = (jobs - before).where(~panel[names.YEAR].isin(breaks))
    return change, before


def _growth(kind: str) -> Compute:
    def compute(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        change, before = _change(panel, kind)
        return 100.0 * change / before.where(before > 0)

    return compute


def _own(kind: str) -> Compute:
    def compute(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        change, _ = _change(panel, kind)
        return 100.0 * change / panel[names.POPULATION]

    return compute


def _neighbour(kind: str) -> Compute:
    own = _own(kind)

    def compute(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        found = neighbours(panel, until)
        values = own(panel, until)
        mean = values.copy(data=weighted_mean(found, values.values))
        alone = panel[names.PLACE].values[found.alone]
        without = json.dumps([str(code) for code in alone], ensure_ascii=False)
        mean.attrs = dict(zip(OF_WEIGHTS, (found.look_ahead, found.basis, without), strict=True))
        return mean

    return compute


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


def _job_covariates() -> list[Covariate]:
    result = []
    for infix, kind, words in (
        ("", names.JOBS, "jobs"),
        ("private_", names.JOBS_PRIVATE, "private jobs"),
        ("public_", names.JOBS_PUBLIC, "public jobs"),
    ):
        requires: tuple[tuple[str, ...], ...] = ((kind,),)
        if kind == names.JOBS_PUBLIC:
            requires = ((kind,), (names.JOBS, names.JOBS_PRIVATE))
        change = f"{kind}[t] - {kind}[t-1]"
        result += [
            Covariate(
                f"{infix}job_growth",
                names.PERCENT_OF_JOBS,
                f"growth of {words}",
                f"100 * ({change}) / {kind}[t-1]",
                requires,
                _growth(kind),
            ),
            Covariate(
                f"own_{infix}job_growth",
                names.PERCENT_OF_POPULATION,
                f"growth of {words} per inhabitant",
                f"100 * ({change}) / pop[t]",
                requires,
                _own(kind),
            ),
            Covariate(
                f"neighbour_{infix}job_growth",
                names.PERCENT_OF_POPULATION,
                f"growth of {words} per inhabitant among the neighbours",
                f"sum over j != i of w[i,j] * own_{infix}job_growth[j,t], weights of places people "
                "commute to and from (else the nearest five, else the region)",
                requires,
                _neighbour(kind),
            ),
        ]
    return result


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
        *_job_covariates(),
    )
}
"""The derived covariates by name."""
