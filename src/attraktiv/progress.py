"""Progress on standard error, for people who wait; silent where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Update(Protocol):
    """Move a progress bar on, and say what is being done."""

    def __call__(self, advance: float = 1.0, text: str | None = None) -> None:
        """Add ``advance`` to what is done; ``text`` replaces the description."""


@contextmanager
def progress(description: str, total: float | None = None) -> Iterator[Update]:
    """Show a progress bar on standard error while the block runs.

    Nothing is written where standard error is not a terminal, so that logs and pipes
    stay clean. The bar disappears when the block ends, by an exception too.

    Parameters
    ----------
    description : str
        What is being done, for example ``"sampling"``.
    total : float, optional
        How much there is to do. Without it the bar only shows that work goes on.

    Yields
    ------
    Update
        ``update(advance=1.0, text=None)``.

    Examples
    --------
    >>> with progress("reading", total=2) as update:
    ...     update()
    ...     update(text="nearly there")
    """
    # rich costs some 50 ms, which `import attraktiv` and `attraktiv --help` need not pay.
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _silent
        return
    columns = (SpinnerColumn(), *Progress.get_default_columns(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(description, total=total)

        def update(advance: float = 1.0, text: str | None = None) -> None:
            bars.update(task, advance=advance, description=text)

        yield update


def _silent(advance: float = 1.0, text: str | None = None) -> None:
    """Stand in for the bar where nobody looks."""
