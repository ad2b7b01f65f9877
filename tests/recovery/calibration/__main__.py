"""Simulate, rank and write docs/calibration.md: ``python -m tests.recovery.calibration``."""

from __future__ import annotations

import argparse
import os

from tests.recovery.calibration import collapsed, joint, nuts, page, tables

AT_ONCE = 5  # simulations between two additions to a table


def main() -> None:
    """Simulate what is asked for, and write the page from all tables there are."""
    parser = argparse.ArgumentParser(prog="python -m tests.recovery.calibration")
    parser.add_argument(
        "--simulations", type=int, default=500, help="of the collapsed engine; 0: keep its tables"
    )
    parser.add_argument(
        "--joint", type=int, default=100, help="simulations of two equations; 0: keep"
    )
    parser.add_argument("--nuts", type=int, default=0, help="simulations of NUTS; 0: keep")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    wanted = parser.parse_args()
    one = page.MODELS
    studies = (
        (collapsed.rows, collapsed.ENGINE, one, wanted.simulations),
        (joint.rows, collapsed.ENGINE, (joint.MODEL,), wanted.joint),
        (nuts.rows, nuts.ENGINE, one, wanted.nuts),
    )
    for rows, engine, models, simulations in studies:
        for model in models if simulations else ():
            tables.fill(
                rows,
                engine,
                model,
                simulations,
                at_once=AT_ONCE,
                processes=wanted.processes,
            )
    page.write()


if __name__ == "__main__":
    main()
