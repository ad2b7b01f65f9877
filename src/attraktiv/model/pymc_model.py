"""Design → pm.Model: the full model with named coordinates.

Mathematical details
--------------------
For place i (in group r) and year t, in percent of population per year:

    y_it = α_t + x_it'β + γ_r + θ_i + u_it + ε_it
    ε_it ~ N(0, V_it), V_it = σ² + φ v_it + s_it²       v flow variance, s measurement error
    or ε_it / √V_it ~ Student-t with ν degrees of freedom
    α_1  ~ N(μ_α, σ_α²/(1−ρ_α²)),  α_t ~ N(μ_α + ρ_α (α_{t−1} − μ_α), σ_α²)
    θ_i  ~ N(0, τ²)    β_k as the specification says
    γ_r  ~ N(0, σ_γ²), or a spatial field (:mod:`.field`)
    u_i1 ~ N(0, σ_u²/(1−ρ²)),  u_it ~ N(ρ u_i,t−1, σ_u²)

θ, γ and u are not centred (drawn as standard normals and scaled): one place's data say
little about each. α is centred: hundreds of places inform it.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attraktiv import names
from attraktiv.errors import DesignError
from attraktiv.model.design import Design, build_design
from attraktiv.specs import (
    Beta,
    Exponential,
    Gamma,
    HalfNormal,
    LogNormal,
    ModelSpec,
    Normal,
    Prior,
    Uniform,
)

CELL = "cell"


def build_model(spec: ModelSpec, panel: xr.Dataset, **options: object) -> pm.Model:
    """Build the PyMC model of a specification for a panel, to sample or to extend by hand.

    Parameters
    ----------
    spec : ModelSpec
        A hierarchical model; see :func:`attraktiv.models`.
    panel : xarray.Dataset
        From :func:`attraktiv.read_panel`.
    **options
        As for :func:`attraktiv.build_design`: first, last, without, exclude, missing.

    Returns
    -------
    pymc.Model
        Coordinates ``place``, ``year``, ``term``, ``cell`` (and ``group``); variables as
        docs/schema.md names them.

    Raises
    ------
    DesignError
        If the specification is classical: least squares has no priors.
    """
    return model_of(build_design(spec, panel, **options))  # type: ignore[arg-type]


def model_of(design: Design) -> pm.Model:
    """Build the PyMC model of a design; see :func:`build_model`."""
    equation = design.spec.migration
    if design.spec.classical:
        raise DesignError(
            f"The model {design.spec.id} is a classical regression without priors, so there is no "
            f"PyMC model of it; fit it with attraktiv fit {design.spec.id} PANEL --engine "
            "least-squares, or choose a hierarchical model."
        )
    data = design.fitted()
    place, year = np.nonzero(data[names.USED].values)
    coords = {
        names.PLACE: data[names.PLACE].values,
        names.YEAR: data[names.YEAR].values,
        names.TERM: list(design.terms),
        CELL: np.arange(place.size),
    }
    with pm.Model(coords=coords) as model:
        mean = _national_level(design)[year]
        if design.terms:
            factors = pm.Data(
                names.FACTORS, data[names.FACTORS].values[place, year], dims=(CELL, names.TERM)
            )
            beta = _draw(names.BETA, equation.priors[names.BETA], dims=names.TERM)
            mean = mean + factors @ beta
        if equation.shared:
            mean = mean + _group_effect(design, data)[place]
        if equation.place_effect != "none":
            mean = mean + _lasting(design)[place]
        if equation.place_effect == "ar1":
            mean = mean + _path(design)[place, year]
        variance = _draw(names.SIGMA, equation.priors[names.SIGMA]) ** 2
        known = data[names.MEASUREMENT_SD].values[place, year] ** 2
        if equation.noise.size_dependent:
            flow = data[names.FLOW_VARIANCE].values[place, year]
            variance = variance + _draw(names.PHI, equation.priors[names.PHI]) * flow
        cells = {
            "mu": mean,
            "sigma": pt.sqrt(variance + known),
            "observed": data[names.OUTCOME].values[place, year],
            "dims": CELL,
        }
        if equation.gaussian:
            pm.Normal(equation.outcome, **cells)
        else:
            nu = _draw(names.NU, equation.priors[names.NU])
            pm.StudentT(equation.outcome, nu=nu, **cells)
    return model


def _national_level(design: Design) -> pt.TensorVariable:
    priors = design.spec.migration.priors
    mu = _draw(names.MU_ALPHA, priors[names.MU_ALPHA])
    sigma = _draw(names.SIGMA_ALPHA, priors[names.SIGMA_ALPHA])
    if design.spec.migration.year_effect == "independent":
        return pm.Normal(names.ALPHA, mu=mu, sigma=sigma, dims=names.YEAR)
    rho = _draw(names.RHO_ALPHA, priors[names.RHO_ALPHA])
    start = pm.Normal.dist(mu, sigma / pt.sqrt(1.0 - rho**2))
    return pm.AR(
        names.ALPHA,
        rho=pt.stack([mu * (1.0 - rho), rho]),
        sigma=sigma,
        constant=True,
        init_dist=start,
        dims=names.YEAR,
    )


def _group_effect(design: Design, data: xr.Dataset) -> pt.TensorVariable:
    labels, index = np.unique(data[names.GROUP_OF_PLACE].values, return_inverse=True)
    if design.field is not None:
        labels = design.field.places
        index = np.searchsorted(labels, data[names.GROUP_OF_PLACE].values.astype(str))
    pm.modelcontext(None).add_coord(names.GROUP, labels)
    sigma = _draw(names.SIGMA_GAMMA, design.spec.migration.priors[names.SIGMA_GAMMA])
    raw = pm.Normal("gamma_raw", dims=names.GROUP)
    shape = raw if design.field is None else design.field.root() @ raw
    gamma = pm.Deterministic(names.GAMMA, sigma * shape, dims=names.GROUP)
    return gamma[index]


def _lasting(design: Design) -> pt.TensorVariable:
    tau = _draw(names.TAU, design.spec.migration.priors[names.TAU])
    raw = pm.Normal("theta_raw", dims=names.PLACE)
    return pm.Deterministic(names.THETA, tau * raw, dims=names.PLACE)


def _path(design: Design) -> pt.TensorVariable:
    priors = design.spec.migration.priors
    sigma = _draw(names.SIGMA_U, priors[names.SIGMA_U])
    rho = _draw(names.RHO, priors[names.RHO])
    raw = pm.Normal("u_raw", dims=(names.PLACE, names.YEAR))
    # u = raw Lᵀ with L the Cholesky factor of the AR(1) covariance: u_t = Σ_s L_ts raw_s.
    years = np.arange(design.years.size)
    lag = years[:, None] - years[None, :]
    first = np.where(years == 0, 1.0, 0.0)
    weight = pt.where(lag >= 0, rho ** np.maximum(lag, 0), 0.0)
    weight = weight * (first / pt.sqrt(1.0 - rho**2) + (1.0 - first))[None, :]
    u = sigma * raw @ weight.T
    return pm.Deterministic(names.U, u, dims=(names.PLACE, names.YEAR))


def _draw(name: str, prior: Prior, dims: str | None = None) -> pt.TensorVariable:
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
