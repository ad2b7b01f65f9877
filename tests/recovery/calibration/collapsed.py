"""Calibration of the collapsed engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from tests.recovery.calibration.countries import fixed_design, simulate
from tests.recovery.calibration.ranks import ESS, FAILURE, KEPT, METHOD, R_HAT, SIMULATION, below

from attraktiv.engines import collapsed
from attraktiv.specs import Sampling, load_spec

ENGINE = "collapsed"
PLACES, YEARS = 40, 8
SAMPLING = Sampling(chains=4, draws=250, tune=1)


@dataclass(frozen=True)
class Fit:
    """A drawn truth, and the engine's answer: `kept` draws by name, none if it failed."""

    simulation: int
    truth: dict[str, np.ndarray]
    kept: dict[str, np.ndarray]
    method: str
    failure: str
    ess: float


def rows(model: str, first: int, simulations: int) -> list[dict[str, Any]]:
    """Ranks of so many simulations, the first of which has the number `first`."""
    return [row(fit) for fit in fits(model, range(first, first + simulations))]


def fits(
    model: str, simulations: Iterable[int], places: int = PLACES, years: int = YEARS
) -> Iterator[Fit]:
    """Simulate panels of a size and fit them; the number of each is its seed."""
    design = fixed_design(load_spec(model), places, years)
    for i in simulations:
        country = simulate(design, np.random.default_rng([i, *model.encode()]))
        draws, _, psi = collapsed.sample(country.design, SAMPLING, seed=i, progress=False)
        total = SAMPLING.chains * SAMPLING.draws
        thin = np.random.default_rng([i, 1]).permutation(total)[:KEPT]
        kept = {name: v.reshape(total, *v.shape[2:])[thin] for name, v in draws.items()}
        yield Fit(i, country.truth, kept, psi.method, psi.failure, float(np.min(psi.ess)))


def row(fit: Fit, change: Callable[[np.ndarray], np.ndarray] | None = None) -> dict[str, Any]:
    """Ranks of a fit; `change` falsifies the draws, to see whether that is found out."""
    kept = fit.kept if change is None else {name: change(v) for name, v in fit.kept.items()}
    about = {
        SIMULATION: fit.simulation,
        METHOD: fit.method,
        FAILURE: fit.failure,
        R_HAT: np.nan,
        ESS: round(fit.ess, 1),
    }
    return about | below(kept, fit.truth)
