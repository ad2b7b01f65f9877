"""ψ: the few parameters that are sampled, on an unbounded scale.

Mathematical details
--------------------
A parameter with prior distribution function F is ψ = F⁻¹(Φ(x)), so that x has a
standard normal prior whatever the specification says. Beside the likelihood that is a
gentle scale: a variance that the data cannot tell from zero has a normal tail in x,
where its logarithm has a long exponential one, and no direction is wider than the
prior. Priors are the objects the PyMC model reads too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attraktiv import names
from attraktiv.engines.collapsed import kernel
from attraktiv.specs import Equation, Prior

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_LINEAR = (names.BETA, names.MU_ALPHA)
_FAR, _NODES = 8.0, 4001  # ends of a table of ψ, in deviations of the prior, and its length


@dataclass(frozen=True)
class Hyper:
    """Names and priors of the sampled parameters, in order."""

    priors: dict[str, Prior]

    @classmethod
    def of(cls, equation: Equation) -> Hyper:
        """Everything with a prior that is not integrated out exactly."""
        return cls({n: equation.priors[n] for n in equation.parameters if n not in _LINEAR})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sampled parameters."""
        return tuple(self.priors)

    def values(self, x: Array) -> dict[str, Array]:
        """ψ on its own scale for each row of `x`; the AR coefficient 0 where there is none."""
        out = {
            name: _inside(prior, prior.from_normal(x[:, i]))
            for i, (name, prior) in enumerate(self.priors.items())
        }
        out.setdefault(names.RHO_ALPHA, np.zeros(len(x)))
        return out

    def table(self) -> Callable[[Array], dict[str, Array]]:
        """ψ as :meth:`values` gives it, but looked up: quantiles of a beta prior are dear.

        Right to a thousandth of its size within eight deviations of the prior, and constant
        beyond: good enough for a stand-in.
        """
        nodes = np.linspace(-_FAR, _FAR, _NODES)
        exact = self.values(np.repeat(nodes[:, None], len(self.priors), axis=1))

        def values(x: Array) -> dict[str, Array]:
            out = {
                name: np.interp(x[:, i], nodes, exact[name]) for i, name in enumerate(self.priors)
            }
            rest = exact.keys() - out.keys()
            return out | {name: np.zeros(len(x)) for name in rest}

        return values

    def log_prior(self, x: Array) -> Array:
        """Log prior density of the rows of `x`, up to a constant; shape (B,)."""
        return -0.5 * (x**2).sum(axis=1)

    def kernel_rows(self, psi: dict[str, Array]) -> Array:
        """ψ as the kernels read it: τ², σ_u², ρ, σ², φ; zero where the model has none."""
        rows = np.zeros((len(psi[names.SIGMA]), 5))
        for column, name, power in (
            (kernel.TAU2, names.TAU, 2),
            (kernel.S2U, names.SIGMA_U, 2),
            (kernel.RHO, names.RHO, 1),
            (kernel.SIGMA2, names.SIGMA, 2),
            (kernel.PHI, names.PHI, 1),
        ):
            if name in psi:
                rows[:, column] = psi[name] ** power
        return rows


def _inside(prior: Prior, values: Array) -> Array:
    """Keep values inside the open support where rounding would reach its end."""
    low, high = prior.support
    if np.isinf(high):
        return np.maximum(values, 1e-150)
    margin = 1e-15 * (high - low)
    return np.clip(values, low + margin, high - margin)
