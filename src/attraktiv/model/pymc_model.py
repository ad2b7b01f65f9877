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
from attraktiv.model.design import Design, build_designs
from attraktiv.model.joint import joint_design
from attraktiv.model.pymc_joint import joint_model_of
from attraktiv.model.pymc_parts import CELL, Parts
from attraktiv.specs import ModelSpec


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
        docs/schema.md names them. In a model of two equations those of jobs end in
        ``_business``.

    Raises
    ------
    DesignError
        If the specification is classical: least squares has no priors.
    """
    designs = build_designs(spec, panel, **options)  # type: ignore[arg-type]
    main = next(iter(designs.values()))
    if main.spec.equations.joint is not None:
        return joint_model_of(joint_design(designs, panel))
    return model_of(main)


def model_of(design: Design) -> pm.Model:
    """Build the PyMC model of a design; see :func:`build_model`."""
    equation = design.equation
    if design.spec.classical:
        raise DesignError(
            f"The model {design.spec.id} is a classical regression without priors, so there is no "
            f"PyMC model of it; fit it with attraktiv fit {design.spec.id} PANEL --engine "
            "least-squares, or choose a hierarchical model."
        )
    data = design.fitted()
    coords = {name: data[name].values for name in (names.PLACE, names.YEAR)}
    with pm.Model(coords=coords) as model:
        parts = Parts.of(design)
        place, year = parts.place, parts.year
        mean = parts.explained()
        if equation.shared:
            mean = mean + _group_effect(parts)[place]
        if equation.place_effect != "none":
            mean = mean + parts.lasting(parts.innovations(names.THETA, names.PLACE))[place]
        if equation.place_effect == "ar1":
            innovations = parts.innovations(names.U, names.PLACE, names.YEAR)
            mean = mean + parts.path(parts.draw(names.RHO), innovations)[place, year]
        cells = {
            "mu": mean,
            "sigma": parts.noise_sd(),
            "observed": parts.at_cells(names.OUTCOME),
            "dims": CELL,
        }
        if equation.gaussian:
            pm.Normal(equation.outcome, **cells)
        else:
            pm.StudentT(equation.outcome, nu=parts.draw(names.NU), **cells)
    return model


def _group_effect(parts: Parts) -> pt.TensorVariable:
    field, of_place = parts.design.field, parts.data[names.GROUP_OF_PLACE].values
    labels, index = np.unique(of_place, return_inverse=True)
    if field is not None:
        labels = field.places
        index = np.searchsorted(labels, of_place.astype(str))
    pm.modelcontext(None).add_coord(names.GROUP, labels)
    sigma = parts.draw(names.SIGMA_GAMMA)
    raw = parts.innovations(names.GAMMA, names.GROUP)
    shape = raw if field is None else field.root() @ raw
    gamma = pm.Deterministic(names.GAMMA, sigma * shape, dims=names.GROUP)
    return gamma[index]
