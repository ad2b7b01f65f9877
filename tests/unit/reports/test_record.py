"""A backtest in a report: how good forecasts of the run's model have been."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

import attraktiv
from attraktiv import words
from attraktiv.errors import InputError, RunError
from attraktiv.reports.phrases import Phrases
from attraktiv.reports.record import read_record, record_section

MODEL = "book_2023"


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    return attraktiv.simulate_country(places=12, years=14, seed=2, ages=False).panel


@pytest.fixture(scope="module")
def run(panel: xr.Dataset) -> xr.DataTree:
    return attraktiv.fit(MODEL, panel, seed=1, progress=False)


@pytest.fixture(scope="module")
def store(panel: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backtest") / "store"
    first, last = (int(year) for year in panel["year"].values[[0, -1]])
    attraktiv.backtest(
        MODEL, panel, [last - 4, last - 3], 3, draws=100, seed=1, workers=1, out=path,
        progress=False,
    )  # fmt: skip
    assert first < last - 4
    return path


@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_report_tells_how_good_forecasts_have_been(
    run: xr.DataTree, store: Path, tmp_path: Path, language: str
) -> None:
    target = tmp_path / "report.md"
    attraktiv.report(run, target, backtest=store, language=language, figures=tmp_path / "charts")
    told = target.read_text(encoding="utf-8")
    assert words.text("report.record", language) in told
    assert words.text("forecaster.no_change", language) in told
    assert list((tmp_path / "charts").glob("*-record.png"))
    attraktiv.report(run, target, language=language, force=True)
    assert words.text("report.record", language) not in target.read_text(encoding="utf-8")


def test_it_says_the_scores_of_the_run_s_model(store: Path) -> None:
    table = read_record(store, MODEL)
    scored = attraktiv.scores(attraktiv.open_backtest(store))
    own = scored[scored["forecaster"] == MODEL].set_index("horizon")
    section = record_section(table, Phrases("en", 0.8))
    lead = section.blocks[0].text  # type: ignore[union-attr]
    assert f"by {own['mape'].iloc[-1]:.1f} percent" in lead
    rows = [row.cells for row in section.blocks[3].rows]  # type: ignore[union-attr]
    assert ("1", MODEL, f"{own['crps'].loc[1]:.2f}") in [cells[:3] for cells in rows]


@pytest.mark.parametrize(
    ("others", "key"),
    [((2.0, 2.0), "record_best"), ((2.0, 0.5), "record_better"), ((0.5, 0.5), "record_worse")],
)
def test_what_it_says_of_the_others_follows_from_the_scores(
    others: tuple[float, float], key: str
) -> None:
    rows = [
        {"horizon": h, "forecaster": who, "crps": crps, "mape": 1.0, "coverage_80": 0.8}
        for h, other in zip((1, 3), others, strict=True)
        for who, crps in ((MODEL, 1.0), ("trend", other))
    ]
    table = pd.DataFrame(rows)
    table.attrs = {"model": MODEL, "origins": [2010, 2011], "look_ahead": []}
    section = record_section(table, Phrases("en", 0.8))
    verdict = section.blocks[1].text  # type: ignore[union-attr]
    assert verdict == words.text(f"report.{key}", "en", ahead="1")


def test_a_backtest_of_another_model_is_refused(store: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="attraktiv backtest hierarchical_static"):
        read_record(store, "hierarchical_static")
    with pytest.raises(RunError):
        read_record(tmp_path, MODEL)
