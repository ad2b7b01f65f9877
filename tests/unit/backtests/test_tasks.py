"""The same tasks on one process, on several, and on a cluster that loses a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xarray as xr
from tests.unit.backtests.conftest import DRAWS, HORIZON, MODEL, ORIGINS, WITHOUT

import attraktiv
from attraktiv.backtests import running as room
from attraktiv.backtests.tasks import run_tasks
from attraktiv.errors import InputError
from attraktiv.store import add_result


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own, on loopback."""
    file = tmp_path / "scheduler.json"
    started = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        started.append(process)
        return process

    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
          "--scheduler-file", str(file))  # fmt: skip
    workers = [
        start(
            "worker",
            "--scheduler-file",
            str(file),
            "--nthreads",
            "1",
            "--no-dashboard",
            "--no-nanny",
            "--local-directory",
            str(tmp_path),
        )
        for _ in range(2)
    ]
    for _ in range(600):
        if file.is_file() and file.stat().st_size:
            break
        time.sleep(0.1)
    yield json.loads(file.read_text(encoding="utf-8"))["address"], workers
    for process in started:
        process.kill()
        process.wait()


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


def test_processes_give_what_one_gives() -> None:
    tasks = [(n,) for n in range(6)]
    alone = dict(run_tasks(pow, 3, tasks, workers=1))
    assert alone == {(n,): 3**n for n in range(6)}
    assert dict(run_tasks(pow, 3, tasks, workers=2)) == alone


def test_no_scheduler_answers() -> None:
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        list(run_tasks(pow, 3, [(1,)], scheduler="nonsense://here"))
