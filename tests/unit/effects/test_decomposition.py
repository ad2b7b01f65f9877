"""The decomposition of growth against its definition, cell by cell."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.runs import TERMS, Kind, fake_run

import attraktiv
from attraktiv.effects import attractiveness, decompose, sums
from attraktiv.effects.components import KINDS
from attraktiv.effects.units import Unit
from attraktiv.errors import AttraktivWarning, RunError
from attraktiv.store import open_run, write_run

KINDS_OF_RUN: tuple[Kind, ...] = ("dynamic", "static", "grouped", "least-squares")
OUT, UNOBSERVED, NO_POPULATION, NO_NATURAL, NO_NEXT = (3, 1, 2, 5, 7)


def gappy(kind: Kind = "dynamic") -> xr.DataTree:
    """One place left out, and others with a year in which one of the figures is unknown."""
    run = fake_run(kind)
    used = run["constant_data"].dataset["used"].values
    run["observed_data"].dataset["net_migration_rate"].values[~used] = np.nan
    constant = run["constant_data"].dataset
    constant["population"].values[NO_POPULATION, 1] = np.nan
    constant["natural_increase"].values[NO_NATURAL, 2] = np.nan
    constant["next_population"].values[NO_NEXT, -1] = np.nan
    constant["boundary_transfer"].values[4, :3] = np.nan
    return run


def cells(run: xr.DataTree) -> dict[str, xr.DataArray]:
    """Every term of every place and year, percent of population, written as in the docs."""
    posterior, constant = run["posterior"].dataset, run["constant_data"].dataset
    outcome = run["observed_data"].dataset["net_migration_rate"]
    population = constant["population"]
    natural = 100 * constant["natural_increase"] / population
    borders = 100 * constant["boundary_transfer"].fillna(0.0) / population
    growth = 100 * (constant["next_population"] / population - 1)
    known = (outcome + natural + growth).notnull()
    terms = {"natural_increase": natural, "national_level": posterior["alpha"]}
    for term in TERMS:
        effect = posterior["beta"].sel(term=term, drop=True)
        terms[term] = effect * constant["factors"].sel(term=term, drop=True)
    if "gamma" in posterior:
        of_place = posterior["gamma"].sel(group=constant["group_of_place"])
        terms["regional_attractiveness"] = of_place.drop_vars("group")
    if "theta" in posterior:
        own = posterior["theta"] + posterior.get("u", 0.0)
        terms["residential_attractiveness"] = own
    explained = sum((terms[name] for name in terms if name != "natural_increase"), xr.DataArray(0))
    left = "noise" if "theta" in posterior else "residential_attractiveness"
    terms[left] = outcome - explained
    terms["boundary_transfer"] = borders
    terms["rounding"] = growth - natural - outcome - borders
    like = xr.zeros_like(known, dtype=float) + 0.0 * posterior["sigma"]
    sized = {name: (term + like).where(known) for name, term in terms.items()}
    return sized | {"growth": growth.where(known), "known": known}


def same(found: xr.DataArray, expected: xr.DataArray) -> None:
    wanted = expected.transpose(*found.dims)
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-9, atol=1e-9)


def of_places(run: xr.DataTree, term: xr.DataArray, unit: Unit) -> xr.DataArray:
    weight = run["constant_data"].dataset["population"] / 100 if unit == "persons" else 1.0
    return (weight * term).mean("year")


def of_groups(
    run: xr.DataTree, term: xr.DataArray, known: xr.DataArray, unit: Unit
) -> xr.DataArray:
    constant = run["constant_data"].dataset
    population = constant["population"].where(known)
    total = (population * term).groupby(constant["county_name"]).sum()
    if unit == "percent":
        rate = total / population.groupby(constant["county_name"]).sum()
        return rate.mean("year").rename(county_name="group")
    return (total / 100).mean("year").rename(county_name="group")


@pytest.mark.parametrize("kind", KINDS_OF_RUN)
@pytest.mark.parametrize("unit", ["percent", "persons"])
def test_places_and_groups_by_definition(kind: Kind, unit: Unit) -> None:
    run = gappy(kind)
    expected = cells(run)
    known = expected.pop("known")
    growth = expected.pop("growth")
    places = decompose(run, unit=unit)
    groups = decompose(run, unit=unit, group="county_name")
    assert places["component"].values.tolist() == list(expected)
    for name, term in expected.items():
        of_place = places["decomposition"].sel(component=name)
        same(of_place, of_places(run, term, unit))
        of_group = groups["decomposition"].sel(component=name)
        same(of_group, of_groups(run, term, known, unit).sel(group=groups["group"]))
    same(places["observed_growth"], of_places(run, growth, unit))
    expected_growth = of_groups(run, growth, known, unit).sel(group=groups["group"])
    same(groups["observed_growth"], expected_growth)


@pytest.mark.parametrize("kind", KINDS_OF_RUN)
def test_the_order_of_the_kinds_is_that_of_the_list(kind: Kind) -> None:
    found = decompose(gappy(kind))
    position = [KINDS.index(str(label)) for label in found["kind"].values]
    assert position == sorted(position)
    assert ("noise" in found["kind"]) == (kind != "least-squares")
    assert ("regional_attractiveness" in found["component"]) == (kind == "grouped")


def test_only_years_with_all_figures_count() -> None:
    run = gappy()
    found = decompose(run)
    expected = [6] * 9
    expected[OUT] = 0
    for place in (UNOBSERVED, NO_POPULATION, NO_NATURAL, NO_NEXT):
        expected[place] = 5
    assert found["years"].values.tolist() == expected
    assert bool(found["decomposition"].isel(place=OUT).isnull().all())
    assert np.isnan(found["observed_growth"].values[OUT])
    assert not bool(found["decomposition"].drop_isel(place=OUT).isnull().any())
    last = decompose(run, first=2011, last=2011)
    assert np.flatnonzero(last["observed_growth"].isnull()).tolist() == [OUT, NO_NEXT]


def test_groups_say_how_many_of_their_places_count() -> None:
    groups = decompose(gappy(), group="county_name").set_index(group="name")
    assert groups["places"].values.tolist() == [3, 3, 3]
    (ytre,) = groups["places_counted"].sel(group=["Ytre"]).values
    assert ytre == 2  # the place that was left out is one of its three
    assert groups["years"].values.tolist() == [6, 6, 6]


def test_without_gaps_attractiveness_is_that_of_the_league_table() -> None:
    run = fake_run("grouped", excluded=(), unobserved=())
    questions: list[dict[str, Any]] = [{}, {"group": "county_name"}, {"unit": "persons"}]
    for options in questions:
        parts = decompose(run, **options)["decomposition"].sel(
            component=["regional_attractiveness", "residential_attractiveness"]
        )
        level = attractiveness(run, **options)["attractiveness"]
        same(parts.sum("component"), level)


def test_a_group_of_one_place_is_that_place() -> None:
    run = gappy("grouped")
    run["constant_data"]["alone"] = xr.DataArray([f"g{i}" for i in range(9)], dims="place")
    for unit in ("percent", "persons"):
        place, group = decompose(run, unit=unit), decompose(run, unit=unit, group="alone")
        for name in ("decomposition", "observed_growth"):
            np.testing.assert_allclose(group[name].values, place[name].values, atol=1e-9)


def test_persons_of_the_country_are_the_sum_of_its_places() -> None:
    run = fake_run("grouped", excluded=(), unobserved=())
    run["constant_data"]["all"] = xr.DataArray(["land"] * 9, dims="place")
    places = decompose(run, unit="persons")
    land = decompose(run, unit="persons", group="all").squeeze("group")
    same(land["decomposition"], places["decomposition"].sum("place"))
    constant = run["constant_data"].dataset
    change = (constant["next_population"] - constant["population"]).sum("place").mean("year")
    assert float(land["observed_growth"]) == pytest.approx(float(change))


def test_a_missing_factor_contributes_nothing() -> None:
    run = fake_run()
    run["constant_data"].dataset["factors"].values[4, :, 0] = 0.0
    found = decompose(run)["decomposition"].sel(component=TERMS[0])
    assert bool((found.isel(place=4) == 0).all())
    assert bool((found.isel(place=5) != 0).all())


def test_a_model_of_domestic_migration_has_the_rest_of_migration_apart() -> None:
    run = fake_run(excluded=(), unobserved=())
    whole = decompose(run)
    rate = run["observed_data"].dataset["net_migration_rate"]
    abroad = xr.full_like(rate, 0.25)
    run["observed_data"] = xr.DataTree(xr.Dataset({"net_domestic_migration_rate": rate - abroad}))
    run.attrs["outcome"] = "net_domestic_migration_rate"
    found = decompose(run)
    same(
        found["decomposition"].sel(component="other_migration"),
        0.25 + 0 * abroad.mean("year") + 0 * run["posterior"].dataset["sigma"],
    )
    shift = found["decomposition"].sel(component="noise") - whole["decomposition"].sel(
        component="noise"
    )
    np.testing.assert_allclose(shift, -0.25, atol=1e-9)
    same(found["observed_growth"], whole["observed_growth"])


def test_a_model_without_factors() -> None:
    run = fake_run()
    posterior = run["posterior"].to_dataset().drop_vars(["beta", "beta_original", "term"])
    constant = run["constant_data"].to_dataset().isel(term=slice(0, 0))
    run["posterior"], run["constant_data"] = xr.DataTree(posterior), xr.DataTree(constant)
    found = decompose(run)
    assert "structure" not in found["kind"]
    same(
        found["decomposition"].isel(place=0).sum("component"),
        found["observed_growth"].isel(place=0) + 0 * posterior["sigma"],
    )


def test_a_year_without_a_level_takes_no_part() -> None:
    run = fake_run("least-squares")
    run["posterior"].dataset["alpha"].values[..., 2] = np.nan
    run["observed_data"].dataset["net_migration_rate"].values[:, 2] = np.nan
    found = decompose(run)
    assert found["years"].values.tolist() == [5, 4, 5, 5, 5, 5, 5, 5, 5]
    assert not bool(found["decomposition"].isnull().any())


@pytest.mark.parametrize("kind", [*KINDS_OF_RUN, "joint", "pyramid"])
def test_stored_draws_of_single_precision_sum_as_well(kind: Kind, tmp_path: Path) -> None:
    run = open_run(write_run(gappy(kind), tmp_path / "run"))
    found = decompose(run, unit="persons", group="county_name")
    gap = found["decomposition"].sum("component", skipna=False) - found["observed_growth"]
    assert float(abs(gap).max()) < 1e-9


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake_run("grouped", places=40)
    whole = [decompose(run), decompose(run, group="county_name")]
    monkeypatch.setattr(sums, "_BLOCK_BYTES", 8 * 100 * 6 * 7)
    parts = [decompose(run), decompose(run, group="county_name")]
    for one, other in zip(whole, parts, strict=True):
        xr.testing.assert_allclose(one, other, rtol=1e-12)


def test_places_and_periods_are_those_asked_for() -> None:
    run = fake_run()
    found = decompose(run, places=["øygarden", "00101"], first=2008, last=2009)
    assert found["place"].values.tolist() == ["00104", "00101"]
    assert found["name"].values.tolist() == ["Øygarden", "Oslo"]
    assert (found.attrs["first"], found.attrs["last"]) == (2008, 2009)
    assert found.attrs["units"] == "percent of population per year"
    whole = decompose(run, first=2008, last=2009).isel(place=[3, 0])
    same(found["decomposition"], whole["decomposition"])


def test_an_earlier_run_is_refused_with_what_to_do() -> None:
    run = fake_run()
    run["constant_data"] = xr.DataTree(
        run["constant_data"].to_dataset().drop_vars(["natural_increase", "next_population"])
    )
    with pytest.raises(RunError, match=r"natural_increase, next_population: .* Fit it again: attr"):
        decompose(run)


@pytest.mark.parametrize("name", ["natural_increase", "next_population"])
def test_a_panel_that_lacks_a_figure_everywhere_is_refused(name: str) -> None:
    run = fake_run()
    run["constant_data"].dataset[name].values[:] = np.nan
    with pytest.raises(RunError, match=f"has no {name} in any place"):
        decompose(run)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "per cent"}, "'percent'"),
        ({"places": ["Osslo"]}, r"Oslo \(00101\)"),
        ({"group": "fylke"}, "county_name"),
        ({"group": "county_name", "places": ["Vest"]}, "no group 'Vest'"),
        ({"first": 1990}, "no year 1990"),
    ],
)
def test_wrong_questions(options: dict, message: str) -> None:
    with pytest.raises(RunError, match=message):
        decompose(fake_run(), **options)


@pytest.mark.real_data
@pytest.mark.parametrize("model", ["book_2023", "hierarchical_dynamic"])
def test_the_growth_of_norway_is_the_sum_of_its_terms(model: str, norway: xr.Dataset) -> None:
    small: dict[str, Any] = {"chains": 2, "draws": 50} if model != "book_2023" else {}
    with warnings.catch_warnings():
        # so few draws are too few for a verdict, which is not asked for here
        warnings.simplefilter("ignore", AttraktivWarning)
        run = attraktiv.fit(model, norway, first=2006, last=2016, seed=1, progress=False, **small)
    population = norway["population"]
    change = (population.shift(year=-1) - population).sel(year=slice(2006, 2016))
    fitted = run["constant_data"].dataset["fitted"]
    persons = decompose(run, unit="persons")
    gap = persons["decomposition"].sum("component", skipna=False) - persons["observed_growth"]
    assert float(abs(gap).max()) < 1e-9
    same(persons["observed_growth"], change.mean("year").where(fitted))
    classes = decompose(run, group="centrality_class")
    gap = classes["decomposition"].sum("component", skipna=False) - classes["observed_growth"]
    assert float(abs(gap).max()) < 1e-9
    # registers of flows and of people agree to a hundredth of a percent
    rounding = classes["decomposition"].sel(component="rounding")
    assert float(abs(rounding).max()) < 0.01
    # the average place grows by its natural increase and the national level
    places = decompose(run)["decomposition"].where(fitted)
    structure = places.isel(component=(places["kind"] == "structure").values)
    assert float(abs(structure.sum("component").mean("place")).max()) < 1e-9
