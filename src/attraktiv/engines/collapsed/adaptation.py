"""Adaptation of the proposal: learn a stand-in, follow it with a mixture, correct it.

Mathematical details
--------------------
A round draws from the proposal, computes the exact density there, and measures how even
the weights are, and whether any is heavy on the outskirts, where the square root of the
proposal's density sends some draws: a posterior that reaches further than the proposal
shows there. All of them teach the stand-in. The mixture is then refitted, by
expectation-maximisation (Cappé et al. 2008, *Stat. Comput.*), to particles that have walked
under the stand-in, which costs no exact density. The stand-in is trusted only near known
points, further where the outskirts ask for it: an extrapolation is never followed far. The
best proposal is kept: a later round that learns something new may be worse for a while.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attraktiv.engines.collapsed.proposal import (
    Guided,
    Mixture,
    count,
    normalised,
    resample,
    tempered,
    walk,
)
from attraktiv.engines.collapsed.surrogate import Guide, Surrogate

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LogDensity = Callable[[Array], Array]

_ROUND = 200  # draws in a round
_CONFIRM = 500  # draws in the round that decides
_FRINGE = 60  # draws further out in a round
_TRUST = 3.0  # how far from known points the stand-in is trusted, at first
_FARTHEST = 6.0  # and at most
_NEAREST = 0.4  # and at least
_POOR = 0.1  # share of draws that count below which it is trusted less
_PRIOR = 0.05  # share of the mixture that is the prior
_SATISFIED = 0.8  # share of draws that count at which adaptation stops
_HEAVY = 1.0  # log of the largest weight over the median at which adaptation stops
_HEAVY_FRINGE = 2.0  # the same on the outskirts
_POOL = 4000  # draws of the mixture when it is refitted
_PASSES = 8
_PARTICLES = 1000
_STEPS = 20  # of each particle
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
    guide : callable
        See :mod:`.surrogate`.
    wide : Mixture
        First proposal.
    rng : numpy.random.Generator
    """

    def __init__(
        self, log_density: LogDensity, guide: Guide, wide: Mixture, rng: np.random.Generator
    ) -> None:
        d = wide.centre.shape[1]
        self._log_density, self._guide, self._rng = log_density, guide, rng
        self._prior = Mixture.single(np.zeros(d), np.eye(d))
        self._core = self._wide = wide
        self._points, self._values = np.empty((0, d)), np.empty(0)
        self._trust = _TRUST
        self._hopeful = False
        self.satisfied = False
        self.share = 0.0
        first = self._covering(wide).draw(rng, _ROUND)
        self._learn(first, log_density(first))
        self.proposal = self._next = self._proposal()

    def round(self) -> None:
        """Try the next proposal, keep it if it is the best, and improve it unless it is good.

        Once a proposal looks good a larger round has to confirm it.
        """
        size = _CONFIRM if self._hopeful else _ROUND
        x, density = self._next.draw(self._rng, size)
        value = self._log_density(x)
        log_weights = value - density
        share = count(normalised(log_weights)) / size
        fringe = self._fringe(self._next)
        value_there = self._log_density(fringe)
        middle = float(np.median(log_weights))
        heavy_there = np.max(value_there - self._next.log_density(fringe)) - middle
        even = log_weights.max() - middle < _HEAVY and heavy_there < _HEAVY_FRINGE
        self.satisfied = bool(self._hopeful and share >= _SATISFIED and even)
        self._hopeful = bool(share >= _SATISFIED and even)
        if share >= self.share or self.satisfied:
            self.share, self.proposal = share, self._next
        if self.satisfied:
            return
        if share < _POOR:
            self._trust = max(0.5 * self._trust, _NEAREST)
            # a mixture that has gone astray is no place to start from
            self._core = self._wide
        elif share > 0.5 and not self._hopeful:
            self._trust = min(2.0 * self._trust, _FARTHEST)
        # all of a large round would crowd out the points that are further out
        worst = np.argsort(-log_weights)[:_ROUND]
        self._learn(x[worst], value[worst])
        self._learn(fringe, value_there)
        if not self._hopeful:
            self._next = self._proposal()

    def _learn(self, x: Array, value: Array) -> None:
        fine = np.isfinite(value)
        self._points = np.concatenate([self._points, x[fine]])
        self._values = np.concatenate([self._values, value[fine]])

    def _covering(self, core: Mixture) -> Mixture:
        # x has a standard normal prior: with a share of it no corner is left out
        return core.joined(self._prior, _PRIOR)

    def _proposal(self) -> Guided:
        surrogate = Surrogate.fitted(self._guide, self._points, self._values, self._trust)
        self._follow(surrogate)
        return Guided.by(self._covering(self._core.wider(_WIDER)), surrogate, self._rng)

    def _follow(self, stand_in: LogDensity) -> None:
        """Refit the mixture to particles of the stand-in, until its draws cover it.

        The particles walk under the stand-in, flattened, into tails where the mixture has none.
        """

        def flattened(x: Array) -> Array:
            return _WIDE * stand_in(x)

        for _ in range(_PASSES):
            mixture = self._covering(self._core)
            pool = mixture.draw(self._rng, _POOL)
            log_weights = flattened(pool) - mixture.log_density(pool)
            rows = resample(tempered(log_weights, 25.0 * pool.shape[1]), _PARTICLES, self._rng)
            particles = walk(pool[rows], flattened, _STEPS, self._rng)
            while len(self._core.weight) < _COMPONENTS:
                self._core = self._core.split()
            self._core = self._core.refit(particles)
            if count(normalised(log_weights)) > _KEPT * _POOL:
                break

    def _fringe(self, proposal: Guided) -> Array:
        """Draws of the square root of the proposal's density."""
        wider = proposal.mixture.wider(1.4)
        pool = wider.draw(self._rng, _POOL)
        log_weights = 0.5 * proposal.log_density(pool) - wider.log_density(pool)
        return pool[resample(normalised(log_weights), _FRINGE, self._rng)]
