"""The same tasks in one process and in several, and what is said where they cannot be done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from attraktiv.errors import FitError, InputError
from attraktiv.tasks import run_tasks

AGAIN = "Run it again."


def test_processes_give_what_one_gives() -> None:
    tasks = [(n,) for n in range(6)]
    alone = dict(run_tasks(pow, 3, tasks, workers=1, if_killed=AGAIN))
    assert alone == {(n,): 3**n for n in range(6)}
    assert dict(run_tasks(pow, 3, tasks, workers=2, if_killed=AGAIN)) == alone


def test_a_script_whose_calls_stand_at_its_top(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "print('begun')\n"
        "from attraktiv.tasks import run_tasks\n"
        "shared = list(range(200_000))  # more than a pipe holds\n"
        "tasks = [(n,) for n in range(3)]\n"
        "done = run_tasks(list.index, shared, tasks, workers=2, if_killed='Again.')\n"
        "print(sorted(result for _, result in done))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "begun\n[0, 1, 2]\n"


def test_no_scheduler_answers() -> None:
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        list(run_tasks(pow, 3, [(1,)], scheduler="nonsense://here", if_killed=AGAIN))


def kill(_: object, __: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed() -> None:
    with pytest.raises(FitError, match=rf"A process was killed .* {AGAIN}"):
        list(run_tasks(kill, None, [(1,), (2,)], workers=2, if_killed=AGAIN))
