"""Tables of ranks, written as they grow: a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from tests.recovery.calibration.ranks import FAILURE, SIMULATION, labels

ROOT = Path(__file__).resolve().parents[3]
TABLES = ROOT / "docs" / "calibration"
UNFINISHED = ROOT / ".cache" / "calibration"
#: What ranks depend on: an unfinished run goes on only if none of it has changed.
SOURCES = ("src/attraktiv/engines", "src/attraktiv/model", "src/attraktiv/specs", "models")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")

#: Model, number of the first simulation and how many → one row for each.
Rows = Callable[[str, int, int], list[dict[str, Any]]]


def path_of(engine: str, model: str, folder: Path = TABLES) -> Path:
    """Where the ranks of an engine and a model are kept."""
    return folder / f"{engine}-{model}.csv"


def read(path: Path) -> pd.DataFrame:
    """Read a table of ranks, in the order of its simulations."""
    table = pd.read_csv(path, dtype={FAILURE: str}).fillna({FAILURE: ""})
    whole = table.astype(dict.fromkeys(labels(table), "Int64"))
    return whole.sort_values(SIMULATION, ignore_index=True)


def fill(
    rows: Rows,
    engine: str,
    model: str,
    simulations: int,
    *,
    at_once: int,
    processes: int,
    tables: Path = TABLES,
    unfinished: Path = UNFINISHED,
) -> Path:
    """Simulate until a table is complete, then put it where the page finds it.

    Parameters
    ----------
    rows
        Simulates; called in other processes.
    engine, model, simulations
        Which table, and how many rows.
    at_once
        Simulations between two additions to the file.
    processes
        How many at a time, each with one thread.
    tables, unfinished
        Folders of the finished table and of the one that grows.
    """
    growing = path_of(engine, model, unfinished / fingerprint())
    growing.parent.mkdir(parents=True, exist_ok=True)
    done = set(read(growing)[SIMULATION]) if growing.exists() else set()
    jobs = {}
    with _pool(processes) as pool:
        for first in range(0, simulations, at_once):
            if first not in done:
                size = min(at_once, simulations - first)
                jobs[pool.submit(rows, model, first, size)] = size
        count = simulations - sum(jobs.values())
        for job in as_completed(jobs):
            _append(job.result(), growing)
            count += jobs[job]
            sys.stderr.write(f"{model}, {engine}: {count} of {simulations}\n")
    finished = path_of(engine, model, tables)
    finished.parent.mkdir(parents=True, exist_ok=True)
    read(growing).to_csv(finished, index=False)
    growing.unlink()
    return finished


def _append(rows: list[dict[str, Any]], path: Path) -> None:
    """Add rows in one write; a simulation that failed has no ranks."""
    old = read(path) if path.exists() else pd.DataFrame()
    whole = pd.concat([old, pd.DataFrame(rows)], ignore_index=True)
    beside = path.with_suffix(".part")
    whole.to_csv(beside, index=False)
    beside.replace(path)


def fingerprint() -> str:
    """A few letters that change with the code that ranks depend on."""
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in ("countries", "ranks", "collapsed", "nuts")]
    for folder in SOURCES:
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".toml"}]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes of one thread each; what waits is dropped where one fails."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
