"""The command line: one module per family of commands.

Results go to standard output, progress and warnings to standard error. Exit status 0:
done; 1: the work failed; 2: the input or the call is wrong; 130: stopped by Ctrl-C.
What costs time to import is imported inside the commands, so that help comes at once.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the process was called with, and leave with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without Norwegian letters must not stop us
            stream.reconfigure(errors="backslashreplace")
    from attraktiv.cli.app import app

    app(prog_name="attraktiv")


__all__ = ["main"]
