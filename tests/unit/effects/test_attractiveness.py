"""Attractiveness of places and groups against its definition, cell by cell."""

from __future__ import annotations

import json
from typing import Literal

import numpy as np
import pytest
import xarray as xr
from tests.unit.runs import Kind, fake_run

from attraktiv.effects import attractiveness, sums
from attraktiv.errors import RunError

KINDS: tuple[Kind, ...] = ("dynamic", "static", "grouped", "least-squares", "yearly")


def cells(run: xr.DataTree) -> xr.DataArray:
    """a = γ + θ + u, written as in the model's description."""
    posterior, constant = run["posterior"].dataset, run["constant_data"].dataset
    level = xr.zeros_like(run["observed_data"].dataset["net_migration_rate"]).fillna(0) * 0
    level = level * posterior["sigma"] * 0
    if "gamma" in posterior:
        level = level + posterior["gamma"].sel(group=constant["group_of_place"]).drop_vars("group")
    for name in ("theta", "u"):
        if name in posterior:
            level = level + posterior[name]
    return level.transpose("chain", "draw", "place", "year")


def noise(run: xr.DataTree) -> xr.DataArray:
    """a + ε: the outcome less the structure."""
    posterior, constant = run["posterior"].dataset, run["constant_data"].dataset
    outcome = run["observed_data"].dataset["net_migration_rate"]
    explained = (constant["factors"] * posterior["beta"]).sum("term")
    return (outcome - posterior["alpha"] - explained).transpose("chain", "draw", "place", "year")


def lasting(run: xr.DataTree) -> xr.DataArray:
    if "theta" not in run["posterior"]:
        return run["posterior"].dataset["u"].mean("year")
    return cells(run).isel(year=0) - (
        run["posterior"].dataset["u"].isel(year=0) if "u" in run["posterior"] else 0
    )


def same(found: xr.DataArray, expected: xr.DataArray) -> None:
    wanted = expected.transpose(*found.dims)
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_places_in_percent_are_means_over_the_years(kind: Kind) -> None:
    run = fake_run(kind)
    found = attractiveness(run, first=2007, last=2010)
    period = {"year": slice(2007, 2010)}
    same(found["attractiveness"], cells(run).sel(period).mean("year"))
    same(found["attractiveness_with_noise"], noise(run).sel(period).mean("year"))
    if kind in ("least-squares", "yearly"):
        same(found["lasting"], run["posterior"].dataset["u"].sel(period).mean("year"))
    else:
        same(found["lasting"], lasting(run))
    assert ("path" in found) == (kind != "static")
    if "path" in found:
        same(found["path"], cells(run).sel(period))


@pytest.mark.parametrize("kind", KINDS)
def test_places_in_persons(kind: Kind) -> None:
    run = fake_run(kind)
    run["constant_data"].dataset["population"][2, 1] = np.nan
    population = run["constant_data"].dataset["population"]
    found = attractiveness(run, unit="persons")
    same(found["attractiveness"], (population * cells(run) / 100).mean("year"))
    same(found["attractiveness_with_noise"], (population * noise(run) / 100).mean("year"))
    same(found["lasting"], population.mean("year") * lasting(run) / 100)
    assert found["attractiveness"].attrs["units"] == "persons per year"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unit", ["percent", "persons"])
def test_groups_are_summed_by_population_within_each_draw(
    kind: Kind, unit: Literal["percent", "persons"]
) -> None:
    run = fake_run(kind)
    run["constant_data"].dataset["population"][2, 1] = np.nan
    population = run["constant_data"].dataset["population"]
    county = run["constant_data"].dataset["county_name"]

    def weighted(values: xr.DataArray, weights: xr.DataArray) -> xr.DataArray:
        known = weights.where(values.isel(chain=0, draw=0).notnull())
        total = (known * values).groupby(county).sum()
        return total / 100 if unit == "persons" else total / known.groupby(county).sum()

    found = attractiveness(run, group="county_name", unit=unit)
    renamed = {"county_name": "group"}
    by_year = weighted(cells(run), population).rename(renamed)
    order = {"group": found["group"]}
    same(found["attractiveness"], by_year.mean("year").sel(order))
    noisy = weighted(noise(run), population).rename(renamed)
    same(found["attractiveness_with_noise"], noisy.mean("year").sel(order))
    lasts = weighted(lasting(run), population.mean("year")).rename(renamed)
    same(found["lasting"], lasts.sel(order))
    if "path" in found:
        same(found["path"], by_year.sel(order))


def test_one_group_of_all_places_is_the_sum_of_the_places() -> None:
    run = fake_run("grouped")
    run["constant_data"]["all"] = xr.DataArray(["land"] * 9, dims="place")
    places = attractiveness(run, unit="persons")
    land = attractiveness(run, unit="persons", group="all").squeeze("group")
    for name in ("attractiveness", "lasting", "path"):
        same(land[name], places[name].sum("place"))


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake_run("grouped", places=40)
    whole = [attractiveness(run), attractiveness(run, group="county_name")]
    monkeypatch.setattr(sums, "_BLOCK_BYTES", 8 * 100 * 6 * 7)
    parts = [attractiveness(run), attractiveness(run, group="county_name")]
    for one, other in zip(whole, parts, strict=True):
        xr.testing.assert_allclose(one, other, rtol=1e-12)


def test_permuting_the_places_permutes_the_answers() -> None:
    run = fake_run("dynamic")
    order = np.random.default_rng(0).permutation(9)
    shuffled = run.copy()
    for name in ("posterior", "observed_data", "constant_data"):
        shuffled[name] = xr.DataTree(run[name].to_dataset().isel(place=order))
    one, other = attractiveness(run), attractiveness(shuffled)
    xr.testing.assert_allclose(one.isel(place=order), other)
    grouped = [attractiveness(r, group="county_name") for r in (run, shuffled)]
    xr.testing.assert_allclose(*grouped)


def test_excluded_places_are_flagged_and_part_of_sums() -> None:
    run = fake_run(excluded=(0, 3, 6))
    found = attractiveness(run)
    assert np.flatnonzero(found["from_prior"]).tolist() == [0, 3, 6]
    groups = attractiveness(run, group="county_name")
    assert dict(zip(groups["group"].values, groups["from_prior"].values, strict=True)) == {
        "Ytre": True,  # all its places are left out
        "Indre": False,
        "Øst": False,
    }
    assert groups["places"].values.tolist() == [3, 3, 3]
    total = run["constant_data"].dataset["population"].mean("year").sum()
    assert float(groups["population"].sum()) == pytest.approx(float(total))


def test_dropped_cells_have_no_noise_term() -> None:
    run = fake_run()
    run["constant_data"].dataset["factor_missing"][4, :5, 0] = True
    run.attrs["options"] = json.dumps({"missing": "drop"})
    found = attractiveness(run)["attractiveness_with_noise"].isel(place=4)
    same(found, noise(run).isel(place=4, year=5))


def test_a_residual_without_a_single_year_is_missing() -> None:
    found = attractiveness(fake_run("least-squares"))
    for name in ("attractiveness", "lasting", "path"):
        values = found[name].isel(place=3)
        assert bool(values.isnull().all())
        assert not bool(found[name].isel(place=4).isnull().any())


def test_places_are_chosen_by_code_or_name_in_the_order_asked_for() -> None:
    run = fake_run()
    found = attractiveness(run, places=["øygarden", "00101"])
    assert found["place"].values.tolist() == ["00104", "00101"]
    assert found["name"].values.tolist() == ["Øygarden", "Oslo"]
    same(found["path"], cells(run).isel(place=[3, 0]))


def test_groups_are_chosen_by_name() -> None:
    run = fake_run()
    whole = attractiveness(run, group="county_name")
    found = attractiveness(run, group="county_name", places=["øst"])
    xr.testing.assert_allclose(found, whole.sel(group=["Øst"]))


def test_places_without_a_group_are_a_group() -> None:
    run = fake_run()
    run["constant_data"]["zone"] = xr.DataArray([1.0, 2.0, np.nan, *[1.0] * 6], dims="place")
    found = attractiveness(run, group="zone")
    assert set(found["group"].values) == {"1", "2", "(unknown)"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": 2005}, "The run has no year 2005: it was fitted to 2006–2011"),
        ({"last": 2020}, "no year 2020"),
        ({"first": 2010, "last": 2007}, "2010 to 2007 is empty.*--from 2007 --until 2010"),
        ({"group": "county"}, "cannot be grouped by 'county'. Did you mean county_name"),
        ({"group": "centrality"}, "group its places: capital, county_name, fitted"),
        ({"group": "county_name", "places": ["Vest"]}, "no group 'Vest'"),
        ({"places": ["Osslo"]}, r"no place 'Osslo'.*Near matches: Oslo \(00101\)"),
        ({"places": ["101"]}, r"no place '101'.*Oslo \(00101\)"),
        ({"places": ["våler"]}, r"belongs to 2 places: 00107 \(Våler\), 00108 \(Våler\)"),
        ({"unit": "jobs"}, "The unit is 'jobs'; valid are 'percent'"),
        ({"kind": "business"}, "no business attractiveness; it has residential: --kind resid"),
        ({"kind": "total"}, "no total attractiveness: .* --kind residential, or fit a model"),
    ],
)
def test_what_cannot_be_asked(arguments: dict, message: str) -> None:
    with pytest.raises(RunError, match=message):
        attractiveness(fake_run(), **arguments)
