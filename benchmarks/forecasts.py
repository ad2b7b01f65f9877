"""A forecast of 356 places, and what its time grows with: ``make bench-forecast``.

Seconds are those of ``attraktiv.forecast`` alone, into a run on disk, after one small forecast
that compiles. Each case runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks-forecast.md"
#: Places, years ahead, draws; the first is the mark.
CASES = ((356, 30, 1000), (178, 30, 1000), (356, 15, 1000), (356, 30, 500))
MARK = "30 s and 2 GB"
TEXT = """# How fast a forecast is

`make bench-forecast` runs each case in a process of its own, one after the other, and writes this
page: a run of `hierarchical_dynamic` with a run of `business_2026` beside it on a simulated country
of 14 years, 212 cells of sex and age, one scenario, written into the run. The mark is {mark} for
the first. Machine: {cores} cores.

| places | years | draws | seconds | of the first | peak GB |
|--:|--:|--:|--:|--:|--:|
{rows}

Half the places, the years or the draws should take half the time; what is more is what every
forecast does once: vital rates, the profile of migrants, opening the run and its panel.
"""


def measure(places: int, years: int, draws: int) -> None:
    """Fit, forecast and print what it took, as JSON."""
    import attraktiv
    from attraktiv.errors import AttraktivWarning

    warnings.simplefilter("ignore", AttraktivWarning)
    panel = attraktiv.simulate_country(places=places, years=14, seed=1).panel
    with tempfile.TemporaryDirectory() as folder:
        run, jobs = Path(folder) / "run", Path(folder) / "jobs"
        attraktiv.fit("hierarchical_dynamic", panel, seed=1, progress=False, out=run)
        attraktiv.fit("business_2026", panel, seed=1, progress=False, out=jobs)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        attraktiv.forecast(run, panel, 1, jobs=jobs, draws=4, seed=1, progress=False)
        begun = time.perf_counter()
        attraktiv.forecast(
            run, panel, years, jobs=jobs, draws=draws, seed=1, force=True, progress=False
        )
        seconds = time.perf_counter() - begun
    peak = max(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    print(json.dumps({"seconds": seconds, "peak": peak / 2**20}))


def main() -> None:
    """Run every case and write the page."""
    found = []
    for case in CASES:
        answer = subprocess.run(
            [sys.executable, __file__, *map(str, case)], capture_output=True, text=True, check=True
        )
        found.append(json.loads(answer.stdout.splitlines()[-1]))
    rows = "\n".join(
        f"| {places} | {years} | {draws:,} | {one['seconds']:.1f} | "
        f"{one['seconds'] / found[0]['seconds']:.2f} | {one['peak']:.1f} |"
        for (places, years, draws), one in zip(CASES, found, strict=True)
    )
    text = TEXT.format(mark=MARK, cores=os.cpu_count(), rows=rows)
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(*(int(value) for value in sys.argv[1:4]))
    else:
        main()
