"""The PyMC model: its names, and its density against one written by hand with scipy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy import special, stats
from tests.unit.specifications import PRIORS, specification

import attraktiv
from attraktiv import names
from attraktiv.errors import DesignError
from attraktiv.model import build_design
from attraktiv.specs import Beta, ModelSpec

FACTORS = "level + lag(own_job_growth, 1) + share"

SPECS: Mapping[str, ModelSpec] = {
    "static": specification(FACTORS),
    "dynamic": specification(FACTORS, place_effect="ar1"),
    "grouped": specification(FACTORS, groups="county"),
    "dynamic and grouped": specification(FACTORS, place_effect="ar1", groups="county"),
    "independent years, plain noise": specification(
        FACTORS, year_effect="independent", size_dependent=False
    ),
    "Student-t": specification(FACTORS, family="student_t"),
    "Student-t, dynamic": specification(FACTORS, place_effect="ar1", family="student_t"),
    "no place effect": specification(FACTORS, place_effect="none"),
    "no factors": specification(""),
}
Point = dict[str, np.ndarray]


@pytest.fixture
def uneven(panel: xr.Dataset) -> xr.Dataset:
    """The panel with measurement error, a cell without outcome, and a year without any."""
    error = np.abs(np.sin(np.arange(35.0))).reshape(5, 7)
    unknown = (panel["place"] == "0102") & (panel["year"] == 2011) | (panel["year"] == 2013)
    return panel.assign(
        measurement_sd=(("place", "year"), error),
        net_migration=panel["net_migration"].where(~unknown),
    )


def random_point(model: pm.Model, seed: int = 1) -> Point:
    """A point on the scale the sampler moves on."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 0.7, v.shape) for name, v in model.initial_point().items()}


def natural(point: Point) -> Point:
    """The same point on the scale of the priors."""
    prior = PRIORS["rho"]
    out = {}
    for name, value in point.items():
        if name.endswith("_log__"):
            out[name.removesuffix("_log__")] = np.exp(value)
        elif name.endswith("_logodds__"):
            out[name.removesuffix("_logodds__")] = special.expit(value)
        elif name.endswith("_interval__"):
            width = prior["upper"] - prior["lower"]
            out[name.removesuffix("_interval__")] = prior["lower"] + width * special.expit(value)
        else:
            out[name] = value
    if "nu_raw" in out:
        out["nu"] = PRIORS["nu"]["lower"] + out.pop("nu_raw")
    return out


def compiled(model: pm.Model, wanted: Sequence[str]) -> Callable[[Point], list[np.ndarray]]:
    """What the model computes from a point, without the wait for machine code."""
    return model.compile_fn(
        model.replace_rvs_by_values([model[name] for name in wanted]),
        inputs=model.value_vars,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )


def effects(model: pm.Model, point: Point) -> Point:
    """Values of γ, θ and u at a point, those the model has."""
    present = [n for n in (names.GAMMA, names.THETA, names.U) if n in model.named_vars]
    if not present:
        return {}
    function = compiled(model, present)
    return dict(zip(present, function(point), strict=True))


def log_density(name: str, x: np.ndarray) -> float:
    """Log density of the prior in `PRIORS`, from scipy."""
    prior: Mapping[str, Any] = PRIORS[name]
    distribution = {
        "normal": lambda: stats.norm(prior["mu"], prior["sigma"]),
        "half_normal": lambda: stats.halfnorm(scale=prior["sigma"]),
        "exponential": lambda: stats.expon(scale=prior["scale"]),
        "log_normal": lambda: stats.lognorm(prior["sigma"], scale=np.exp(prior["mu"])),
        "beta": lambda: stats.beta(prior["alpha"], prior["beta"]),
        "gamma": lambda: stats.gamma(prior["alpha"], prior["lower"], 1 / prior["beta"]),
        "uniform": lambda: stats.uniform(prior["lower"], prior["upper"] - prior["lower"]),
    }[prior["distribution"]]()
    return float(np.sum(distribution.logpdf(x)))


def by_hand(spec: ModelSpec, data: xr.Dataset, at: Point, effect: Point) -> float:
    """Joint log density of data, parameters and the standard normal innovations."""
    total = sum(log_density(name, at[name]) for name in spec.migration.parameters if name in at)
    total += sum(stats.norm.logpdf(v).sum() for name, v in at.items() if name.endswith("_raw"))
    alpha, mu, sigma = at["alpha"], at["mu_alpha"], at["sigma_alpha"]
    if spec.migration.year_effect == "independent":
        total += stats.norm.logpdf(alpha, mu, sigma).sum()
    else:
        rho = at["rho_alpha"]
        total += stats.norm.logpdf(alpha[0], mu, sigma / np.sqrt(1 - rho**2))
        for before, now in pairwise(alpha):
            total += stats.norm.logpdf(now, mu + rho * (before - mu), sigma)
    groups = sorted(set(data["county"].values))
    for i, place in enumerate(data["place"].values):
        for t, year in enumerate(data["year"].values):
            cell = data.sel(place=place, year=year)
            if not cell["used"]:
                continue
            mean = alpha[t] + cell["factors"].values @ at.get("beta", np.zeros(0))
            if "gamma" in effect:
                mean += effect["gamma"][groups.index(str(cell["county"].item()))]
            if "theta" in effect:
                mean += effect["theta"][i]
            if "u" in effect:
                mean += effect["u"][i, t]
            variance = at["sigma"] ** 2 + float(cell["measurement_sd"]) ** 2
            variance += at.get("phi", 0.0) * float(cell["flow_variance"])
            noise = stats.t(at["nu"]) if "nu" in at else stats.norm()
            error = float(cell["outcome"]) - mean
            total += noise.logpdf(error / np.sqrt(variance)) - np.log(variance) / 2
    return float(total)


@pytest.mark.parametrize("kind", SPECS)
def test_density_equals_one_written_by_hand(uneven: xr.Dataset, kind: str) -> None:
    spec = SPECS[kind]
    data = build_design(spec, uneven).fitted()
    model = attraktiv.build_model(spec, uneven)
    density = model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    for seed in (1, 2):
        point = random_point(model, seed)
        expected = by_hand(spec, data, natural(point), effects(model, point))
        assert float(density(point)) == pytest.approx(expected, rel=1e-10, abs=1e-8)


@pytest.mark.parametrize("kind", ["dynamic", "static"])
def test_effects_have_the_covariance_of_the_model(uneven: xr.Dataset, kind: str) -> None:
    # the effects are linear in the innovations, so that their matrix gives the covariance,
    # however the innovations are arranged
    model = attraktiv.build_model(SPECS[kind], uneven)
    point = random_point(model)
    raw = [name for name in point if name.endswith("_raw")]
    zero = point | {name: np.zeros_like(point[name]) for name in raw}
    present = [n for n in (names.THETA, names.U) if n in model.named_vars]
    function = compiled(model, present)
    columns = []
    for name in raw:
        for k in range(zero[name].size):
            unit = np.zeros(zero[name].size)
            unit[k] = 1.0
            out = function(zero | {name: unit.reshape(zero[name].shape)})
            columns.append(np.concatenate([v.ravel() for v in out]))
    found = np.array(columns).T @ np.array(columns)
    at = natural(point)
    n, years = model.dim_lengths["place"].eval(), model.dim_lengths["year"].eval()
    expected = np.zeros_like(found)
    expected[:n, :n] = at["tau"] ** 2 * np.eye(n)
    if kind == "dynamic":
        expected[n:, n:] = np.kron(np.eye(n), ar1_covariance(at["rho"], at["sigma_u"], years))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def ar1_covariance(rho: Any, sigma: Any, years: int) -> Any:
    """Covariance of a stationary AR(1), by its recursion: column s is the effect of shock s."""
    effect = np.zeros((years, years))
    for t in range(years):
        effect[t] = rho * effect[t - 1] if t else 0.0
        effect[t, t] = sigma if t else sigma / np.sqrt(1 - rho**2)
    return effect @ effect.T


def test_coordinates_and_names(panel: xr.Dataset) -> None:
    model = attraktiv.build_model(SPECS["dynamic and grouped"], panel)
    coords = {name: list(values) for name, values in model.coords.items() if values is not None}
    assert coords["place"] == ["0101", "0102", "0103", "0201"]
    assert coords["year"] == [2010, 2011, 2012, 2013, 2014, 2015]
    assert coords["term"] == ["level", "lag(own_job_growth, 1)", "share"]
    assert coords["group"] == ["01", "02"]
    assert coords["cell"] == list(range(24))
    dims = model.named_vars_to_dims
    assert dims["alpha"] == ("year",)
    assert dims["beta"] == ("term",)
    assert dims["gamma"] == ("group",)
    assert dims["theta"] == ("place",)
    assert dims["u"] == ("place", "year")
    assert dims["net_migration_rate"] == ("cell",)
    assert set(SPECS["dynamic and grouped"].migration.parameters) <= set(model.named_vars)


@pytest.mark.parametrize("kind", SPECS)
def test_a_model_has_only_what_its_structure_has(panel: xr.Dataset, kind: str) -> None:
    spec = SPECS[kind]
    model = attraktiv.build_model(spec, panel)
    free = {v.name for v in model.free_RVs if not v.name.endswith("_raw")}
    free |= {"nu"} & set(model.named_vars)  # ν − 2 is what moves
    needed = {*spec.migration.parameters, "alpha"}
    assert free == (needed - {"beta"} if kind == "no factors" else needed)


def test_only_used_cells_are_observed(uneven: xr.Dataset) -> None:
    model = attraktiv.build_model(SPECS["static"], uneven)
    data = build_design(SPECS["static"], uneven).fitted()
    observed = model.rvs_to_values[model["net_migration_rate"]].data
    used = data["outcome"].values[data["used"].values]
    np.testing.assert_array_equal(observed, used)
    # four places and six years, less the year without outcome and one cell
    assert observed.shape == (4 * 5 - 1,)


def test_options_reach_the_design(panel: xr.Dataset) -> None:
    model = attraktiv.build_model(
        SPECS["static"], panel, first=2012, last=2014, without=["share"], exclude="none"
    )
    assert list(model.coords["year"]) == [2012, 2013, 2014]
    assert list(model.coords["term"]) == ["level", "lag(own_job_growth, 1)"]
    assert len(model.coords["place"]) == 5


def test_a_classical_model_has_no_pymc_model(panel: xr.Dataset) -> None:
    spec = specification(FACTORS, year_effect="fixed")
    with pytest.raises(DesignError, match="a_model is a classical regression without priors"):
        attraktiv.build_model(spec, panel)


def test_the_model_can_be_extended_by_hand(panel: xr.Dataset) -> None:
    model = attraktiv.build_model(SPECS["dynamic"], panel)
    with model:
        pm.Deterministic("spread", model["theta"].std())
    drawn = pm.sample_prior_predictive(
        draws=3,
        model=model,
        var_names=["spread", "u", "net_migration_rate"],
        random_seed=1,
        compile_kwargs={"mode": "FAST_COMPILE"},
    )
    prior = drawn["prior"]
    assert prior["spread"].shape == (1, 3)
    assert prior["u"].dims == ("chain", "draw", "place", "year")
    assert drawn["prior_predictive"]["net_migration_rate"].shape == (1, 3, 24)


def test_a_beta_prior_between_other_ends_is_stretched(panel: xr.Dataset) -> None:
    spec = specification(FACTORS, place_effect="ar1")
    swinging = Beta(distribution="beta", alpha=2.0, beta=3.0, lower=-1.0, upper=1.0)
    priors = dict(spec.migration.priors) | {names.RHO: swinging}
    model = attraktiv.build_model(spec.with_equation("residential", priors=priors), panel)
    at = model.initial_point() | {"rho_raw_logodds__": np.array(0.4)}
    (rho,) = compiled(model, [names.RHO])(at)
    assert rho == pytest.approx(2.0 * special.expit(0.4) - 1.0)
    assert model["rho_raw"].owner.op.name == "beta"
