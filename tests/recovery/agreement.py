"""Do two runs of one model on one panel agree within Monte Carlo error?"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base import array_stats

from attraktiv import names, open_run
from attraktiv.engines.diagnostics import scalars

PAGE = Path(__file__).resolve().parents[2] / "docs" / "engines-agree.md"
TEXT = """# Two engines, one posterior

`{model}` on the Norwegian panel, {first}–{last}, by two engines that share the design
and nothing else: {one}, and {two}.
For each of {count:,} scalars z is the difference of the two posterior means over its Monte Carlo
standard error (both engines' own). If the posteriors are the same, z is close to a standard
normal number: about 5 % lie beyond 2, and the largest of {count:,} near 4.

| | collapsed | NUTS | z |
|---|---|---|---|
{rows}

Over all scalars: {beyond:.1%} of z beyond 2, largest |z| {largest:.1f} ({where}). The ratio of
posterior standard deviations, collapsed to NUTS, lies between {low:.2f} and {high:.2f}, median
{middle:.3f}.

| kind | scalars | beyond 2 | largest \\|z\\| |
|---|---|---|---|
{kinds}

Of a joint model, [walkers are held against chains without a stand-in](exact-chains.md).

`python -m tests.recovery.agreement COLLAPSED NUTS` writes this page from two stored runs.
"""


def compare(one: xr.DataTree, two: xr.DataTree) -> pd.DataFrame:
    """Means, standard deviations and z of every scalar, by label."""
    columns = {}
    for side, run in (("one", one), ("two", two)):
        labels: list[str] = []
        blocks = []
        for label, values in scalars(run, with_places=True):
            labels += label
            blocks.append(values)
        draws = np.concatenate(blocks)
        error = array_stats.mcse(draws, chain_axis=1, draw_axis=2, method="mean")
        columns[side] = pd.DataFrame(
            {"mean": draws.mean(axis=(1, 2)), "sd": draws.std(axis=(1, 2)), "error": error},
            index=labels,
        )
    joined = columns["one"].add_suffix("_one").join(columns["two"].add_suffix("_two"), how="inner")
    spread = np.hypot(joined["error_one"], joined["error_two"])
    return joined.assign(
        z=(joined["mean_one"] - joined["mean_two"]) / spread,
        ratio=joined["sd_one"] / joined["sd_two"],
        kind=[label.split("[")[0] for label in joined.index],
    )


def page(one: xr.DataTree, two: xr.DataTree) -> str:
    """The page of the documentation."""
    table = compare(one, two)
    # labels of jobs begin with their kind of attractiveness
    plain = table[~table["kind"].str.split("/").str[-1].isin((names.THETA, names.U))]
    rows = [
        f"| `{label}` | {row.mean_one:.3f} ± {row.sd_one:.3f} | {row.mean_two:.3f} ± "
        f"{row.sd_two:.3f} | {row.z:+.1f} |"
        for label, row in plain.iterrows()
    ]
    kinds = [
        f"| `{kind}` | {len(part)} | {(part['z'].abs() > 2).mean():.1%} | "
        f"{part['z'].abs().max():.1f} |"
        for kind, part in table.groupby("kind", sort=False)
    ]
    sizes = [
        f"{run.attrs['engine']} ({run[names.POSTERIOR].sizes[names.CHAIN]} × "
        f"{run[names.POSTERIOR].sizes[names.DRAW]:,} draws)"
        for run in (one, two)
    ]
    return TEXT.format(
        model=one.attrs["model"],
        first=one.attrs["first_year"],
        last=one.attrs["last_year"],
        one=sizes[0],
        two=sizes[1],
        count=len(table),
        rows="\n".join(rows),
        kinds="\n".join(kinds),
        beyond=(table["z"].abs() > 2).mean(),
        largest=table["z"].abs().max(),
        where=table["z"].abs().idxmax(),
        low=table["ratio"].min(),
        high=table["ratio"].max(),
        middle=table["ratio"].median(),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collapsed")
    parser.add_argument("nuts")
    given = parser.parse_args()
    PAGE.write_text(page(open_run(given.collapsed), open_run(given.nuts)), encoding="utf-8")
