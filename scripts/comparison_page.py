"""Classical and Bayesian model side by side, as a page: docs/comparison-norway.md."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.cli.comparison import sections
from attraktiv.reports.comparisons import draw_comparison

MODELS = ("book_2023", "hierarchical_dynamic")
FIRST, LAST = 2005, 2016
SEED = 1
DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, PICTURES = DOCS / "comparison-norway.md", DOCS / "pictures" / "comparison"
TEXT = """# The classical model and the Bayesian one, Norway {first}–{last}

`{classical}` and `{bayesian}` fitted to the same places and years.
[How models are compared](comparison.md) says what each number is. The data are public statistics;
this page shows results alone.

```console
{commands}
```

```{{code-block}} text
{text}
```

{reading}

![Effects of the factors, run by run](pictures/comparison/effects.svg)

![Attractiveness of places in both runs](pictures/comparison/shrinkage.svg)

![Ranks of the highest places](pictures/comparison/ranks.svg)

`make pages` writes this page.
"""


def reading(found: xr.Dataset) -> str:
    """The main figures in words."""
    of = found.isel({names.RUN: 1})

    def less(criterion: str) -> str:
        at = of.sel({names.CRITERION: criterion})
        mean, se = float(at[names.ELPD_DIFFERENCE]), float(at[names.ELPD_DIFFERENCE_SE])
        return f"{mean:+.0f} ± {se:.0f}"

    returning = found[names.TOP_RETURNING].values
    classical, bayesian = MODELS
    return textwrap.fill(
        f"The Bayesian model predicts better: {less('cell')} for single cells, {less('place')} for "
        f"whole places, {less('future')} for later years against the regression alone, and "
        f"{less('future_carried')} against the regression that carries each place's mean residual "
        "forward. The models differ in their factors, in what they remember of a place, and in the "
        "noise, which the regression makes the same for a village and a city; these figures do not "
        "say how much each counts. Of "
        f"the {found.attrs['top']} highest places of one half of the years {returning[0]:.0%} "
        f"return in the other half by `{classical}`, {returning[1]:.0%} by `{bayesian}`.",
        100,
    )


def write(norway: Path) -> None:
    """Fit, compare and write the page."""
    os.environ["COLUMNS"] = "80"  # as wide as the page shows it
    panel = attraktiv.read_panel(norway)
    runs = [
        attraktiv.fit(model, panel, first=FIRST, last=LAST, seed=SEED, progress=False)
        for model in MODELS
    ]
    found = attraktiv.compare(runs, panel, progress=False)
    draw_comparison(found, PICTURES, suffix=".svg", force=True)
    commands = [
        f"$ attraktiv fit {model} norway --from {FIRST} --until {LAST} --seed {SEED} "
        f"--out runs/{model}"
        for model in MODELS
    ]
    compared = " ".join(f"runs/{model}" for model in MODELS)
    commands.append(f"$ attraktiv compare {compared} --panel norway --charts charts")
    page = TEXT.format(
        classical=MODELS[0],
        bayesian=MODELS[1],
        first=FIRST,
        last=LAST,
        commands="\n".join(commands),
        text="\n\n".join(sections(found, 20)),
        reading=reading(found),
    )
    PAGE.write_text(page, encoding="utf-8")
