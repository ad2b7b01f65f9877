"""Sample many parameters: walkers that go far under the stand-in between two looks at the density.

Mathematical details
--------------------
A mixture that covers a stand-in of ten and more dimensions closely enough to draw from it has
thousands of numbers of its own. Walkers need a rough one only. A third of their steps propose
x + γ(a − a′) + ζ, a and a′ two rows of a fixed archive of points that are spread about as the
stand-in is, γ = 2.38/√(2d) and now and then 1, ζ small (ter Braak & Vrugt 2008, *Stat.
Comput.*); a third a draw of a mixture of a few Student-t distributions, which is far away; and a
third one coordinate from its prior, which is standard normal. Accepted with the probabilities of
Metropolis and Hastings, each leaves the stand-in s unchanged and is reversible under it. So is
any number of steps, each of a kind chosen at random.
A walker goes K of them from x to y, and the density p is then computed once: y is taken with
probability

    min(1, p(y) s(x) / (p(x) s(y)))

which leaves p unchanged, whatever s is (the surrogate transition method, Liu 2001, *Monte Carlo
Strategies in Scientific Computing*, 9.4.3). A stand-in that is right to a fraction of a nat
gives nearly independent draws for one density each.

The stand-in learns from every point where a walk has ended, taken or not: walkers are drawn to
where it is too high, and what they find there puts it right, while they themselves stay where
the density is. They obey its square root first, under which they go further apart than the
density itself would let them, until they no longer spread: no part of it is left out, and R-hat of
chains that begin there means something. The stand-in has learnt enough when long walks mostly end
well. At last the points where walkers have been of late go on under it alone, until they are
nearly independent: the steps of the final sample are differences of those, and a mixture fitted
to them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from attraktiv.engines.collapsed.proposal import Mixture, resample, tempered
from attraktiv.engines.collapsed.surrogate import Guide, Surrogate

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LogDensity = Callable[[Array], Array]
Report = Callable[[str], None]

_WALKERS = 200  # while learning
_FIRST = 600  # densities before the first stand-in
_ROUNDS = 40  # of learning, at most
_APART = 25  # of them with walkers further apart, at most
_SHORT, _LONG = 10, 30  # steps of a walk, at first and at most
_GOOD = 0.6  # share of long walks that are taken at which learning stops
_FLAT = 0.5  # power of the density at first: walkers then begin further apart than they end
_AGAIN = 4  # times that this has to be seen
_LEARNT = 1500  # points of the stand-in at most
_TRUST = 8.0  # how far from known points it is trusted
_SETTLING = 10  # walks before the first that is kept
_PER_WALKER = 10  # draws kept of a walker at most
_WALKS = 2  # from one draw of a walker to the next
_LATELY = 5  # rounds that far steps are taken from
_ALONE = 60  # steps that those points go on by themselves in the end
_GROWN = 1.15  # widening of the walkers at which they are still on their way
_COMPONENTS = 4  # of the mixture
_SIDE_BY_SIDE = 2  # parts of the walkers that go at once, on any machine: draws depend on it


@dataclass(frozen=True)
class Walked:
    """Draws of walkers.

    Attributes
    ----------
    x : (chain, draw, d) float
        One walker's draws after another's.
    accepted : float
        Share of the walks that ended where they led.
    """

    x: Array
    accepted: float


@dataclass(frozen=True)
class Walk:
    """How a walker goes under the stand-in.

    Attributes
    ----------
    stand_in : callable
        (n, d) → (n,) log density.
    archive : (m, d) float
        Points whose differences are steps.
    far : Mixture or None
        What far steps are drawn from.
    power : float
        Of the density and the stand-in: below one they are flattened.
    """

    stand_in: LogDensity
    archive: Array
    far: Mixture | None = None
    power: float = 1.0

    def __call__(
        self, x: Array, under: Array, steps: int, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Let walkers at the rows of `x` go so many steps; `under` is the log of what they obey.

        Half of them go in a thread of their own, with random numbers of their own.

        Returns
        -------
        x : (n, d) float
            Where they are then.
        under : (n,) float
            The flattened stand-in there.
        """
        parts = [np.array_split(values, _SIDE_BY_SIDE) for values in (x, under)]
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            went = list(
                pool.map(self._go, *parts, [steps] * _SIDE_BY_SIDE, rng.spawn(_SIDE_BY_SIDE))
            )
        return np.concatenate([x for x, _ in went]), np.concatenate([under for _, under in went])

    def _go(
        self, x: Array, under: Array, steps: int, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        n, d = x.shape
        for _ in range(steps):
            kind = rng.random()
            if kind < 1 / 3 and self.far is not None:
                y = self.far.draw(rng, n)
                uneven = self.far.log_density(x) - self.far.log_density(y)
            elif kind < 2 / 3:
                rows, column = np.arange(n), rng.integers(d, size=n)
                y = x.copy()
                y[rows, column] = rng.standard_normal(n)
                uneven = 0.5 * (y[rows, column] ** 2 - x[rows, column] ** 2)
            else:
                one, other = rng.integers(len(self.archive), size=(2, n))
                jump = np.where(rng.random((n, 1)) < 0.1, 1.0, 2.38 / np.sqrt(2.0 * d))
                y = x + jump * (self.archive[one] - self.archive[other])
                y += 1e-4 * rng.standard_normal((n, d))
                uneven = np.zeros(n)
            there = self.power * self.stand_in(y)
            moved = np.log(rng.random(n)) < there - under + uneven
            x = np.where(moved[:, None], y, x)
            under = np.where(moved, there, under)
        return x, under


@dataclass(frozen=True)
class _Walkers:
    """Where walkers are, and the density there."""

    x: Array
    value: Array

    def moved(
        self, log_density: LogDensity, walk: Walk, steps: int, rng: np.random.Generator
    ) -> tuple[_Walkers, _Walkers, float]:
        """Let each walk once: where they are then, where walks led, and the share taken."""
        under = walk.power * walk.stand_in(self.x)
        y, under_there = walk(self.x, under, steps, rng)
        there = log_density(y)
        with np.errstate(invalid="ignore"):  # a point without density is never taken
            better = (walk.power * there - under_there) - (walk.power * self.value - under)
        taken = np.log(rng.random(len(y))) < better
        x = np.where(taken[:, None], y, self.x)
        value = np.where(taken, there, self.value)
        return _Walkers(x, value), _Walkers(y, there), float(taken.mean())


def walked(
    log_density: LogDensity,
    guide: Guide,
    wide: Mixture,
    *,
    chains: int,
    draws: int,
    rng: np.random.Generator,
    report: Report,
) -> Walked:
    """Learn a stand-in, and sample by walkers under it.

    Parameters
    ----------
    log_density : callable
        (n, d) → (n,).
    guide : callable
        See :mod:`.surrogate`.
    wide : Mixture
        Where learning begins.
    chains, draws : int
        Independent chains, and draws in each.
    rng : numpy.random.Generator
    report : callable
        Told what is going on.

    Returns
    -------
    Walked
    """
    walk, learners = _learnt(log_density, guide, wide, rng, report)
    report("sampling the variances")
    in_chain = -(-draws // _PER_WALKER)
    # each of the learners once, and again where there are not enough
    start = np.resize(rng.permutation(_WALKERS), chains * in_chain)
    walkers = _Walkers(learners.x[start], learners.value[start])
    kept, taken = [], []
    for step in range(_SETTLING + _WALKS * _PER_WALKER):
        walkers, _, share = walkers.moved(log_density, walk, _LONG, rng)
        if step >= _SETTLING:
            taken.append(share)
            if (step - _SETTLING) % _WALKS == _WALKS - 1:
                kept.append(walkers.x)
    # (walk, chain × walker, d) → one walker after another: their dependence then shows
    series = np.stack(kept).reshape(_PER_WALKER, chains, in_chain, -1).transpose(1, 2, 0, 3)
    x = series.reshape(chains, in_chain * _PER_WALKER, -1)[:, :draws]
    return Walked(x, float(np.mean(taken)))


def _learnt(
    log_density: LogDensity, guide: Guide, wide: Mixture, rng: np.random.Generator, report: Report
) -> tuple[Walk, _Walkers]:
    """A walk under a stand-in that has learnt, and walkers that have settled under the density."""
    d = wide.centre.shape[1]
    # x has a standard normal prior: with a share of it no corner is left out
    covering = wide.joined(Mixture.single(np.zeros(d), np.eye(d)), 0.05)
    points = covering.draw(rng, _FIRST)
    values = log_density(points)
    weights = tempered(values - covering.log_density(points), 2.0 * d)
    first = resample(weights, _WALKERS, rng)
    walkers = _Walkers(points[first], values[first])
    steps, good, seen, power = _SHORT, 0, [walkers.x], _FLAT
    for round_ in range(_ROUNDS):
        report(f"learning the posterior, round {round_ + 1}")
        fine = np.isfinite(values)
        stand_in = Surrogate.fitted(guide, points[fine], values[fine], _TRUST, largest=_LEARNT)
        # far steps from where walkers have been of late, once they have gone some way
        lately = np.concatenate(seen[-_LATELY:])
        far = _spread_as(lately) if steps == _LONG else None
        walk = Walk(stand_in, lately, far, power)
        walkers, led, share = walkers.moved(log_density, walk, steps, rng)
        seen.append(walkers.x)
        points = np.concatenate([points, led.x])
        values = np.concatenate([values, led.value])
        good = good + 1 if steps == _LONG and share >= _GOOD else 0
        if good >= _AGAIN and power == 1.0:
            break
        if power < 1.0 and ((good >= _AGAIN and not _spreading(seen)) or round_ >= _APART):
            power, good = 1.0, 0
        elif share > 0.5:
            steps = min(2 * steps, _LONG)
        elif share < 0.2:
            steps = max(steps // 2, _SHORT // 2)
    return _settled(Walk(stand_in, np.concatenate(seen[-_LATELY:]), far), rng), walkers


def _settled(walk: Walk, rng: np.random.Generator) -> Walk:
    """The same stand-in, with steps taken from points that have gone on under it alone.

    They cost no density, are as many and hardly depend on each other: a mixture fitted to them
    is taken three times as often.
    """
    x, _ = walk(walk.archive, walk.stand_in(walk.archive), _ALONE, rng)
    return Walk(walk.stand_in, x, _spread_as(x))


def _spreading(seen: list[Array]) -> bool:
    """Whether walkers are still on their way to where they have not been."""
    now, before = (
        np.concatenate(part) for part in (seen[-_LATELY:], seen[-2 * _LATELY : -_LATELY])
    )
    return bool((now.std(axis=0) / before.std(axis=0)).max() > _GROWN)


def _spread_as(points: Array) -> Mixture:
    """A mixture fitted to points."""
    ridge = 1e-6 * np.eye(points.shape[1])
    mixture = Mixture.single(points.mean(axis=0), np.cov(points, rowvar=False) + ridge)
    while len(mixture.weight) < _COMPONENTS:
        mixture = mixture.split()
    return mixture.refit(points)
