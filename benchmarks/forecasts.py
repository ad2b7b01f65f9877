"""A forecast of 356 places, what its time grows with, and one of 100,000: ``make bench-forecast``.

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
from collections.abc import Callable
from functools import partial
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks-forecast.md"
#: Places, years ahead, draws; the first is the mark.
CASES = ((356, 30, 1000), (178, 30, 1000), (356, 15, 1000), (356, 30, 500))
MARK = "30 s and 2 GB"
#: Places, years of the panel, years ahead, draws.
MANY = (100_000, 6, 10, 100)
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

## 100,000 places

A simulated country of {many_places:,} places and {many_years} years, with 212 cells of sex and age
in each, is made, fitted with {many_draws} draws of each equation by the collapsed engine, and
forecast {many_ahead} years ahead with all of the draws. Each step is a process of its own that
starts from what the one before wrote; memory is the peak of that process, with all that it imports.
The mark is 4 GB for the forecast.

| step | seconds | peak GB |
|---|--:|--:|
{many_rows}

The population by sex and age stays on disk until it is used, and the profile of migrants is
estimated some places at a time. The years are then passed in blocks of draws with all places of
each, for places depend on each other in every year: factors are centred on the nation, and
neighbours feel each other's jobs. A block is one draw here, and takes {many_block:.1f} s; with
`--workers` or `--scheduler` other processes take blocks too, and no number changes.
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


def prepare(folder: Path) -> None:
    """Simulate many places."""
    import attraktiv
    from attraktiv.panels import write_panel

    places, years, _, _ = MANY
    write_panel(
        attraktiv.simulate_country(places=places, years=years, seed=1).panel, folder / "panel"
    )


def fit(folder: Path, model: str) -> None:
    """Fit a model to many places."""
    import attraktiv

    attraktiv.fit(
        model, folder / "panel", seed=1, draws=MANY[3] // 4, progress=False, out=folder / model
    )


def forecast(folder: Path, *, draws: int) -> None:
    """Forecast many places."""
    import attraktiv

    attraktiv.forecast(
        folder / "hierarchical_dynamic", folder / "panel", MANY[2],
        jobs=folder / "business_2026", draws=draws, seed=1, force=True, progress=False,
    )  # fmt: skip


#: What is done with many places, one after the other, each in a process of its own.
STEPS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "prepare": ("simulate the country, write its panel", prepare),
    "people": ("fit `hierarchical_dynamic`", partial(fit, model="hierarchical_dynamic")),
    "jobs": ("fit `business_2026`", partial(fit, model="business_2026")),
    "least": ("forecast 4 draws", partial(forecast, draws=4)),
    "forecast": (f"forecast {MANY[3]} draws", partial(forecast, draws=MANY[3])),
}


def measure_step(step: str, folder: Path) -> None:
    """Do a step and print what it took, as JSON."""
    from attraktiv.errors import AttraktivWarning

    warnings.simplefilter("ignore", AttraktivWarning)
    begun = time.perf_counter()
    STEPS[step][1](folder)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "peak": peak}))


def in_own_process(*words: str) -> dict[str, float]:
    """Measure a case or a step where nothing else has grown the process."""
    answer = subprocess.run(
        [sys.executable, __file__, *words], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Run every case and write the page."""
    found = [in_own_process(*map(str, case)) for case in CASES]
    rows = "\n".join(
        f"| {places} | {years} | {draws:,} | {one['seconds']:.1f} | "
        f"{one['seconds'] / found[0]['seconds']:.2f} | {one['peak']:.1f} |"
        for (places, years, draws), one in zip(CASES, found, strict=True)
    )
    with tempfile.TemporaryDirectory() as folder:
        of_many = {step: in_own_process(step, folder) for step in STEPS}
    many_rows = "\n".join(
        f"| {STEPS[step][0]} | {one['seconds']:.0f} | {one['peak']:.1f} |"
        for step, one in of_many.items()
    )
    places, known, ahead, draws = MANY
    more = of_many["forecast"]["seconds"] - of_many["least"]["seconds"]
    text = TEXT.format(
        mark=MARK, cores=os.cpu_count(), rows=rows, many_places=places, many_years=known,
        many_ahead=ahead, many_draws=draws, many_rows=many_rows, many_block=more / (draws - 4),
    )  # fmt: skip
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in STEPS:
        measure_step(sys.argv[1], Path(sys.argv[2]))
    elif len(sys.argv) > 1:
        measure(*(int(value) for value in sys.argv[1:4]))
    else:
        main()
