"""Where a panel may be written, and what may be replaced there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attraktiv.atomic import replacing
from attraktiv.errors import PanelError


@contextmanager
def new_folder(
    path: Path, *, force: bool, is_ours: Callable[[Path], bool], what: str
) -> Iterator[Path]:
    """Give an empty folder to write into that takes the place of ``path`` at the end.

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
    if path.exists() and not any(path.iterdir()):
        path.rmdir()  # an empty folder is nobody's work
    try:
        with replacing(path, beside=path.parent, label=path.name, force=force) as fresh:
            yield fresh
    except OSError as error:
        raise PanelError(f"{path} cannot be written ({error}). Give another path.") from error
