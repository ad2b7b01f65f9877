"""What a command says beside its result: errors, warnings, paragraphs."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import typer

from attraktiv.errors import AttraktivError, AttraktivWarning

_STOPPED = 130  # what a shell expects after Ctrl-C


def reported[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn what a command raises into a paragraph on standard error and an exit status."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with _warnings_as_paragraphs():
                result = command(*args, **kwargs)
            sys.stdout.flush()
        except AttraktivError as error:
            tell(f"Error: {error}")
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            tell("Stopped; nothing was written.")
            raise typer.Exit(_STOPPED) from None
        except BrokenPipeError:
            # the reader has gone: let the interpreter's last flush go nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        return result

    return wrapped


def tell(text: str) -> None:
    """Write a paragraph to standard error."""
    typer.echo(paragraph(text), err=True)


def say(text: str = "") -> None:
    """Write a paragraph to standard output."""
    typer.echo(paragraph(text))


def paragraph(text: str) -> str:
    """Return the text wrapped to the terminal; what cannot be broken is left whole."""
    width = shutil.get_terminal_size().columns
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def next_commands(*commands: str) -> None:
    """Write what a user may want to type next."""
    typer.echo("\nNext:")
    for command in commands:
        typer.echo(f"  {command}")


@contextmanager
def _warnings_as_paragraphs() -> Iterator[None]:
    """Show our own warnings as paragraphs, without the line of code they come from."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", AttraktivWarning)
        other = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, AttraktivWarning):
                tell(f"Warning: {message}")
            else:
                other(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield
