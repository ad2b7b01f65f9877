"""Design → the arrays of the collapsed engine, and its density.

The covariance of a place enters only through :func:`..kernel.gram`, the prior of b
only through :mod:`.global_prior`: either can be exchanged without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.linalg import solve_triangular

from attraktiv import names
from attraktiv.engines.collapsed import kernel
from attraktiv.engines.collapsed.global_prior import global_prior
from attraktiv.engines.collapsed.hyper import Hyper
from attraktiv.engines.collapsed.spectrum import FieldWaves, Residuals, Spectrum
from attraktiv.engines.collapsed.surrogate import Guide
from attraktiv.engines.collapsed.system import Evidence, System, cholesky, forward
from attraktiv.model import Design
from attraktiv.model.field import Field
from attraktiv.specs import Equation

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Cells(NamedTuple):
    """The fitted cells of one equation: N places, T years, K factors.

    Attributes
    ----------
    outcome, used, flow, known : (N, T) float
        Outcome (zero where missing), one where used, v, variance of measurement.
    factors : (N, T, K) float
        Zero where a cell is missing.
    """

    outcome: Array
    used: Array
    flow: Array
    known: Array
    factors: Array

    @classmethod
    def of(cls, data: xr.Dataset) -> Cells:
        """Take the cells of a design's fitted places."""
        on = data[names.USED].values.astype(bool)
        return cls(
            np.where(on, data[names.OUTCOME].values, 0.0),
            on.astype(float),
            # a cell without population is not used; its size must still be a number
            np.where(on, data[names.FLOW_VARIANCE].values, 1.0),
            np.where(on, data[names.MEASUREMENT_SD].values ** 2, 0.0),
            np.where(on[..., None], data[names.FACTORS].values, 0.0),
        )


@dataclass(frozen=True)
class Problem(Evidence):
    """Fitted cells as arrays: N places, T years, K factors, G groups.

    Attributes
    ----------
    outcome, used, flow, known, factors : float
        See :class:`Cells`.
    group : (N,) int
        Group of each place, −1 where the model has none.
    labels : tuple of str
        The groups.
    field : Field or None
        Where each place is a group of its own that is drawn towards its neighbours.
    """

    equation: Equation
    hyper: Hyper
    outcome: Array
    used: Array
    flow: Array
    known: Array
    factors: Array
    group: np.ndarray
    labels: tuple[str, ...]
    field: Field | None
    blocks: tuple[Array, Array, Array, Array, np.ndarray]

    @classmethod
    def of(cls, design: Design) -> Problem:
        """Take the fitted cells of a design."""
        data = design.fitted()
        cells = Cells.of(data)
        group = np.full(cells.used.shape[0], -1)
        labels: tuple[str, ...] = ()
        if names.GROUP_OF_PLACE in data:
            found, group = np.unique(data[names.GROUP_OF_PLACE].values, return_inverse=True)
            labels = tuple(found)
        if design.field is not None:
            labels = tuple(design.field.places)
            group = np.searchsorted(labels, data[names.PLACE].values.astype(str))
        equation = design.equation
        return cls(
            equation,
            Hyper.of(equation),
            *cells,
            group,
            labels,
            design.field,
            _blocks(*cells, group),
        )

    @property
    def cells(self) -> int:
        """Number of cells in the fit."""
        return int(self.used.sum())

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of factors, years and groups."""
        return self.factors.shape[2], self.factors.shape[1], len(self.labels)

    @property
    def coefficients(self) -> int:
        """Number of global coefficients."""
        return sum(self.sizes) + 1

    def guide(self, mode: Array) -> Guide:
        """What is known of the likelihood without computing it.

        Parameters
        ----------
        mode : (d,) float
            Of the posterior of ψ.
        """
        spectrum = Spectrum(
            self.used, self.flow, self.known, self._residuals(mode), self._field_waves()
        )
        psi_at = self.hyper.table()
        return lambda x: spectrum(psi_at(x))

    def _residuals(self, mode: Array) -> Residuals:
        """The outcome less what the global coefficients explain, at their means."""
        psi = self.hyper.values(mode[None])
        system = self.system(psi)
        root = system.root[0]
        mean = solve_triangular(root, forward(system)[0], lower=True, trans="T")
        n_factors, n_years, n_groups = self.sizes
        beta, mu = mean[:n_factors], mean[n_factors]
        alpha = mean[n_factors + 1 : n_factors + 1 + n_years]
        gamma = mean[n_factors + 1 + n_years :]
        fitted = self.factors @ beta + alpha
        if n_groups and self.field is None:
            fitted = fitted + gamma[self.group][:, None]
            # undo the shrinkage: the spread of γ's means is less than that of the groups
            left = np.linalg.inv(root)[:, -n_groups:]
            gamma = gamma / np.maximum(
                1.0 - (left**2).sum(axis=0) / psi[names.SIGMA_GAMMA] ** 2, 0.05
            )
        taken = n_factors + n_years + (n_groups if self.field is None else 0)
        if self.field is not None:
            gamma = gamma[:0]  # a field stays in the residuals, which then show its waves
        return Residuals((self.outcome - fitted) * self.used, alpha - mu, gamma, taken)

    def _field_waves(self) -> FieldWaves | None:
        if self.field is None:
            return None
        precision, waves = np.linalg.eigh(self.field.precision)
        return FieldWaves(1.0 / precision, waves.T[:, self.group])

    def system(self, psi: dict[str, Array]) -> System:
        """Precision and right-hand side of the global coefficients for each row of ψ."""
        z, used, flow, known, group = self.blocks
        n_factors, n_years, n_groups = self.sizes
        log_det, zz, tt, tz, gg, gt, gz = kernel.gram(
            self.hyper.kernel_rows(psi), z, used, flow, known, group, n_groups
        )
        k, y = n_factors, n_factors  # factors are columns 0..k−1, the outcome column k
        year = slice(k + 1, k + 1 + n_years)
        groups = slice(k + 1 + n_years, k + 1 + n_years + n_groups)
        precision, rhs, square, log_det_prior = global_prior(
            self.equation, self.sizes, self.field, psi
        )
        precision[:, :k, :k] += zz[:, :k, :k]
        precision[:, year, year] += tt
        precision[:, year, :k] += tz[:, :, :k]
        precision[:, :k, year] += tz[:, :, :k].transpose(0, 2, 1)
        rhs[:, :k] += zz[:, :k, y]
        rhs[:, year] += tz[:, :, y]
        if n_groups:
            diagonal = np.arange(groups.start, groups.stop)
            precision[:, diagonal, diagonal] += gg
            precision[:, groups, year] += gt
            precision[:, year, groups] += gt.transpose(0, 2, 1)
            precision[:, groups, :k] += gz[:, :, :k]
            precision[:, :k, groups] += gz[:, :, :k].transpose(0, 2, 1)
            rhs[:, groups] += gz[:, :, y]
        return System(cholesky(precision), rhs, square + zz[:, y, y], log_det, log_det_prior)


def _blocks(
    outcome: Array, used: Array, flow: Array, known: Array, factors: Array, group: np.ndarray
) -> tuple[Array, Array, Array, Array, np.ndarray]:
    """Lay the cells out in blocks of places side by side, as the kernel reads them."""
    n_places = outcome.shape[0]
    columns = np.concatenate([factors, outcome[..., None], used[..., None]], axis=2)
    return (
        laned(columns),
        laned(used),
        laned(flow),
        laned(known),
        np.pad(group, (0, -n_places % kernel.LANES), constant_values=-1).reshape(-1, kernel.LANES),
    )


def laned(values: Array) -> Array:
    """Places in blocks side by side: (N, …) → (blocks, …, LANES), padded with zeros."""
    pad = [(0, -values.shape[0] % kernel.LANES)] + [(0, 0)] * (values.ndim - 1)
    padded = np.pad(values, pad)
    lanes = padded.reshape(-1, kernel.LANES, *values.shape[1:])
    return np.ascontiguousarray(np.moveaxis(lanes, 1, -1))


def unlaned(values: np.ndarray, places: int) -> np.ndarray:
    """Undo :func:`laned` behind an axis of draws: (S, blocks, …, LANES) → (S, N, …)."""
    lanes = np.moveaxis(values, -1, 2)
    return lanes.reshape(values.shape[0], -1, *lanes.shape[3:])[:, :places]
