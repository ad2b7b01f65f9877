"""The derived covariates of jobs: growth, of all or of a sector, and what industries explain."""

from __future__ import annotations

import json

import xarray as xr

from attraktiv import names
from attraktiv.panels.derived import Compute, Covariate
from attraktiv.panels.industries import jobs_of_sector, schemes
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


def jobs_before(panel: xr.Dataset, sector: str = "") -> xr.DataArray:
    """Give the jobs of the year before: what growth in percent of jobs is relative to.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.
    sector : str
        A sector; by default all jobs.

    Returns
    -------
    xarray.DataArray
        (place, year) jobs; NaN where not known.
    """
    jobs, _ = _jobs(panel, f"{names.JOBS}_{sector}" if sector else names.JOBS)
    attrs = {"units": names.JOBS_UNIT, "long_name": "jobs at the workplace the year before"}
    return jobs.shift({names.YEAR: 1}).assign_attrs(attrs)


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


def _columns_of(kind: str) -> tuple[tuple[str, ...], ...]:
    """Give the alternative sets of columns that a series of jobs comes from."""
    if kind == names.JOBS_PUBLIC:
        return ((kind,), (names.JOBS, names.JOBS_PRIVATE))
    return ((kind,),)


def growth_covariates(sector: str | None = None) -> list[Covariate]:
    """Define the growth of all jobs, or of a sector's."""
    kind = names.JOBS if sector is None else f"{names.JOBS}_{sector}"
    infix = "" if sector is None else f"{sector}_"
    words = "jobs" if sector is None else f"{sector.replace('_', ' ')} jobs"
    requires = _columns_of(kind)
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
    return [level, *growth, *industry_covariates(sector)]


def _of_sector(panel: xr.Dataset, sector: str | None) -> xr.Dataset:
    """Give a panel in which the jobs of a sector are all jobs."""
    if sector is None:
        return panel
    kind, mix = f"{names.JOBS}_{sector}", f"{sector}_{names.INDUSTRY_MIX}"
    kept = panel.drop_vars([names.JOBS, names.INDUSTRY_MIX], errors="ignore")
    if sector in (divided := schemes(panel)):
        member = (panel[divided[sector]] == sector).values
        kept = kept.isel({names.INDUSTRY: member})
    else:
        kept = kept.drop_vars(names.JOBS_BY_INDUSTRY, errors="ignore")
    try:
        jobs, columns = _jobs(panel, kind)
    except KeyError:  # industries without the sector, and no column of its jobs
        jobs, columns = xr.full_like(panel[names.POPULATION], float("nan")), ()
    kept = kept.assign({names.JOBS: jobs})
    if mix in panel:
        kept = kept.assign({names.INDUSTRY_MIX: panel[mix]})
    breaks = json.loads(panel.attrs.get("breaks", "[]"))
    of_jobs = [b | {"variable": names.JOBS} for b in breaks if b["variable"] in columns]
    return kept.assign_attrs(breaks=json.dumps(of_jobs))


def industry_covariates(sector: str | None = None) -> list[Covariate]:
    """Define what industries explain of the growth of jobs, and what they leave over.

    Parameters
    ----------
    sector : str, optional
        The sector whose jobs, and whose industries, these are of; by default all.
    """
    infix = "" if sector is None else f"{sector}_"
    jobs = names.JOBS if sector is None else f"{names.JOBS}_{sector}"
    words = "jobs" if sector is None else f"{sector.replace('_', ' ')} jobs"
    own_mix = (f"{infix}{names.INDUSTRY_MIX}",)
    levels = _columns_of(jobs)
    mix_and_level = tuple((*own_mix, *columns) for columns in levels)
    industries = ((names.JOBS_BY_INDUSTRY,),) if sector is None else ()

    def national(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        return national_job_growth(_of_sector(panel, sector))

    def mix(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        return industry_mix(_of_sector(panel, sector))

    def expected(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        found = mix(panel, until)
        return found.copy(data=national(panel, until).values + found.values)

    def local(panel: xr.Dataset, until: int | None) -> xr.DataArray:
        found = expected(panel, until)
        growth = _growth(jobs)(panel, until)
        return found.copy(data=growth.values - found.values)

    return [
        Covariate(
            f"{infix}{names.NATIONAL_JOB_GROWTH}",
            names.PERCENT_OF_JOBS,
            f"growth of the {words} of all other places",
            f"100 * (sum over j != i of {jobs}[j,t] - {jobs}[j,t-1]) / (sum over j != i of "
            f"{jobs}[j,t-1])",
            (*industries, *levels),
            national,
            sector,
            of_industries=True,
        ),
        Covariate(
            own_mix[0],
            names.PERCENT_OF_JOBS,
            f"industry mix: expected growth of {words} beyond the nation's",
            "sum over k of (share of industry k in the jobs of t-1) * (percent growth of jobs[k] "
            f"from t-1 to t in all other places) - {infix}{names.NATIONAL_JOB_GROWTH}",
            (own_mix, *industries),
            mix,
            sector,
            of_industries=True,
        ),
        Covariate(
            f"{infix}{names.EXPECTED_JOB_GROWTH}",
            names.PERCENT_OF_JOBS,
            f"growth of {words} if each industry grew as in all other places",
            f"{infix}{names.NATIONAL_JOB_GROWTH} + {own_mix[0]}",
            ((*own_mix, jobs), (names.JOBS_BY_INDUSTRY,))
            if sector is None
            else ((*own_mix, jobs),),
            expected,
            sector,
            of_industries=True,
        ),
        Covariate(
            f"{infix}{names.LOCAL_JOB_GROWTH}",
            names.PERCENT_OF_JOBS,
            f"growth of {words} that nation and industry mix leave over",
            f"{infix}job_growth - {infix}{names.NATIONAL_JOB_GROWTH} - {own_mix[0]}",
            (*mix_and_level, *((*columns, jobs) for columns in industries)),
            local,
            sector,
            of_industries=True,
        ),
    ]
