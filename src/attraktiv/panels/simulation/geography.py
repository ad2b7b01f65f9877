"""Places of a simulated country: names, codes, regions, sizes, coordinates, centrality."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
from scipy.spatial import cKDTree
from scipy.special import ndtri

from attraktiv import names
from attraktiv.panels.weights import unit_sphere

EARTH_RADIUS_KM = 6371.0
PLACES_PER_REGION = 12
_MEDIAN_SIZE, _LOG_SIZE_SD = 4900.0, 1.35
_SMALLEST, _LARGEST = 300.0, 700_000.0
_CATCHMENT_KM, _CATCHMENT_PLACES, _OWN = 12.0, 60, 3.0
_COMMUTING_KM, _COMMUTING_PLACES = 20.0, 30

_FIRST = (
    "Al Berg Bjørk Bø Dal Eid Elv Fjell Flå Fur Gran Gul Hav Hol Høy Is Kald Klepp Kvam Lang Lauv "
    "Lille Lyng Mid Mol Myr Nor Ny Od Orm Rauma Rød Røy Sand Sel Ski Sol Stor Strand Sund Svart "
    "Søn Tro Tun Ull Vann Vest Vin Våg Ytter Æl Ær Ø Øst Øv Å Ål Ås"
)
_LAST = (
    "bakk berg bu bygd by dal eid elv fjord foss gard havn heim holm land lund løkk mark mo nes os "
    "sjø skog stad strand sund torp tun vann vik voll våg øy ås"
)
_FORE = ("", "Indre ", "Ytre ", "Øvre ", "Nedre ", "Nord-", "Sør-", "Øst-", "Vest-", "Store ")


def make_places(rng: np.random.Generator, places: int) -> pd.DataFrame:
    """Draw the places of a country.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    places : int
        How many.

    Returns
    -------
    pandas.DataFrame
        One row per place: ``place`` (code), ``name``, ``centrality`` (0-1000, whole), ``region``
        (code), ``region_name``, ``longitude``, ``latitude`` (degrees), ``size`` (persons at the
        start, whole).
    """
    regions = max(1, round(places / PLACES_PER_REGION))
    region = np.sort(np.arange(places) % regions)
    spread = np.sqrt(regions)
    offset = spread * rng.uniform(-1, 1, (regions, 2))
    centre = np.array([10.0, 62.0]) + offset * np.array([0.9, 0.4])
    # a country must fit on the globe, however many places it has
    centre = np.column_stack([(centre[:, 0] + 180) % 360 - 180, np.clip(centre[:, 1], -70, 70)])
    points = _apart(np.round(centre[region] + rng.normal(0, (0.5, 0.22), (places, 2)), 4))
    # quantiles of the log-normal, shuffled: every country has small and large places
    quantile = ndtri((rng.permutation(places) + 0.5) / places)
    size = np.clip(_MEDIAN_SIZE * np.exp(_LOG_SIZE_SD * quantile), _SMALLEST, _LARGEST).round()
    number = np.arange(places) - np.searchsorted(region, region) + 1
    width = [max(2, len(str(count))) for count in (regions, number.max())]
    codes = [f"{r + 1:0{width[0]}d}{n:0{width[1]}d}" for r, n in zip(region, number, strict=True)]
    titles = _titles(rng, places + regions)
    return pd.DataFrame(
        {
            names.PLACE: codes,
            names.NAME: titles[:places],
            "centrality": _centrality(points, size),
            "region": [f"{r + 1:0{width[0]}d}" for r in region],
            "region_name": [titles[places + r] for r in region],
            names.LONGITUDE: points[:, 0],
            names.LATITUDE: points[:, 1],
            "size": size,
        }
    )


def _apart(points: np.ndarray) -> np.ndarray:
    """Move places that lie at one point: the land between them could not be divided."""
    while True:
        first = np.unique(points, axis=0, return_index=True)[1]
        if len(first) == len(points):
            return points
        again = np.setdiff1d(np.arange(len(points)), first)
        points[again, 0] = np.round(points[again, 0] + 1e-4, 4)


def nearest_places(points: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the places nearest to each, itself first.

    Parameters
    ----------
    points : numpy.ndarray
        (place, 2) longitude and latitude in degrees.
    count : int
        How many places to find, the own place included.

    Returns
    -------
    tuple of numpy.ndarray
        Great-circle distances in km and indices, both (place, count).
    """
    on_sphere = unit_sphere(points[:, 0], points[:, 1])
    count = min(count, len(points))
    chord, index = cKDTree(on_sphere).query(on_sphere, k=count)
    chord, index = chord.reshape(len(points), count), index.reshape(len(points), count)
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1.0)), index


def commuting_flows(
    rng: np.random.Generator, places: pd.DataFrame, jobs: np.ndarray
) -> sp.coo_array:
    """Draw commuting by a law of gravity, whole persons (home, work).

    The employed of a place go to the places around it in proportion to jobs · exp(−distance/20 km).
    """
    points = places[[names.LONGITUDE, names.LATITUDE]].to_numpy()
    distance, index = nearest_places(points, _COMMUTING_PLACES)
    pull = jobs[index] * np.exp(-distance / _COMMUTING_KM) * np.where(distance == 0, 3.0, 1.0)
    employed = np.round(0.5 * places["size"].to_numpy())
    mean = employed[:, None] * pull / pull.sum(axis=1, keepdims=True)
    flows = rng.poisson(mean).astype(np.float64)
    home = np.broadcast_to(np.arange(len(places))[:, None], flows.shape)
    some = flows > 0
    return sp.coo_array((flows[some], (home[some], index[some])), shape=(len(places),) * 2)


def _centrality(points: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Scale the log of the population within reach to 0-1000; the own place counts most."""
    distance, index = nearest_places(points, _CATCHMENT_PLACES)
    near = size[index] * np.exp(-distance / _CATCHMENT_KM)
    reach = np.log(near.sum(axis=1) + (_OWN - 1) * size)
    width = reach.max() - reach.min()
    if width == 0:
        return np.full(len(size), 500.0)
    return np.round(1000 * (reach - reach.min()) / width)


def _titles(rng: np.random.Generator, count: int) -> list[str]:
    """Make unique names of places, with Norwegian letters."""
    whole = [
        first + last
        for first, last in itertools.product(_FIRST.split(), _LAST.split())
        if first.lower() != last
    ]
    shuffled = [whole[k] for k in rng.permutation(len(whole))]
    titles = [fore + title for fore in _FORE for title in shuffled]
    rounds = itertools.chain([""], (f" {number}" for number in itertools.count(2)))
    return list(itertools.islice((t + r for r in rounds for t in titles), count))


def polygons(places: pd.DataFrame) -> list[shapely.Polygon]:
    """Divide the land between the places: to each what is nearest to it.

    Parameters
    ----------
    places : pandas.DataFrame
        As :func:`make_places` draws them.

    Returns
    -------
    list of shapely.Polygon
        In degrees; neighbours share a border. The coast is some way around the outermost places.
    """
    longitude = places[names.LONGITUDE].to_numpy()
    # a degree of longitude is shorter up north: divide where distances are about right
    narrow = np.array([np.cos(np.radians(places[names.LATITUDE].mean())), 1.0])
    points = places[[names.LONGITUDE, names.LATITUDE]].to_numpy() * narrow
    seeds = shapely.MultiPoint(points)
    reach = 0.15 * max(np.ptp(longitude) * narrow[0], np.ptp(points[:, 1]), 0.1)
    coast = seeds.convex_hull.buffer(reach)
    cells = shapely.voronoi_polygons(seeds, extend_to=coast, ordered=True).geoms
    return [
        shapely.transform(
            shapely.intersection(cell, coast, grid_size=1e-5), lambda xy: np.round(xy / narrow, 5)
        )
        for cell in cells
    ]
