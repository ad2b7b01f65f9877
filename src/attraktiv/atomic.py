"""Folders that appear whole or not at all.

A folder is written under a hidden name beside its place and renamed when it is
complete. What a killed process leaves behind carries its host and process number in
the name, so the next writer can tell litter from another writer's work.
"""

from __future__ import annotations

import os
import platform
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attraktiv.errors import InputError

_WRITING = "writing"
_REPLACED = "replaced"


@contextmanager
def replacing(target: Path, *, beside: Path, label: str, force: bool) -> Iterator[Path]:
    """Yield a hidden folder to write into, and rename it to ``target`` at the end.

    Parameters
    ----------
    target
        Where the complete folder shall stand.
    beside
        The folder, on the same file system, that holds the hidden ones.
    label
        What the hidden names start with; one label per target.
    force
        Whether a folder that stands at ``target`` is moved aside. It is put back if
        the new one cannot take its place.

    Raises
    ------
    InputError
        ``target`` came to exist while this process was writing, and ``force`` is off.
    """
    beside.mkdir(parents=True, exist_ok=True)
    put_back(target, beside=beside, label=label)
    for left in _left_over(beside, label, _WRITING) + _left_over(beside, label, _REPLACED):
        shutil.rmtree(left, ignore_errors=True)
    temporary = _hidden(beside, label, _WRITING)
    temporary.mkdir()
    try:
        yield temporary
        _flush(temporary)
        _swap(temporary, target, _hidden(beside, label, _REPLACED), force=force)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def put_back(target: Path, *, beside: Path, label: str) -> None:
    """Put back what a writer moved aside before it was killed between its two renames."""
    for left in _left_over(beside, label, _REPLACED):
        if not target.exists():
            left.rename(target)


def _swap(temporary: Path, target: Path, aside: Path, *, force: bool) -> None:
    if not target.exists():
        temporary.rename(target)
        return
    if not force:
        raise InputError(
            f"{target} was written by another process while this one was at work. Nothing "
            "was changed. Choose another path, or replace it with --force (force=True)."
        )
    target.rename(aside)
    try:
        temporary.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Bring the files to the disk, so that the rename cannot overtake them."""
    for parent, _, files in os.walk(folder):
        for file in (*files, ""):
            if not file and os.name != "posix":  # only POSIX can open a folder
                continue
            handle = os.open(Path(parent, file), os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _hidden(beside: Path, label: str, kind: str) -> Path:
    host = platform.node() or "host"
    return beside / f".{label}.{kind}-{host}-{os.getpid()}-{secrets.token_hex(4)}"


def _left_over(beside: Path, label: str, kind: str) -> list[Path]:
    prefix = f".{label}.{kind}-"
    if not beside.is_dir():
        return []
    return sorted(
        path
        for path in beside.iterdir()
        if path.name.startswith(prefix) and _writer_is_gone(path.name[len(prefix) :])
    )


def _writer_is_gone(mark: str) -> bool:
    host, _, rest = mark.rpartition("-")[0].rpartition("-")
    if host != (platform.node() or "host") or not rest.isdigit() or os.name != "posix":
        return False  # another machine's process cannot be asked
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
