"""Write a folder whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attraktiv.errors import PanelError


@contextmanager
def new_folder(
    path: Path, *, force: bool, is_ours: Callable[[Path], bool], what: str
) -> Iterator[Path]:
    """Give an empty folder beside ``path`` to write into; rename it into place at the end.

    A process that is killed leaves at most a hidden folder beside ``path``, never a half-written
    ``path``.

    Parameters
    ----------
    path : Path
        Where the folder shall be.
    force : bool
        Replace what is there, if ``is_ours`` says that this is what was written before.
    is_ours : callable
        Says of an existing path whether it may be replaced.
    what : str
        What is written, for messages.

    Yields
    ------
    Path
        The folder to write into.

    Raises
    ------
    PanelError
        If ``path`` exists and may not be replaced, or cannot be written.
    """
    path = Path(os.path.abspath(path))
    occupied = path.exists() and not (path.is_dir() and not any(path.iterdir()))
    if occupied and not force:
        raise PanelError(
            f"{path} already exists. Give another path, or --force (force=True) to replace it."
        )
    if occupied and not is_ours(path):
        raise PanelError(
            f"{path} already exists and is not {what}, so it is not replaced. Give another path."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise PanelError(f"{path} cannot be written ({error}). Give another path.") from error
    try:
        # mkdtemp makes a private folder; the result has the rights of any new folder
        fresh = beside / "new"
        fresh.mkdir()
        yield fresh
        if path.exists():
            path.rename(beside / "old")
        fresh.rename(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
