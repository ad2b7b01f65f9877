"""A page printed to PDF, by a browser that is there already."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from attraktiv.errors import AttraktivError, InputError

#: By the names under which systems install it.
BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
_SECONDS: Final = 300


def find_browser() -> str:
    """Return the browser that prints.

    Raises
    ------
    InputError
        There is none.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise InputError(
        f"A PDF is printed by Chromium or Chrome, and none of {', '.join(BROWSERS)} is installed. "
        "Install one, or write the page and print it from any browser: attraktiv report RUN --out "
        "report.html"
    )


def print_page(html: str, out: Path) -> None:
    """Print a page.

    Parameters
    ----------
    html
        A page that needs no network.
    out
        The PDF.

    Raises
    ------
    InputError
        There is no browser.
    AttraktivError
        The browser failed.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(html, encoding="utf-8")
        command = [
            *(browser, "--headless", "--disable-gpu", "--no-pdf-header-footer"),
            # our own page, without scripts: the sandbox would not start for an administrator
            *("--no-sandbox", f"--user-data-dir={folder}/profile", f"--print-to-pdf={out}"),
            page.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        except subprocess.TimeoutExpired:
            said = [f"it did not end within {_SECONDS} seconds"]
    if not out.is_file() or out.stat().st_size == 0:
        why = "".join(said) or "it said nothing"
        raise AttraktivError(
            f"{Path(browser).name} did not print the report ({why}). Write the page and print it "
            "from any browser: attraktiv report RUN --out report.html"
        )
