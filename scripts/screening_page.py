"""Screening on real data, as a page: ``make pages`` writes docs/screening-telemark.md."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

import attraktiv
from attraktiv import names

MODEL = "hierarchical_dynamic"
FIRST, LAST = 2006, 2016
SEED = 1
FACTOR = "dwellings_per_1000"
LAGGED = f"lag({FACTOR}, 1)"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "screening-telemark.md"
TEXT = """# Screening in Telemark: dwellings

Do places attract people by building? Telemark's {places} municipalities, {first}–{last}: dwellings
completed per 1,000 inhabitants, of all building types, are put to `{model}` as a
proposed driver, of the same year and of the year before. The panel is that of Norway, cut down to
these places, so that neighbours outside Telemark are not seen. Its figures and those of dwellings
are public statistics (Statistics Norway); this page shows results alone.

```console
$ attraktiv screen {model} telemark --from {first} --until {last} --seed {seed} \\
    --factor {factor} --factor 'lag({factor}, 1)'
```

Over these years {total} dwellings were completed, {mean:.1f} per 1,000 inhabitants and year; the
standard deviation between places within a year is {scale:.1f}.

| factor | of one SD | of one per 1,000 | ≈ 0 | tail | Δ log density | moves | belongs |
|---|---|---|---|---|---|---|---|
{rows}

Effects of one standard deviation and of one dwelling per 1,000 inhabitants; ≈ 0, the probability
that the first is less than {rope} either way; the tail probability, corrected for two tries.
Effects in percentage points of the yearly net migration rate, mean and 80 % equal-tailed band. The
change of log density is that of whole places left out, ± its standard error. The last column but
one is the standard deviation over places of the change in attractiveness; most moved is {moved}
({by:+.2f}).

```{{warning}}
Housing also answers demand. Where people want to live, prices rise and builders build, and a
dwelling is completed because somebody was about to move in. The effect here holds both directions,
and so does that of the year before, for a dwelling takes longer than a year from plan to key. Even
a clear effect would not say that building attracts people; putting dwellings into the structure
would take from a place's attractiveness what its attractiveness has built.
```

{reading}

`make pages` writes this page.
"""


def telemark(norway: Path) -> xr.Dataset:
    """The panel of Telemark's places, with dwellings completed per 1,000 inhabitants."""
    built = pd.read_csv(
        norway / "telemark" / "dwellings_completed.csv", dtype={"kommune_code": str}
    )
    by_year = built.groupby(["kommune_code", "year"])["dwellings_completed"].sum().unstack("year")
    panel = attraktiv.read_panel(norway)
    panel = panel.sel({names.PLACE: [str(code) for code in by_year.index]})
    dwellings = xr.DataArray(
        by_year.to_numpy(float),
        dims=(names.PLACE, names.YEAR),
        coords={names.PLACE: panel[names.PLACE].values, names.YEAR: by_year.columns.to_numpy()},
    ).reindex({names.YEAR: panel[names.YEAR].values})
    return panel.assign(
        dwellings_completed=dwellings.assign_attrs(
            units="dwellings", long_name="dwellings completed"
        ),
        dwellings_per_1000=(1000.0 * dwellings / panel[names.POPULATION]).assign_attrs(
            units="dwellings per 1,000 inhabitants", long_name="dwellings completed"
        ),
    )


def row(found: xr.Dataset, factor: str) -> str:
    """One row of the table."""
    of = found.sel({names.FACTOR: factor})

    def band(name: str, digits: int) -> str:
        mean, lower, upper = of[name].values
        return f"{mean:+.{digits}f} ({lower:+.{digits}f} to {upper:+.{digits}f})"

    gain, se = (float(of[n]) for n in (names.ELPD_DIFFERENCE, names.ELPD_DIFFERENCE_SE))
    cells = (
        f"`{factor}`",
        band(names.COEFFICIENT, 2),
        band(names.COEFFICIENT_ORIGINAL, 3),
        f"{float(of[names.PROB_EQUIVALENT]):.2f}",
        f"{float(of[names.TAIL_ADJUSTED]):.3f}",
        f"{gain:+.1f} ± {se:.1f}",
        f"{float(of[names.ATTRACTIVENESS_CHANGE_SD]):.2f}",
        f"**{of[names.BELONGS].item()}**",
    )
    return f"| {' | '.join(cells)} |"


def reading(found: xr.Dataset) -> str:
    """What the answers say, in words that fit whatever they are."""
    answers = [str(a) for a in found[names.BELONGS].values]
    meaning = {
        "yes": "an effect that is there and not too small to matter",
        "no": "no effect worth having, and the panel is large enough to say so",
        "unclear": "the panel cannot tell: an effect worth having is neither shown nor ruled out",
    }
    parts = [
        f"`{factor}`: *{answer}*, {meaning[answer]}."
        for factor, answer in zip(found[names.FACTOR].values, answers, strict=True)
    ]
    size = found.sizes[names.PLACE]
    return "\n".join(parts) + (
        f"\n\n{size} places are few: [the rates of screening](screening-rates.md) say what 60 tell."
    )


def write(norway: Path) -> None:
    """Screen and write the page."""
    panel = telemark(norway)
    found = attraktiv.screen(
        MODEL, panel, [FACTOR, LAGGED], first=FIRST, last=LAST, seed=SEED, progress=False
    )
    years = panel.sel({names.YEAR: slice(FIRST, LAST)})
    rate = years["dwellings_per_1000"]
    change = found[names.ATTRACTIVENESS_CHANGE].isel({names.FACTOR: 0})
    most = int(abs(change).argmax(names.PLACE))
    page = TEXT.format(
        model=MODEL,
        places=panel.sizes[names.PLACE],
        first=FIRST,
        last=LAST,
        seed=SEED,
        factor=FACTOR,
        total=f"{int(years['dwellings_completed'].sum()):,}",
        mean=1000.0 * float(years["dwellings_completed"].sum() / years[names.POPULATION].sum()),
        scale=float(((rate - rate.mean(names.PLACE)) ** 2).mean() ** 0.5),
        rope=found.attrs["rope"],
        rows="\n".join(row(found, str(factor)) for factor in found[names.FACTOR].values),
        moved=str(change[names.NAME].values[most]),
        by=float(change[most]),
        reading=reading(found),
    )
    PAGE.write_text(page, encoding="utf-8")
