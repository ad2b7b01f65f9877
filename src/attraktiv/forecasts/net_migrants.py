"""Net migrants by sex and age: what is left of cohorts that were followed for a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.forecasts.known import Known
from attraktiv.forecasts.mortality import older, probability_of_death
from attraktiv.forecasts.vital import Vital
from attraktiv.panels.checks import tolerance


def migrants_by_age(
    panel: xr.Dataset, known: Known, vital: Vital
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Give persons at the start of the year and their net migrants, of some places at a time.

    Yields
    ------
    tuple
        Which places, and of these both as (place, year, cell). A cell is a sex and an age on
        1 January; both are zero where a border moved people.
    """
    probability = probability_of_death(vital.mortality)
    at_nation = np.zeros(known.deaths.shape)
    for where, start, _ in known.blocks():
        at_nation[where] = start.reshape(*start.shape[:2], -1) @ probability.ravel()
    expected = at_nation * vital.mortality_of_place.mean(axis=0, dtype=np.float64)[:, None]
    told = np.isfinite(known.deaths) & (expected > 0)
    nation = ratio(
        np.where(told, known.deaths, 0.0).sum(axis=0), np.where(told, expected, 0.0).sum(axis=0)
    )
    expected = expected * np.where(nation > 0, nation, 1.0)
    # what a count with an error of measurement tells beside chance
    weight = np.where(told, ratio(expected, expected + known.deaths_variance), 0.0)
    deaths = expected + weight * (np.where(told, known.deaths, 0.0) - expected)
    own = ratio(np.maximum(deaths, 0.0), at_nation)
    for where, start, end in known.blocks():
        dying = np.minimum(own[where, :, None, None] * probability, 1.0)
        arrived = end - older(start * (1.0 - dying))
        # those who end in the open age come from two ages, which share what is left by persons
        arrived[..., 0] = 0.0
        migrants = np.zeros_like(arrived)
        migrants[..., :-1] = arrived[..., 1:]
        last = start[..., -2:]
        migrants[..., -2:] = arrived[..., -1:] * ratio(last, last.sum(axis=-1, keepdims=True))
        kept = _undisturbed(panel.isel({names.PLACE: where}), known, where, start, end)[..., None]
        flat = (*start.shape[:2], -1)
        yield where, kept * start.reshape(flat), kept * migrants.reshape(flat)


def _undisturbed(
    panel: xr.Dataset, known: Known, where: slice, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Say in which years (place, year) no border moved people of some places, of the panel's."""
    before, after = start.sum(axis=(2, 3)), end.sum(axis=(2, 3))

    def flow(name: str) -> np.ndarray:
        if name not in panel:
            return np.full(before.shape, np.nan)
        return panel[name].transpose(names.PLACE, names.YEAR).values[:, known.at]

    moved = np.nan_to_num(flow(names.BOUNDARY_TRANSFER))
    change = (known.births - known.deaths)[where] + flow(names.NET_MIGRATION)
    unexplained = np.nan_to_num(after - before - change - moved)
    limit = tolerance(before)
    result: np.ndarray = (before > 0) & (np.abs(moved) <= limit) & (np.abs(unexplained) <= limit)
    return result


@dataclass(frozen=True)
class Sums:
    """What is kept of the migrants of all years.

    With M migrants and n persons of a cell in a year, A = M − n M̄ what M is beside the mean of the
    place, and d what the net migration rate of the place is beside its own.

    Attributes
    ----------
    persons, migrants : numpy.ndarray
        (place, cell) over years.
    above, below : numpy.ndarray
        (cell,) sums of dA and of n d².
    square, product : numpy.ndarray
        (cell,) sums of A²/n and of dA, where anybody lives.
    free : numpy.ndarray
        (cell,) degrees of freedom: a mean for every cell and one d for every year of a place have
        been fitted.
    """

    persons: np.ndarray
    migrants: np.ndarray
    above: np.ndarray
    below: np.ndarray
    square: np.ndarray
    product: np.ndarray
    free: np.ndarray

    @classmethod
    def of(cls, blocks: Iterator[tuple[slice, np.ndarray, np.ndarray]]) -> Sums:
        """Add up blocks of places."""
        over_years, over_places = [], []
        for _, persons, migrants in blocks:
            exposure, moved = persons.sum(axis=1), migrants.sum(axis=1)
            total, net = persons.sum(axis=2), migrants.sum(axis=2)
            mean = ratio(net.sum(axis=1), total.sum(axis=1))
            off = np.where(total > 0, ratio(net, total) - mean[:, None], 0.0)
            beside = migrants - persons * ratio(moved, exposure)[:, None]
            told = persons > 0
            over_years.append((exposure, moved))
            over_places.append(
                (
                    np.einsum("ity,it->y", beside, off),
                    np.einsum("ity,it->y", persons, off**2),
                    ratio(beside**2, persons).sum(axis=(0, 1)),
                    np.einsum("ity,it->y", np.where(told, beside, 0.0), off),
                    np.maximum(told.sum(axis=1) - 1.0, 0.0).sum(axis=0),
                )
            )
        persons, migrants = (np.concatenate(parts) for parts in zip(*over_years, strict=True))
        return cls(persons, migrants, *(sum(parts) for parts in zip(*over_places, strict=True)))


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide; zero where the divisor is not above zero."""
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)
