"""Places, a group of one's own, and what can be asked."""

from __future__ import annotations

import pytest
import xarray as xr
from tests.unit.fake_forecast import with_forecast
from tests.unit.runs import fake_run

from attraktiv.errors import RunError
from attraktiv.queries import (
    attractiveness_table,
    like_structure_table,
    place_table,
    run_facts,
    with_own_group,
)
from attraktiv.store import equation_of


def test_the_size_of_a_place_is_that_of_its_last_known_year() -> None:
    run = fake_run()
    population = run["constant_data"].dataset["population"]
    expected = population.isel(year=-1).to_series()
    expected["00102"] = float(population.sel(place="00102").isel(year=-2))
    gone = population.where((population["place"] != "00102") | (population["year"] < 2011))
    constant = run["constant_data"].to_dataset().assign(population=gone)
    run["constant_data"] = xr.DataTree(constant)
    table = place_table(run).set_index("place")
    assert table["population"].to_dict() == expected.to_dict()
    assert not table.loc["00104", "fitted"]


@pytest.mark.parametrize("kind", ["dynamic", "joint"])
def test_an_own_group_is_the_group_by_a_column(kind: str) -> None:
    run = fake_run(kind)  # type: ignore[arg-type]
    constant = run["constant_data"].dataset
    members = [
        str(code)
        for code, county in zip(
            constant["place"].values, constant["county_name"].values, strict=True
        )
        if county == "Øst"
    ]
    own = with_own_group(run, members)
    for asked in [None, "business"][: 1 + (kind == "joint")]:
        by_column = attractiveness_table(run, group="county_name", places=["Øst"], kind=asked)
        by_choice = attractiveness_table(own, group="own_group", places=["chosen"], kind=asked)
        assert by_choice["mean"].tolist() == pytest.approx(by_column["mean"].tolist())
        assert by_choice["lower"].tolist() == pytest.approx(by_column["lower"].tolist())
    assert "own_group" not in run["constant_data"].dataset


def test_an_unknown_member_is_an_error() -> None:
    with pytest.raises(RunError, match="no place 'Nowhere'"):
        with_own_group(fake_run(), ["Nowhere"])


def test_facts_of_a_forecast_without_ages_promise_no_shares() -> None:
    run = with_forecast(fake_run())
    assert "age_share" in run_facts(run)["forecast"]["variables"]
    forecast = run["forecast"].to_dataset().drop_vars("population_by_age_group")
    run["forecast"] = xr.DataTree(forecast)
    variables = run_facts(run)["forecast"]["variables"]
    assert "prob_decline" in variables
    assert not {"age_share", "dependency_ratio"} & set(variables)


def test_coefficients_of_each_year_make_distances_too() -> None:
    table = like_structure_table(fake_run("yearly"), "Oslo", count=20)
    assert len(table) == 8
    assert table["distance"].is_monotonic_increasing


def test_without_factors_nothing_is_alike() -> None:
    run = fake_run("pyramid")
    with pytest.raises(RunError, match="has no factors"):
        like_structure_table(equation_of(run, "business"), "Oslo")
