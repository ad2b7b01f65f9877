"""The collapsed engine of two equations: migration and jobs, with what they share."""

from __future__ import annotations

import numpy as np

from attraktiv.engines.collapsed.joint.draws import Draws, conditional_draws
from attraktiv.engines.collapsed.joint.problem import JointDesign, JointProblem
from attraktiv.engines.collapsed.running import run
from attraktiv.engines.collapsed.sampler import Sample
from attraktiv.names import Kind
from attraktiv.specs import Sampling

__all__ = ["JointProblem", "sample_joint"]


def sample_joint(
    design: JointDesign, sampling: Sampling, *, seed: int, progress: bool
) -> tuple[dict[Kind, Draws], Draws, dict[Kind, np.ndarray], Sample]:
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
        (chain, draw, …) over the fitted places, each as of a model of one equation.
    correlations : dict of str to array
        (chain, draw).
    log_likelihood : dict of {"residential", "business"} to array
        (chain, draw, place, year) float32.
    psi : Sample
        ``psi.failure`` says why the draws cannot be trusted, if so; then the rest is empty.
    """
    problem = JointProblem.of(design)
    psi, drawn = run(problem, conditional_draws, sampling, seed=seed, progress=progress)
    if drawn is None:
        return {}, {}, {}, psi
    return *drawn, psi
