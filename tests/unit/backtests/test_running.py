"""A backtest from the call to its store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.backtests.conftest import DRAWS, HORIZON, MODEL, ORIGINS, WITHOUT

import attraktiv
from attraktiv.backtests import running as room
from attraktiv.errors import InputError, RunError
from attraktiv.store import add_result

ASKED: dict[str, Any] = {
    "without": WITHOUT,
    "draws": DRAWS,
    "seed": 1,
    "workers": 1,
    "progress": False,
}


def test_everybody_forecasts_from_every_origin(found: xr.Dataset) -> None:
    assert list(found["forecaster"].values) == [
        MODEL, "regression_zero", "regression_residual", "no_change", "trend", "cohort_method",
        "official",
    ]  # fmt: skip
    assert list(found["origin"].values) == list(ORIGINS)
    of_population = found["crps"].sel(quantity="population")
    own = of_population.sel(forecaster=found.attrs["forecasts_of_its_own"])
    assert own.notnull().all()
    official = of_population.sel(forecaster="official")
    assert official.sel(origin=2012).notnull().all()
    assert official.sel(origin=2013).isnull().all()
    assert found.attrs["failed"] == {}
    assert found.attrs["unfinished"] == 0


def test_a_model_is_the_forecast_of_its_run(found: xr.Dataset, country: xr.Dataset) -> None:
    """What is scored is what `fit` and `forecast` give on what was known."""
    from attraktiv.backtests import known_panel

    cut = known_panel(country, 2012)
    seed = int(np.random.SeedSequence([1, 2012]).generate_state(1)[0] >> 1)
    run = attraktiv.fit(MODEL, cut, last=2011, without=WITHOUT, draws=25, seed=seed, progress=False)
    ahead = attraktiv.forecast(run, cut, HORIZON, draws=DRAWS, seed=seed, progress=False)
    population = ahead["population"].isel(scenario=0, year=slice(1, None))
    middle = population.astype(np.float64).median(["chain", "draw"]).transpose("year", "place")
    stored = found["predicted_quantile"].sel(
        forecaster=MODEL, origin=2012, quantity="population", quantile=0.5
    )
    np.testing.assert_allclose(stored.values[:, : country.sizes["place"]], middle.values, rtol=1e-6)


def test_the_official_projection_is_off_by_what_it_missed(
    found: xr.Dataset, country: xr.Dataset
) -> None:
    came = country["population"].sel(year=[2013, 2014, 2015]).transpose("year", "place").values
    start = country["population"].sel(year=2012).values
    said = start * 1.01 ** np.arange(1, 4)[:, None]
    scored = found["crps"].sel(forecaster="official", origin=2012, quantity="population").values
    np.testing.assert_allclose(scored[:, : len(start)], np.abs(said - came), rtol=1e-5)
    np.testing.assert_allclose(
        scored[:, -1], np.abs(said.sum(axis=1) - came.sum(axis=1)), rtol=1e-4
    )


def test_a_killed_backtest_goes_on_where_it_was(
    store: Path, country: xr.Dataset, projection: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keep: Callable[..., None] = add_result
    count: list[object] = []

    def killed(*arguments: object) -> None:
        count.append(arguments)
        if len(count) > 6:
            raise KeyboardInterrupt
        keep(*arguments)

    path = tmp_path / "store"
    asked: dict[str, Any] = {"benchmarks": [projection], "out": path} | ASKED
    monkeypatch.setattr(room, "add_result", killed)
    with pytest.raises(KeyboardInterrupt):
        attraktiv.backtest(MODEL, country, ORIGINS, HORIZON, **asked)
    monkeypatch.setattr(room, "add_result", keep)
    left = attraktiv.open_backtest(path)
    assert left.attrs["unfinished"] > 0
    done: list[tuple[object, ...]] = []

    def counted(*arguments: object) -> None:
        done.append(arguments[1:3])
        keep(*arguments)

    monkeypatch.setattr(room, "add_result", counted)
    # no seed is asked for: it is that of the store
    found = attraktiv.backtest(MODEL, country, ORIGINS, HORIZON, **asked | {"seed": None})
    xr.testing.assert_identical(found.load(), attraktiv.open_backtest(store).load())
    again = [pair for pair in done if pair[0] != "official"]
    assert len(again) == left.attrs["unfinished"]


def test_another_backtest_is_not_overwritten(store: Path, country: xr.Dataset) -> None:
    with pytest.raises(RunError, match=r"other draws.*--force"):
        attraktiv.backtest(
            MODEL, country, ORIGINS, HORIZON, out=store, **ASKED | {"draws": DRAWS + 4}
        )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"origins": (2012, 2012)}, "each once"),
        ({"origins": (1990,)}, "origin 1990 has no population to start from or nothing that came"),
        ({"horizon": 0}, "The horizon is 0 years"),
        ({"models": "business_2026"}, "explains jobs alone"),
        ({"models": ()}, "No model is given"),
        ({"seed": -1}, "The seed is -1"),
    ],
)
def test_a_wrong_call_is_refused_before_work(
    country: xr.Dataset, changed: dict[str, Any], said: str
) -> None:
    asked: dict[str, Any] = (
        {"models": MODEL, "origins": ORIGINS, "horizon": HORIZON} | ASKED | changed
    )
    with pytest.raises(InputError, match=said):
        attraktiv.backtest(asked.pop("models"), country, asked.pop("origins"),
                           asked.pop("horizon"), **asked)  # fmt: skip


def test_who_cannot_forecast_says_why(country: xr.Dataset, contest: object) -> None:
    """Too few years of ages before an early origin fail one forecaster, not the backtest."""
    ages = country["population_by_age"].where(country["year"] >= 2011)
    short = country.assign(population_by_age=ages)
    found = attraktiv.backtest(MODEL, short, (2012,), 1, **ASKED)
    assert list(found.attrs["failed"]) != []
    assert all("2012" in key for key in found.attrs["failed"])
    assert found["crps"].sel(forecaster="trend", quantity="population").notnull().all()


def test_a_foreign_folder_is_no_backtest(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no backtest"):
        attraktiv.open_backtest(tmp_path / "none")
    (tmp_path / "zarr.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match="is not a backtest"):
        attraktiv.open_backtest(tmp_path)


def test_a_factor_is_left_out_of_the_models_that_have_it(country: xr.Dataset) -> None:
    found = attraktiv.backtest(
        ["book_2023", "published_2017"], country, [2014], 2,
        **{**ASKED, "without": ["share_20_39"], "draws": 40},
    )  # fmt: skip
    assert found.attrs["failed"] == {}


def test_a_factor_that_no_model_has_is_refused(country: xr.Dataset) -> None:
    with pytest.raises(InputError, match="has no such factor"):
        attraktiv.backtest(MODEL, country, [2014], 2, **{**ASKED, "without": ["sunshine"]})
