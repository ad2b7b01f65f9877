"""Charts of a forecast show its places, scenarios and ages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.unit.fake_forecast import SCENARIOS, with_forecast
from tests.unit.runs import fake_run

from attraktiv.errors import InputError, RunError
from attraktiv.reports import fan_chart, pyramid
from attraktiv.reports.drawing import draw


@pytest.fixture(scope="module")
def run() -> xr.DataTree:
    return with_forecast(fake_run(), ages=True)


def rows(chart: object) -> list[dict]:
    """All rows of a chart's data."""
    specification = chart.to_dict()  # type: ignore[attr-defined]
    return [row for data in specification["datasets"].values() for row in data]


def test_one_scenario_has_all_bands_and_its_history(run: xr.DataTree, tmp_path: Path) -> None:
    observed = run["constant_data"].dataset["population"]
    chart = fan_chart(run, ["Ås", "Øygarden"], scenarios=["continued"], observed=observed)
    shown = rows(chart)
    assert {row["prob"] for row in shown if "prob" in row} == {0.5, 0.8, 0.95}
    assert {row["name"] for row in shown if "name" in row} == {"Ås", "Øygarden"}
    assert {row["year"] for row in shown if "value" in row} == set(range(2006, 2013))
    assert draw(chart, tmp_path / "fan.png").stat().st_size > 1000


def test_several_scenarios_have_one_band_each(run: xr.DataTree) -> None:
    shown = rows(fan_chart(run, ["Ærfugl"], "net_migration"))
    assert {row["scenario"] for row in shown} == set(SCENARIOS)
    assert {row["prob"] for row in shown} == {0.8}


def test_a_pyramid_has_men_left_and_women_right(run: xr.DataTree) -> None:
    shown = [row for row in rows(pyramid(run, "Ås", 2020)) if "sex" in row]
    assert all((row["median"] < 0) == (row["sex"] == "male") for row in shown)
    of_all = np.sum([abs(row["median"]) for row in shown if row["year"] == 2012])
    now = run["constant_data"].dataset["next_population"].sel(place="00102").isel(year=-1)
    assert of_all == pytest.approx(float(now), rel=1e-4)
    assert {row["label"] for row in shown} >= {"0–4", "100–104", "105+"}
    assert "0" in {row.get("label") for row in rows(pyramid(run, "Ås", 2020, width=1))}


def test_what_cannot_be_drawn(run: xr.DataTree) -> None:
    with pytest.raises(InputError, match="1 to 12 places"):
        fan_chart(run, [])
    with pytest.raises(InputError, match="by place and year"):
        fan_chart(run, ["Ås"], "population_by_age_group")
    with pytest.raises(RunError, match="no scenario 'lav' with a later year 2020"):
        pyramid(run, "Ås", 2020, "lav")
    with pytest.raises(RunError, match="--ages --force"):
        pyramid(with_forecast(fake_run()), "Ås", 2020)
