"""Sample ψ by adaptive importance sampling, and say how good the sample is.

Mathematical details
--------------------
1. The mode of log p(ψ | y) on the unbounded scale, by quasi-Newton steps from the best
   of a few starts, and its curvature.
2. A Gaussian process learns what a rough likelihood leaves over, from a few hundred
   points (:mod:`.spectrum`, :mod:`.surrogate`, :mod:`.adaptation`).
3. A fresh sample from that stand-in (:mod:`.proposal`), in batches, one for each chain.
   Weights are Pareto smoothed (Vehtari et al. 2024, *JMLR*), and draws are made unweighted
   by systematic resampling within each batch.
4. With more than nine parameters a mixture that covers the stand-in well enough to draw from
   it is out of reach: there walkers sample (:mod:`.walkers`), which need no weights.
5. Where k̂ is above 0.7 the weights cannot be trusted. The same proposals then make an
   independence Metropolis chain in each batch (Tierney 1994, *Ann. Stat.*), which needs no
   weights; R-hat between the chains and their effective sample size judge it.

In every case the stand-in is only a proposal: what it gets wrong costs draws and no truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from arviz_stats.base import array_stats
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from attraktiv.engines.collapsed.adaptation import Adaptation
from attraktiv.engines.collapsed.proposal import (
    Guided,
    Mixture,
    count,
    normalised,
    resample,
)
from attraktiv.engines.collapsed.surrogate import Guide, unguided
from attraktiv.engines.collapsed.walkers import Walked, walked
from attraktiv.engines.diagnostics import PARETO_LIMIT, R_HAT_LIMIT

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LogDensity = Callable[[Array], Array]
Report = Callable[[str], None]

_WEIGHABLE = 9  # parameters at most for importance weights; more are sampled by walkers
_ATTEMPTS = 2  # at adapting, before a proposal that does not settle is made the best of
_ROUNDS = 7  # of adaptation, at most
_LARGEST = 2  # final sample at most this many times the draws asked for
_LEAST = 0.3  # share of draws that must count


@dataclass(frozen=True)
class Sample:
    """Draws of ψ on the unbounded scale, and the evidence that they are good.

    Attributes
    ----------
    x : (chain, draw, d) float
        Unweighted draws.
    pareto_k : float
        Pareto k̂ of the importance weights; NaN where there are none.
    ess : (d,) float
        Effective sample size of each parameter's mean, from the weights and the resampling.
    evaluations : int
        Number of densities computed.
    components : int
        Components of the last proposal.
    method : str
        ``"importance"``, ``"metropolis"`` where Pareto k̂ was too high for weights, or
        ``"walkers"`` where the parameters are too many for them.
    failure : str
        Why the sample cannot be trusted; empty where it can.
    """

    x: Array
    pareto_k: float
    ess: Array
    evaluations: int
    components: int
    method: str
    failure: str


def sample(
    log_density: LogDensity,
    start: Array,
    *,
    chains: int,
    draws: int,
    rng: np.random.Generator,
    report: Report = lambda text: None,
    guided: Callable[[Array], Guide] | None = None,
) -> Sample:
    """Sample from a density of a few parameters.

    Parameters
    ----------
    log_density : callable
        (n, d) → (n,) log density up to a constant; −inf where it is zero.
    start : (d,) float
        A typical point under the prior.
    chains, draws : int
        Independent batches, and unweighted draws in each.
    rng : numpy.random.Generator
    report : callable
        Told what is going on.
    guided : callable, optional
        Given the mode, what is known of the log density less that of the standard normal:
        see :data:`.surrogate.Guide`. By default nothing.

    Returns
    -------
    Sample
    """
    # Matrices are small: threads would wait for each other longer than they work.
    with threadpool_limits(1, user_api="blas"):
        return _sample(log_density, start, chains, draws, rng, report, guided)


def _sample(
    log_density: LogDensity,
    start: Array,
    chains: int,
    draws: int,
    rng: np.random.Generator,
    report: Report,
    guided: Callable[[Array], Guide] | None,
) -> Sample:
    report("looking for the mode")
    counted = _Counter(log_density)
    mode, covariance, failure = _mode(counted, start, rng)
    if failure:
        return _failed(failure, mode, chains, draws, counted.calls)
    guide = unguided if guided is None else guided(mode)
    wide = Mixture.single(mode, 1.5 * covariance)
    if mode.size > _WEIGHABLE:
        found = walked(counted, guide, wide, chains=chains, draws=draws, rng=rng, report=report)
        return _of_walkers(found, counted.calls)
    for _ in range(_ATTEMPTS):
        adaptation = Adaptation(counted, guide, wide, rng)
        for step in range(_ROUNDS):
            report(f"adapting to the posterior, round {step + 1}")
            adaptation.round()
            if adaptation.satisfied:
                break
        report("sampling the variances")
        x, log_weights = _final(counted, adaptation.proposal, chains, draws, rng)
        judged = _judge(x, log_weights, draws, rng)
        if judged.method == "importance" and not judged.failure:
            break  # else another adaptation, with fresh random numbers, may settle
    return replace(
        judged, evaluations=counted.calls, components=len(adaptation.proposal.mixture.weight)
    )


class _Counter:
    """Count the densities computed: the cost of the sampler."""

    def __init__(self, log_density: LogDensity) -> None:
        self._log_density = log_density
        self.calls = 0

    def __call__(self, x: Array) -> Array:
        self.calls += len(x)
        return self._log_density(x)


def _mode(
    log_density: LogDensity, start: Array, rng: np.random.Generator
) -> tuple[Array, Array, str]:
    d = start.size
    starts = start + np.concatenate([np.zeros((1, d)), rng.standard_normal((31, d))])
    best = starts[int(np.argmax(log_density(starts)))]

    def value_and_gradient(x: Array) -> tuple[float, Array]:
        step = 1e-4
        around = np.concatenate([x[None], x + step * np.eye(d), x - step * np.eye(d)])
        values = -log_density(around)
        if not np.isfinite(values).all():
            return 1e300, np.zeros(d)
        return float(values[0]), (values[1 : d + 1] - values[d + 1 :]) / (2 * step)

    found = minimize(value_and_gradient, best, jac=True, method="BFGS", options={"gtol": 1e-3})
    mode = np.asarray(found.x)
    if not np.isfinite(found.fun) or found.fun >= 1e299 or np.abs(mode).max() > 30.0:
        return mode, np.eye(d), "the posterior has no mode at finite values of the variances"
    return mode, _curvature(log_density, mode), ""


def _curvature(log_density: LogDensity, mode: Array) -> Array:
    """Covariance of the Laplace approximation; flat or wrong directions kept moderate."""
    d = mode.size
    step = 0.05
    eye = step * np.eye(d)
    points = [mode]
    pairs = [(i, j) for i in range(d) for j in range(i + 1)]
    for i, j in pairs:
        points += [
            mode + eye[i] + eye[j],
            mode + eye[i] - eye[j],
            mode - eye[i] + eye[j],
            mode - eye[i] - eye[j],
        ]
    values = -log_density(np.array(points))[1:].reshape(-1, 4)
    hessian = np.zeros((d, d))
    for (i, j), v in zip(pairs, values, strict=True):
        hessian[i, j] = hessian[j, i] = (v[0] - v[1] - v[2] + v[3]) / (4 * step**2)
    size, axes = np.linalg.eigh(np.where(np.isfinite(hessian), hessian, 0.0))
    # A prior's scale is of order one here: no direction is wider than two of those.
    return (axes / np.clip(size, 0.25, None)) @ axes.T


def _final(
    log_density: LogDensity, proposal: Guided, chains: int, draws: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Independent batches, enlarged until each holds enough draws that count."""
    x = np.empty((chains, 0, proposal.mixture.centre.shape[1]))
    log_weights = np.empty((chains, 0))
    wanted = draws
    while True:
        flat, density = proposal.draw(rng, chains * wanted)
        log_weight = log_density(flat) - density
        x = np.concatenate([x, flat.reshape(chains, wanted, -1)], axis=1)
        log_weights = np.concatenate([log_weights, log_weight.reshape(chains, -1)], axis=1)
        counts = min(count(normalised(batch)) for batch in log_weights)
        if counts >= 0.9 * draws or x.shape[1] >= _LARGEST * draws:
            return x, log_weights
        # as many more as the share that counts so far asks for
        missing = (draws / counts - 1.0) * x.shape[1] * 1.05
        wanted = int(np.clip(missing, draws // 4 + 1, _LARGEST * draws - x.shape[1] + 1))


def _judge(x: Array, log_weights: Array, draws: int, rng: np.random.Generator) -> Sample:
    """Make the draws unweighted, and say what they are worth."""
    chains, size, d = x.shape
    raw = np.maximum(log_weights, log_weights.max() - 700.0)
    # written for leave-one-out: it takes the logarithm of the inverse weights
    smoothed, k = array_stats.psislw(-raw.reshape(-1), r_eff=1.0)
    pareto_k = float(k)
    if not pareto_k <= PARETO_LIMIT:
        return replace(_metropolis(x, raw, draws, rng), pareto_k=pareto_k)
    weights = normalised(np.asarray(smoothed))
    flat = x.reshape(-1, d)
    mean = weights @ flat
    apart = (flat - mean) ** 2
    batches = weights.reshape(chains, size)
    # delta-method variance of a self-normalised mean, and what whole copies add to it
    part = np.modf(draws * batches / batches.sum(axis=1, keepdims=True))[0].reshape(-1)
    noise = weights**2 + part * (1.0 - part) / (chains * draws) ** 2
    ess = (weights @ apart) / np.maximum(noise @ apart, 1e-300)
    chosen = np.stack([x[c][resample(batches[c], draws, rng)] for c in range(chains)])
    return _accounted(chosen, ess, pareto_k, "importance", count(weights) / weights.size)


def _of_walkers(found: Walked, evaluations: int) -> Sample:
    """What the draws of walkers are worth: chains and walkers are independent, walks are not."""
    axes = {"chain_axis": 1, "draw_axis": 2}
    series = np.moveaxis(found.x, -1, 0)
    ess = np.asarray(array_stats.ess(series, method="mean", **axes))
    sample = _accounted(found.x, ess, np.nan, "walkers", found.accepted)
    return replace(sample, evaluations=evaluations)


def _metropolis(x: Array, log_weights: Array, draws: int, rng: np.random.Generator) -> Sample:
    """The same proposals as a chain: accept one with probability min(1, w'/w)."""
    chains, size, _ = x.shape
    states = np.empty((chains, size), dtype=int)
    for c in range(chains):
        at = resample(normalised(log_weights[c]), 1, rng)[0]
        threshold = np.log(rng.random(size))
        for t in range(size):
            if threshold[t] < log_weights[c, t] - log_weights[c, at]:
                at = t
            states[c, t] = at
    walked = np.take_along_axis(x, states[..., None], axis=1)
    axes = {"chain_axis": 1, "draw_axis": 2}
    series = np.moveaxis(walked, -1, 0)
    ess = np.asarray(array_stats.ess(series, method="mean", **axes))
    rows = np.linspace(0, size - 1, draws).round().astype(int)
    moved = float((np.diff(states, axis=1) != 0).mean())
    found = _accounted(walked[:, rows], ess, np.inf, "metropolis", moved)
    r_hat = float(np.max(array_stats.rhat(series, **axes)))
    if r_hat < R_HAT_LIMIT or found.failure:
        return found
    return replace(found, failure=f"the chains of the variances disagree: R-hat {r_hat:.3f}")


def _accounted(x: Array, ess: Array, pareto_k: float, method: str, share: float) -> Sample:
    failure = ""
    if share < _LEAST:
        failure = f"only {share:.0%} of the draws of the variances count"
    return Sample(x, pareto_k, ess, 0, 0, method, failure)


def _failed(failure: str, mode: Array, chains: int, draws: int, evaluations: int) -> Sample:
    x = np.broadcast_to(mode, (chains, draws, mode.size)).copy()
    return Sample(x, np.inf, np.zeros(mode.size), evaluations, 0, "none", failure)
