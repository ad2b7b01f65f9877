"""The derived covariates of jobs: growth, of all or of a sector, and what industries explain."""

from __future__ import annotations

import json

import xarray as xr

from attraktiv import names
from attraktiv.panels.derived import Compute, Covariate
from attraktiv.panels.industries import jobs_of_sector
from attraktiv.panels.shift_share import broken, industry_mix, national_job_growth
from attraktiv.panels.weights import neighbours, weighted_mean

OF_WEIGHTS = ("look_ahead", "basis", "places_without_neighbours")
"""Attrs that a covariate computed over neighbours adds."""

SECTORS = ("private", "public", "basis", "visit", "regional")
"""The sectors that the models that come with the package name."""


def _jobs(panel: xr.Dataset, kind: str) -> tuple[xr.DataArray, tuple[str, ...]]:
    """Give a series of jobs and the columns it comes from."""
    if kind in panel:
        return panel[kind], (kind,)
    if kind == names.JOBS_PUBLIC and names.JOBS in panel and names.JOBS_PRIVATE in panel:
        difference = panel[names.JOBS] - panel[names.JOBS_PRIVATE]
        return difference, (kind, names.JOBS, names.JOBS_PRIVATE)
    sector = kind.removeprefix(f"{names.JOBS}_")
    # a register that changes for all jobs changes for each industry
    return jobs_of_sector(panel, sector), (names.JOBS_BY_INDUSTRY, names.JOBS)


def _change(panel: xr.Dataset, kind: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Give the change of jobs since the year before, NaN across a break, and the jobs then."""
    jobs, columns = _jobs(panel, kind)
    before = jobs.shift({names.YEAR: 1})
    return (jobs - before).where(~broken(panel, columns)), before


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


def _level(kind: str) -> Compute:
    def compute(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        return _jobs(panel, kind)[0].copy()

    return compute


def growth_covariates(sector: str | None = None) -> list[Covariate]:
    """Define the growth of all jobs, or of a sector's."""
    kind = names.JOBS if sector is None else f"{names.JOBS}_{sector}"
    infix = "" if sector is None else f"{sector}_"
    words = "jobs" if sector is None else f"{sector.replace('_', ' ')} jobs"
    requires: tuple[tuple[str, ...], ...] = ((kind,),)
    if kind == names.JOBS_PUBLIC:
        requires = ((kind,), (names.JOBS, names.JOBS_PRIVATE))
    change = f"{kind}[t] - {kind}[t-1]"
    return [
        Covariate(
            f"{infix}job_growth",
            names.PERCENT_OF_JOBS,
            f"growth of {words}",
            f"100 * ({change}) / {kind}[t-1]",
            requires,
            _growth(kind),
            sector,
        ),
        Covariate(
            f"own_{infix}job_growth",
            names.PERCENT_OF_POPULATION,
            f"growth of {words} per inhabitant",
            f"100 * ({change}) / pop[t]",
            requires,
            _own(kind),
            sector,
        ),
        Covariate(
            f"neighbour_{infix}job_growth",
            names.PERCENT_OF_POPULATION,
            f"growth of {words} per inhabitant among the neighbours",
            f"sum over j != i of w[i,j] * own_{infix}job_growth[j,t], weights of places people "
            "commute to and from (else the nearest five, else the region)",
            requires,
            _neighbour(kind),
            sector,
        ),
    ]


def sector_covariates(sector: str) -> list[Covariate]:
    """Define the jobs of a sector and their growth.

    Parameters
    ----------
    sector : str
        Such as ``"visit"``, which gives ``jobs_visit``, ``visit_job_growth``,
        ``own_visit_job_growth`` and ``neighbour_visit_job_growth``.

    Returns
    -------
    list of Covariate
    """
    growth = growth_covariates(sector)
    kind = f"{names.JOBS}_{sector}"
    words = f"{sector.replace('_', ' ')} jobs at the workplace"
    level = Covariate(
        kind, names.JOBS_UNIT, words, f"{kind}[t]", growth[0].requires, _level(kind), sector
    )
    return [level, *growth]


def _national(panel: xr.Dataset, until: int | None) -> xr.DataArray:
    return national_job_growth(panel)


def _mix(panel: xr.Dataset, until: int | None) -> xr.DataArray:
    return industry_mix(panel)


def _expected(panel: xr.Dataset, until: int | None) -> xr.DataArray:
    mix = industry_mix(panel)
    return mix.copy(data=national_job_growth(panel).values + mix.values)


def _local(panel: xr.Dataset, until: int | None) -> xr.DataArray:
    expected = _expected(panel, until)
    growth = _growth(names.JOBS)(panel, until)
    return expected.copy(data=growth.values - expected.values)


def industry_covariates() -> list[Covariate]:
    """Define what industries explain of the growth of jobs, and what they leave over."""
    national = "growth of jobs[k] from t-1 to t in all other places"
    return [
        Covariate(
            names.NATIONAL_JOB_GROWTH,
            names.PERCENT_OF_JOBS,
            "growth of the jobs of all other places",
            "100 * (sum over j != i of jobs[j,t] - jobs[j,t-1]) / (sum over j != i of jobs[j,t-1])",
            ((names.JOBS_BY_INDUSTRY,), (names.JOBS,)),
            _national,
        ),
        Covariate(
            names.INDUSTRY_MIX,
            names.PERCENT_OF_JOBS,
            "industry mix: expected growth of jobs beyond the nation's",
            "sum over k of (share of industry k in the jobs of t-1) * (percent "
            f"{national}) - national_job_growth",
            ((names.INDUSTRY_MIX,), (names.JOBS_BY_INDUSTRY,)),
            _mix,
        ),
        Covariate(
            names.EXPECTED_JOB_GROWTH,
            names.PERCENT_OF_JOBS,
            "growth of jobs if each industry grew as in all other places",
            "national_job_growth + industry_mix",
            ((names.INDUSTRY_MIX, names.JOBS), (names.JOBS_BY_INDUSTRY,)),
            _expected,
        ),
        Covariate(
            names.LOCAL_JOB_GROWTH,
            names.PERCENT_OF_JOBS,
            "growth of jobs that nation and industry mix leave over",
            "job_growth - national_job_growth - industry_mix",
            ((names.INDUSTRY_MIX, names.JOBS), (names.JOBS_BY_INDUSTRY, names.JOBS)),
            _local,
        ),
    ]
