"""Simulation-based calibration: parameters from the prior, data from them, ranks in the fit.

If the engine draws from the exact posterior, the rank of each true value among its draws is
uniform (Talts et al. 2020, arXiv:1804.06788).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr
from arviz_stats.ecdf_utils import ecdf_pit

from attraktiv import names
from attraktiv.engines import collapsed
from attraktiv.model import Design
from attraktiv.specs import ModelSpec, Sampling, load_spec

SAMPLING = Sampling(chains=4, draws=250, tune=1)
KEPT = 199  # draws that a truth is ranked among
PLACES, YEARS, FACTORS = 40, 8, 2
#: Places and cells whose ranks are followed: the largest, a middling, the smallest.
FOLLOWED = (0, PLACES // 2, PLACES - 1)


@dataclass(frozen=True)
class Country:
    """A drawn truth and the data that follow from it."""

    truth: dict[str, np.ndarray]
    design: Design


def fixed_design(spec: ModelSpec, seed: int = 0) -> Design:
    """Factors, sizes and missing cells that stay the same in every simulation."""
    rng = np.random.default_rng(seed)
    cells = (names.PLACE, names.YEAR)
    size = np.geomspace(200_000, 500, PLACES)
    used = rng.random((PLACES, YEARS)) > 0.1
    data = xr.Dataset(
        {
            names.OUTCOME: (cells, np.zeros(used.shape)),
            names.USED: (cells, used),
            names.FITTED: (names.PLACE, np.ones(PLACES, dtype=bool)),
            names.FLOW_VARIANCE: (cells, np.repeat(900.0 / size[:, None], YEARS, axis=1)),
            names.MEASUREMENT_SD: (cells, np.zeros(used.shape)),
            names.FACTORS: ((*cells, names.TERM), rng.standard_normal((*used.shape, FACTORS))),
        },
        coords={
            names.PLACE: [f"{i:03d}" for i in range(PLACES)],
            names.YEAR: np.arange(2001, 2001 + YEARS),
            names.TERM: [f"x{k}" for k in range(FACTORS)],
        },
    )
    return Design(spec, data, tuple(map(str, data[names.TERM].values)), {})


def simulate(design: Design, rng: np.random.Generator) -> Country:
    """Draw every parameter from its prior, and the outcome from them."""
    equation = design.spec.migration
    data = design.data
    drawn = {
        name: np.asarray(prior.from_normal(rng.standard_normal(1))[0])
        for name, prior in equation.priors.items()
        if name != names.BETA
    }
    beta = equation.priors[names.BETA].from_normal(rng.standard_normal(FACTORS))
    alpha = drawn[names.MU_ALPHA] + ar1(
        rng, drawn[names.RHO_ALPHA], drawn[names.SIGMA_ALPHA], (YEARS,)
    )
    theta = drawn[names.TAU] * rng.standard_normal(PLACES)
    mean = alpha + data[names.FACTORS].values @ beta + theta[:, None]
    truth = {**drawn, names.BETA: beta, names.ALPHA: alpha, names.THETA: theta}
    if equation.place_effect == "ar1":
        truth[names.U] = ar1(rng, drawn[names.RHO], drawn[names.SIGMA_U], (PLACES, YEARS))
        mean = mean + truth[names.U]
    variance = drawn[names.SIGMA] ** 2 + drawn[names.PHI] * data[names.FLOW_VARIANCE].values
    outcome = mean + np.sqrt(variance) * rng.standard_normal(mean.shape)
    cells = (names.PLACE, names.YEAR)
    seen = np.where(data[names.USED].values, outcome, np.nan)
    return Country(
        truth, Design(design.spec, data.assign({names.OUTCOME: (cells, seen)}), design.terms, {})
    )


def ar1(
    rng: np.random.Generator, rho: np.ndarray, sigma: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """Stationary AR(1) paths along the last axis."""
    path = sigma * rng.standard_normal(shape)
    path[..., 0] /= np.sqrt(1.0 - rho**2)
    for t in range(1, shape[-1]):
        path[..., t] += rho * path[..., t - 1]
    return path


def followed(values: dict[str, np.ndarray], lead: int) -> Iterator[tuple[str, np.ndarray]]:
    """Scalars whose ranks are taken, by label; `lead` axes of draws come first."""
    for name, array in values.items():
        rest = array.shape[lead:]
        picked: list[tuple[int, ...]] = list(np.ndindex(*rest))
        if name == names.THETA:
            picked = [(i,) for i in FOLLOWED]
        elif name == names.U:
            picked = [(i, t) for i in FOLLOWED for t in (0, YEARS // 2)]
        for at in picked:
            label = name if not rest else f"{name}[{', '.join(map(str, at))}]"
            yield (
                label,
                array.reshape(*array.shape[:lead], -1)[..., np.ravel_multi_index(at, rest)]
                if rest
                else array,
            )


def ranks(country: Country, seed: int) -> dict[str, float]:
    """Share of thinned draws below each truth, with ties broken at random."""
    draws, _, psi = collapsed.sample(country.design, SAMPLING, seed=seed, progress=False)
    if psi.failure:
        return {}
    rng = np.random.default_rng([seed, 1])
    thin = rng.permutation(SAMPLING.chains * SAMPLING.draws)[:KEPT]
    truth = dict(followed(country.truth, 0))
    out = {}
    for label, values in followed(draws, 2):
        below = int((values.reshape(-1)[thin] < truth[label]).sum())
        out[label] = (below + rng.random()) / (KEPT + 1)
    return out


def calibrate(model: str, simulations: int, first: int = 0) -> tuple[dict[str, np.ndarray], int]:
    """Ranks of every followed scalar, and how often the engine gave up."""
    design = fixed_design(load_spec(model))
    found: dict[str, list[float]] = {}
    failures = 0
    for i in range(first, first + simulations):
        one = ranks(simulate(design, np.random.default_rng([i, 7])), seed=i)
        failures += not one
        for label, rank in one.items():
            found.setdefault(label, []).append(rank)
    return {label: np.array(values) for label, values in found.items()}, failures


def inside_band(values: np.ndarray, prob: float) -> bool:
    """Whether the ranks' distribution stays inside the simultaneous band."""
    _, ecdf, lower, upper = ecdf_pit(values, prob, 2000, rng=np.random.default_rng(0))
    return bool(((lower <= ecdf) & (ecdf <= upper)).all())
