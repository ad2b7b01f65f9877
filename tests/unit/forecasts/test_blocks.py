"""Blocks of draws and of places do not show, nor who does the work."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.forecasts.conftest import HORIZON

import attraktiv
from attraktiv.errors import ForecastError
from attraktiv.forecasts import equations, known, layout, profile
from attraktiv.panels import write_panel
from attraktiv.store import write_run


@pytest.fixture
def several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_CELLS", 12 * 2 * 106 * 30)


def stored(run: xr.DataTree, panel: xr.Dataset, path: Path, **how: Any) -> xr.Dataset:
    write_run(run, path)
    return attraktiv.forecast(
        path, panel, HORIZON, scenarios=("low",), seed=2, ages=True, progress=False, **how,
    ).load()  # fmt: skip


@pytest.mark.usefixtures("several_blocks")
def test_other_processes_give_what_this_one_gives(
    run: xr.DataTree, country: xr.Dataset, tmp_path: Path,
    cluster: tuple[str, list[subprocess.Popen[bytes]]],
) -> None:  # fmt: skip
    here = stored(run, country, tmp_path / "here")
    assert bool(np.isfinite(here["population"]).all())
    xr.testing.assert_identical(stored(run, country, tmp_path / "there", workers=2), here)
    address, _ = cluster
    xr.testing.assert_identical(stored(run, country, tmp_path / "far", scheduler=address), here)


def test_a_run_in_memory_is_continued_here(run: xr.DataTree, country: xr.Dataset) -> None:
    with pytest.raises(ForecastError, match=r"in memory.*path of a stored run"):
        attraktiv.forecast(run, country, HORIZON, workers=2, progress=False)


def test_blocks_of_places_do_not_show(
    run: xr.DataTree, country: xr.Dataset, continued: xr.Dataset, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr(known, "_PLACES_AT_ONCE", 5)
    monkeypatch.setattr(profile, "_AT_ONCE", 7)
    monkeypatch.setattr(equations, "_PLACES_AT_ONCE", 5)
    write_panel(country, tmp_path / "panel.zarr")
    found = attraktiv.forecast(
        run, tmp_path / "panel.zarr", HORIZON, scenarios=("low", "neutral", "high"), seed=2,
        ages=True, progress=False,
    )  # fmt: skip
    xr.testing.assert_allclose(found, continued, rtol=1e-5)


def test_a_residual_is_the_same_from_blocks_of_places(
    country: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = attraktiv.fit(
        "structural_2013", country, without=("own_job_growth",), draws=50, seed=1, progress=False
    )
    chosen = np.arange(0, 200, 7)

    def draws() -> equations.Equation:
        return equations.equation_draws(run, chosen, np.random.default_rng(1))

    whole = draws()
    monkeypatch.setattr(equations, "_PLACES_AT_ONCE", 5)
    parts = draws()
    np.testing.assert_array_equal(parts.lasting, whole.lasting)
    np.testing.assert_allclose(parts.sigma, whole.sigma, rtol=1e-12)
    assert float(whole.sigma.min()) > 0
