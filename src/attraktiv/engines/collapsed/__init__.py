"""The collapsed engine: everything but a few variances is integrated out exactly."""

from __future__ import annotations

import numpy as np

from attraktiv.engines.collapsed.draws import conditional_draws
from attraktiv.engines.collapsed.problem import Problem
from attraktiv.engines.collapsed.running import run
from attraktiv.engines.collapsed.sampler import Sample
from attraktiv.model import Design
from attraktiv.specs import Sampling

__all__ = ["Problem", "Sample", "sample"]


def sample(
    design: Design, sampling: Sampling, *, seed: int, progress: bool
) -> tuple[dict[str, np.ndarray], np.ndarray, Sample]:
    """Sample ψ, then everything else from its exact conditional.

    Parameters
    ----------
    design : Design
    sampling : Sampling
        Chains and draws; there is no tuning.
    seed : int
    progress : bool
        Show progress on standard error.

    Returns
    -------
    draws : dict of str to array
        (chain, draw, …) over the fitted places.
    log_likelihood : (chain, draw, place, year) float32
    psi : Sample
        ``psi.failure`` says why the draws cannot be trusted, if so.
    """
    problem = Problem.of(design)
    psi, drawn = run(problem, conditional_draws, sampling, seed=seed, progress=progress)
    return *(drawn or ({}, np.empty(0))), psi
