r"""Shift-share: what a place's industries would lead one to expect of its jobs.

Mathematical details
--------------------
With :math:`J_{ikt}` the jobs of place i, industry k and year t, over the cells that are known in
both t − 1 and t,

.. math::

    G_{ikt} = \frac{\sum_{j \ne i} J_{jkt}}{\sum_{j \ne i} J_{jk,t-1}} - 1, \qquad
    N_{it} = 100 \Bigl(
        \frac{\sum_k \sum_{j \ne i} J_{jkt}}{\sum_k \sum_{j \ne i} J_{jk,t-1}} - 1 \Bigr)

are the growth of industry k and of all jobs in the country without the place. The expected growth
is :math:`s_{it} = 100 \sum_k q_{ik,t-1} G_{ikt}` with q the industries' shares of the place's
covered jobs, and the industry mix is :math:`s_{it} - N_{it}`.
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from attraktiv import names

COVERED_AT_LEAST = 0.8
"""Share of a place's jobs of the year before below which its mix is not known."""

OF_INDUSTRIES = ("basis", "covered", "places_below_limit")
"""Attrs that a covariate computed over industries adds."""

_CELLS = (names.PLACE, names.YEAR)


@np.errstate(all="ignore")
def national_job_growth(panel: xr.Dataset) -> xr.DataArray:
    """Growth of the jobs of all other places together.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel with ``jobs_by_industry`` or ``jobs``; the latter is used where the panel's industry
        mix is a column of its own, for that need not be of these industries or years.

    Returns
    -------
    xarray.DataArray
        (place, year), percent of jobs per year.
    """
    own_mix = names.INDUSTRY_MIX in panel and names.JOBS in panel
    if names.JOBS_BY_INDUSTRY in panel and not own_mix:
        return shift_share(panel)[names.NATIONAL_JOB_GROWTH]
    before, after = _pairs(panel, panel[names.JOBS].expand_dims(names.INDUSTRY))
    national = _ratio(_elsewhere(after).sum(axis=2), _elsewhere(before).sum(axis=2))
    national = np.where(_others(before).any(axis=2), national, np.nan)
    return _labelled(panel, national, {"basis": names.JOBS})


def industry_mix(panel: xr.Dataset) -> xr.DataArray:
    """Industry mix: the panel's own column where it has one, else by shift-share.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel with ``industry_mix`` or ``jobs_by_industry``.

    Returns
    -------
    xarray.DataArray
        (place, year), percent of jobs per year.
    """
    if names.INDUSTRY_MIX in panel:
        own = panel[names.INDUSTRY_MIX].copy()
        own.attrs = {"basis": "the column industry_mix of panel.csv"}
        return own
    return shift_share(panel)[names.INDUSTRY_MIX]


@np.errstate(all="ignore")
def shift_share(panel: xr.Dataset) -> xr.Dataset:
    """Split the growth that industries lead one to expect into the nation's and the mix's.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel with ``jobs_by_industry``.

    Returns
    -------
    xarray.Dataset
        ``national_job_growth`` and ``industry_mix`` (place, year), percent of jobs per year.
        Attrs of both: ``covered``, JSON of the share of all jobs of the year before that the
        mix covers, by year; ``places_below_limit``, JSON of the places that are without a mix in
        some year because it would cover less than :data:`COVERED_AT_LEAST` of their jobs.
    """
    jobs = panel[names.JOBS_BY_INDUSTRY]
    before, after = _pairs(panel, jobs)
    expected, national, covered = expected_growth(before, after)
    total = _total(panel, jobs)
    share = covered / np.where(total > 0, total, np.nan)
    mix = np.where(share >= COVERED_AT_LEAST, expected - national, np.nan)
    attrs = _coverage(panel, covered, total, share)
    return xr.Dataset(
        {
            names.NATIONAL_JOB_GROWTH: _labelled(panel, national, attrs),
            names.INDUSTRY_MIX: _labelled(panel, mix, attrs),
        }
    )


@np.errstate(all="ignore")
def expected_growth(
    before: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the growth that industries lead one to expect of every place, from jobs alone.

    Parameters
    ----------
    before, after : numpy.ndarray
        (place, year, industry) jobs of the year before and of the year; 0 in both where either is
        not known.

    Returns
    -------
    tuple of numpy.ndarray
        Each (place, year): expected growth and the nation's without the place, percent of jobs per
        year, and the jobs of the year before that are covered.
    """
    elsewhere_before, elsewhere_after = _elsewhere(before), _elsewhere(after)
    others = _others(before)
    # an industry that no other place has says nothing of the nation: it is not covered
    weight = np.where(others, before, 0.0)
    growth = np.where(others, _ratio(elsewhere_after, elsewhere_before), 0.0)
    covered = weight.sum(axis=2)
    expected = np.einsum("itk,itk->it", weight, growth) / covered
    national = _ratio(elsewhere_after.sum(axis=2), elsewhere_before.sum(axis=2))
    return expected, np.where(others.any(axis=2), national, np.nan), covered


def broken(panel: xr.Dataset, columns: tuple[str, ...]) -> xr.DataArray:
    """Say in which years (year,) one of the series is not comparable with the year before."""
    breaks = json.loads(panel.attrs.get("breaks", "[]"))
    years = [item["year"] for item in breaks if item["variable"] in columns]
    return panel[names.YEAR].isin(years)


def _pairs(panel: xr.Dataset, jobs: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Give jobs (place, year, industry) before and after; 0 in both unless both are known."""
    after = jobs.transpose(*_CELLS, names.INDUSTRY).values
    before = _year_before(after)
    whole = ~broken(panel, (names.JOBS_BY_INDUSTRY, names.JOBS)).values
    known = np.isfinite(before) & np.isfinite(after) & whole[:, None]
    return np.where(known, before, 0.0), np.where(known, after, 0.0)


def _year_before(values: np.ndarray) -> np.ndarray:
    before = np.full_like(values, np.nan)
    before[:, 1:] = values[:, :-1]
    return before


def _elsewhere(jobs: np.ndarray) -> np.ndarray:
    """Sum over all other places; the place itself is in no sum that is held against it."""
    return jobs.sum(axis=0) - jobs


def _others(before: np.ndarray) -> np.ndarray:
    """Say whether any other place had jobs; counted, for a difference of sums may not be zero."""
    there = before > 0
    return there.sum(axis=0) - there > 0


def _ratio(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Give growth in percent."""
    return 100.0 * (after - before) / before


def _total(panel: xr.Dataset, jobs: xr.DataArray) -> np.ndarray:
    """Give all jobs (place, year) of the year before, the hidden ones too where they are known."""
    summed = np.nansum(jobs.transpose(*_CELLS, names.INDUSTRY).values, axis=2)
    total = _year_before(summed)
    if names.JOBS in panel:
        total = np.fmax(total, _year_before(panel[names.JOBS].transpose(*_CELLS).values))
    return total


def _coverage(
    panel: xr.Dataset, covered: np.ndarray, total: np.ndarray, share: np.ndarray
) -> dict[str, str]:
    """Say how much of the jobs the mix covers, and for whom it is too little."""
    years = np.flatnonzero(covered.any(axis=0))
    by_year = {
        str(int(panel[names.YEAR].values[t])): round(
            float(covered[:, t].sum() / np.nansum(total[:, t])), 4
        )
        for t in years
    }
    below = (share[:, years] < COVERED_AT_LEAST).any(axis=1)
    codes = [str(code) for code in panel[names.PLACE].values[below]]
    values = (names.JOBS_BY_INDUSTRY, by_year, codes)
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in zip(OF_INDUSTRIES, values, strict=True)
    }


def _labelled(panel: xr.Dataset, values: np.ndarray, attrs: dict[str, str]) -> xr.DataArray:
    finite = np.where(np.isfinite(values), values, np.nan)
    coords = {dim: panel[dim] for dim in _CELLS}
    return xr.DataArray(finite, coords, _CELLS, attrs=attrs)
