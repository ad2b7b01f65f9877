"""Calibration of the PyMC model and of NUTS, by simuk.

Here PyMC itself draws the parameters and the data, from the model it then fits: a mistake
that the other simulator shares with the collapsed engine would show.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import simuk
from arviz_stats.base import array_stats
from tests.recovery.calibration.countries import fixed_design
from tests.recovery.calibration.ranks import ESS, FAILURE, KEPT, METHOD, R_HAT, SIMULATION, below

from attraktiv.model.pymc_model import model_of
from attraktiv.specs import load_spec

ENGINE = "nuts"
PLACES, YEARS = 20, 6
CHAINS, DRAWS, TUNE = 4, 4000, 1000
SAMPLING = {
    "chains": CHAINS,
    "draws": DRAWS,
    "tune": TUNE,
    "cores": 1,
    "nuts_sampler": "nutpie",
    "target_accept": 0.9,  # as the engine
}


class _Simulations(simuk.SBC):
    """Fits that are kept: ranks are taken here, of thinned draws and of θ and u too."""

    def compute_rank_statistics(self, transform: object = None) -> None:
        """Leave the ranks to :func:`rows`."""


def rows(model: str, first: int, simulations: int) -> list[dict[str, Any]]:
    """Ranks of so many simulations, the first of which has the number `first`."""
    design = fixed_design(load_spec(model), PLACES, YEARS)
    study = _Simulations(
        model_of(design),
        num_simulations=simulations,
        sample_kwargs=dict(SAMPLING),
        seed=first,
        progress_bar=False,
    )
    study.run_simulations()
    if len(study.posteriors) < simulations:
        raise RuntimeError(f"simuk stopped after {len(study.posteriors)} of {simulations}")
    found = []
    for i, posterior in enumerate(study.posteriors):
        shown = [str(name) for name in posterior.data_vars if not str(name).endswith("_raw")]
        draws = {name: np.moveaxis(posterior[name].values, -1, 0) for name in shown}
        truth = {name: study.ref_params[name].isel(sample=i).values for name in shown}
        r_hat, ess = _worst(draws)
        # evenly spaced: nearly independent, which uniform ranks need
        thin = np.linspace(0, CHAINS * DRAWS - 1, KEPT).round().astype(int)
        about = {SIMULATION: first + i, METHOD: ENGINE, FAILURE: "", R_HAT: r_hat, ESS: ess}
        found.append(about | below({name: v[thin] for name, v in draws.items()}, truth))
    return found


def _worst(draws: dict[str, np.ndarray]) -> tuple[float, float]:
    """Largest R-hat and smallest effective sample size of any scalar."""
    flat = [values.reshape(CHAINS, DRAWS, -1) for values in draws.values()]
    series = np.moveaxis(np.concatenate(flat, axis=2), -1, 0)
    axes = {"chain_axis": 1, "draw_axis": 2}
    r_hat = np.max(array_stats.rhat(series, **axes))
    ess = np.min(array_stats.ess(series, method="bulk", **axes))
    return round(float(r_hat), 4), round(float(ess), 1)
