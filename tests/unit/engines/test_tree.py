"""The run's tree: every place of the panel is in it, those left out of the fit from the prior."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from tests.unit.engines.conftest import FACTORS, FIXED, OUTSIDE, draws_of
from tests.unit.specifications import permuted, specification, widened

from attraktiv.engines import least_squares
from attraktiv.engines.tree import build_joint_tree, build_tree
from attraktiv.model import JointDesign, build_design, build_designs, joint_design
from attraktiv.specs import Sampling
from attraktiv.store import equation_of

SPEC = specification(FACTORS, place_effect="ar1", groups="part")


def tree_of(panel: xr.Dataset, *, draws: int = 50, seed: int = 7) -> xr.DataTree:
    design = build_design(SPEC, panel)
    return build_tree(design, draws_of(design, draws=draws), seed=seed)


@pytest.fixture(scope="module")
def tree(country: xr.Dataset) -> xr.DataTree:
    return tree_of(country)


@pytest.fixture(scope="module")
def many(country: xr.Dataset) -> xr.Dataset:
    """Twenty thousand draws of the place that is left out and of its group."""
    posterior = tree_of(country, draws=10_000)["posterior"].to_dataset()
    chosen: xr.Dataset = posterior[["theta", "u", "gamma"]].sel(place=OUTSIDE, group="C")
    return chosen.stack(sample=("chain", "draw"))


def test_dimensions_and_coordinates(tree: xr.DataTree, country: xr.Dataset) -> None:
    posterior = tree["posterior"].to_dataset()
    sample = ("chain", "draw")
    dims = {
        "alpha": (*sample, "year"),
        "beta": (*sample, "term"),
        "beta_original": (*sample, "term"),
        "gamma": (*sample, "group"),
        "theta": (*sample, "place"),
        "u": (*sample, "place", "year"),
    }
    for name, variable in posterior.items():
        assert variable.dims == dims.get(str(name), sample), name
        assert variable.notnull().all(), name
    assert set(posterior) == {*dims, *SPEC.migration.parameters, "alpha"}
    assert posterior["place"].values.tolist() == country["place"].values.tolist()
    assert posterior["year"].values.tolist() == list(range(2005, 2011))
    assert posterior["term"].values.tolist() == FACTORS.split(" + ")
    assert posterior["group"].values.tolist() == ["A", "B", "C"]


def test_every_variable_of_the_posterior_has_units_and_a_name(tree: xr.DataTree) -> None:
    for name, variable in tree["posterior"].data_vars.items():
        assert variable.attrs["long_name"], name
        unitless = name in ("rho", "rho_alpha", "phi")
        assert variable.attrs["units"].startswith("" if unitless else "percentage points"), name
        assert bool(variable.attrs["units"]) != unitless, name


def test_groups_of_the_tree(tree: xr.DataTree, country: xr.Dataset) -> None:
    assert set(tree.children) == {"posterior", "observed_data", "constant_data"}
    rate = 100 * country["net_migration"] / country["population"]
    found = tree["observed_data"]["net_migration_rate"]
    assert found.attrs["units"] == "percent of population per year"
    assert found.sel(place=OUTSIDE).isnull().all()
    assert np.isnan(found.sel(place="0101", year=2006))
    inside = country["place"].values[country["place"].values != OUTSIDE]
    np.testing.assert_array_equal(found.sel(place=inside), rate.sel(place=inside, year=found.year))
    constant = tree["constant_data"].to_dataset()
    assert {"factors", "factor_missing", "centre", "scale", "flow_variance", "measurement_sd"} <= (
        set(constant)
    )
    assert {"population", "fitted", "used", "group_of_place", "name", "centrality"} <= set(constant)
    assert "outcome" not in constant


def test_draws_of_fitted_places_stand_with_their_place(
    tree: xr.DataTree, country: xr.Dataset
) -> None:
    design = build_design(SPEC, country)
    draws = draws_of(design)
    inside = design.fitted()["place"].values
    posterior = tree["posterior"].to_dataset()
    np.testing.assert_array_equal(posterior["theta"].sel(place=inside), draws["theta"])
    np.testing.assert_array_equal(posterior["u"].sel(place=inside), draws["u"])
    np.testing.assert_array_equal(posterior["gamma"].sel(group=["A", "B"]), draws["gamma"])


def test_effect_of_one_unit_is_the_effect_of_one_deviation_over_the_scale(
    tree: xr.DataTree,
) -> None:
    posterior = tree["posterior"].to_dataset()
    expected = posterior["beta"] / tree["constant_data"]["scale"]
    np.testing.assert_allclose(posterior["beta_original"], expected, rtol=1e-15)


def test_lasting_attractiveness_outside_the_fit_follows_the_prior(many: xr.Dataset) -> None:
    theta, gamma = many["theta"].values, many["gamma"].values
    assert stats.kstest(theta / FIXED["tau"], "norm").pvalue > 1e-4
    assert stats.kstest(gamma / FIXED["sigma_gamma"], "norm").pvalue > 1e-4
    # the SD of n normal draws is known to 1/sqrt(2n)
    assert theta.std() == pytest.approx(FIXED["tau"], rel=5 / np.sqrt(2 * theta.size))
    assert gamma.std() == pytest.approx(FIXED["sigma_gamma"], rel=5 / np.sqrt(2 * gamma.size))
    assert abs(np.corrcoef(theta, gamma)[0, 1]) < 5 / np.sqrt(theta.size)


def test_path_outside_the_fit_is_stationary(many: xr.Dataset) -> None:
    u = many["u"].transpose("year", "sample").values
    n, years = u.shape[1], u.shape[0]
    variance = FIXED["sigma_u"] ** 2 / (1 - FIXED["rho"] ** 2)
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    expected = variance * FIXED["rho"] ** lag
    spread = np.sqrt((variance**2 + expected**2) / n)
    assert (np.abs(np.cov(u) - expected) / spread).max() < 4.5
    assert np.abs(u.mean(axis=1)).max() < 4.5 * np.sqrt(variance / n)
    assert np.abs(np.corrcoef(np.vstack([u, many["theta"].values]))[-1, :-1]).max() < 5 / n**0.5


def test_permuting_places_permutes_the_draws(tree: xr.DataTree, country: xr.Dataset) -> None:
    found = tree_of(permuted(country))
    assert list(found["posterior"].to_dataset()["place"]) != list(country["place"])
    places = country["place"].values
    for group in tree.children:
        xr.testing.assert_identical(
            found[group].to_dataset().sel(place=places), tree[group].to_dataset()
        )


def test_adding_places_changes_no_other_draw(tree: xr.DataTree, country: xr.Dataset) -> None:
    wider = tree_of(widened(country))["posterior"].to_dataset()
    expected = tree["posterior"].to_dataset()
    kept = wider.sel(place=expected["place"].values, group=expected["group"].values)
    xr.testing.assert_identical(kept, expected)
    assert wider["theta"].notnull().all()
    # each has random numbers of its own
    assert len({float(wider["theta"].sel(place=p)[0, 0]) for p in ("0000", "9999", OUTSIDE)}) == 3


def test_the_seed_decides_what_is_drawn_outside_the_fit(country: xr.Dataset) -> None:
    a, b, c = (tree_of(country, seed=seed)["posterior"]["theta"] for seed in (7, 7, 8))
    xr.testing.assert_identical(a, b)
    assert not np.array_equal(a.sel(place=OUTSIDE), c.sel(place=OUTSIDE))


def test_least_squares_says_nothing_of_a_place_outside_the_fit(country: xr.Dataset) -> None:
    design = build_design(specification(FACTORS, year_effect="fixed"), country)
    found = build_tree(
        design,
        least_squares.sample(design, Sampling(chains=2, draws=5), rng=np.random.default_rng(1)),
        seed=1,
    )
    posterior = found["posterior"].to_dataset()
    assert set(posterior) == {"alpha", "beta", "beta_original", "sigma", "u"}
    assert posterior["u"].sel(place=OUTSIDE).isnull().all()
    used = found["constant_data"]["used"]
    np.testing.assert_array_equal(posterior["u"].notnull().all(("chain", "draw")), used)


def test_log_likelihood_has_every_place_and_nothing_where_nothing_is(country: xr.Dataset) -> None:
    design = build_design(SPEC, country)
    draws = draws_of(design)
    values = np.random.default_rng(1).normal(size=draws["u"].shape).astype(np.float32)
    found = build_tree(design, draws, seed=1, log_likelihood=values)["log_likelihood"]
    density = found["net_migration_rate"]
    assert density.dims == ("chain", "draw", "place", "year")
    assert density.dtype == np.float32
    assert density.sel(place=OUTSIDE).isnull().all()
    inside = design.fitted()["place"].values
    np.testing.assert_array_equal(density.sel(place=inside), values)


def test_without_factors(country: xr.Dataset) -> None:
    design = build_design(specification("", place_effect="ar1", groups="part"), country)
    posterior = build_tree(design, draws_of(design), seed=1)["posterior"].to_dataset()
    assert "beta" not in posterior
    assert "beta_original" not in posterior


# Two equations ---------------------------------------------------------------------------


def joint_draws(design: JointDesign, draws: int, **correlations: float) -> dict[str, dict]:
    """Draws of both equations; all that differs between draws is what the tree itself draws."""
    found = {}
    for kind, one in design.by_kind().items():
        found[kind] = {**draws_of(one, draws=draws), "initial": np.full((2, draws), 0.3)}
        found[kind]["rho"] = np.full((2, draws), 0.6 if kind == "residential" else -0.4)
    shape = (2, draws)
    found["residential"] |= {name: np.full(shape, r) for name, r in correlations.items()}
    return found


@pytest.fixture(scope="module")
def joint(country: xr.Dataset) -> JointDesign:
    jobs = specification("centrality", place_effect="ar1").migration
    spec = SPEC.with_equation("residential", groups=None)
    equations = {
        "migration": {
            **spec.migration.model_dump(),
            "priors": {n: p for n, p in spec.migration.priors.items() if n != "sigma_gamma"},
        },
        "jobs": {"business": {**jobs.model_dump(), "outcome": "job_growth"}},
        "joint": {},
    }
    spec = type(spec).model_validate({**spec.model_dump(), "equations": equations})
    return joint_design(build_designs(spec, country), country)


def test_places_outside_the_fit_are_tied_as_the_model_ties_them(joint: JointDesign) -> None:
    draws = joint_draws(joint, 20_000, correlation_lasting=0.7, correlation_path=-0.5)
    tree = build_joint_tree(joint, draws, seed=2)
    outside = {"place": OUTSIDE}
    theta, kappa, u, w = (
        equation_of(tree, kind)["posterior"].to_dataset()[name].sel(outside)
        for name in ("theta", "u")
        for kind in ("residential", "business")
    )
    tau = [draws[kind]["tau"] for kind in ("residential", "business")]
    lasting = np.corrcoef((theta / tau[0]).values.ravel(), (kappa / tau[1]).values.ravel())[0, 1]
    assert lasting == pytest.approx(0.7, abs=0.02)
    scale = [draws[kind]["sigma_u"] for kind in ("residential", "business")]
    one = (u - 0.6 * u.shift(year=1)).isel(year=3) / scale[0]
    other = (w + 0.4 * w.shift(year=1)).isel(year=3) / scale[1]
    innovations = np.corrcoef(one.values.ravel(), other.values.ravel())[0, 1]
    assert innovations == pytest.approx(-0.5, abs=0.02)
    # stationary from the start: covariance r s_u s_w / (1 − ρ_u ρ_w), in the first year as later
    for year in (0, 4):
        product = (u.isel(year=year) / scale[0]) * (w.isel(year=year) / scale[1])
        assert float(product.mean()) == pytest.approx(-0.5 / (1 + 0.6 * 0.4), abs=0.03)


def test_the_lasting_effect_holds_what_the_first_years_growth_tells(joint: JointDesign) -> None:
    z = xr.ones_like(joint.initial) * np.arange(joint.initial.size)
    told = JointDesign(joint.residential, joint.business, z)
    draws = joint_draws(joint, 5)
    with_it = build_joint_tree(told, draws, seed=2)
    without = build_joint_tree(joint, draws, seed=2)
    for kind in ("residential", "business"):
        one, other = (
            equation_of(t, kind)["posterior"].to_dataset()["theta"] for t in (with_it, without)
        )
        np.testing.assert_allclose((one - other).isel(chain=0, draw=0), 0.3 * z, atol=1e-6)
        assert (equation_of(with_it, kind)["constant_data"]["initial_growth"] == z).all()
