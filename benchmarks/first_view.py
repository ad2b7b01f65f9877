"""Measure how soon the page stands: ``python benchmarks/first_view.py RUN PANEL``.

A headless browser that keeps nothing from before opens the map and the list of all places, and then
a place's page, and waits until all is drawn; it looks ten times a second.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.browser.serving import Page, serving


def main() -> None:
    """Open both pages a few times, and print the median and the slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("panel", type=Path)
    parser.add_argument("--place", default="0301", help="Code of the place that is opened.")
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    views = {"map and list of all places": "", "a place's page": f"?view=place&place={asked.place}"}
    took: dict[str, list[float]] = {view: [] for view in views}
    with (
        serving([asked.run], asked.panel) as address,
        tempfile.TemporaryDirectory() as downloads,
    ):
        for _ in range(asked.times):
            page = Page(address, Path(downloads))
            for view, query in views.items():
                began = time.perf_counter()
                page.open(query)
                took[view].append(time.perf_counter() - began)
            page.close()
    for view, seconds in took.items():
        print(f"{view}: median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s")
    print(f"Load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.")


if __name__ == "__main__":
    main()
