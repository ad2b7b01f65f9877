"""Countries whose every parameter is drawn from the prior, and whose data follow from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.model import Design
from attraktiv.specs import ModelSpec

FACTORS = 2


@dataclass(frozen=True)
class Country:
    """A drawn truth and the data that follow from it."""

    truth: dict[str, np.ndarray]
    design: Design


def fixed_design(spec: ModelSpec, places: int, years: int, seed: int = 0) -> Design:
    """Factors, sizes and missing cells that stay the same in every simulation."""
    rng = np.random.default_rng(seed)
    cells = (names.PLACE, names.YEAR)
    size = np.geomspace(200_000, 500, places)
    used = rng.random((places, years)) > 0.1
    data = xr.Dataset(
        {
            names.OUTCOME: (cells, np.zeros(used.shape)),
            names.USED: (cells, used),
            names.FITTED: (names.PLACE, np.ones(places, dtype=bool)),
            names.FLOW_VARIANCE: (cells, np.repeat(900.0 / size[:, None], years, axis=1)),
            names.MEASUREMENT_SD: (cells, np.zeros(used.shape)),
            names.FACTORS: ((*cells, names.TERM), rng.standard_normal((*used.shape, FACTORS))),
        },
        coords={
            names.PLACE: [f"{i:03d}" for i in range(places)],
            names.YEAR: np.arange(2001, 2001 + years),
            names.TERM: [f"x{k}" for k in range(FACTORS)],
        },
    )
    return Design(spec, data, tuple(map(str, data[names.TERM].values)), {})


def simulate(design: Design, rng: np.random.Generator) -> Country:
    """Draw every parameter from its prior, and the outcome from them."""
    equation = design.spec.migration
    data = design.data
    places, years = data[names.USED].shape
    drawn = {
        name: np.asarray(prior.from_normal(rng.standard_normal(1))[0])
        for name, prior in equation.priors.items()
        if name != names.BETA
    }
    beta = equation.priors[names.BETA].from_normal(rng.standard_normal(FACTORS))
    alpha = drawn[names.MU_ALPHA] + ar1(
        rng, drawn[names.RHO_ALPHA], drawn[names.SIGMA_ALPHA], (years,)
    )
    theta = drawn[names.TAU] * rng.standard_normal(places)
    mean = alpha + data[names.FACTORS].values @ beta + theta[:, None]
    truth = {**drawn, names.BETA: beta, names.ALPHA: alpha, names.THETA: theta}
    if equation.place_effect == "ar1":
        truth[names.U] = ar1(rng, drawn[names.RHO], drawn[names.SIGMA_U], (places, years))
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
