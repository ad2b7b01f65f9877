"""Collapsed against NUTS and bambi: seconds, memory, effective draws. See ``make bench``.

Each case runs in a process of its own, so that its peak memory is its own, and one after
the other, so that they do not disturb each other. Ratios of one run are worth more than
seconds, for machines differ and are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
DATA = Path(os.environ.get("ATTRAKTIV_REAL_DATA", ROOT.parent / "shared" / "data")) / "norway"
PLAIN = str(ROOT / "benchmarks" / "plain_static.toml")
PSI = ("tau", "sigma_u", "rho", "sigma", "phi", "sigma_alpha", "rho_alpha")

JOINT = "joint_2026"
FEEDBACK = "feedback"

#: Label, model, engine, panel (folder, or places and years, and whether people drive jobs there),
#: draws in each of four chains.
CASES: tuple[tuple[str, str, str, str, int], ...] = (
    ("Norway 2006–2016", "hierarchical_static", "collapsed", "norway", 500),
    ("Norway 2006–2016", "hierarchical_static", "nuts", "norway", 1000),
    ("Norway 2006–2016", PLAIN, "collapsed", "norway", 500),
    ("Norway 2006–2016", PLAIN, "nuts", "norway", 1000),
    ("Norway 2006–2016", PLAIN, "bambi", "norway", 1000),
    ("Norway 2006–2016", "hierarchical_dynamic", "collapsed", "norway", 500),
    ("Norway 2006–2016", "hierarchical_dynamic", "nuts", "norway", 1000),
    ("simulated 200 × 12", "hierarchical_dynamic", "collapsed", "200 12", 500),
    ("simulated 800 × 6", "hierarchical_dynamic", "collapsed", "800 6", 500),
    ("simulated 800 × 12", "hierarchical_dynamic", "collapsed", "800 12", 500),
    ("simulated 800 × 24", "hierarchical_dynamic", "collapsed", "800 24", 500),
    ("simulated 3,104 × 5", "hierarchical_dynamic", "collapsed", "3104 5", 500),
    ("simulated 3,100 × 20", "hierarchical_dynamic", "collapsed", "3100 20", 500),
    ("simulated 20,000 × 20", "hierarchical_dynamic", "collapsed", "20000 20", 250),
    ("simulated 356 × 14, jobs follow people", JOINT, "collapsed", f"356 14 {FEEDBACK}", 500),
)

TEXT = """# How fast the engines are

`make bench` runs each case in a process of its own, one after the other, and writes this page.
Seconds are those of the fit alone, after imports and after the collapsed engine's compilation
(one small fit goes before it); NUTS compiles anew for every panel. The rate is the lowest effective
sample size of any variance parameter for each second of the fit; memory is the peak of the whole
process. `plain_static` is `hierarchical_static` with what bambi can express: noise that does not
depend on size, and exchangeable years; the priors are the same in all three programs. `joint_2026`
leaves out the first year, which tells how fast each place grew before the fit. Machine: {machine}.

| panel | model | engine | seconds | peak GB | lowest ESS | ESS per second | evaluations |
|---|---|---|---|---|---|---|---|
{rows}

{ratios}

Whole processes, `attraktiv fit hierarchical_dynamic` on the Norwegian panel with its run written:
{cold:.1f} s with an empty cache of compiled code, {warm:.1f} s after that.
"""


def panel_of(text: str) -> Any:
    """Read the Norwegian panel, or one that was simulated."""
    import attraktiv

    return attraktiv.read_panel(DATA if text == "norway" else text)


def simulate(text: str, store: Path) -> None:
    """Write a panel of so many places and years; in a process of its own, whose memory is gone."""
    code = (
        "import sys, attraktiv; from attraktiv.panels import Feedback, write_panel; "
        "places, years, *people_drive_jobs = sys.argv[1].split(); "
        "feedback = Feedback() if people_drive_jobs else None; "
        "country = attraktiv.simulate_country(places=int(places), years=int(years), seed=1, "
        "ages=False, feedback=feedback); "
        "write_panel(country.panel, sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", code, text, str(store)], check=True)


def years_of(model: str, panel: str, data: Any) -> dict[str, int]:
    """Years of the fit, where they are not all that the panel has."""
    if panel == "norway":
        return {"first": 2006, "last": 2016}
    # growth of the year before is what the jobs of the first year follow, and has to be known
    return {"first": int(data["year"][0]) + 1} if model == JOINT else {}


def measure(model: str, engine: str, panel: str, draws: int) -> dict[str, Any]:
    """Fit once and say what it took; runs in a process of its own."""
    if engine == "bambi":
        return measure_bambi(model, panel, draws)
    import warnings

    import attraktiv
    from attraktiv.panels import Feedback

    warnings.simplefilter("ignore")
    feedback = Feedback() if model == JOINT else None
    small = attraktiv.simulate_country(
        places=20, years=5, seed=1, ages=False, feedback=feedback
    ).panel
    if engine == "collapsed":  # NUTS compiles anew for every panel
        attraktiv.fit(
            model, small, engine=engine, seed=1, draws=10, **years_of(model, "small", small)
        )
    data = panel_of(panel)
    years = years_of(model, panel, data)
    began = time.perf_counter()
    run = attraktiv.fit(model, data, engine=engine, seed=1, draws=draws, **years)
    seconds = time.perf_counter() - began
    figures = json.loads(run["diagnostics"].attrs["figures"])
    table = run["diagnostics"].to_dataset()
    # of both equations, where there are two
    labels = [str(label) for label in table["parameter"].values]
    names = [label for label in labels if label.split("/")[-1] in PSI or "correlation" in label]
    ess = float(table["ess_bulk"].sel(parameter=names).min())
    return {
        "seconds": seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "ess": min(ess, figures.get("ess", ess)),
        "evaluations": figures.get("evaluations"),
        "engine": run.attrs["engine"],
    }


def measure_bambi(model: str, panel: str, draws: int) -> dict[str, Any]:
    """Fit the same model with bambi; building it counts, as the design does for ours."""
    import bambi
    import numpy as np
    import pandas as pd
    from arviz_stats import ess

    import attraktiv

    spec = attraktiv.load_spec(model)
    design = attraktiv.build_design(spec, panel_of(panel), first=2006, last=2016)
    data = design.fitted()
    place, year = np.nonzero(data["used"].values)
    names = [f"x{k}" for k in range(len(design.terms))]
    table = pd.DataFrame(data["factors"].values[place, year], columns=names)
    table["y"] = data["outcome"].values[place, year]
    table["place"] = pd.Categorical(data["place"].values[place])
    table["year"] = pd.Categorical(data["year"].values[year].astype(str))
    given = spec.migration.priors

    def prior(name: str) -> bambi.Prior:
        own = given[name].model_dump(exclude={"distribution"})
        return bambi.Prior(
            {"normal": "Normal", "half_normal": "HalfNormal"}[given[name].distribution], **own
        )

    def effect(sd: str) -> bambi.Prior:
        return bambi.Prior("Normal", mu=0, sigma=prior(sd))

    began = time.perf_counter()
    built = bambi.Model(
        f"y ~ 1 + {' + '.join(names)} + (1 | place) + (1 | year)",
        table,
        priors={
            "Intercept": prior("mu_alpha"),
            **{name: prior("beta") for name in names},
            "1|place": effect("tau"),
            "1|year": effect("sigma_alpha"),
            "sigma": prior("sigma"),
        },
        center_predictors=False,
    )
    tree = built.fit(draws=draws, tune=1000, chains=4, random_seed=1, progressbar=False)
    seconds = time.perf_counter() - began
    found = ess(tree["posterior"].to_dataset()[["1|place_sigma", "1|year_sigma", "sigma"]])
    return {
        "seconds": seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "ess": float(found.to_array().min()),
        "evaluations": None,
        "engine": "bambi",
    }


def in_own_process(case: tuple[str, str, str, str, int]) -> dict[str, Any]:
    """Measure a case where nothing else has grown the process."""
    _, model, engine, panel, draws = case
    with tempfile.TemporaryDirectory() as folder:
        if panel != "norway":
            store = Path(folder) / "panel.zarr"
            simulate(panel, store)
            panel = str(store)
        command = [sys.executable, __file__, "--case", model, engine, panel, str(draws)]
        found = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(found.stdout.splitlines()[-1])


def whole_process(cache: Path, out: Path) -> float:
    """Seconds of the command, with a given folder of compiled code."""
    command = [sys.executable, "-W", "ignore", "-c", "from attraktiv.cli import main; main()"]
    command += ["fit", "hierarchical_dynamic", str(DATA), "--from", "2006", "--until", "2016"]
    command += ["--seed", "1", "--force", "--out", str(out)]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - began


def machine() -> str:
    """Describe the machine in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    version = platform.python_version()
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, Python {version}"


def row(case: tuple[str, str, str, str, int], found: dict[str, Any]) -> str:
    """One row of the table."""
    label, model, _, _, draws = case
    evaluations = f"{found['evaluations']:,}" if found["evaluations"] else "–"
    cells = (
        label,
        f"`{Path(model).stem}`",
        f"{found['engine']}, 4 × {draws}",
        f"{found['seconds']:.1f}",
        f"{found['memory']:.1f}",
        f"{found['ess']:.0f}",
        f"{found['ess'] / found['seconds']:.1f}",
        evaluations,
    )
    return f"| {' | '.join(cells)} |"


def ratios(results: list[tuple[tuple[str, str, str, str, int], dict[str, Any]]]) -> str:
    """Collapsed to NUTS on the same panel in the same run."""
    lines = []
    for model in ("hierarchical_static", PLAIN, "hierarchical_dynamic"):
        rate = {
            case[2]: found["ess"] / found["seconds"]
            for case, found in results
            if case[1] == model and case[3] == "norway"
        }
        for other, name in (("nuts", "NUTS"), ("bambi", "bambi")):
            if other in rate:
                ratio = rate["collapsed"] / rate[other]
                lines.append(
                    f"- On the Norwegian panel, `{Path(model).stem}`: the collapsed engine gives "
                    f"{ratio:.0f} times as many effective draws a second as {name}, in one run."
                )
    return "\n".join(lines)


def main() -> None:
    """Run every case, print the rows as they come, and write the page."""
    results = []
    for case in CASES:
        if case[3] == "norway" and not DATA.is_dir():
            print(f"no real panel: {case[0]} left out", file=sys.stderr)
            continue
        found = in_own_process(case)
        results.append((case, found))
        print(row(case, found), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (whole_process(Path(folder) / "cache", Path(folder) / "run") for _ in range(2))
    rows = "\n".join(row(case, found) for case, found in results)
    page = TEXT.format(machine=machine(), rows=rows, ratios=ratios(results), cold=cold, warm=warm)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs=4, metavar=("MODEL", "ENGINE", "PANEL", "DRAWS"))
    given = parser.parse_args().case
    if given:
        print(json.dumps(measure(*given[:3], int(given[3]))))
    else:
        main()
