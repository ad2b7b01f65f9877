"""Tasks on the machine's cores or on a cluster, through the same code.

Each task is a function of what all tasks share and of its own arguments. A cluster's scheduler
starts a task again where its worker was lost; a pool of processes on this machine cannot, and
says so. Both give results as they come, in no order.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from attraktiv.errors import FitError, InputError

_RETRIES = 3
_shared: Any = None  # in a process of a pool: what all its tasks share


def run_tasks[Shared, Result](
    work: Callable[..., Result],
    shared: Shared,
    tasks: Sequence[tuple[Any, ...]],
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    if_killed: str,
) -> Iterator[tuple[tuple[Any, ...], Result]]:
    """Do tasks, and give each result as it comes.

    Parameters
    ----------
    work : callable
        ``work(shared, *task)``, a function of a module.
    shared : object
        Sent once to every worker.
    tasks : sequence of tuple
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``. By default processes on this
        machine.
    workers : int, optional
        Processes on this machine; by default one for each core. With 1 there is no other process.
    if_killed : str
        What to do then, for the message.

    Yields
    ------
    tuple
        The task and its result.

    Raises
    ------
    InputError
        The scheduler cannot be reached, or Dask is not installed.
    FitError
        A process was killed.
    """
    if scheduler is not None:
        yield from _on_cluster(work, shared, tasks, scheduler)
        return
    count = min(workers or os.cpu_count() or 1, len(tasks))
    if count <= 1:
        for task in tasks:
            yield task, _one_thread(work, shared, task)
        return
    pool = ProcessPoolExecutor(
        count, multiprocessing.get_context("spawn"), initializer=_keep, initargs=(shared,)
    )
    try:
        with _script_left_alone():
            futures = {pool.submit(_with_kept, work, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise FitError(
            "A process was killed in the middle of its work, most likely for want of memory. "
            f"{if_killed}"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _on_cluster(
    work: Callable[..., Any], shared: Any, tasks: Sequence[tuple[Any, ...]], address: str
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    try:
        from distributed import Client
        from distributed import as_completed as completed
    except ImportError:
        raise InputError(
            "--scheduler needs Dask, which is not installed. Install it: "
            'pip install "attraktiv[scale]"'
        ) from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"--scheduler {address}: no Dask scheduler answers there ({error}). Start one with "
            "`dask scheduler` and give the address that it prints, such as tcp://10.0.0.1:8786."
        ) from None
    with client:
        # every worker has its own: the loss of one loses nothing that others need
        kept = client.scatter(shared, broadcast=True, hash=False)
        futures = {
            client.submit(_one_thread, work, kept, task, pure=False, retries=_RETRIES): task
            for task in tasks
        }
        for future in completed(futures, loop=client.loop):
            yield futures[future], future.result()


@contextmanager
def _script_left_alone() -> Iterator[None]:
    """Start processes that do not run the caller's script again.

    Else one whose calls do not stand beneath ``if __name__ == "__main__"`` would call this anew in
    every process, and wait for ever. Nothing that a task needs is in the script.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _keep(shared: Any) -> None:
    """Keep in a process what its tasks share."""
    global _shared
    _shared = shared


def _with_kept(work: Callable[..., Any], task: tuple[Any, ...]) -> Any:
    return _one_thread(work, _shared, task)


def _one_thread(work: Callable[..., Any], shared: Any, task: tuple[Any, ...]) -> Any:
    """Do a task in one thread: the others have tasks of their own."""
    import numba
    from threadpoolctl import threadpool_limits

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with threadpool_limits(1):
            return work(shared, *task)
    finally:
        numba.set_num_threads(before)
