"""Ranks of true values among draws, and whether their distribution is uniform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from arviz_stats.ecdf_utils import get_pointwise_confidence_band, simulate_confidence_bands
from scipy import stats

from attraktiv import names

#: Draws that a truth is ranked among: its rank is one of KEPT + 1 numbers.
KEPT = 99
GRID = np.arange(1, KEPT + 1) / (KEPT + 1)
_BINS = 10
_BAND_DRAWS = 5000  # simulated sets of ranks behind a band
#: Columns of a table of ranks that are not ranks.
SIMULATION, METHOD, FAILURE, R_HAT, ESS = "simulation", "method", "failure", "r_hat", "ess"
ABOUT = (SIMULATION, METHOD, FAILURE, R_HAT, ESS)
#: Of many effects of places and cells, those of the largest, a middling and the smallest place.
_FEW = {names.of_equation(n, kind) for n in (names.THETA, names.U) for kind in names.JOINT}


def followed(values: Mapping[str, np.ndarray], lead: int) -> Iterator[tuple[str, np.ndarray]]:
    """Scalars whose ranks are taken, by label; `lead` axes of draws come first."""
    for name, array in values.items():
        for at in _picked(name, array.shape[lead:]):
            label = f"{name}[{', '.join(map(str, at))}]" if at else name
            index: tuple[Any, ...] = (..., *at)
            yield label, array[index]


def _picked(name: str, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    if name not in _FEW:
        return list(np.ndindex(*shape))
    places = (0, shape[0] // 2, shape[0] - 1)
    if len(shape) == 1:
        return [(i,) for i in places]
    return [(i, t) for i in places for t in (0, shape[1] // 2)]


def below(draws: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Number of kept draws (the first axis) below each truth, by label."""
    true = dict(followed({name: truth[name] for name in draws}, 0))
    return {label: int((values < true[label]).sum()) for label, values in followed(draws, 1)}


def labels(table: pd.DataFrame) -> list[str]:
    """Scalars that a table of ranks has."""
    return [str(column) for column in table.columns if column not in ABOUT]


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """Ranks of the simulations in which the engine did not give up: numbers from 0 to KEPT."""
    return table.loc[table[FAILURE] == "", labels(table)].astype(int)


def difference(ranks: np.ndarray) -> np.ndarray:
    """Share of ranks below k less k / (KEPT + 1), for k from 1 to KEPT."""
    counts = np.bincount(ranks, minlength=KEPT + 1)
    return counts.cumsum()[:-1] / len(ranks) - GRID


@cache
def band(simulations: int, prob: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper end of what :func:`difference` stays within, everywhere, if uniform.

    The simultaneous band of Säilynoja et al. (2022, *Statistics and Computing*).
    """
    rng = np.random.default_rng(0)
    pointwise = simulate_confidence_bands(simulations, 1, GRID, prob, _BAND_DRAWS, rng)
    lower, upper = get_pointwise_confidence_band(pointwise, simulations, GRID)
    return lower - GRID, upper - GRID


def inside_band(ranks: np.ndarray, prob: float) -> bool:
    """Whether the distribution of ranks stays inside the simultaneous band."""
    lower, upper = band(len(ranks), prob)
    found = difference(ranks)
    # as much rounding as a difference of two shares can have
    return bool(((lower - 1e-12 <= found) & (found <= upper + 1e-12)).all())


def p_value(ranks: np.ndarray) -> float:
    """Pearson's chi-square test of ten equal bins: probability of as uneven a distribution."""
    counts = np.bincount(ranks * _BINS // (KEPT + 1), minlength=_BINS)
    return float(stats.chisquare(counts).pvalue)
