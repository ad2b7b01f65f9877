"""Questions about a forecast, and their answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.unit.fake_forecast import SCENARIOS, fake_forecast, with_forecast
from tests.unit.runs import fake_run

from attraktiv.effects import bands
from attraktiv.errors import InputError, RunError
from attraktiv.queries import forecast_table, query
from attraktiv.store import append_group, open_run, write_run


@pytest.fixture(scope="module")
def run() -> xr.DataTree:
    return with_forecast(fake_run())


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = fake_run()
    path = write_run(tree, tmp_path_factory.mktemp("runs") / "run")
    append_group(path, "forecast", fake_forecast(tree))
    return path


def test_a_band_of_a_stored_forecast(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    as_array = xr.backends.zarr.ZarrArrayWrapper.__getitem__

    def counted(self: object, key: object) -> np.ndarray:
        values = as_array(self, key)  # type: ignore[arg-type]
        read.append(np.asarray(values).size)
        return values

    monkeypatch.setattr(xr.backends.zarr.ZarrArrayWrapper, "__getitem__", counted)
    opened = open_run(stored)
    asked: dict = {"places": ["Ås"], "years": [2017], "scenarios": ["low"]}
    (row,) = query(opened, "forecast/population", **asked).itertuples()
    assert max(read) == 80  # the draws of one cell
    band = bands(
        fake_forecast(fake_run())["population"].sel(scenario="low", place="00102", year=2017)
    )
    assert row.median == pytest.approx(float(band["median"]))
    assert (row.scenario, row.unit, row.name) == ("low", "persons", "Ås")


def test_the_population_without_a_group_is_still_that_of_the_fit(run: xr.DataTree) -> None:
    frame = query(run, "population", places=["Oslo"])
    assert frame["year"].tolist() == list(range(2006, 2012))
    assert frame["observed"].notna().all()


def test_flows_end_a_year_before_the_population(run: xr.DataTree) -> None:
    assert query(run, "forecast/population", places=["Oslo"])["year"].max() == 2024
    births = query(run, "forecast/births", places=["Oslo"])
    assert births["year"].max() == 2023
    assert births["mean"].notna().all()
    with pytest.raises(RunError, match="no year 2024: it has 2012–2023"):
        query(run, "forecast/births", years=[2024])


def test_groups_are_sums(run: xr.DataTree) -> None:
    frame = query(run, "forecast/population", group="county_name", years=[2012], scenarios=["low"])
    now = run["constant_data"].dataset["next_population"].isel(year=-1)
    assert frame["median"].sum() == pytest.approx(float(now.sum()))
    assert set(frame["group"]) == {"Ytre", "Indre", "Øst"}


@pytest.mark.parametrize(
    ("variable", "options", "unit"),
    [
        ("age_share", {"age_groups": ["80+", "0-5"]}, "percent of population"),
        ("dependency_ratio", {}, "persons per 100 aged 20–66"),
        ("growth_since_origin", {"years": [2020]}, "percent of population at the origin"),
        ("prob_decline", {"years": [2020]}, "probability"),
        ("prob_above", {"threshold": 5000.0}, "probability"),
        ("forecast/prob_below", {"threshold": 5000.0}, "probability"),
        ("peak_year", {}, "year"),
        ("population_difference", {"scenarios": ["high"]}, "persons"),
        ("population_by_age_group", {"age_groups": ["80+"]}, "persons"),
    ],
)
def test_what_is_computed(run: xr.DataTree, variable: str, options: dict, unit: str) -> None:
    for place in ({"places": ["Oslo"]}, {"group": "county_name"}):
        frame = query(run, variable, **place, **options)
        assert set(frame["unit"]) == {unit}
        assert frame["mean"].notna().all()
        assert frame["lower"].isna().all() == (unit == "probability")
        assert set(frame["scenario"]) == set(options.get("scenarios", SCENARIOS))


@pytest.mark.parametrize(
    ("variable", "options", "error", "message"),
    [
        (
            "forecast/populatoin",
            {},
            RunError,
            "no variable 'populatoin'; this one holds population",
        ),
        ("forecast/jobs", {}, RunError, "holds no 'jobs'"),
        ("forecast/population_by_age", {}, RunError, "--ages --force"),
        ("forecast/population", {"scenarios": ["lav"]}, RunError, "no scenario 'lav'; it has cont"),
        ("forecast/population", {"age_groups": ["80+"]}, RunError, "leave out --age-group"),
        ("age_share", {"age_groups": ["80"]}, RunError, r"no age group '80'; .*--age-group 0-5"),
        ("peak_year", {"years": [2020]}, RunError, "leave out --year"),
        ("prob_decline", {"years": [1999]}, RunError, "no year 1999: it has 2012–2024"),
        ("prob_above", {}, InputError, "--threshold 10000"),
        ("forecast/population", {"threshold": 1.0}, InputError, "belongs to prob_above"),
        ("theta", {"scenarios": ["low"]}, RunError, "'theta' is not of a forecast"),
    ],
)
def test_what_cannot_be_asked(
    run: xr.DataTree, variable: str, options: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        query(run, variable, **options)


@pytest.mark.parametrize("variable", ["forecast/population", "prob_decline"])
def test_a_run_without_a_forecast_says_how_to_make_one(variable: str) -> None:
    with pytest.raises(RunError, match="attraktiv forecast RUN PANEL --horizon N"):
        query(fake_run(), variable)


def test_the_table_has_the_nation_and_the_horizons(run: xr.DataTree) -> None:
    frame = forecast_table(run)
    assert sorted(frame["horizon"].unique()) == [1, 5, 10, 12]
    assert list(dict.fromkeys(frame["scenario"])) == list(SCENARIOS)
    nation = frame[(frame["place"] == "") & (frame["horizon"] == 12)].set_index("scenario")
    total = run["forecast"].dataset["population"].isel(year=-1).sum("place", dtype=float)
    np.testing.assert_allclose(nation["mean"], total.mean(("chain", "draw")), rtol=1e-6)
    assert set(forecast_table(run, places=["Ås"])["name"]) == {"Ås"}
