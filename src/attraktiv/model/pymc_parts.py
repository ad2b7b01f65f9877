"""The parts of an equation in a PyMC model, which models of one and of two equations share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attraktiv import names
from attraktiv.model.design import Design
from attraktiv.specs import (
    Beta,
    Exponential,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    Uniform,
)

CELL = "cell"


@dataclass(frozen=True)
class Parts:
    """What an equation adds to the model that is being built, under its names there.

    Attributes
    ----------
    design : Design
    called : str
        The kind whose names it has: that of its design in a model of two equations. By
        itself an equation has plain names, whatever it is about.
    data : xarray.Dataset
        Of the fitted places.
    place, year : (cell,) int
        Where the used cells are.
    """

    design: Design
    called: str
    data: xr.Dataset
    place: np.ndarray
    year: np.ndarray

    @classmethod
    def of(cls, design: Design, called: str = names.RESIDENTIAL) -> Parts:
        """Take an equation, and add its terms and its cells to the model's coordinates."""
        data = design.fitted()
        place, year = np.nonzero(data[names.USED].values)
        parts = cls(design, called, data, place, year)
        model = pm.modelcontext(None)
        model.add_coord(parts.name(names.TERM), list(design.terms))
        model.add_coord(parts.name(CELL), np.arange(place.size))
        return parts

    def name(self, plain: str) -> str:
        """Name of a variable or a dimension of this equation."""
        return names.of_equation(plain, self.called)

    def draw(
        self, plain: str, *, like: str | None = None, dims: str | None = None
    ) -> pt.TensorVariable:
        """A parameter with its prior, or with that of another."""
        prior = self.design.equation.priors[plain if like is None else like]
        return draw(self.name(plain), prior, dims)

    def at_cells(self, plain: str) -> np.ndarray:
        """Values of the design at the used cells."""
        return self.data[plain].values[self.place, self.year]

    def national_level(self) -> pt.TensorVariable:
        """α, (year,)."""
        mu, sigma = self.draw(names.MU_ALPHA), self.draw(names.SIGMA_ALPHA)
        alpha = self.name(names.ALPHA)
        if self.design.equation.year_effect == "independent":
            return pm.Normal(alpha, mu=mu, sigma=sigma, dims=names.YEAR)
        rho = self.draw(names.RHO_ALPHA)
        start = pm.Normal.dist(mu, sigma / pt.sqrt(1.0 - rho**2))
        return pm.AR(
            alpha,
            rho=pt.stack([mu * (1.0 - rho), rho]),
            sigma=sigma,
            constant=True,
            init_dist=start,
            dims=names.YEAR,
        )

    def explained(self) -> pt.TensorVariable:
        """α_t + x_it'β, (cell,)."""
        mean = self.national_level()[self.year]
        if not self.design.terms:
            return mean
        dims = (self.name(CELL), self.name(names.TERM))
        factors = pm.Data(self.name(names.FACTORS), self.at_cells(names.FACTORS), dims=dims)
        return mean + factors @ self.draw(names.BETA, dims=dims[1])

    def lasting(self, normal: pt.TensorVariable) -> pt.TensorVariable:
        """θ, (place,), of standard normal innovations."""
        tau = self.draw(names.TAU)
        return pm.Deterministic(self.name(names.THETA), tau * normal, dims=names.PLACE)

    def path(self, rho: pt.TensorVariable, normal: pt.TensorVariable) -> pt.TensorVariable:
        """u, (place, year), of standard normal innovations; ρ is drawn by the caller."""
        sigma = self.draw(names.SIGMA_U)
        # u = normal Lᵀ with L the Cholesky factor of the AR(1) covariance: u_t = Σ_s L_ts normal_s
        years = np.arange(self.design.years.size)
        lag = years[:, None] - years[None, :]
        first = np.where(years == 0, 1.0, 0.0)
        # ρ⁰ has no gradient at ρ = 0, where priors that reach below zero begin
        weight = pt.where(lag > 0, rho ** np.maximum(lag, 1), np.where(lag == 0, 1.0, 0.0))
        weight = weight * (first / pt.sqrt(1.0 - rho**2) + (1.0 - first))[None, :]
        dims = (names.PLACE, names.YEAR)
        return pm.Deterministic(self.name(names.U), sigma * normal @ weight.T, dims=dims)

    def noise_sd(self) -> pt.TensorVariable:
        """√V_it, (cell,)."""
        variance = self.draw(names.SIGMA) ** 2
        if self.design.equation.noise.size_dependent:
            variance = variance + self.draw(names.PHI) * self.at_cells(names.FLOW_VARIANCE)
        return pt.sqrt(variance + self.at_cells(names.MEASUREMENT_SD) ** 2)

    def innovations(self, plain: str, *dims: str) -> pt.TensorVariable:
        """Standard normal numbers that an effect is made of."""
        return pm.Normal(f"{self.name(plain)}_raw", dims=dims)


def draw(name: str, prior: Prior, dims: str | None = None) -> pt.TensorVariable:
    """A random variable of the model that is being built, with a prior of a specification."""
    match prior:
        case Normal():
            return pm.Normal(name, mu=prior.mu, sigma=prior.sigma, dims=dims)
        case HalfNormal():
            return pm.HalfNormal(name, sigma=prior.sigma, dims=dims)
        case Exponential():
            return pm.Exponential(name, scale=prior.scale, dims=dims)
        case LogNormal():
            return pm.LogNormal(name, mu=prior.mu, sigma=prior.sigma, dims=dims)
        case Beta(lower=0.0, upper=1.0):
            return pm.Beta(name, alpha=prior.alpha, beta=prior.beta, dims=dims)
        case Beta():
            share = pm.Beta(f"{name}_raw", alpha=prior.alpha, beta=prior.beta, dims=dims)
            value = prior.lower + (prior.upper - prior.lower) * share
            return pm.Deterministic(name, value, dims=dims)
        case Gamma(lower=0.0):
            return pm.Gamma(name, alpha=prior.alpha, beta=prior.beta, dims=dims)
        case Gamma():
            above = pm.Gamma(f"{name}_raw", alpha=prior.alpha, beta=prior.beta, dims=dims)
            return pm.Deterministic(name, prior.lower + above, dims=dims)
        case Uniform():
            return pm.Uniform(name, lower=prior.lower, upper=prior.upper, dims=dims)
