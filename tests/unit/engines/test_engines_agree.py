"""The two engines of a joint model have one density: the collapsed is the full, integrated.

Given ψ, the full model is normal in everything else, so that its logarithm is quadratic in it:
its value and slope at zero, and how the slope changes, give the integral exactly. Nothing is
sampled, so that nothing can hide behind Monte Carlo error.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pymc as pm
import pytest
import xarray as xr

from attraktiv.engines.collapsed import joint
from attraktiv.model import JointDesign, build_designs, joint_design
from attraktiv.model.pymc_joint import joint_model_of
from attraktiv.panels import simulate_country
from attraktiv.specs import CORRELATIONS, ModelSpec, load_spec

LASTING, PATH, NOISE = CORRELATIONS
Point = dict[str, np.ndarray]


def changed(tied: tuple[str, ...], **place_effects: str) -> ModelSpec:
    """`joint_2026` with other place effects, and with the correlations named."""
    spec = load_spec("joint_2026")
    ties = spec.equations.joint
    assert ties is not None
    priors = MappingProxyType({name: ties.priors[name] for name in tied})
    equations = spec.equations.model_copy(
        update={"joint": ties.model_copy(update={"priors": priors})}
    )
    spec = spec.model_copy(update={"equations": equations})
    for kind, effect in place_effects.items():
        spec = spec.with_equation(kind, place_effect=effect)
        needed = spec.equation(kind).parameters
        kept = {n: p for n, p in spec.equation(kind).priors.items() if n in needed}
        spec = spec.with_equation(kind, priors=MappingProxyType(kept))
    return spec


SPECS: Mapping[str, ModelSpec] = {
    "all tied": changed(CORRELATIONS),
    "lasting apart": changed((PATH, NOISE)),
    "paths apart": changed((LASTING, NOISE)),
    "noise apart": changed((LASTING, PATH)),
    "static": changed((LASTING, NOISE), residential="static", business="static"),
    "jobs static": changed((LASTING, NOISE), business="static"),
    "jobs without place effect": changed((NOISE,), business="none"),
}


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    """Six places; each outcome lacks a cell that the other has."""
    panel = simulate_country(places=6, years=5, ages=False, seed=3).panel
    place, year = panel["place"], panel["year"]
    return panel.assign(
        net_migration=panel["net_migration"].where(~((place == "0101") & (year == 2007))),
        jobs=panel["jobs"].where(~((place == "0103") & (year == 2008))),
    )


class Integrated:
    """The full model's density of the outcomes given ψ, everything else integrated out."""

    def __init__(self, design: JointDesign) -> None:
        self.model = joint_model_of(design)
        linear = [v for v in self.model.free_RVs if _is_linear(str(v.name))]
        quick = {"jacobian": False, "mode": "FAST_COMPILE"}
        outcomes = self.model.observed_RVs
        self._density = self.model.compile_logp([*linear, *outcomes], sum=False, **quick)
        self._slope = self.model.compile_dlogp(linear, **quick)
        self._zero = {
            name: np.zeros_like(self.model.initial_point()[name])
            for name in (self.model.rvs_to_values[v].name for v in linear)
        }

    def __call__(self, point: Point) -> float:
        size = sum(value.size for value in self._zero.values())
        at_zero = point | self._zero
        value = float(sum(np.sum(part) for part in self._density(at_zero)))
        slope = np.asarray(self._slope(at_zero))
        precision = slope - np.array(
            [self._slope(point | self._split(unit)) for unit in np.eye(size)]
        )
        _, log_det = np.linalg.slogdet(precision)
        half = 0.5 * slope @ np.linalg.solve(precision, slope)
        return float(value + half + 0.5 * (size * np.log(2.0 * np.pi) - log_det))

    def _split(self, flat: np.ndarray) -> Point:
        ends = np.cumsum([value.size for value in self._zero.values()])[:-1]
        parts = np.split(flat, ends)
        named = zip(self._zero.items(), parts, strict=True)
        return {name: part.reshape(zero.shape) for (name, zero), part in named}


def _is_linear(name: str) -> bool:
    plain = name.replace("_business", "")
    return plain in {"alpha", "mu_alpha", "beta", "initial", "theta_raw", "u_raw"}


def values_of(model: pm.Model, wanted: list[str], point: Point) -> dict[str, np.ndarray]:
    function = model.compile_fn(
        model.replace_rvs_by_values([model[name] for name in wanted]),
        inputs=model.value_vars,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    return {name: np.atleast_1d(v) for name, v in zip(wanted, function(point), strict=True)}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in {"all tied", "jobs static"} else pytest.mark.slow)
        for kind in SPECS
    ],
)
def test_the_collapsed_density_is_the_full_one_integrated(panel: xr.Dataset, kind: str) -> None:
    design = joint_design(build_designs(SPECS[kind], panel, first=2006), panel)
    assert design.fitted_initial().std() > 0.5
    integrated, problem = Integrated(design), joint.JointProblem.of(design)
    rng = np.random.default_rng(1)
    differences = []
    for _ in range(3):
        start = integrated.model.initial_point()
        point = {name: rng.normal(size=value.shape) for name, value in start.items()}
        psi = values_of(integrated.model, list(problem.hyper.names), point)
        full = {name: np.zeros(1) for name in CORRELATIONS} | psi
        differences.append(integrated(point) - problem.log_likelihood(full)[0])
    # PyTensor keeps what single precision holds exactly in it, with normalising constants: the
    # same constant for every ψ
    assert np.abs(differences).max() < 1e-6
    assert np.ptp(differences) < 1e-9
