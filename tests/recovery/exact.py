"""Do the walkers draw from the posterior? Long chains on the exact density: ``make exact-table``.

Chains begin at the walkers' draws of ψ and go by Metropolis steps on the exact density, with no
stand-in. If the walkers draw from the posterior, the chains stay where they began; if not, they
drift away, each by itself. Steps are differences of draws of a fixed archive, which any symmetric
choice of makes right, so that chains are independent of each other given the archive.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom, norm
from threadpoolctl import threadpool_limits

import attraktiv
from attraktiv.engines.collapsed.joint import JointProblem
from attraktiv.engines.collapsed.sampler import sample
from attraktiv.model import build_designs, joint_design
from attraktiv.panels import Feedback

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
LogDensity = Callable[[Array], Array]

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ATTRAKTIV_REAL_DATA", ROOT.parent / "shared" / "data"))
PAGE = ROOT / "docs" / "exact-chains.md"
KEPT = ROOT / "docs" / "exact-chains"
MODEL = "joint_2026"
CHAINS = 4
DRAWS = 1000  # of each of the walkers' chains
PER_WALKER = 10  # draws of one walker, one after the other
PLACES, YEARS = 356, 14
LABELS = {
    "simulated": f"a simulated country of {PLACES} places and {YEARS} years, where jobs follow "
    "people",
    "published": "the published panel of 426 municipalities, private jobs, 2005–2013",
}


TEXT = """# Walkers beside chains without a stand-in

`{model}` has seventeen parameters that are not integrated out, and walkers sample them: they go
far under a learnt stand-in of the density between two looks at the density itself
([](decisions/0008-walkers-for-many-parameters.md)). If that were wrong, the draws would not be
those of the posterior. So {chains} chains begin at the walkers' draws and go on by plain
Metropolis steps on the exact density, with no stand-in. Chains that begin in the posterior stay
there on average; chains that begin elsewhere drift towards it, all in one direction.

*Drift* is the mean of the chains' second half less that of the walkers, in posterior standard
deviations. *z* is the mean change of a chain, from where it began to the mean of its second half,
over its standard error across chains: of the parameter, of its squared distance from the walkers'
mean, and of the shares below their 5 % and above their 95 % quantile. If nothing drifts, about
5 % of z lie beyond 2, a few more of those of shares, which rest on some twenty chains; the
parameters depend on each other, so that z do too. *Forgets in* is how many steps make one
independent draw.
"""
END = """
`make exact-table` writes this page; the published figures have to be in the folder of data. Each
chain goes {steps:,} steps unless it is told otherwise.
"""
STEPS = 2000  # of each chain
_MANY = 0.05  # probability below which a number of z beyond 2 is not put down to chance
_BEYOND = 2 * norm.sf(2.0)  # share of z beyond 2 if nothing drifts


@dataclass(frozen=True)
class Chains:
    """Where chains have been.

    Attributes
    ----------
    x : (step, chain, d) float
        Every `every`-th step.
    accepted : float
        Share of the steps taken.
    """

    x: Array
    accepted: float


def problem(case: str) -> JointProblem:
    """The joint model on one of the panels."""
    spec = attraktiv.load_spec(MODEL)
    if case == "simulated":
        panel = attraktiv.simulate_country(places=PLACES, years=YEARS, seed=0, feedback=Feedback())
        designs = build_designs(spec, panel.panel, first=int(panel.panel["year"].values[1]))
        return JointProblem.of(joint_design(designs, panel.panel))
    # scripts are no package: what makes the panel of the published figures is found by its folder
    sys.path.append(str(ROOT / "scripts"))
    jobs_figures, published_figures, published_panel = (
        importlib.import_module(name)
        for name in ("jobs_figures", "published_figures", "published_panel")
    )

    rows = published_figures.of_level(published_figures.read(DATA), published_figures.MUNICIPALITY)
    with tempfile.TemporaryDirectory() as folder:
        data = attraktiv.read_panel(published_panel.write_folder(rows, Path(folder)))
    designs = build_designs(
        jobs_figures.of_the_jobs(MODEL), data, first=2005, last=2013, without=jobs_figures.LACKING
    )
    return JointProblem.of(joint_design(designs, data))


def walk(
    log_density: LogDensity,
    start: Array,
    archive: Array,
    steps: int,
    every: int,
    rng: np.random.Generator,
    seconds: float = np.inf,
) -> Chains:
    """Let a chain go from each row of `start`, by plain Metropolis steps.

    A step is γ times the difference of two rows of the archive, in all coordinates or in a random
    part of them, and a little noise; γ = 2.38/√(2d) with d coordinates changed, and now and then 1.
    """
    n, d = start.shape
    x, value = start.copy(), log_density(start)
    kept, taken, done = [x.copy()], 0, 0
    until = time.perf_counter() + seconds
    for step in range(1, steps + 1):
        one, other = rng.integers(len(archive), size=(2, n))
        share = rng.choice([1.0, 0.5, 0.2], size=(n, 1))
        part = rng.random((n, d)) < share
        size = np.maximum(part.sum(axis=1, keepdims=True), 1)
        jump = np.where(rng.random((n, 1)) < 0.1, 1.0, 2.38 / np.sqrt(2.0 * size))
        y = x + part * (jump * (archive[one] - archive[other]) + 1e-4 * rng.standard_normal((n, d)))
        there = log_density(y)
        moved = np.log(rng.random(n)) < there - value
        x = np.where(moved[:, None], y, x)
        value = np.where(moved, there, value)
        taken, done = taken + int(moved.sum()), done + 1
        if step % every == 0:
            kept.append(x.copy())
            if time.perf_counter() > until:
                break
    return Chains(np.stack(kept), taken / (n * done))


def correlation_time(series: Array) -> Array:
    """Integrated autocorrelation time of (step, chain, d), in rows, by all chains together."""
    steps = len(series)
    off = series - series.mean(axis=(0, 1))
    variance = (off**2).mean(axis=(0, 1))
    tau = np.ones(series.shape[2])
    going = np.ones(series.shape[2], dtype=bool)
    for lag in range(1, steps):
        rho = (off[:-lag] * off[lag:]).mean(axis=(0, 1)) / variance
        going &= rho > 0.02
        if not going.any():
            break
        tau += 2.0 * np.where(going, rho, 0.0)
    return tau


def compared(labels: tuple[str, ...], before: Array, chains: Chains, every: int) -> pd.DataFrame:
    """Means, deviations and quantiles before and after, and how far chains drifted.

    Parameters
    ----------
    labels : tuple of str
        Of the parameters.
    before : (walker, draw, d) float
        The walkers' draws.
    chains : Chains
        That began at the last draw of each walker.
    every : int
        Steps from one kept row to the next.

    Returns
    -------
    pandas.DataFrame
        A row for each parameter. ``z_…`` is the mean change of a chain, between where it began and
        the mean of its second half, over its standard error over chains: of the parameter, of its
        square about the mean, and of being below the 5 % and above the 95 % quantile.
        ``before_…`` and ``after_…`` with their standard errors.
    """
    first, late = chains.x[0], chains.x[len(chains.x) // 2 :]
    flat = before.reshape(-1, before.shape[2])
    middle, low, high = flat.mean(axis=0), *np.quantile(flat, [0.05, 0.95], axis=0)
    questions: dict[str, Callable[[Array], Array]] = {
        "mean": lambda x: x,
        "square": lambda x: (x - middle) ** 2,
        "low": lambda x: (x < low).astype(float),
        "high": lambda x: (x > high).astype(float),
    }
    found: dict[str, Array] = {}
    for name, of in questions.items():
        change = of(late).mean(axis=0) - of(first)
        error = change.std(axis=0, ddof=1) / np.sqrt(len(first))
        found[f"z_{name}"] = change.mean(axis=0) / error
    scale = flat.std(axis=0)
    for side, groups in (("before", before), ("after", late.transpose(1, 0, 2))):
        every_draw = groups.reshape(-1, groups.shape[2])
        means = groups.mean(axis=1)
        found[f"{side}_mean"] = every_draw.mean(axis=0)
        found[f"{side}_error"] = means.std(axis=0, ddof=1) / np.sqrt(len(means))
        found[f"{side}_sd"] = every_draw.std(axis=0)
        found[f"{side}_low"], found[f"{side}_high"] = np.quantile(every_draw, [0.05, 0.95], axis=0)
    found["drift"] = (found["after_mean"] - found["before_mean"]) / scale
    found["steps_to_forget"] = correlation_time(chains.x) * every
    return pd.DataFrame(found, index=pd.Index(labels, name="parameter"))


def measure(case: str, steps: int, every: int, seed: int, seconds: float) -> pd.DataFrame:
    """Sample by walkers, go on by plain chains, and compare."""
    of = problem(case)
    rng = np.random.default_rng(seed)
    names = of.hyper.names
    with threadpool_limits(1, user_api="blas"):
        found = sample(
            of.log_posterior,
            np.zeros(len(names)),
            guided=of.guide,
            chains=CHAINS,
            draws=DRAWS,
            rng=rng,
        )
        walkers = found.x.reshape(-1, PER_WALKER, len(names))
        chains = walk(
            of.log_posterior,
            walkers[:, -1],
            walkers.reshape(-1, len(names)),
            steps,
            every,
            rng,
            seconds,
        )
    table = compared(names, walkers, chains, every)
    length = (len(chains.x) - 1) * every
    return table.assign(chains=len(walkers), steps=length, seed=seed, accepted=chains.accepted)


def section(case: str, table: pd.DataFrame) -> str:
    """What the chains of one panel say."""
    chains, steps = int(table["chains"].iloc[0]), int(table["steps"].iloc[0])
    forgets = table["steps_to_forget"]
    z = table[[f"z_{name}" for name in ("mean", "square", "low", "high")]]
    where = z.abs().max(axis=1).idxmax()
    ratio = table["before_sd"] / table["after_sd"]
    apart = standard_errors_apart(table)
    furthest = apart.idxmax()
    moves = chains * steps / 2 / forgets.max()
    lines = [
        f"## {case[0].upper()}{case[1:]}",
        "",
        f"On {LABELS[case]}: {chains} chains of {steps:,} steps, {chains * steps:,} densities, of "
        f"which {table['accepted'].iloc[0]:.0%} were taken. The slowest parameter forgets in "
        f"{forgets.max():.0f} steps, the median one in {forgets.median():.0f}: the second halves "
        f"are worth {moves:,.0f} independent draws of the slowest. Of {z.size} z, "
        f"{(z.abs() > 2).to_numpy().mean():.1%} lie beyond 2, the largest is "
        f"{z.abs().to_numpy().max():.1f} (`{where}`); the largest drift is "
        f"{table['drift'].abs().max():.2f} standard deviations. All of the walkers' draws against "
        "all of the second halves, as if they were independent: the means lie at most "
        f"{apart.max():.1f} standard errors apart (`{furthest}`), and the ratio of "
        f"standard deviations, walkers to exact, is between {ratio.min():.2f} and "
        f"{ratio.max():.2f}, median {ratio.median():.2f}.",
        "",
        "| | walkers | 5 % to 95 % | exact | 5 % to 95 % | drift | z | square | below | above "
        "| forgets in |",
        "|---" * 11 + "|",
    ]
    for name, row in table.iterrows():
        cells = [f"`{name}`"]
        for side in ("before", "after"):
            mean, sd, error = (row[f"{side}_{part}"] for part in ("mean", "sd", "error"))
            cells.append(f"{mean:.3f} ± {sd:.3f} ({error:.3f})")
            cells.append(f"{row[f'{side}_low']:.2f} to {row[f'{side}_high']:.2f}")
        cells.append(f"{row['drift']:+.2f}")
        cells += [f"{row[column]:+.1f}" for column in map(str, z)]
        cells.append(f"{row['steps_to_forget']:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Parameters are on the scale on which they are sampled, where their prior is standard "
        "normal; mean ± standard deviation, in brackets the standard error of the mean.",
        "",
        *reading(case, table),
    ]
    return "\n".join(lines) + "\n"


def standard_errors_apart(table: pd.DataFrame) -> pd.Series:
    """How far the means before and after lie apart, by parameter."""
    error = (table["after_error"] ** 2 + table["before_error"] ** 2) ** 0.5
    return (table["after_mean"] - table["before_mean"]).abs() / error


def reading(case: str, table: pd.DataFrame) -> list[str]:
    """Say in words whether chains drifted, and what they could have told.

    Mathematical details
    --------------------
    The number of z beyond 2 is judged as a binomial number, which is what it would be of
    independent z: those of one panel are not, so that a small probability is weaker than it looks.
    """
    z = table[[f"z_{name}" for name in ("mean", "square", "low", "high")]].abs()
    beyond, count = int((z > 2).to_numpy().sum()), z.size
    chance = float(binom.sf(beyond - 1, count, _BEYOND))
    error = np.hypot(table["after_error"].to_numpy(float), table["before_error"].to_numpy(float))
    seen = float(np.median(2 * error / table["before_sd"].to_numpy(float)))
    steps, forgets = int(table["steps"].iloc[0]), table["steps_to_forget"]
    lines = [
        f"Beyond 2 lie {beyond} of the z, where {_BEYOND * count:.0f} are expected; so many or "
        f"more would be there with a chance of {chance:.0%} if nothing drifted and they were "
        "independent."
    ]
    apart = standard_errors_apart(table)
    ratio = table["before_sd"] / table["after_sd"]
    moved = [
        f"`{name}` (drift {table.loc[name, 'drift']:+.2f}, ratio of deviations {ratio[name]:.2f})"
        for name in apart.index[apart > 2]
    ]
    if moved:
        lines.append(
            f"Means lie more than two standard errors apart, as of {_BEYOND * len(apart):.1f} "
            f"parameters in {len(apart)} by chance, of {', '.join(moved)}."
        )
    if moved or chance < _MANY:
        lines.append(
            "As the numbers depend on each other, that is no proof of a bias, and no proof that "
            "there is none."
        )
    else:
        lines.append("Nothing is seen to move.")
    lines.append(
        f"A drift of {seen:.2f} standard deviations would be two standard errors of the typical "
        f"parameter, so that a smaller one would not be seen; the slowest parameter forgot its "
        f"start {steps / forgets.max():.1f} times, the median one {steps / forgets.median():.1f}."
    )
    # of which seed is kept with the tables from a later day on than some of them
    seed = f" --seed {int(table['seed'].iloc[0])}" if "seed" in table else ""
    lines.append(f"\n`python -m tests.recovery.exact {case} --steps {steps}{seed}`")
    return lines


def page() -> str:
    """The page of the documentation, from the tables that are kept."""
    tables = {
        case: pd.read_csv(KEPT / f"{case}.csv", index_col="parameter")
        for case in LABELS
        if (KEPT / f"{case}.csv").is_file()
    }
    count = int(next(iter(tables.values()))["chains"].iloc[0])
    parts = [TEXT.format(model=MODEL, chains=count)]
    return "\n".join(parts + [section(case, table) for case, table in tables.items()]) + END.format(
        steps=STEPS
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="panels; all, where none is named")
    parser.add_argument("--steps", type=int, default=STEPS, help="of each of the 400 chains")
    parser.add_argument("--every", type=int, default=20, help="steps from one kept to the next")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop chains after these")
    parser.add_argument("--page", action="store_true", help="write the page from kept tables")
    given = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    for case in [] if given.page else given.cases or LABELS:
        found = measure(case, given.steps, given.every, given.seed, given.seconds)
        found.to_csv(KEPT / f"{case}.csv", float_format="%.5g")
    PAGE.write_text(page(), encoding="utf-8")
