"""JointDesign → pm.Model: migration and jobs in one model, with what ties them.

Mathematical details
--------------------
Migration (0) and jobs (1), each as in :mod:`.pymc_model`, without groups:

    y_itq = α_qt + x_itq'β_q + d_q z_i + θ_iq + u_itq + ε_itq

z is the growth before the first year (:mod:`.joint`). With n and n′ independent standard
normal numbers, the effects of migration are made of n, those of jobs of r n + √(1 − r²) n′:
r is ``correlation_lasting`` of θ, and ``correlation_path`` of the innovations of u. The
paths are stationary, so that their covariance at the start is r σ_u0 σ_u1/(1 − ρ_0 ρ_1), and
their correlation there is

    r √((1 − ρ_0²)(1 − ρ_1²)) / (1 − ρ_0 ρ_1)

The noise of a place and year has correlation r, ``correlation_noise``. Where both outcomes
are known the density is that of job growth times that of migration given job growth,

    ε_0 | ε_1 ~ N(r √(V_0/V_1) ε_1, (1 − r²) V_0)

A correlation without a prior is zero. Job growth may be a factor of migration: the density of
the errors is that of the data, because the map between them is unit triangular.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from attraktiv import names
from attraktiv.model.joint import JointDesign
from attraktiv.model.pymc_parts import CELL, Parts, draw
from attraktiv.specs import CORRELATIONS, Prior

#: By kind; an equation without the effect is left out.
Effects = Mapping[str, pt.TensorVariable]


def joint_model_of(design: JointDesign) -> pm.Model:
    """Build the PyMC model of both equations.

    Parameters
    ----------
    design : JointDesign
        Of a hierarchical model.

    Returns
    -------
    pymc.Model
        Coordinates ``place`` and ``year``, and ``term`` and ``cell`` of each equation;
        variables as docs/schema.md names them, those of jobs with ``_business`` at the end.
        ``theta`` is what growth before the first year leaves over.
    """
    data = design.residential.fitted()
    coords = {name: data[name].values for name in (names.PLACE, names.YEAR)}
    with pm.Model(coords=coords) as model:
        pair = [Parts.of(one, kind) for kind, one in design.by_kind().items()]
        priors = _priors(design)
        lasting, path, noise = (
            draw(name, priors[name]) if name in priors else None for name in CORRELATIONS
        )
        explained = {parts.called: _explained(parts, design.fitted_initial()) for parts in pair}
        effects = (_lasting(pair, lasting), _paths(pair, path))
        means = {
            kind: sum((effect[kind] for effect in effects if kind in effect), start=mean)
            for kind, mean in explained.items()
        }
        _observe(pair, means, noise)
    return model


def _priors(design: JointDesign) -> Mapping[str, Prior]:
    joint = design.spec.equations.joint
    return {} if joint is None else joint.priors


def _explained(parts: Parts, initial: np.ndarray) -> pt.TensorVariable:
    d = parts.draw(names.INITIAL, like=names.BETA)
    return parts.explained() + d * initial[parts.place]


def _lasting(pair: Sequence[Parts], r: pt.TensorVariable | None) -> Effects:
    having = [parts for parts in pair if parts.design.equation.place_effect != "none"]
    normals = _tied([parts.innovations(names.THETA, names.PLACE) for parts in having], r)
    return {
        parts.called: parts.lasting(normal)[parts.place]
        for parts, normal in zip(having, normals, strict=True)
    }


def _paths(pair: Sequence[Parts], r: pt.TensorVariable | None) -> Effects:
    having = [parts for parts in pair if parts.design.equation.place_effect == "ar1"]
    rhos = [parts.draw(names.RHO) for parts in having]
    if r is not None:
        one, other = rhos
        start = pt.sqrt((1.0 - one**2) * (1.0 - other**2)) / (1.0 - one * other)
        r = r * pt.where(np.arange(having[0].design.years.size) == 0, start, 1.0)
    normals = _tied([parts.innovations(names.U, names.PLACE, names.YEAR) for parts in having], r)
    return {
        parts.called: parts.path(rho, normal)[parts.place, parts.year]
        for parts, rho, normal in zip(having, rhos, normals, strict=True)
    }


def _tied(
    normals: Sequence[pt.TensorVariable], r: pt.TensorVariable | None
) -> Sequence[pt.TensorVariable]:
    if r is None:
        return normals
    one, other = normals
    return [one, r * one + pt.sqrt(1.0 - r**2) * other]


def _observe(
    pair: Sequence[Parts], means: Mapping[str, pt.TensorVariable], r: pt.TensorVariable | None
) -> None:
    migration, jobs = pair
    mean, sd = means[jobs.called], jobs.noise_sd()
    growth = jobs.at_cells(names.OUTCOME)
    outcome = jobs.design.equation.outcome
    pm.Normal(outcome, mu=mean, sigma=sd, observed=growth, dims=jobs.name(CELL))
    surprise = (growth - mean) / sd
    mean, sd = means[migration.called], migration.noise_sd()
    if r is not None:
        cell_of = np.zeros(jobs.data[names.USED].shape, dtype=int)
        cell_of[jobs.place, jobs.year] = np.arange(jobs.place.size)
        at = (migration.place, migration.year)
        r = r * jobs.data[names.USED].values[at]
        mean = mean + r * sd * surprise[cell_of[at]]
        sd = sd * pt.sqrt(1.0 - r**2)
    pm.Normal(
        migration.design.equation.outcome,
        mu=mean,
        sigma=sd,
        observed=migration.at_cells(names.OUTCOME),
        dims=migration.name(CELL),
    )
