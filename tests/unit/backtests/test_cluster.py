"""A backtest on a cluster that loses a worker."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr
from tests.unit.backtests.conftest import DRAWS, HORIZON, MODEL, ORIGINS, WITHOUT

import attraktiv
from attraktiv.backtests import running as room
from attraktiv.store import add_result


def test_a_cluster_that_loses_a_worker_gives_what_one_process_gives(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], store: Path, country: xr.Dataset,
    projection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    address, workers = cluster
    keep: Callable[..., None] = add_result
    killed: list[int] = []

    def kill_one(target: Path, forecaster: str, origin: int, result: xr.Dataset) -> None:
        if forecaster != "official" and not killed:
            killed.append(workers[0].pid)
            workers[0].send_signal(signal.SIGKILL)
        keep(target, forecaster, origin, result)

    monkeypatch.setattr(room, "add_result", kill_one)
    found = attraktiv.backtest(
        MODEL, country, ORIGINS, HORIZON, without=WITHOUT, benchmarks=[projection], draws=DRAWS,
        seed=1, scheduler=address, out=tmp_path / "store", progress=False,
    )  # fmt: skip
    assert killed
    assert workers[0].wait(10) == -signal.SIGKILL
    xr.testing.assert_identical(found.load(), attraktiv.open_backtest(store).load())
