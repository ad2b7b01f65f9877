"""The collapsed engine: everything but a few variances is integrated out exactly."""

from __future__ import annotations

import numpy as np

from attraktiv.engines.collapsed.draws import conditional_draws
from attraktiv.engines.collapsed.problem import Problem
from attraktiv.engines.collapsed.sampler import Sample
from attraktiv.engines.collapsed.sampler import sample as sample_psi
from attraktiv.model import Design
from attraktiv.progress import progress as progress_bar
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
    rng = np.random.default_rng(seed)
    text = "preparing (the first fit on a machine compiles, which takes half a minute)"
    with progress_bar(text, 1.0 if progress else None) as update:
        psi = sample_psi(
            problem.log_posterior,
            np.zeros(len(problem.hyper.names)),
            guided=problem.guide,
            chains=sampling.chains,
            draws=sampling.draws,
            rng=rng,
            report=lambda text: update(0.0, text),
        )
        if psi.failure:
            return {}, np.empty(0), psi
        done = 0.0

        def advance(share: float) -> None:
            nonlocal done
            update(share - done, "drawing the effects of places")
            done = share

        draws, log_likelihood = conditional_draws(problem, psi.x, rng, advance)
    return draws, log_likelihood, psi
