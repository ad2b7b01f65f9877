"""Adaptation of the proposal: learn a stand-in, follow it with a mixture, correct it.

Mathematical details
--------------------
A round draws from the proposal, computes the exact density there, and measures how even
the weights are. Its draws, and some from the outskirts (the square root of the proposal's
density) where errors make the heaviest weights, teach the stand-in. The mixture is then
refitted to the stand-in by expectation-maximisation with tempered weights (Cappé et al.
2008, *Stat. Comput.*), which costs no exact density. The stand-in is trusted only near
known points, further while it does well: an extrapolation is never followed far.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attraktiv.engines.collapsed.proposal import Guided, Mixture, count, normalised, resample
from attraktiv.engines.collapsed.surrogate import Features, Surrogate

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LogDensity = Callable[[Array], Array]

_ROUND = 200  # draws in a round
_CONFIRM = 500  # draws in the round that decides
_FRINGE = 60  # draws further out in a round
_TRUST = 1.5  # how far from known points the stand-in is trusted, at first
_FARTHEST = 6.0  # and at most
_NEAREST = 0.4  # and at least
_POOR = 0.1  # share of draws that count below which it is trusted less
_PRIOR = 0.05  # share of the mixture that is the prior
_SATISFIED = 0.8  # share of draws that count at which adaptation stops
_HEAVY = 1.0  # log of the largest weight over the median at which adaptation stops
_POOL = 4000  # draws of the mixture when it is refitted
_PASSES = 10
_WIDE = 0.6  # power of the stand-in that the mixture follows: it must cover the tails
_KEPT = 0.25  # share of the mixture's draws that count at which it is close enough
_COMPONENTS = 8
_WIDER = 1.2  # scale of the mixture that is drawn from, relative to the fitted one


class Adaptation:
    """The points known so far and the proposal they lead to.

    Parameters
    ----------
    log_density : callable
        (n, d) → (n,).
    features : callable
        (n, d) → (n, p), see :mod:`.surrogate`.
    wide : Mixture
        First proposal.
    rng : numpy.random.Generator
    """

    def __init__(
        self, log_density: LogDensity, features: Features, wide: Mixture, rng: np.random.Generator
    ) -> None:
        d = wide.centre.shape[1]
        self._log_density, self._features, self._rng = log_density, features, rng
        self._prior = Mixture.single(np.zeros(d), np.eye(d))
        self._core = self._wide = wide
        self._points, self._values = np.empty((0, d)), np.empty(0)
        self._trust = _TRUST
        self._hopeful = False
        self.satisfied = False
        first = self._covering(wide).draw(rng, _ROUND)
        self._learn(first, log_density(first))
        self.proposal = self._proposal()

    @property
    def components(self) -> int:
        """Components of the mixture."""
        return len(self._core.weight)

    def round(self) -> float:
        """Try the proposal, and improve it unless it is good; the share of draws that count.

        Once a proposal looks good a larger round has to confirm it.
        """
        size = _CONFIRM if self._hopeful else _ROUND
        x, density = self.proposal.draw(self._rng, size)
        value = self._log_density(x)
        log_weights = value - density
        share = count(normalised(log_weights)) / size
        even = log_weights.max() - np.median(log_weights) < _HEAVY
        # a stand-in that is held down away from known points may hide a tail
        free = self._trust >= _FARTHEST
        self.satisfied = bool(self._hopeful and share >= _SATISFIED and even)
        self._hopeful = free and share >= _SATISFIED
        if not self.satisfied:
            if share > 0.5:
                self._trust = min(2.0 * self._trust, _FARTHEST)
            elif share < _POOR:
                self._trust = max(0.5 * self._trust, _NEAREST)
                # a mixture that has gone astray is no place to start from
                self._core = self._wide
            # all of a large round would crowd out the points that are further out
            worst = np.argsort(-log_weights)[:_ROUND]
            fringe = self._fringe()
            self._learn(x[worst], value[worst])
            self._learn(fringe, self._log_density(fringe))
            self.proposal = self._proposal()
        return share

    def _learn(self, x: Array, value: Array) -> None:
        fine = np.isfinite(value)
        self._points = np.concatenate([self._points, x[fine]])
        self._values = np.concatenate([self._values, value[fine]])

    def _covering(self, core: Mixture) -> Mixture:
        # x has a standard normal prior: with a share of it no corner is left out
        return core.joined(self._prior, _PRIOR)

    def _proposal(self) -> Guided:
        surrogate = Surrogate.fitted(self._features, self._points, self._values, self._trust)
        self._follow(surrogate)
        return Guided.by(self._covering(self._core.wider(_WIDER)), surrogate, self._rng)

    def _follow(self, stand_in: LogDensity) -> None:
        """Refit the mixture to the stand-in, with more components while that is not enough."""
        d = self._points.shape[1]
        for step in range(_PASSES):
            mixture = self._covering(self._core)
            pool = mixture.draw(self._rng, _POOL)
            log_weights = _WIDE * stand_in(pool) - mixture.log_density(pool)
            if count(normalised(log_weights)) > _KEPT * _POOL:
                break
            rows = resample(_tempered(log_weights, 25.0 * d), _POOL // 2, self._rng)
            if step > 1 and self.components < _COMPONENTS:
                self._core = self._core.split()
            self._core = self._core.refit(pool[rows])

    def _fringe(self) -> Array:
        """Draws of the square root of the proposal's density."""
        wider = self.proposal.mixture.wider(1.4)
        pool = wider.draw(self._rng, _POOL)
        log_weights = 0.5 * self.proposal.log_density(pool) - wider.log_density(pool)
        return pool[resample(normalised(log_weights), _FRINGE, self._rng)]


def _tempered(log_weights: Array, wanted: float) -> Array:
    """Weights to the highest power, at most one, at which enough of them count."""
    power = 1.0
    while count(normalised(power * log_weights)) < wanted and power > 1e-3:
        power *= 0.8
    return normalised(power * log_weights)
