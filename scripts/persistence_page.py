"""Does attractiveness persist? ``make pages`` writes docs/persistence.md."""

from __future__ import annotations

import textwrap
from pathlib import Path

import xarray as xr

import attraktiv

MODEL = "hierarchical_dynamic"
SPLITS = ("2006:2011/2012:2016", "2006:2013/2014:2018", "2006:2014/2015:2019")
BLOCKS = "labour_market_region"
SEED = 1
PAGE = Path(__file__).resolve().parents[1] / "docs" / "persistence.md"
TEXT = """# Does attractiveness persist?

A place that did better than its circumstances for some years: will it go on? A model is fitted to
earlier years of the Norwegian panel, and each place's mean net migration rate over later years is
then said in five ways. The factors of the later years are taken as known and the national level is
taken away from both sides, so that what is judged is what the earlier years say about the places.

```console
$ attraktiv hindcast {model} norway \\
{splits} \\
    --blocks {blocks} --seed {seed}
```

| | what it says |
|---|---|
| nothing | every place is the average place |
| own mean | the place goes on as in the earlier years |
| regression | least squares: the later factors, and no attractiveness |
| regression + residual | the same, and the place's mean residual goes on: the classical reading |
| posterior | the later factors, lasting attractiveness, and what is left of the moving part |

The error is the root mean square over places of the difference between the mean rate of the later
years and what was said of it, in percentage points per year. In brackets its {prob:g} % interval,
by drawing blocks of places (`{blocks}`) again; the fits and the years stay.

## With the factors of `{model}`

{same}

## With the regression of `book_2023`

{book}

## What it says

{reading}

`make pages` writes this page.
"""


def cell(found: xr.Dataset, name: str) -> str:
    """One figure with its interval."""
    value, low, high = (float(found[name + end]) for end in ("", "_lower", "_upper"))
    sign = "+" if name == "difference" else ""
    return f"{value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def table(found: xr.Dataset) -> str:
    """Errors, one column for each split, and how much more than the posterior's."""
    titles = [split.replace(":", "–").replace("/", " → ") for split in found["split"].values]
    lines = []
    for name, header in (("rmse", "error"), ("difference", "less the posterior's")):
        lines += [f"| {header} | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
        for who in found["predictor"].values:
            if name == "difference" and who == "posterior":
                continue
            cells = [cell(found.sel(predictor=who, split=s), name) for s in found["split"].values]
            lines.append(f"| {who} | {' | '.join(cells)} |")
        lines.append("")
    counts = sorted({int(n) for n in found["places"].values})
    return "\n".join([*lines, f"Places compared: {', '.join(map(str, counts))}."])


def reading(found: xr.Dataset) -> str:
    """Say in words what the first table shows, as measured."""
    splits = found.sizes["split"]
    rmse = found["rmse"]
    worse = rmse.sel(predictor="regression + residual") > rmse.sel(predictor="regression")
    more = found.sel(predictor="regression")
    sure = int((more["difference_lower"] > 0).sum())
    gains = ", ".join(f"{float(value):.3f}" for value in more["difference"].values)
    text = (
        "Carrying the residual forward is worse than leaving attractiveness out in "
        f"{int(worse.sum())} of {splits} splits: most of a residual is the noise of its years. "
        "Partial pooling keeps the part that lasts and gives up the rest. Beyond the regression "
        f"with the same factors it gains {gains} percentage points, and the interval of that gain "
        f"lies above zero in {sure} of {splits}: attractiveness hardly persists over these years."
    )
    return textwrap.fill(text, 100, break_on_hyphens=False)


def write(norway: Path) -> None:
    """Fit and write the page."""
    panel = attraktiv.read_panel(norway)
    same, book = (
        attraktiv.hindcast(MODEL, panel, SPLITS, classical=classical, blocks=BLOCKS, seed=SEED)
        for classical in (None, "book_2023")
    )
    page = TEXT.format(
        model=MODEL,
        splits=" \\\n".join(f"    --split {split}" for split in SPLITS),
        blocks=BLOCKS,
        seed=SEED,
        prob=100 * same.attrs["prob"],
        same=table(same),
        book=table(book),
        reading=reading(same),
    )
    PAGE.write_text(page, encoding="utf-8")
