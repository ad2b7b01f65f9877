from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from attraktiv.errors import PanelError
from attraktiv.panels import (
    Departures,
    Parameters,
    covariate,
    read_panel,
    read_truth,
    simulate,
    simulate_country,
)
from attraktiv.panels.simulation import TERMS, geography
from attraktiv.panels.simulation.cohorts import add_migrants, death_probabilities
from attraktiv.panels.simulation.geography import make_places


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "land"
    return folder, simulate(folder, places=24, years=8, seed=3)


@pytest.fixture(scope="module")
def country():
    return simulate_country(places=200, years=15, seed=5, ages=False)


def structure(country):
    """The part of net migration that is not the place's own."""
    factors = country.truth["factors"]
    return ((factors - factors.mean("place")) * country.truth["beta"]).sum("term")


def test_folder_is_the_panel(written):
    folder, country = written
    xr.testing.assert_identical(read_panel(folder), country.panel)


def test_folder_has_every_table(written):
    folder, _ = written
    assert {path.name for path in folder.iterdir()} == {
        "panel.csv",
        "places.csv",
        "population_by_age.csv.gz",
        "jobs_by_industry.csv",
        "industries.csv",
        "commuting.csv",
        "panel.toml",
        "places.geojson",
        "truth",
    }
    shapes = json.loads((folder / "places.geojson").read_text(encoding="utf-8"))
    places = pd.read_csv(folder / "places.csv", dtype=str)
    assert [f["properties"]["place"] for f in shapes["features"]] == places["place"].tolist()
    ring = shapes["features"][0]["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]


def test_truth_is_read_back(written):
    folder, country = written
    xr.testing.assert_equal(read_truth(folder), country.truth.drop_vars("factors"))
    assert read_truth(folder).attrs == {"seed": 3}


def test_folder_without_truth(tmp_path):
    with pytest.raises(PanelError, match="not a simulated country"):
        read_truth(tmp_path)


def test_population_follows_from_its_flows_exactly(country):
    panel = country.panel
    after = panel["population"] + panel["births"] - panel["deaths"] + panel["net_migration"]
    np.testing.assert_array_equal(after.values[:, :-1], panel["population"].values[:, 1:])
    np.testing.assert_array_equal(panel["births"] - panel["deaths"], panel["natural_increase"])


def test_ages_add_up_to_population(written):
    panel = written[1].panel
    np.testing.assert_array_equal(
        panel["population_by_age"].sum(("sex", "age")), panel["population"]
    )
    young = panel["population_by_age"].sel(age=slice(20, 39)).sum(("sex", "age"))
    share = (young / panel["population"]).isel(year=slice(0, -1))
    np.testing.assert_allclose(panel["share_20_39"].isel(year=slice(0, -1)), share, atol=1e-6)
    assert (panel["population_by_age"] >= 0).all()


def test_industries_add_up_to_jobs(country):
    panel = country.panel.isel(year=slice(0, -1))
    by_industry = panel["jobs_by_industry"]
    np.testing.assert_array_equal(by_industry.sum("industry"), panel["jobs"])
    public = by_industry.sel(industry=["public administration", "health and education"])
    np.testing.assert_array_equal(panel["jobs"] - public.sum("industry"), panel["jobs_private"])


def test_sectors_are_those_of_the_jobs(country):
    panel = country.panel.isel(year=slice(0, -1))
    private = panel["jobs_by_industry"].where(panel["sector_of_industry"] == "private", 0.0)
    np.testing.assert_array_equal(private.sum("industry"), panel["jobs_private"])
    dimensions = sum(covariate(panel, f"jobs_{name}") for name in ("basis", "visit", "regional"))
    np.testing.assert_array_equal(dimensions, panel["jobs_private"])


def test_industries_move_together_and_apart_from_the_place(country):
    """Growth is the industry's and the place's: the mix tells of the first, one for one."""
    mix = covariate(country.panel, "industry_mix").isel(year=slice(1, -1))
    local = covariate(country.panel, "local_job_growth").isel(year=slice(1, -1))
    growth = covariate(country.panel, "job_growth").isel(year=slice(1, -1))
    assert np.isfinite(mix).all()
    around, beyond = mix - mix.mean("place"), growth - growth.mean("place")
    slope = float((around * beyond).mean() / (around**2).mean())
    assert slope == pytest.approx(1.0, abs=0.35)
    assert 0.2 < float(mix.std()) < 1.0
    assert 1.5 < float(local.std()) < 5.0


def test_factors_are_those_of_the_panel(country):
    truth = country.truth
    assert truth["term"].values.tolist() == list(TERMS)
    panel = country.panel
    for term in TERMS:
        factor = truth["factors"].sel(term=term)
        if term.startswith("lag("):
            name, lag = "own_job_growth", int(term[-2])
            found = covariate(panel, name).shift(year=lag)
        elif term == "log(population)":
            population = covariate(panel, "population")
            found, lag = population.copy(data=np.log(population.values)), -1
        else:
            found, lag = covariate(panel, term), 0 if "job_growth" in term else -1
        found = found.sel(year=truth["year"])
        assert found.isel(year=slice(lag + 1, None)).notnull().all()
        np.testing.assert_allclose(
            found.isel(year=slice(lag + 1, None)), factor.isel(year=slice(lag + 1, None)), atol=1e-6
        )
        assert not covariate(panel, "neighbour_job_growth", until=2008).attrs["look_ahead"]


def test_migration_is_the_sum_of_its_parts(country):
    truth, panel = country.truth, country.panel
    rate = truth["alpha"] + structure(country) + truth["theta"] + truth["u"] + truth["noise"]
    known = panel.sel(year=truth["year"])
    persons = rate * known["population"] / 100
    assert abs(persons - known["net_migration"]).max() <= 0.5 + 1e-9


def test_truth_has_the_spread_that_it_says():
    chosen = Parameters(tau=0.4, rho=0.8, sigma_u=0.3, sigma=0.1, phi=2.0)
    truth = simulate_country(places=1500, years=10, seed=2, ages=False, parameters=chosen).truth
    assert float(truth["theta"].std()) == pytest.approx(0.4, rel=0.1)
    assert float(truth["u"].std()) == pytest.approx(0.3 / 0.6, rel=0.05)
    lag = np.corrcoef(truth["u"].values[:, :-1].ravel(), truth["u"].values[:, 1:].ravel())[0, 1]
    assert lag == pytest.approx(0.8, abs=0.03)
    population = np.exp(truth["factors"].sel(term="log(population)"))
    scaled = truth["noise"] / np.sqrt(0.1**2 + 2.0 * 900 / population)
    assert float(scaled.std()) == pytest.approx(1.0, rel=0.03)
    assert {n: float(truth[n]) for n in ("tau", "rho", "sigma_u", "sigma", "phi")} == {
        "tau": 0.4,
        "rho": 0.8,
        "sigma_u": 0.3,
        "sigma": 0.1,
        "phi": 2.0,
    }


def test_without_burn_in_nothing_acts_before_the_first_year():
    country = simulate_country(places=20, years=4, burn_in=0, ages=False)
    factors = country.truth["factors"].isel(year=0)
    jobs = factors.sel(term=[term for term in TERMS if "job" in term])
    assert (jobs == 0).all()
    found = covariate(country.panel, "own_job_growth").isel(year=slice(1, -1))
    expected = country.truth["factors"].sel(term="own_job_growth").isel(year=slice(1, None))
    np.testing.assert_allclose(found, expected)


def test_places_are_of_all_sizes_with_sortable_names(country):
    size = country.panel["population"].isel(year=0)
    assert 200 < size.min() < 700
    assert size.max() > 100_000
    names = country.panel["name"].values
    assert len(set(names)) == len(names)
    assert any(letter in "".join(names) for letter in "æøåÆØÅ")
    codes = country.panel["place"].values.tolist()
    assert codes == sorted(set(codes))
    assert country.panel["centrality"].min() == 0
    assert country.panel["centrality"].max() == 1000
    corr = np.corrcoef(country.panel["centrality"], np.log(size))[0, 1]
    assert 0.5 < corr < 0.95


def test_thousands_of_places_have_unique_names_and_codes():
    panel = simulate_country(places=2500, years=2, burn_in=0, ages=False).panel
    assert len(set(panel["name"].values)) == 2500
    assert len(set(panel["place"].values)) == 2500


def test_no_two_of_many_places_lie_at_one_point():
    # of so many two would have drawn the same ten metres
    table = make_places(np.random.default_rng(1), 30_000)
    assert not table[["longitude", "latitude"]].duplicated().any()
    points = np.array([[0.0, 1.0], [1e-4, 1.0], [0.0, 1.0], [0.0, 1.0], [5.0, 5.0]])
    moved = geography._apart(points.copy())
    assert len(np.unique(moved, axis=0)) == len(points)
    assert np.abs(moved - points).max() < 1e-3
    np.testing.assert_array_equal(moved[[0, 1, 4]], points[[0, 1, 4]])


def test_same_seed_same_country():
    first, again, other = (
        simulate_country(places=10, years=3, seed=seed).panel.attrs["content_hash"]
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_written_twice_has_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        simulate(tmp_path / name, places=6, years=3)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_ages_are_optional(tmp_path):
    whole = simulate_country(places=8, years=3)
    without = simulate(tmp_path / "land", places=8, years=3, ages=False)
    assert "population_by_age" not in without.panel
    assert not (tmp_path / "land" / "population_by_age.csv.gz").exists()
    xr.testing.assert_equal(without.panel["births"], whole.panel["births"])


def test_existing_folder_needs_force_and_must_be_simulated(tmp_path):
    simulate(tmp_path / "land", places=6, years=3, seed=1)
    with pytest.raises(PanelError, match="already exists"):
        simulate(tmp_path / "land", places=6, years=3)
    simulate(tmp_path / "land", places=6, years=3, seed=2, force=True)
    assert read_truth(tmp_path / "land").attrs["seed"] == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "panel.csv").write_text("place\n")
    with pytest.raises(PanelError, match="is not a simulated country"):
        simulate(tmp_path / "mine", places=6, years=3, force=True)


@pytest.mark.parametrize(("name", "value"), [("places", 1), ("years", 1), ("burn_in", -1)])
def test_sizes_out_of_range(tmp_path, name, value):
    options: dict[str, Any] = {name: value}
    with pytest.raises(PanelError, match=f"{name} is {value}; valid is a whole number from"):
        simulate(tmp_path / "land", **options)
    assert not (tmp_path / "land").exists()


def departed(**kind: Any):
    options: dict[str, Any] = {"places": 400, "years": 10, "seed": 4, "ages": False}
    return (
        simulate_country(**options).truth,
        simulate_country(**options, departures=Departures(**kind)).truth,
    )


def test_student_t_noise_has_heavy_tails_and_the_same_variance():
    normal, heavy = departed(t3_noise=True)
    population = np.exp(heavy["factors"].sel(term="log(population)"))
    scaled = (heavy["noise"] / np.sqrt(0.04 + 2.6 * 900 / population)).values
    assert abs(scaled).max() > 6
    assert scaled.std() == pytest.approx(1.0, rel=0.25)
    xr.testing.assert_equal(normal["u"], heavy["u"])


def test_national_shock_moves_the_middle_year_only():
    normal, shocked = departed(national_shock=True)
    difference = (shocked["alpha"] - normal["alpha"]).values
    assert np.flatnonzero(difference).tolist() == [5]
    assert difference[5] == pytest.approx(-3 * 0.2 / 0.8)


def test_autocorrelation_changes_midway():
    normal, changed = departed(rho_after=0.0)
    np.testing.assert_array_equal(normal["u"][:, :5], changed["u"][:, :5])
    late = changed["u"].values[:, 5:]
    assert abs(np.corrcoef(late[:, :-1].ravel(), late[:, 1:].ravel())[0, 1]) < 0.1


def test_spatial_attractiveness_is_alike_nearby():
    normal, alike = departed(spatial=True)
    panel = simulate_country(places=400, years=2, seed=4, ages=False).panel
    region = panel["region"].values
    spread = [pd.Series(t["theta"].values).groupby(region).mean().std() for t in (normal, alike)]
    assert spread[1] > 2 * spread[0]
    assert float(alike["theta"].std()) == pytest.approx(0.22, rel=0.3)


def test_attractiveness_follows_centrality():
    _, tied = departed(centrality_correlation=0.7)
    factor = tied["factors"].sel(term="centrality").isel(year=0)
    assert np.corrcoef(tied["theta"], factor)[0, 1] == pytest.approx(0.7, abs=0.08)
    assert float(tied["theta"].std()) == pytest.approx(0.22, rel=0.15)


def test_migrants_leave_no_age_below_zero():
    rng = np.random.default_rng(1)
    population = rng.poisson(3.0, (50, 2, 106))
    for share in (-0.5, -0.1, 0.0, 0.3):
        net = np.floor(share * population.sum(axis=(1, 2))).astype(int)
        after = add_migrants(population, net)
        assert (after >= 0).all()
        np.testing.assert_array_equal(after.sum(axis=(1, 2)) - population.sum(axis=(1, 2)), net)


def test_life_expectancy_is_that_of_a_rich_country():
    alive = np.cumprod(1 - death_probabilities(), axis=1).sum(axis=1) + 0.5
    assert 82 < alive[0] < 86
    assert 78 < alive[1] < 82
