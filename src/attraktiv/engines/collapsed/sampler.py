"""Sample ψ by adaptive importance sampling, and say how good the sample is.

Mathematical details
--------------------
1. The mode of log p(ψ | y) on the unbounded scale, by quasi-Newton steps from the best
   of a few starts, and its curvature.
2. Where a wide Student-t distribution around the mode serves, it is the proposal. Else
   a short walk of many chains at once (differential evolution: ter Braak 2006, *Stat.
   Comput.*) finds the shape of the posterior, and a mixture of Student-t distributions
   is fitted to it by expectation-maximisation, corrected round by round with weighted
   draws (Cappé et al. 2008, *Stat. Comput.*).
3. A fresh sample from the last proposal, in independent batches, one for each chain.
   A share of it comes from the first, wide proposal, so that weights stay bounded
   where the fit is too narrow. Weights are Pareto smoothed (Vehtari et al. 2024,
   *JMLR*); k̂ above 0.7 means that they cannot be trusted.
4. Unweighted draws by systematic resampling within each batch.

Self-normalised importance sampling is exact as the sample grows. The batches share no
random numbers after the adaptation, so R-hat between them is a convergence check of
its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats
from scipy.optimize import minimize

from attraktiv.engines.collapsed.proposal import Mixture

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LogDensity = Callable[[Array], Array]
Report = Callable[[str], None]

#: Above this Pareto k̂ importance weights cannot be trusted (Vehtari et al. 2024).
PARETO_LIMIT = 0.7

_ROUND = 500  # draws in a round of adaptation
_COMPONENTS = (4, 8, 12)  # of the mixture, round by round
_SATISFIED = 0.6  # share of draws that count at which adaptation stops
_WALKERS = 64
_STEPS = 60
_WIDE = 0.1  # share of the final sample from the wide proposal
_LARGEST = 8  # final sample at most this many times the draws asked for


@dataclass(frozen=True)
class Sample:
    """Draws of ψ on the unbounded scale, and the evidence that they are good.

    Attributes
    ----------
    x : (chain, draw, d) float
        Unweighted draws.
    pareto_k : float
        Pareto k̂ of the importance weights.
    ess : (d,) float
        Effective sample size of each parameter's mean, from the weights.
    evaluations : int
        Number of densities computed.
    components : int
        Components of the last proposal.
    failure : str
        Why the sample cannot be trusted; empty where it can.
    """

    x: Array
    pareto_k: float
    ess: Array
    evaluations: int
    components: int
    failure: str


def sample(
    log_density: LogDensity,
    start: Array,
    *,
    chains: int,
    draws: int,
    rng: np.random.Generator,
    report: Report = lambda text: None,
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

    Returns
    -------
    Sample
    """
    report("looking for the mode")
    counted = _Counter(log_density)
    mode, covariance, failure = _mode(counted, start, rng)
    if failure:
        return _failed(failure, mode, chains, draws, counted.calls)
    wide = Mixture.single(mode, 1.5 * covariance)
    proposal = _adapt(counted, wide, rng, report)
    final = Mixture(
        np.concatenate([(1 - _WIDE) * proposal.weight, _WIDE * wide.weight]),
        np.concatenate([proposal.centre, wide.centre]),
        np.concatenate([proposal.root, wide.root]),
    )
    report("sampling the variances")
    x, log_weights = _final(counted, final, chains, draws, rng)
    return _judge(x, log_weights, draws, rng, counted.calls, len(proposal.weight))


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


def _adapt(
    log_density: LogDensity, wide: Mixture, rng: np.random.Generator, report: Report
) -> Mixture:
    """A proposal close to the posterior: the wide one if it serves, else fitted to a walk."""
    points = wide.draw(rng, _ROUND)
    target = log_density(points)
    log_weights = target - wide.log_density(points)
    best, best_share = wide, _count(_normalised(log_weights)) / _ROUND
    if best_share >= _SATISFIED:
        return best
    walk = _walk(log_density, points, target, log_weights, rng, report)
    x, weights = walk, np.full(len(walk), 1.0 / len(walk))
    for step, components in enumerate(_COMPONENTS):
        report(f"adapting to the posterior, round {step + 1} of {len(_COMPONENTS)}")
        proposal = Mixture.fitted(x, weights, components)
        fresh = proposal.draw(rng, _ROUND)
        log_weights = log_density(fresh) - proposal.log_density(fresh)
        share = _count(_normalised(log_weights)) / _ROUND
        if share > best_share:
            best, best_share = proposal, share
        if share >= _SATISFIED:
            break
        # The walk gives the shape, weighted draws the tails that a short walk misses.
        part = _count(_normalised(log_weights)) / (len(walk) + _ROUND)
        x = np.concatenate([x, fresh])
        weights = np.concatenate(
            [(1 - part) * weights, part * _tempered(log_weights, 8.0 * x.shape[1])]
        )
    return best


def _walk(
    log_density: LogDensity,
    points: Array,
    target: Array,
    log_weights: Array,
    rng: np.random.Generator,
    report: Report,
) -> Array:
    """Many walkers at once: differential evolution Markov chains (ter Braak 2006)."""
    d = points.shape[1]
    walkers = max(_WALKERS, 8 * d)
    start = _resample(_tempered(log_weights, 0.3 * len(points)), walkers, rng)
    x, value = points[start], target[start]
    kept = []
    for step in range(_STEPS):
        if step % 10 == 0:
            report(f"walking through the posterior, step {step} of {_STEPS}")
        first = (np.arange(walkers) + rng.integers(1, walkers, walkers)) % walkers
        second = (np.arange(walkers) + rng.integers(1, walkers, walkers)) % walkers
        # now and then a whole difference, so that walkers can change places
        length = 1.0 if step % 10 == 9 else 2.38 / np.sqrt(2 * d) * rng.uniform(0.4, 1.1)
        moved = x + length * (x[first] - x[second]) + 1e-3 * rng.standard_normal(x.shape)
        fresh = log_density(moved)
        accept = np.log(rng.random(walkers)) < fresh - value
        x = np.where(accept[:, None], moved, x)
        value = np.where(accept, fresh, value)
        if step >= _STEPS // 3 and step % 2:
            kept.append(x)
    return np.concatenate(kept)


def _final(
    log_density: LogDensity, proposal: Mixture, chains: int, draws: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Independent batches, enlarged until each holds enough draws that count."""
    x = np.empty((chains, 0, proposal.centre.shape[1]))
    log_weights = np.empty((chains, 0))
    wanted = draws
    while True:
        fresh = np.stack([proposal.draw(rng, wanted) for _ in range(chains)])
        flat = fresh.reshape(-1, fresh.shape[-1])
        log_weight = log_density(flat) - proposal.log_density(flat)
        x = np.concatenate([x, fresh], axis=1)
        log_weights = np.concatenate([log_weights, log_weight.reshape(chains, -1)], axis=1)
        counts = min(_count(_normalised(batch)) for batch in log_weights)
        if counts >= draws or x.shape[1] >= _LARGEST * draws:
            return x, log_weights
        # as many more as the share that counts so far asks for
        missing = (draws / counts - 1.0) * x.shape[1] * 1.05
        wanted = int(np.clip(missing, draws // 4 + 1, _LARGEST * draws - x.shape[1] + 1))


def _judge(
    x: Array,
    log_weights: Array,
    draws: int,
    rng: np.random.Generator,
    evaluations: int,
    components: int,
) -> Sample:
    chains, size, d = x.shape
    flat = x.reshape(-1, d)
    raw = np.maximum(log_weights.reshape(-1), log_weights.max() - 700.0)
    # written for leave-one-out: it takes the logarithm of the inverse weights
    smoothed, k = array_stats.psislw(-raw, r_eff=1.0)
    weights = _normalised(np.asarray(smoothed))
    mean = weights @ flat
    # delta-method effective size of a self-normalised mean
    spread = weights @ (flat - mean) ** 2
    ess = spread / np.maximum((weights**2) @ (flat - mean) ** 2, 1e-300)
    batches = weights.reshape(chains, size)
    chosen = np.stack([x[c][_resample(batches[c], draws, rng)] for c in range(chains)])
    pareto_k = float(k)
    failure = ""
    if not pareto_k <= PARETO_LIMIT:
        failure = (
            f"the importance weights of the variances have Pareto k {pareto_k:.2f}, and above "
            f"{PARETO_LIMIT} they cannot be trusted"
        )
    return Sample(chosen, pareto_k, ess, evaluations, components, failure)


def _failed(failure: str, mode: Array, chains: int, draws: int, evaluations: int) -> Sample:
    x = np.broadcast_to(mode, (chains, draws, mode.size)).copy()
    return Sample(x, np.inf, np.zeros(mode.size), evaluations, 0, failure)


def _normalised(log_weights: Array) -> Array:
    top = log_weights.max()
    if not np.isfinite(top):
        return np.full(log_weights.shape, 1.0 / log_weights.size)
    weights = np.exp(log_weights - top)
    return weights / weights.sum()


def _count(weights: Array) -> float:
    """Kish's effective number of normalised weights."""
    return float(1.0 / (weights**2).sum())


def _tempered(log_weights: Array, wanted: float) -> Array:
    """Weights to the highest power, at most one, at which enough of them count."""
    power = 1.0
    while _count(_normalised(power * log_weights)) < wanted and power > 1e-3:
        power *= 0.8
    return _normalised(power * log_weights)


def _resample(weights: Array, size: int, rng: np.random.Generator) -> np.ndarray:
    """Systematic resampling, in random order."""
    ends = np.cumsum(weights / weights.sum())
    points = (rng.random() + np.arange(size)) / size
    return rng.permutation(np.minimum(np.searchsorted(ends, points), weights.size - 1))
