"""The collapsed engine of two equations: migration and jobs, with what they share."""

from __future__ import annotations

import numpy as np

from attraktiv.engines.collapsed.joint.draws import Draws, cell_log_likelihood, conditional_draws
from attraktiv.engines.collapsed.joint.problem import JointProblem
from attraktiv.engines.collapsed.running import run
from attraktiv.engines.collapsed.sampler import Sample
from attraktiv.model import JointDesign
from attraktiv.specs import Sampling

__all__ = ["JointProblem", "cell_log_likelihood", "sample"]


def sample(
    design: JointDesign, sampling: Sampling, *, seed: int, progress: bool
) -> tuple[dict[str, Draws], dict[str, np.ndarray], Sample]:
    """Sample ψ of both equations, then everything else from its exact conditional.

    Parameters
    ----------
    design : JointDesign
    sampling : Sampling
        Chains and draws; there is no tuning.
    seed : int
    progress : bool
        Show progress on standard error.

    Returns
    -------
    draws : dict of {"residential", "business"} to dict of str to array
        (chain, draw, …) over the fitted places, each as of a model of one equation; the
        correlations are with ``residential``.
    log_likelihood : dict of {"residential", "business"} to array
        (chain, draw, place, year) float32.
    psi : Sample
        ``psi.failure`` says why the draws cannot be trusted, if so; then the rest is empty.
    """
    problem = JointProblem.of(design)
    psi, drawn = run(problem, conditional_draws, sampling, seed=seed, progress=progress)
    return *(drawn or ({}, {})), psi
