"""The chart shows what the table says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.unit.runs import Kind, fake_run

from attraktiv.errors import InputError
from attraktiv.queries import decomposition_table
from attraktiv.reports.decomposition import MOST, decomposition_chart
from attraktiv.reports.drawing import draw


def data(chart: dict[str, Any], layer: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(chart["datasets"][layer["data"]["name"]])


@pytest.mark.parametrize("kind", ["dynamic", "grouped", "least-squares", "joint", "pyramid"])
def test_bars_sum_to_the_diamonds(kind: Kind) -> None:
    frame = decomposition_table(fake_run(kind, unobserved=(), excluded=()), group="county_name")
    chart = decomposition_chart(frame).to_dict()
    left, right = chart["hconcat"]
    stacked, _, diamonds = left["layer"]
    bars = data(chart, stacked)
    total = bars.groupby("label")["mean"].sum()
    growth = data(chart, diamonds).set_index("label")["mean"]
    pd.testing.assert_series_equal(total, growth, check_names=False, check_like=True)
    assert stacked["encoding"]["y"]["sort"] == ["Indre", "Ytre", "Øst"]
    assert "by county_name, 2006–2011" in chart["title"]["text"]
    band = data(chart, right["layer"][1])
    sums = frame.loc[frame["component"] == "attractiveness"]
    assert band[["lower", "mean", "upper"]].to_numpy().tolist() == (
        sums[["lower", "mean", "upper"]].to_numpy().tolist()
    )


def test_lags_are_one_bar_and_every_bar_has_a_colour_of_its_own() -> None:
    chart = decomposition_chart(decomposition_table(fake_run("grouped"), places=["Ås"])).to_dict()
    scale = chart["hconcat"][0]["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == [
        "natural increase",
        "national level",
        "own_job_growth",
        "log(population)",
        "regional attractiveness",
        "residential attractiveness",
        "noise",
        "borders and rounding",
    ]
    assert len(set(scale["range"])) == len(scale["domain"])


def test_what_jobs_bring_has_bars_of_its_own() -> None:
    chart = decomposition_chart(decomposition_table(fake_run("joint"), places=["Ås"])).to_dict()
    scale = chart["hconcat"][0]["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == [
        "natural increase",
        "national level",
        "own jobs, structure",
        "own jobs, other",
        "log(population)",
        "residential attractiveness",
        "attractiveness through jobs",
        "noise",
        "noise through jobs",
        "borders and rounding",
    ]
    assert len(set(scale["range"])) == len(scale["domain"])


def test_the_chart_of_jobs_says_so() -> None:
    frame = decomposition_table(fake_run("joint"), of="jobs", places=["Ås"])
    chart = decomposition_chart(frame).to_dict()
    assert chart["title"]["text"] == "Growth of jobs, 2006–2011"
    scale = chart["hconcat"][0]["layer"][0]["encoding"]["color"]["scale"]
    assert "business attractiveness" in scale["domain"]


def test_many_factors_end_in_one_bar() -> None:
    frame = decomposition_table(fake_run(), places=["Ås", "Oslo"])
    extra = frame.loc[frame["component"] == "log(population)"]
    more = [extra.assign(component=f"factor_{i}", mean=float(i)) for i in range(6)]
    chart = decomposition_chart(pd.concat([frame, *more])).to_dict()
    bars = data(chart, chart["hconcat"][0]["layer"][0])
    assert "other factors" in set(bars["term"])
    other = bars.loc[(bars["term"] == "other factors") & (bars["label"] == "Ås"), "mean"].sum()
    assert other == pytest.approx(2 + 3 + 4 + 5)


def test_places_that_share_a_name_keep_apart() -> None:
    frame = decomposition_table(fake_run(), places=["00107", "00108"])
    chart = decomposition_chart(frame).to_dict()
    assert chart["hconcat"][0]["layer"][0]["encoding"]["y"]["sort"] == [
        "Våler (00107)",
        "Våler (00108)",
    ]


def test_too_many_places_or_none_are_refused() -> None:
    many = decomposition_table(fake_run(places=MOST + 1, excluded=(), unobserved=()))
    with pytest.raises(InputError, match=f"shows 1 to {MOST} places .* there are {MOST + 1}"):
        decomposition_chart(many)
    frame = decomposition_table(fake_run(), places=["Ås"])
    with pytest.raises(InputError, match="there are 0"):
        decomposition_chart(frame.assign(mean=float("nan")))


def test_it_becomes_a_picture(tmp_path: Path) -> None:
    frame = decomposition_table(fake_run("grouped"), places=["Ærfugl", "Øygarden", "Ås"])
    written = draw(decomposition_chart(frame), tmp_path / "chart.png")
    assert written.read_bytes().startswith(b"\x89PNG")
