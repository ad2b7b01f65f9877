"""Which places are neighbours, and how much each counts.

The first of these that the panel can give is used for all places:

1. commuting: ``w_ij ∝ (commuters i→j) + (commuters j→i)``, the own place left out, of the latest
   year not after ``until``, else of the earliest year (marked as look-ahead);
2. the five nearest places by coordinates, along the great circle, each weighted by its jobs;
3. the rest of the place's region, weighted by jobs; the region is the first text attribute of
   places.csv (not the name) that puts at least two places together.

Weights of jobs are of the latest year not after ``until`` in which the place's jobs are known,
else of its earliest (look-ahead); a place without known jobs is nobody's neighbour in 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr
from scipy.spatial import cKDTree

from attraktiv import names
from attraktiv.panels.build import place_attributes

NEAREST = 5


@dataclass(frozen=True)
class Neighbours:
    """Who is whose neighbour.

    Attributes
    ----------
    weights : scipy.sparse.csr_array
        (place, place), rows sum to one; a row of zeros is a place without neighbours.
    basis : str
        Where the weights come from, such as ``"commuting of 2015"``.
    look_ahead : bool
        Whether the weights were not yet known at ``until``.
    """

    weights: sp.csr_array
    basis: str
    look_ahead: bool

    @property
    def alone(self) -> np.ndarray:
        """Bool (place,): the places that have no neighbour."""
        return np.asarray(self.weights.sum(axis=1)).ravel() == 0.0


def neighbours(panel: xr.Dataset, until: int | None = None) -> Neighbours:
    """Find the neighbours of every place.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.
    until : int, optional
        The last year that may be known; by default the last of the panel.

    Returns
    -------
    Neighbours
        Weights (place, place) with the basis on which they stand.
    """
    last = int(panel[names.YEAR].values[-1]) if until is None else until
    if names.COMMUTING_YEAR in panel:
        return _by_commuting(panel, until)
    jobs, look_ahead = _latest_jobs(panel, last)
    look_ahead = look_ahead and until is not None
    if names.LONGITUDE in panel and names.LATITUDE in panel:
        weights = _nearest(panel, jobs)
        basis = f"the {NEAREST} nearest places, weighted by jobs"
    else:
        region = region_attribute(panel)
        if region is None:
            empty = sp.csr_array((panel.sizes[names.PLACE],) * 2)
            return Neighbours(empty, "none: no commuting, coordinates or regions", False)
        weights = _same_region(panel[region].values, jobs)
        basis = f"the rest of {region}, weighted by jobs"
    return Neighbours(_rows_to_one(weights), basis, look_ahead)


def region_attribute(panel: xr.Dataset) -> str | None:
    """Name the first text attribute of places that puts at least two places together."""
    for name in place_attributes(panel):
        values = panel[name].values
        if name != names.NAME and values.dtype.kind in "OUT":
            known = pd.Series(values.astype(object)).replace("", None).dropna()
            if known.duplicated().any():
                return name
    return None


def weighted_mean(found: Neighbours, values: np.ndarray) -> np.ndarray:
    """Average values over each place's neighbours.

    Parameters
    ----------
    found : Neighbours
        Of the panel that ``values`` comes from.
    values : numpy.ndarray
        (place, year), NaN where not known.

    Returns
    -------
    numpy.ndarray
        (place, year). The mean is over the neighbours whose value is known; NaN where none is.
        A place without neighbours gets the average over the other places' means of that year
        (over the values themselves if no place has neighbours).
    """
    known = np.isfinite(values)
    share = found.weights @ known.astype(np.float64)
    total = found.weights @ np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(share > 0, total / share, np.nan)
    alone = found.alone
    if alone.any():
        mean[alone] = _mean_over_places(values if alone.all() else mean[~alone])
    return mean


def _mean_over_places(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def commuting(panel: xr.Dataset, until: int | None = None) -> tuple[sp.csr_array, int, bool]:
    """Give the commuting of the latest year not after ``until``, else of the earliest.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel with commuting.
    until : int, optional
        The last year that may be known.

    Returns
    -------
    flows : scipy.sparse.csr_array
        (home, work) employed persons, those who work at home included.
    year : int
        Whose flows they are.
    look_ahead : bool
        Whether that year is after ``until``.
    """
    years = panel[names.COMMUTING_YEAR].values
    limit = int(years.max()) if until is None else until
    before = years[years <= limit]
    year = int(before.max()) if before.size else int(years.min())
    use = (years == year) & np.isfinite(panel[names.COMMUTING_EMPLOYED].values)
    place = pd.Index(panel[names.PLACE].values)
    home = place.get_indexer(panel[names.COMMUTING_HOME].values[use])
    work = place.get_indexer(panel[names.COMMUTING_WORK].values[use])
    employed = panel[names.COMMUTING_EMPLOYED].values[use]
    # a place that was taken out of the panel is nobody's neighbour
    inside = (home >= 0) & (work >= 0) & (employed > 0)
    size = len(place)
    flows = sp.coo_array((employed[inside], (home[inside], work[inside])), shape=(size, size))
    return flows.tocsr(), year, until is not None and year > until


def _by_commuting(panel: xr.Dataset, until: int | None) -> Neighbours:
    flows, year, look_ahead = commuting(panel, until)
    flows = flows - sp.diags_array(flows.diagonal())
    flows.eliminate_zeros()
    return Neighbours(_rows_to_one(flows + flows.T), f"commuting of {year}", look_ahead)


def _latest_jobs(panel: xr.Dataset, last: int) -> tuple[np.ndarray, bool]:
    """Give the jobs that weigh a place, 0 where never known, and whether any is look-ahead."""
    kinds = (names.JOBS, names.JOBS_PRIVATE, names.JOBS_PUBLIC)
    kind = next((name for name in kinds if name in panel), None)
    if kind is None:
        return np.zeros(panel.sizes[names.PLACE]), False
    jobs, years = panel[kind].values, panel[names.YEAR].values
    known = np.isfinite(jobs)
    past = known & (years <= last)
    column = np.where(
        past.any(axis=1), known.shape[1] - 1 - past[:, ::-1].argmax(axis=1), known.argmax(axis=1)
    )
    weight = np.nan_to_num(jobs[np.arange(len(jobs)), column])
    return weight, bool((known.any(axis=1) & ~past.any(axis=1)).any())


def _nearest(panel: xr.Dataset, jobs: np.ndarray) -> sp.csr_array:
    """Weigh the five nearest places; chords of the unit sphere order as great circles do."""
    points = unit_sphere(panel[names.LONGITUDE].values, panel[names.LATITUDE].values)
    located = np.isfinite(points).all(axis=1)
    candidates = np.flatnonzero(located & (jobs > 0))
    size = len(points)
    if candidates.size == 0:
        return sp.csr_array((size, size))
    rows = np.flatnonzero(located)
    count = min(NEAREST + 1, candidates.size)
    _, near = cKDTree(points[candidates]).query(points[rows], k=count)
    near = candidates[near.reshape(len(rows), count)]
    other = near != rows[:, None]
    # a place is often its own nearest; where it is not, five of the six are enough
    other &= np.cumsum(other, axis=1) <= NEAREST
    row, column = np.broadcast_to(rows[:, None], near.shape)[other], near[other]
    return sp.csr_array((jobs[column], (row, column)), shape=(size, size))


def unit_sphere(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Give points (place, 3) on the unit sphere from degrees."""
    east, north = np.radians(longitude), np.radians(latitude)
    return np.column_stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]
    )


def _same_region(regions: np.ndarray, jobs: np.ndarray) -> sp.csr_array:
    codes, _ = pd.factorize(pd.Series(regions.astype(object)).replace("", None))
    known = np.flatnonzero(codes >= 0)
    member = sp.csr_array(
        (np.ones(known.size), (known, codes[known])), shape=(len(codes), codes.max() + 1)
    )
    together = member @ member.T
    others = together - sp.diags_array(together.diagonal())
    result = sp.csr_array(others @ sp.diags_array(jobs))
    result.eliminate_zeros()
    return result


def _rows_to_one(weights: sp.csr_array) -> sp.csr_array:
    total = np.asarray(weights.sum(axis=1)).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return sp.csr_array(sp.diags_array(scale) @ weights)
