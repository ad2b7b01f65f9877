"""Weighted sums of attractiveness over places and years, draw by draw.

The weights do not differ between draws, so every mean over a period is a sum over cells
with fixed coefficients: c_it = w_it / (W_gt · T_g), w the weight of a place in its group,
W the weight of the group's known places in the year, T the group's known years. Only the
draws of u are read place by place and year by year, in blocks; the noise follows from
Σ c·y − α·Σ c − β·Σ c·x without ever holding one number per draw and cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv.effects import terms
from attraktiv.names import POSTERIOR, YEAR, U

_BLOCK_BYTES = 2**25
_PERCENT = 100.0


@dataclass(frozen=True)
class Sums:
    """Sums over the places of each group; a place alone is a group of one.

    Attributes
    ----------
    run
        The run.
    positions
        Positions of the places, shape (places,).
    group_of
        Group of each of them, 0 … groups − 1, shape (places,).
    weights
        Weight of each place in each year, shape (places, years); NaN where unknown.
    years
        The period.
    shares
        Whether weights are turned into shares of the group, which gives a mean; else the
        weights are persons and a percentage of them is summed.
    """

    run: xr.DataTree
    positions: np.ndarray
    group_of: np.ndarray
    weights: np.ndarray
    years: slice
    shares: bool

    def period(self) -> np.ndarray:
        """Return the mean of a over the years, shape (draws, groups)."""
        cells, known = self.cells(self.has_attractiveness())
        return np.where(known, self.regional(cells) + self.own(cells), np.nan)

    def period_with_noise(self) -> np.ndarray:
        """Return the mean of a + ε over the observed years, shape (draws, groups)."""
        outcome = self.outcome()
        cells, known = self.cells(np.isfinite(outcome))
        structure = self.structure(cells).sum(axis=2)
        total = self.fixed(cells, outcome) - self.level(cells) - structure
        return np.where(known, total, np.nan)

    def cells(self, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the coefficient c of each cell, and which groups are known.

        Parameters
        ----------
        known
            Which cells count, shape (places, years); those without a weight never do.

        Returns
        -------
        tuple of ndarray
            Shapes (places, years) and (groups,).
        """
        share, in_year = self._share(np.isfinite(self.weights) & known)
        return self._period_share(share, in_year), in_year.any(axis=1)

    def cells_of_years(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of each cell in its group's year, and which are known.

        Returns
        -------
        tuple of ndarray
            Shapes (places, years) and (groups, years).
        """
        return self._share(np.isfinite(self.weights) & self.has_attractiveness())

    def fixed(self, cells: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return Σ c·value of what does not differ between draws, shape (groups,)."""
        counted = np.where(cells > 0, values, 0.0)
        return self._grouped((cells * counted).sum(axis=1)[None])[0]

    def level(self, cells: np.ndarray) -> np.ndarray:
        """Return Σ c·α, shape (draws, groups)."""
        of_years = self._grouped(cells[None])[0]
        # a year without any cell has no level to estimate by least squares
        alpha = terms.national_level(self.run, self.years)
        return np.where(of_years.any(axis=0), alpha, 0.0) @ of_years.T

    def structure(self, cells: np.ndarray) -> np.ndarray:
        """Return Σ c·x·β of each factor, shape (draws, groups, terms)."""
        factors = terms.standardised_factors(self.run, self._whole, self.years)
        if terms.has_yearly_coefficients(self.run):
            exposure = self._grouped((cells[:, :, None] * factors)[None])[0]
            return np.einsum(
                "syk,gyk->sgk", terms.yearly_coefficients(self.run, self.years), exposure
            )
        exposure = self._grouped(np.einsum("py,pyk->pk", cells, factors)[None])[0]
        return terms.coefficients(self.run)[:, None, :] * exposure

    def regional(self, cells: np.ndarray) -> np.ndarray:
        """Return Σ c·γ, shape (draws, groups); zero where the model has no groups."""
        total = np.zeros((self.draws, self.groups))
        for block, where in self.blocks():
            gamma = terms.regional_part(self.run, where)
            if gamma is None:
                break
            self.add(total, gamma * cells[block].sum(axis=1), block)
        return total

    def own(self, cells: np.ndarray) -> np.ndarray:
        """Return Σ c·(θ + u), shape (draws, groups)."""
        total = np.zeros((self.draws, self.groups))
        for block, where in self.blocks():
            part = np.zeros((1, cells[block].shape[0]))
            theta = terms.place_part(self.run, where)
            if theta is not None:
                part = theta * cells[block].sum(axis=1)
            if terms.has_path(self.run):
                part = part + self._weighted_moving(where, cells[block])
            self.add(total, part, block)
        return total

    def outcome(self) -> np.ndarray:
        """Return the observed outcome, shape (places, years); NaN where unknown."""
        return terms.observed(self.run, self._whole, self.years)

    def lasting(self) -> np.ndarray:
        """Return γ + θ by the mean weight of the period, shape (draws, groups).

        For least squares the mean of the residual over the known years stands for it.
        """
        residual = terms.is_residual(self.run)
        has = self.has_attractiveness()
        weights = mean_of_known(self.weights)[:, None]
        share, known = self._share(np.isfinite(weights) & has.any(axis=1)[:, None], weights)
        years_known = has / np.maximum(has.sum(axis=1, keepdims=True), 1)
        total = np.zeros((self.draws, self.groups))
        for block, where in self.blocks():
            lasting = terms.lasting_part(self.run, where)
            if lasting is None or residual:
                lasting = self._weighted_moving(where, years_known[block])
            self.add(total, lasting * share[block, 0], block)
        return np.where(known.any(axis=1), total, np.nan)

    def path(self) -> np.ndarray:
        """Return a of each year, shape (draws, groups, years)."""
        share, known = self.cells_of_years()
        exact = terms.precision(self.run) if self._alone else np.dtype(np.float64)
        total = np.zeros((self.draws, self.groups, share.shape[1]), dtype=exact)
        for block, where in self.blocks():
            level = terms.path(self.run, where, self.years)
            self.add(total, np.where(share[block] > 0, level, 0.0) * share[block], block)
        total[:, ~known] = np.nan
        return total

    @property
    def _whole(self) -> terms.Where:
        return _where(self.positions)

    @property
    def draws(self) -> int:
        """How many draws the run has, of all chains."""
        sizes = self.run[POSTERIOR].dataset.sizes
        return sizes["chain"] * sizes["draw"]

    @property
    def groups(self) -> int:
        """How many groups, or places alone, are summed."""
        return int(self.group_of.max(initial=-1)) + 1

    @property
    def _alone(self) -> bool:
        return self.groups == len(self.positions)

    def _share(
        self, known: np.ndarray, weights: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the coefficient of each cell, and which groups are known in which years."""
        weights = np.where(known, self.weights if weights is None else weights, 0.0)
        of_group = self._grouped(weights[None])[0]
        if not self.shares:
            return weights / _PERCENT, of_group > 0
        divisor = np.where(of_group > 0, of_group, np.nan)[self.group_of]
        return np.nan_to_num(weights / divisor), of_group > 0

    def _period_share(self, share: np.ndarray, known: np.ndarray) -> np.ndarray:
        return share / np.maximum(known.sum(axis=1), 1)[self.group_of][:, None]

    def has_attractiveness(self) -> np.ndarray:
        """Return in which cells a is known: everywhere but for residuals, shape (places, years)."""
        if not terms.is_residual(self.run):
            return np.ones(self.weights.shape, dtype=bool)
        first = self.run[POSTERIOR].dataset[U].isel(chain=0, draw=0).transpose(..., YEAR)
        return np.isfinite(first.values[self.positions, self.years])

    def _weighted_moving(self, where: terms.Where, cells: np.ndarray) -> np.ndarray:
        moving = terms.moving_part(self.run, where, self.years)
        if terms.is_residual(self.run):
            moving = np.where(cells > 0, moving, 0.0)
        return np.einsum("spy,py->sp", moving, cells)

    def blocks(self) -> Iterator[tuple[slice, terms.Where]]:
        """Give the places in blocks whose draws fit into memory.

        Yields
        ------
        tuple
            The block among ``positions``, and its places in the run.
        """
        numbers = self.draws * self.weights.shape[1]
        yield from blocks_of(self.positions, numbers)

    def _grouped(self, values: np.ndarray) -> np.ndarray:
        total = np.zeros((values.shape[0], self.groups, *values.shape[2:]))
        self.add(total, values, slice(0, len(self.positions)))
        return total

    def add(self, total: np.ndarray, values: np.ndarray, block: slice) -> None:
        """Add values (draws, places of the block, …) to the totals of their groups."""
        if self._alone:
            total[:, self.group_of[block]] = values
            return
        order = np.argsort(self.group_of[block], kind="stable")
        groups, starts = np.unique(self.group_of[block][order], return_index=True)
        total[:, groups] += np.add.reduceat(values[:, order], starts, axis=1)


def blocks_of(positions: np.ndarray, numbers: int) -> Iterator[tuple[slice, terms.Where]]:
    """Give places in blocks that fit into memory.

    Parameters
    ----------
    positions
        Positions of the places in the run.
    numbers
        How many numbers are held for each place.

    Yields
    ------
    tuple
        The block among ``positions``, and its places in the run.
    """
    size = max(1, _BLOCK_BYTES // (8 * numbers))
    for start in range(0, len(positions), size):
        block = slice(start, min(start + size, len(positions)))
        yield block, _where(positions[block])


def _where(chosen: np.ndarray) -> terms.Where:
    """Return places as a slice where they follow each other: read faster."""
    if len(chosen) and np.array_equal(chosen, np.arange(chosen[0], chosen[0] + len(chosen))):
        return slice(int(chosen[0]), int(chosen[0]) + len(chosen))
    return chosen


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=-1)
    count = known.sum(axis=-1)
    return total / np.where(count > 0, count, np.nan)
