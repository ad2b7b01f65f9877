"""A problem → draws of everything: ψ first, then the rest given ψ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from attraktiv.engines.collapsed.sampler import Sample, sample
from attraktiv.engines.collapsed.system import Evidence
from attraktiv.progress import progress as progress_bar
from attraktiv.specs import Sampling


def run[P: Evidence, R](
    problem: P,
    conditional: Callable[[P, Any, np.random.Generator, Callable[[float], None]], R],
    sampling: Sampling,
    *,
    seed: int,
    progress: bool,
) -> tuple[Sample, R | None]:
    """Sample ψ, then everything else from its exact conditional.

    Parameters
    ----------
    problem : Evidence
    conditional : callable
        Draws everything else given the problem, ψ on the unbounded scale and random numbers,
        and tells the share of the work done.
    sampling : Sampling
    seed : int
    progress : bool
        Show progress on standard error.

    Returns
    -------
    psi : Sample
    drawn : what `conditional` returns, or None
        None where ``psi.failure`` says why ψ cannot be trusted.
    """
    rng = np.random.default_rng(seed)
    text = "preparing (the first fit on a machine compiles, which takes half a minute)"
    with progress_bar(text, 1.0 if progress else None) as update:
        psi = sample(
            problem.log_posterior,
            np.zeros(len(problem.hyper.names)),
            guided=problem.guide,
            chains=sampling.chains,
            draws=sampling.draws,
            rng=rng,
            report=lambda text: update(0.0, text),
        )
        if psi.failure:
            return psi, None
        done = 0.0

        def advance(share: float) -> None:
            nonlocal done
            update(share - done, "drawing the effects of places")
            done = share

        return psi, conditional(problem, psi.x, rng, advance)
