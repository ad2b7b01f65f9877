"""A spatial field: attractiveness that neighbours share.

Mathematical details
--------------------
With W the 0/1 matrix of neighbours and D the diagonal of its row sums, the places of each
connected part c of the map have the intrinsic autoregression of Besag, York & Mollié (1991,
*Ann. Inst. Stat. Math.*): precision R_c = D − W, whose level is free. It is scaled so that
the geometric mean of its marginal variances is one (Sørbye & Rue 2014, *Spatial Statistics*),
and its level is held at zero, as Freni-Sterrantino, Ventrucci & Rue (2018, *Spatial and
Spatio-temporal Epidemiology*) advise for a map in parts; a place without neighbours is
standard normal. So

    γ = σ_γ f,   f ~ N(0, Q⁻¹),   Q_c = s_c R_c + κ 11'/n_c,   Q = 1 for a place alone

κ is large and not infinite: the mean of a part then has a standard deviation of one per
cent of f's, divided by √n_c, and Q is a proper precision that both engines use. σ_γ is
thereby the standard deviation of a typical place on any map. Beside θ, which is each place's
own, this is the model of Besag, York & Mollié.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
import xarray as xr
from scipy.sparse.csgraph import connected_components

from attraktiv import names

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_KAPPA = 1e4  # precision of a part's level


@dataclass(frozen=True)
class Field:
    """The prior of a spatial field of standard deviation one.

    Attributes
    ----------
    places : (G,) of str
        Codes, sorted: every place of the panel, fitted or not.
    precision : (G, G) float
        Q of the module's text.
    """

    places: np.ndarray
    precision: Array

    @cached_property
    def log_det(self) -> float:
        """Log determinant of the precision."""
        return float(np.linalg.slogdet(self.precision)[1])

    def root(self) -> Array:
        """L with LL' = Q⁻¹, so that f = Lz of standard normal z; shape (G, G)."""
        # Q = CC' gives Q⁻¹ = C⁻ᵀC⁻¹
        return np.linalg.inv(np.linalg.cholesky(self.precision)).T


def field_of(panel: xr.Dataset) -> Field:
    """Make the field of a panel that knows its borders.

    Parameters
    ----------
    panel : xarray.Dataset
        With ``border_place`` and ``border_neighbour`` over ``border``.

    Returns
    -------
    Field
    """
    places = np.sort(panel[names.PLACE].values.astype(str))
    one = np.searchsorted(places, panel[names.BORDER_PLACE].values.astype(str))
    other = np.searchsorted(places, panel[names.BORDER_NEIGHBOUR].values.astype(str))
    n = len(places)
    half = sp.coo_array((np.ones(one.size), (one, other)), shape=(n, n))
    neighbours = (half + half.T).toarray()
    precision = np.zeros((n, n))
    parts, part = connected_components(sp.csr_array(neighbours), directed=False)
    for c in range(parts):
        rows = np.flatnonzero(part == c)
        precision[np.ix_(rows, rows)] = _part(neighbours[np.ix_(rows, rows)])
    return Field(places, precision)


def _part(neighbours: Array) -> Array:
    n = len(neighbours)
    if n == 1:
        return np.ones((1, 1))
    structure = np.diag(neighbours.sum(axis=1)) - neighbours
    level = np.full((n, n), 1.0 / n)
    # adding the level and taking it out again inverts what is left
    spread = np.diag(np.linalg.inv(structure + level) - level)
    return np.exp(np.log(spread).mean()) * structure + _KAPPA * level
