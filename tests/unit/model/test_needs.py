"""What models need, what a panel lacks, and the nearest model that can run."""

from __future__ import annotations

import pytest
import xarray as xr
from tests.unit.specifications import specification

from attraktiv.errors import AttraktivWarning, DesignError
from attraktiv.model import build_design, build_designs, columns, jobs_equations, nearest
from attraktiv.model.needs import missing
from attraktiv.panels import simulate_country
from attraktiv.specs import load_spec, models


@pytest.fixture(scope="module")
def country() -> xr.Dataset:
    """Shared by the tests of this module: do not change it."""
    return simulate_country(places=15, years=5, ages=False, seed=2).panel


def test_columns_come_from_outcome_factors_and_groups() -> None:
    assert columns(load_spec("barometer_2007")) == (
        "population",
        "net_domestic_migration or net_migration",
        "jobs",
    )
    assert columns(load_spec("published_2017")) == (
        "population",
        "net_migration",
        "jobs_private",
        "jobs_public or (jobs and jobs_private)",
        "jobs",
        "commuting",
        "private_industry_mix",
    )
    assert "text column of places.csv" in columns(load_spec("hierarchical_grouped"))[-1]
    assert columns(specification("share:income", groups="county"))[2:] == (
        "share",
        "income",
        "county",
    )


def test_equations_of_jobs_are_named() -> None:
    assert jobs_equations(load_spec("published_2017")) == (
        "business: private_job_growth on private_industry_mix, lag(population_growth, 1)",
    )
    assert jobs_equations(load_spec("book_2023")) == ()


@pytest.mark.parametrize("spec", models(), ids=lambda spec: spec.id)
def test_the_simulated_country_has_all_that_is_needed(country: xr.Dataset, spec) -> None:
    assert missing(spec, country) == ()


@pytest.mark.real_data
@pytest.mark.parametrize("spec", models(), ids=lambda spec: spec.id)
def test_norway_has_all_that_is_needed_but_industries(norway: xr.Dataset, spec) -> None:
    of_industries = {
        "business_2017": ("industry_mix",),
        "business_2026": ("industry_mix",),
        "joint_2026": ("industry_mix",),
        "pyramid_2010": ("basis_job_growth", "visit_job_growth"),
    }
    assert missing(spec, norway) == of_industries.get(spec.id, ())


def test_what_is_missing_is_named(country: xr.Dataset) -> None:
    spec = load_spec("published_2017")
    assert missing(spec, country.drop_vars(["jobs_private", "jobs_by_industry"])) == (
        "own_private_job_growth",
        "own_public_job_growth",
    )
    # the sectors of its industries serve in their place
    assert missing(spec, country.drop_vars("jobs_private")) == ()
    unknown = country.assign(jobs=country["jobs"] * float("nan"))
    assert missing(load_spec("barometer_2007"), unknown) == ("own_job_growth",)
    places = [str(name) for name, v in country.data_vars.items() if v.dims == ("place",)]
    texts = [name for name in places if country[name].dtype == object]
    grouped = load_spec("hierarchical_grouped")
    assert missing(grouped, country.drop_vars(texts)) == ("auto",)


@pytest.mark.parametrize(
    ("model", "lacking", "expected"),
    [
        ("book_2023", ["centrality"], "barometer_2007"),
        ("hierarchical_dynamic", ["share_20_39"], "structural_2013"),
        ("hierarchical_grouped", ["region", "region_name"], "hierarchical_dynamic"),
        ("published_2017", ["jobs_private", "jobs_by_industry"], "structural_2013"),
        ("structural_2013", ["commuting_year"], "hierarchical_static"),
        ("barometer_2007", ["jobs", "jobs_private"], None),
    ],
)
def test_the_nearest_shares_the_most_terms(
    country: xr.Dataset, model: str, lacking: list[str], expected: str | None
) -> None:
    panel = country.drop_vars(lacking)
    found = nearest(load_spec(model), panel)
    assert (found and found.id) == expected
    if found is not None:
        assert missing(found, panel) == ()


def test_a_missing_factor_names_the_nearest_model(country: xr.Dataset) -> None:
    with pytest.raises(
        DesignError, match=r"factor centrality, .*can run is barometer_2007: attraktiv fit barom"
    ):
        build_design(load_spec("book_2023"), country.drop_vars("centrality"))
    nothing = country.drop_vars(["jobs", "jobs_private"])
    with pytest.raises(DesignError, match=r"own_job_growth.* No model that comes with the package"):
        build_design(load_spec("barometer_2007"), nothing)


def test_the_second_outcome_serves_where_the_first_is_unknown(country: xr.Dataset) -> None:
    spec = load_spec("barometer_2007")
    plain = build_design(spec, country)
    assert plain.spec.migration.outcome == "net_migration_rate"
    domestic = country.assign(net_domestic_migration=country["net_migration"] - 3.0)
    design = build_design(spec, domestic)
    assert design.spec.migration.outcome == "net_domestic_migration_rate"
    difference = plain.data["outcome"] - design.data["outcome"]
    xr.testing.assert_allclose(
        (difference * country["population"]).sel(year=2006, drop=True) / 100,
        xr.full_like(difference.sel(year=2006, drop=True), 3.0),
        rtol=1e-9,
    )
    unknown = domestic.assign(
        net_domestic_migration=domestic["net_domestic_migration"] * float("nan")
    )
    assert build_design(spec, unknown).spec.migration.outcome == "net_migration_rate"


def test_groups_by_the_panel_s_region_or_another_column(country: xr.Dataset) -> None:
    spec = load_spec("hierarchical_grouped")
    assert build_design(spec, country).spec.migration.groups == "region"
    chosen = build_design(spec, country, groups="region_name")
    assert chosen.spec.migration.groups == "region_name"
    names = chosen.data["group_of_place"].values
    assert list(names) == list(country["region_name"].values)


def test_groups_that_cannot_be(country: xr.Dataset) -> None:
    spec = load_spec("hierarchical_grouped")
    with pytest.raises(
        DesignError,
        match=r"groups places by 'fylke', which .* --groups COLUMN.* hierarchical_dynamic",
    ):
        build_design(spec, country, groups="fylke")
    with pytest.raises(DesignError, match=r"groups places by 'jobs', which places.csv lacks"):
        build_design(spec, country, groups="jobs")
    bare = country.drop_vars(["region", "region_name"])
    with pytest.raises(DesignError, match="by their region, and no text column"):
        build_design(spec, bare)
    with pytest.raises(
        DesignError,
        match=r"--groups region: the model book_2023 has no groups.*hierarchical_grouped",
    ):
        build_design(load_spec("book_2023"), country, groups="region")


@pytest.mark.real_data
def test_norway_is_grouped_by_economic_region_or_labour_market(norway: xr.Dataset) -> None:
    spec = load_spec("hierarchical_grouped")
    design = build_design(spec, norway, first=2006, last=2016)
    assert design.spec.migration.groups == "economic_region"
    other = build_design(spec, norway, first=2006, last=2016, groups="labour_market_region")
    assert len(set(other.data["group_of_place"].values)) == 159


def test_an_equation_that_a_model_can_do_without_is_left_out(country: xr.Dataset) -> None:
    panel = country.drop_vars(["jobs_by_industry", "sector_of_industry", "dimension_of_industry"])
    spec = load_spec("published_2017")
    said = "published_2017 the equation of business .* no private_industry_mix"
    with pytest.warns(AttraktivWarning, match=said):
        designs = build_designs(spec, panel)
    assert list(designs) == ["residential"]
    assert designs["residential"].spec.kinds == ("residential",)
    # what is not missed need not be there
    designs = build_designs(spec, panel, without=["private_industry_mix"])
    assert designs["business"].terms == ("lag(population_growth, 1)",)
    with pytest.raises(DesignError, match=r"business_2026 has the factor industry_mix.*--without"):
        build_designs(load_spec("business_2026"), panel)


def test_the_nearest_to_a_model_of_jobs_is_one_of_jobs(country: xr.Dataset) -> None:
    without = country.drop_vars(["jobs_by_industry", "dimension_of_industry"])
    found = [
        nearest(load_spec("business_2026"), country),
        nearest(load_spec("pyramid_2010"), without),
    ]
    assert [spec and spec.id for spec in found] == ["business_2017", "barometer_2007"]
