"""The table of the decomposition: rows, sums, bands and order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.runs import Kind, fake_run

from attraktiv.effects import bands, decompose
from attraktiv.errors import InputError
from attraktiv.queries import decomposition_table, growth

NUMBERS = ["mean", "median", "lower", "upper"]


@pytest.mark.parametrize("kind", ["dynamic", "static", "grouped", "least-squares", "joint"])
@pytest.mark.parametrize("group", [None, "county_name"])
def test_the_terms_of_the_table_sum_to_growth(kind: Kind, group: str | None) -> None:
    frame = decomposition_table(fake_run(kind, unobserved=()), group=group, unit="persons")
    dim = "place" if group is None else "group"
    terms = frame.loc[frame["is_term"]].groupby(dim)["mean"].sum(min_count=1)
    total = frame.loc[frame["component"] == "observed_growth"].set_index(dim)["mean"]
    pd.testing.assert_series_equal(
        terms, total.sort_index(), rtol=1e-9, check_names=False, check_index_type=False
    )


def test_bands_are_those_of_the_draws_and_sums_are_made_within_draws() -> None:
    run = fake_run("grouped")
    frame = decomposition_table(run, places=["Bergen"], prob=0.9, interval="hdi")
    draws = decompose(run, places=["Bergen"])["decomposition"].squeeze("place")
    for component, values in draws.groupby("component"):
        (row,) = frame.loc[frame["component"] == component].to_dict("records")
        band = bands(values.squeeze("component"), 0.9, "hdi")
        for number in NUMBERS:
            assert row[number] == pytest.approx(float(band[number]), abs=1e-12)
    both = draws.sel(component=["regional_attractiveness", "residential_attractiveness"])
    (row,) = frame.loc[frame["component"] == "attractiveness"].to_dict("records")
    band = bands(both.sum("component"), 0.9, "hdi")
    assert (row["lower"], row["upper"]) == (
        pytest.approx(float(band["lower"])),
        pytest.approx(float(band["upper"])),
    )
    observed = frame.loc[frame["kind"].isin(["natural increase", "rounding", "growth"])]
    assert (observed["lower"] == observed["upper"]).all()


def test_rows_of_a_place() -> None:
    frame = decomposition_table(fake_run("grouped"), places=["Oslo"])
    assert frame["component"].tolist() == [
        "natural_increase",
        "national_level",
        "own_job_growth",
        "lag(own_job_growth, 1)",
        "log(population)",
        "regional_attractiveness",
        "residential_attractiveness",
        "noise",
        "boundary_transfer",
        "rounding",
        "structure",
        "attractiveness",
        "observed_growth",
    ]
    assert frame["is_term"].tolist() == [True] * 10 + [False] * 3
    assert list(frame.columns) == [
        *("place", "name", "first", "last", "unit", "component", "kind", "is_term"),
        *NUMBERS,
        *("population", "years", "prob", "interval"),
    ]
    assert frame.attrs == {
        "model": "hierarchical_grouped",
        "group": "",
        "draws": 100,
        "growth_of": "population",
    }


def test_places_that_grow_most_come_first_and_the_unknown_last() -> None:
    run = fake_run()
    run["observed_data"].dataset["net_migration_rate"].values[3] = np.nan
    frame = decomposition_table(run)
    total = frame.loc[frame["component"] == "observed_growth"]
    assert total["place"].iloc[-1] == "00104"
    known = total["mean"].iloc[:-1]
    assert known.is_monotonic_decreasing
    assert np.isnan(total["mean"].iloc[-1])
    asked = decomposition_table(run, places=["Ås", "Oslo"])
    assert asked["name"].drop_duplicates().tolist() == ["Ås", "Oslo"]


def test_groups_stand_in_the_order_of_their_names() -> None:
    frame = decomposition_table(fake_run(), group="county_name")
    assert frame["group"].drop_duplicates().tolist() == ["Indre", "Ytre", "Øst"]
    assert {"places", "places_counted"} <= set(frame)
    assert frame.attrs["group"] == "county_name"


@pytest.mark.parametrize("kind", ["dynamic", "joint"])
def test_blocks_of_places_do_not_show(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = decomposition_table(fake_run(kind))
    monkeypatch.setattr(growth, "_BLOCK", 100 * 13 * 4)
    parts = decomposition_table(fake_run(kind))
    pd.testing.assert_frame_equal(whole, parts)


def test_growth_of_jobs() -> None:
    frame = decomposition_table(fake_run("joint"), of="jobs", places=["Oslo"], unit="jobs")
    assert frame["component"].tolist() == [
        "national_level",
        "industry_mix",
        "lag(population_growth, 1)",
        "business_attractiveness",
        "noise",
        "structure",
        "attractiveness",
        "observed_growth",
    ]
    assert set(frame["unit"]) == {"jobs per year"}
    assert "jobs" in frame
    assert "population" not in frame
    assert frame.attrs["growth_of"] == "jobs"
    visit = decomposition_table(fake_run("pyramid"), of="jobs", kind="visit")
    assert visit.attrs["growth_of"] == "visit jobs"


def test_a_band_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        decomposition_table(fake_run(), prob=80)
