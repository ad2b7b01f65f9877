"""Prior distributions as a specification writes them: one source for every engine.

A prior is a distribution and its parameters. Each knows its support (so that an
impossible prior is refused) and how to turn a standard normal number into a value; the
PyMC model and the collapsed engine both read the same object.

Mathematical details
--------------------
=============  =====================================  ======================
distribution   density                                support
=============  =====================================  ======================
normal         N(x | mu, sigma²)                      all numbers
half_normal    2 N(x | 0, sigma²)                     x > 0
exponential    exp(−x / scale) / scale                x > 0
log_normal     N(log x | mu, sigma²) / x              x > 0
beta           z^(a−1) (1−z)^(b−1) / (B(a, b) (u−l))  lower l < x < upper u,
                                                      z = (x−l)/(u−l)
gamma          z^(a−1) exp(−bz) bᵃ / Γ(a), z = x − l  lower l < x
uniform        1 / (upper − lower)                    lower < x < upper
=============  =====================================  ======================
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from scipy import special

#: Above zero and finite: TOML can write inf.
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class _Prior(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper end of the values the prior allows."""
        return (0.0, math.inf)

    def from_normal(self, x: FloatArray) -> FloatArray:
        """Value whose place in the prior is that of `x` in the standard normal."""
        raise NotImplementedError


class _Interval(_Prior):
    """A prior between two ends."""

    lower: FiniteFloat
    upper: FiniteFloat

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError(f"lower {self.lower} is not below upper {self.upper}")
        return self

    @property
    def support(self) -> tuple[float, float]:
        return (self.lower, self.upper)


class Normal(_Prior):
    """Normal distribution with mean `mu` and standard deviation `sigma`."""

    distribution: Literal["normal"]
    mu: FiniteFloat = 0.0
    sigma: Positive

    @property
    def support(self) -> tuple[float, float]:
        return (-math.inf, math.inf)

    def from_normal(self, x: FloatArray) -> FloatArray:
        return self.mu + self.sigma * np.asarray(x)


class HalfNormal(_Prior):
    """Normal distribution around zero with scale `sigma`, positive half."""

    distribution: Literal["half_normal"]
    sigma: Positive

    def from_normal(self, x: FloatArray) -> FloatArray:
        # either form alone loses its digits at one end
        low = np.sqrt(2.0) * special.erfinv(special.ndtr(np.minimum(x, 0.0)))
        high = -special.ndtri(0.5 * special.ndtr(-np.maximum(x, 0.0)))
        return self.sigma * np.where(np.asarray(x) < 0.0, low, high)


class Exponential(_Prior):
    """Exponential distribution with mean `scale`."""

    distribution: Literal["exponential"]
    scale: Positive

    def from_normal(self, x: FloatArray) -> FloatArray:
        return -self.scale * special.log_ndtr(-np.asarray(x))


class LogNormal(_Prior):
    """Distribution whose logarithm is normal with mean `mu` and deviation `sigma`."""

    distribution: Literal["log_normal"]
    mu: FiniteFloat = 0.0
    sigma: Positive

    def from_normal(self, x: FloatArray) -> FloatArray:
        return np.exp(self.mu + self.sigma * np.asarray(x))


class Beta(_Interval):
    """Beta distribution between `lower` and `upper`: the unit interval unless they are given."""

    distribution: Literal["beta"]
    alpha: Positive
    beta: Positive
    lower: FiniteFloat = 0.0
    upper: FiniteFloat = 1.0

    def from_normal(self, x: FloatArray) -> FloatArray:
        # from the nearer end, where the digits are
        left = np.asarray(x) < 0.0
        near = np.where(left, self.alpha, self.beta)
        far = np.where(left, self.beta, self.alpha)
        share = special.betaincinv(near, far, special.ndtr(-np.abs(x)))
        width = self.upper - self.lower
        return np.where(left, self.lower + width * share, self.upper - width * share)


class Gamma(_Prior):
    """Gamma distribution with shape `alpha` and rate `beta`, shifted to begin at `lower`."""

    distribution: Literal["gamma"]
    alpha: Positive
    beta: Positive
    lower: FiniteFloat = 0.0

    @property
    def support(self) -> tuple[float, float]:
        return (self.lower, math.inf)

    def from_normal(self, x: FloatArray) -> FloatArray:
        low = special.gammaincinv(self.alpha, special.ndtr(np.minimum(x, 0.0)))
        high = special.gammainccinv(self.alpha, special.ndtr(-np.maximum(x, 0.0)))
        return self.lower + np.where(np.asarray(x) < 0.0, low, high) / self.beta


class Uniform(_Interval):
    """Uniform distribution between `lower` and `upper`."""

    distribution: Literal["uniform"]

    def from_normal(self, x: FloatArray) -> FloatArray:
        return self.lower + (self.upper - self.lower) * special.ndtr(np.asarray(x))


Prior = Annotated[
    Normal | HalfNormal | Exponential | LogNormal | Beta | Gamma | Uniform,
    Field(discriminator="distribution"),
]
