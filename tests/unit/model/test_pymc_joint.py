"""The PyMC model of two equations: its density and its effects against ones written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy import stats
from tests.unit.specifications import PRIORS

import attraktiv
from attraktiv.model import JointDesign, build_designs, joint_design
from attraktiv.specs import CORRELATIONS, ModelSpec

LASTING, PATH, NOISE = CORRELATIONS

#: Of the jobs, where they differ: another prior must not pass for that of migration.
JOBS_PRIORS: Mapping[str, Mapping[str, Any]] = {
    **PRIORS,
    "beta": {"distribution": "normal", "mu": -0.2, "sigma": 0.9},
    "tau": {"distribution": "half_normal", "sigma": 0.9},
    "rho": {"distribution": "beta", "alpha": 2.1, "beta": 3.2, "lower": -1.0, "upper": 1.0},
    "sigma": {"distribution": "half_normal", "sigma": 1.7},
}
TIES: Mapping[str, Mapping[str, Any]] = {
    name: {"distribution": "beta", "alpha": a, "beta": 2.3, "lower": -1.0, "upper": 1.0}
    for name, a in zip(CORRELATIONS, (1.7, 2.4, 3.1), strict=True)
}
Point = dict[str, np.ndarray]


def joint(
    place_effects: tuple[str, str] = ("ar1", "ar1"),
    tied: Sequence[str] = CORRELATIONS,
    *,
    jobs_factors: str = "share + lag(population_growth, 1)",
    year_effect: str = "ar1",
    size_dependent: tuple[bool, bool] = (True, True),
) -> ModelSpec:
    """A joint model with just the priors that its structure needs."""
    equations = []
    for q, priors in enumerate((PRIORS, JOBS_PRIORS)):
        needed = ["beta", "mu_alpha", "sigma_alpha", "sigma"]
        needed += ["rho_alpha"] if year_effect == "ar1" else []
        needed += ["tau"] if place_effects[q] != "none" else []
        needed += ["sigma_u", "rho"] if place_effects[q] == "ar1" else []
        needed += ["phi"] if size_dependent[q] else []
        equations.append(
            {
                "outcome": ("net_migration_rate", "job_growth")[q],
                "factors": ("own_job_growth + level", jobs_factors)[q],
                "place_effect": place_effects[q],
                "year_effect": year_effect,
                "noise": {"size_dependent": size_dependent[q], "turnover": (0.09, 0.3)[q]},
                "priors": {name: priors[name] for name in needed},
            }
        )
    about = dict.fromkeys(("title", "source", "summary"), "Tests")
    return ModelSpec.model_validate(
        {
            **about,
            "id": "two",
            "year": 2026,
            "status": "experimental",
            "equations": {
                "migration": equations[0],
                "jobs": {"business": equations[1]},
                "joint": {"priors": {name: TIES[name] for name in tied}},
            },
        }
    )


SPECS: Mapping[str, ModelSpec] = {
    "all tied": joint(),
    "lasting apart": joint(tied=(PATH, NOISE)),
    "paths apart": joint(tied=(LASTING, NOISE)),
    "noise apart": joint(tied=(LASTING, PATH)),
    "nothing tied": joint(tied=()),
    "static": joint(("static", "static"), (LASTING, NOISE)),
    "jobs static": joint(("ar1", "static"), (LASTING, NOISE)),
    "migration without place effect": joint(("none", "ar1"), (NOISE,)),
    "jobs without place effect or factors": joint(("ar1", "none"), (NOISE,), jobs_factors=""),
    "independent years, plain noise of jobs": joint(
        year_effect="independent", size_dependent=(True, False)
    ),
}


@pytest.fixture
def uneven(panel: xr.Dataset) -> xr.Dataset:
    """The panel with measurement error, uneven growth, and cells that one outcome lacks."""
    wave = np.sin(np.arange(35.0)).reshape(5, 7)
    place, year = panel["place"], panel["year"]
    no_migration = (place == "0102") & (year == 2012) | (year == 2014)
    return panel.assign(
        measurement_sd=(("place", "year"), np.abs(wave)),
        population=(panel["population"] * (1.0 + 0.02 * wave)).round(),
        net_migration=panel["net_migration"].where(~no_migration),
        # a year without jobs takes the growth of two
        jobs=panel["jobs"].where(~((place == "0103") & (year == 2013))),
    )


def design_of(spec: ModelSpec, panel: xr.Dataset) -> JointDesign:
    return joint_design(build_designs(spec, panel, first=2011), panel)


def model_of(spec: ModelSpec, panel: xr.Dataset) -> pm.Model:
    return attraktiv.build_model(spec, panel, first=2011)


def random_point(model: pm.Model, seed: int = 1) -> Point:
    """A point on the scale the sampler moves on; the path of jobs goes to and fro."""
    rng = np.random.default_rng(seed)
    point = {name: rng.normal(0, 0.7, v.shape) for name, v in model.initial_point().items()}
    for name in point.keys() & {"rho_business_raw_logodds__"}:
        point[name] = np.array(-1.2)
    return point


def compiled(model: pm.Model, wanted: Sequence[str]) -> Callable[[Point], Point]:
    """Values of variables at a point, by name, without the wait for machine code."""
    function = model.compile_fn(
        model.replace_rvs_by_values([model[name] for name in wanted]),
        inputs=model.value_vars,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    return lambda point: dict(zip(wanted, function(point), strict=True))


def log_prior(prior: Mapping[str, Any], x: np.ndarray) -> float:
    """Log density from scipy; of what is scaled, that of its place between its ends."""
    distribution = {
        "normal": lambda: stats.norm(prior["mu"], prior["sigma"]),
        "half_normal": lambda: stats.halfnorm(scale=prior["sigma"]),
        "log_normal": lambda: stats.lognorm(prior["sigma"], scale=np.exp(prior["mu"])),
        "beta": lambda: stats.beta(prior["alpha"], prior["beta"]),
        "uniform": lambda: stats.uniform(prior["lower"], prior["upper"] - prior["lower"]),
    }[prior["distribution"]]()
    if prior["distribution"] == "beta" and "lower" in prior:
        x = (x - prior["lower"]) / (prior["upper"] - prior["lower"])
    return float(np.sum(distribution.logpdf(x)))


def by_hand(design: JointDesign, at: Point) -> float:
    """Joint log density of data, parameters and the standard normal innovations."""
    raw = ("theta_raw", "u_raw", "theta_business_raw", "u_business_raw")
    total = sum(stats.norm.logpdf(at[name]).sum() for name in raw if name in at)
    total += sum(log_prior(TIES[name], at[name]) for name in CORRELATIONS if name in at)
    sides = []
    for suffix, priors, one in (
        ("", PRIORS, design.residential),
        ("_business", JOBS_PRIORS, design.business),
    ):
        own = {name: at[name + suffix] for name in (*PRIORS, "alpha") if name + suffix in at}
        total += sum(log_prior(priors[name], v) for name, v in own.items() if name != "alpha")
        d = at[f"initial{suffix}"]
        total += log_prior(priors["beta"], d)
        alpha, mu, sigma = own["alpha"], own["mu_alpha"], own["sigma_alpha"]
        rho = own.get("rho_alpha", 0.0)
        total += stats.norm.logpdf(alpha[0], mu, sigma / np.sqrt(1 - rho**2))
        for before, now in pairwise(alpha):
            total += stats.norm.logpdf(now, mu + rho * (before - mu), sigma)
        data = one.fitted()
        mean = alpha + (data["factors"].values @ own.get("beta", np.zeros(0)))
        mean += (d * design.fitted_initial())[:, None]
        mean += at.get(f"theta{suffix}", np.zeros(len(mean)))[:, None] + at.get(f"u{suffix}", 0.0)
        variance = own["sigma"] ** 2 + data["measurement_sd"].values ** 2
        variance = variance + own.get("phi", 0.0) * data["flow_variance"].values
        sides.append((data["used"].values, data["outcome"].values - mean, variance))
    used, error, variance = (np.stack(parts, axis=-1) for parts in zip(*sides, strict=True))
    r = float(at.get(NOISE, 0.0))
    for cell in np.ndindex(used.shape[:2]):
        on = used[cell]
        if not on.any():
            continue
        sd = np.sqrt(variance[cell])
        covariance = np.outer(sd, sd) * np.array([[1.0, r], [r, 1.0]])
        total += stats.multivariate_normal.logpdf(error[cell][on], cov=covariance[np.ix_(on, on)])
    return float(total)


@pytest.mark.parametrize("kind", SPECS)
def test_density_equals_one_written_by_hand(uneven: xr.Dataset, kind: str) -> None:
    design = design_of(SPECS[kind], uneven)
    model = model_of(SPECS[kind], uneven)
    # a sum of so many terms is more than the slow mode can add at once
    density = model.compile_logp(jacobian=False, sum=False, mode="FAST_COMPILE")
    values = compiled(model, [v.name for v in (*model.free_RVs, *model.deterministics)])
    for seed in (1, 2):
        point = random_point(model, seed)
        found = sum(np.sum(part) for part in density(point))
        assert found == pytest.approx(by_hand(design, values(point)), rel=1e-10, abs=1e-8)


def test_the_panel_of_these_tests_has_every_kind_of_cell(uneven: xr.Dataset) -> None:
    design = design_of(SPECS["all tied"], uneven)
    used = [one.fitted()["used"].values for one in (design.residential, design.business)]
    kinds = {(bool(a), bool(b)) for a, b in zip(*(u.ravel() for u in used), strict=True)}
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}
    assert design.fitted_initial().std() == pytest.approx(1.0)
    at = compiled(model := model_of(SPECS["all tied"], uneven), ["rho_business"])
    assert at(random_point(model))["rho_business"] < -0.4


@pytest.mark.parametrize("kind", ["all tied", "lasting apart", "paths apart", "static"])
def test_effects_have_the_covariance_of_the_model(uneven: xr.Dataset, kind: str) -> None:
    # the effects are linear in the innovations, so that their matrix gives the covariance,
    # however the innovations are arranged
    model = model_of(SPECS[kind], uneven)
    point = random_point(model)
    raw = [n for n in point if n.endswith("_raw")]
    effects = [n for n in ("theta", "theta_business", "u", "u_business") if n in model.named_vars]
    zero = point | {name: np.zeros_like(point[name]) for name in raw}
    function = compiled(model, effects)
    columns = []
    for name in raw:
        for k in range(zero[name].size):
            unit = np.zeros(zero[name].size)
            unit[k] = 1.0
            out = function(zero | {name: unit.reshape(zero[name].shape)})
            columns.append(np.concatenate([out[effect].ravel() for effect in effects]))
    found = np.array(columns).T @ np.array(columns)
    scalars = [v.name for v in (*model.free_RVs, *model.deterministics) if v.ndim == 0]
    at = compiled(model, scalars)(point)
    n, years = model.dim_lengths["place"].eval(), model.dim_lengths["year"].eval()
    tau = np.array([at["tau"], at["tau_business"]])
    expected = np.zeros_like(found)
    lasting = np.outer(tau, tau) * correlation(at.get(LASTING, 0.0))
    expected[: 2 * n, : 2 * n] = np.kron(lasting, np.eye(n))
    if "u" in effects:
        sides = [(at["rho"], at["sigma_u"]), (at["rho_business"], at["sigma_u_business"])]
        blocks = [
            [
                np.kron(np.eye(n), covariance_of_paths(a, b, r, years))
                for b, r in zip(sides, row, strict=True)
            ]
            for a, row in zip(sides, correlation(at.get(PATH, 0.0)), strict=True)
        ]
        expected[2 * n :, 2 * n :] = np.block(blocks)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def correlation(r: Any) -> np.ndarray:
    return np.array([[1.0, float(r)], [float(r), 1.0]])


def covariance_of_paths(one: Any, other: Any, r: float, years: int) -> np.ndarray:
    """Covariance of year s of one stationary path with year t of another."""
    (rho_s, sigma_s), (rho_t, sigma_t) = one, other
    lag = np.arange(years)[None, :] - np.arange(years)[:, None]
    same_year = r * sigma_s * sigma_t / (1.0 - rho_s * rho_t)
    return same_year * np.where(lag > 0, rho_t ** np.abs(lag), rho_s ** np.abs(lag))


def test_coordinates_and_names(uneven: xr.Dataset) -> None:
    model = model_of(SPECS["all tied"], uneven)
    coords = {name: list(values) for name, values in model.coords.items() if values is not None}
    assert coords["place"] == ["0101", "0102", "0103", "0201"]
    assert coords["year"] == [2011, 2012, 2013, 2014, 2015]
    assert coords["term"] == ["own_job_growth", "level"]
    assert coords["term_business"] == ["share", "lag(population_growth, 1)"]
    dims = model.named_vars_to_dims
    for suffix, outcome in (("", "net_migration_rate"), ("_business", "job_growth")):
        assert dims[f"alpha{suffix}"] == ("year",)
        assert dims[f"beta{suffix}"] == (f"term{suffix}",)
        assert dims[f"theta{suffix}"] == ("place",)
        assert dims[f"u{suffix}"] == ("place", "year")
        assert dims[outcome] == (f"cell{suffix}",)
    assert set(CORRELATIONS) <= set(model.named_vars)


@pytest.mark.parametrize("kind", SPECS)
def test_a_model_has_only_what_its_structure_has(uneven: xr.Dataset, kind: str) -> None:
    spec = SPECS[kind]
    model = model_of(spec, uneven)
    needed = set(spec.equations.joint.priors) if spec.equations.joint else set()
    for side, suffix in (("residential", ""), ("business", "_business")):
        parameters = {*spec.equation(side).parameters, "alpha", "initial"}
        parameters -= set() if spec.equation(side).factors else {"beta"}
        needed |= {name + suffix for name in parameters}
    named = {name for name in model.named_vars if not name.endswith("_raw")}
    effects = {f"{name}{suffix}" for name in ("theta", "u") for suffix in ("", "_business")}
    data = {"factors", "factors_business", "net_migration_rate", "job_growth"}
    assert named - effects - data == needed


def test_only_used_cells_are_observed(uneven: xr.Dataset) -> None:
    design = design_of(SPECS["all tied"], uneven)
    model = model_of(SPECS["all tied"], uneven)
    for one in (design.residential, design.business):
        observed = model.rvs_to_values[model[one.equation.outcome]].data
        data = one.fitted()
        np.testing.assert_array_equal(observed, data["outcome"].values[data["used"].values])


def test_the_gradient_exists_where_the_sampler_may_begin(uneven: xr.Dataset) -> None:
    # the prior of an autocorrelation that may be negative has its middle at zero
    model = model_of(SPECS["all tied"], uneven)
    start = {
        name: np.zeros_like(value) if name.endswith("_logodds__") else value
        for name, value in model.initial_point().items()
    }
    assert compiled(model, ["rho_business"])(start)["rho_business"] == 0.0
    share = model["rho_business_raw"]
    slope = model.compile_dlogp([share], mode="FAST_COMPILE")(start)
    assert np.isfinite(slope).all()
