"""Do two runs of one model on one panel agree within Monte Carlo error?"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base import array_stats
from scipy.stats import norm

from attraktiv import names, open_run
from attraktiv.engines.diagnostics import R_HAT_LIMIT, scalars

PAGE = Path(__file__).resolve().parents[2] / "docs" / "engines-agree.md"
HEAD = """# Two engines, one posterior

The collapsed engine and NUTS share the design of a model and nothing else. For each scalar z is
the difference of the two posterior means over its Monte Carlo standard error (both engines' own).
If the posteriors are the same, z is close to a standard normal number: about 5 % lie beyond 2, and
the largest of four thousand near 4. Chains of NUTS that have not converged understate their own
errors.

Of a joint model, [walkers are held against chains without a stand-in](exact-chains.md).

`python -m tests.recovery.agreement COLLAPSED NUTS` writes a section from two stored runs and keeps
the others.
"""
TEXT = """## `{model}`: {panel}, {first}–{last}

By {one}, and {two}; {count:,} scalars.

| | collapsed | NUTS | z |
|---|---|---|---|
{rows}

Over all scalars: {beyond:.1%} of z beyond 2, largest |z| {largest:.1f} ({where}). The ratio of
posterior standard deviations, collapsed to NUTS, lies between {low:.2f} and {high:.2f}, median
{middle:.3f}. {verdict}

| kind | scalars | beyond 2 | largest \\|z\\| |
|---|---|---|---|
{kinds}
"""
_RARE = 0.01  # probability that the largest of all z is passed, if the posteriors are the same


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


def verdict(table: pd.DataFrame, nuts: xr.DataTree) -> str:
    """Say in words whether anything tells the posteriors apart, and what that is worth.

    Mathematical details
    --------------------
    Of n standard normal numbers, however dependent, one lies beyond c with a probability of at most
    2n(1 − Φ(c)).
    """
    limit = float(norm.isf(_RARE / (2 * len(table))))
    differ = table["z"].abs().max() > limit
    figures = nuts[names.DIAGNOSTICS].to_dataset()
    r_hat, ess = float(figures["r_hat"].max()), float(figures["ess_bulk"].min())
    words = [
        f"Of the two engines' means, {'some differ' if differ else 'none differs'} by more than "
        f"the {limit:.1f} errors that would be passed once in a hundred such comparisons.",
        f"NUTS: largest R-hat {r_hat:.3f}, smallest effective sample size {ess:,.0f}.",
    ]
    if r_hat >= R_HAT_LIMIT:
        words.append(
            f"With R-hat above {R_HAT_LIMIT:g} its chains have not converged, so that "
            + ("the difference may be theirs." if differ else "agreement with them proves little.")
        )
    return "\n".join(words)


def joined(before: str, part: str) -> str:
    """The page with a section in the place of the one of its heading, or at the end."""
    own = part.removeprefix("## ")
    _, *parts = before.split("\n## ")
    titles = [one.partition("\n")[0] for one in parts]
    title = own.partition("\n")[0]
    if title in titles:
        parts[titles.index(title)] = own
    else:
        parts.append(own)
    return "\n## ".join([HEAD, *parts])


def section(one: xr.DataTree, two: xr.DataTree) -> str:
    """What two runs of one model say, the second by NUTS."""
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
        panel=one.attrs["panel_title"] or "a panel without a title",
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
        verdict=verdict(table, two),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collapsed")
    parser.add_argument("nuts")
    given = parser.parse_args()
    part = section(open_run(given.collapsed), open_run(given.nuts))
    PAGE.write_text(joined(PAGE.read_text(encoding="utf-8"), part), encoding="utf-8")
