"""Industry mix on real jobs by industry: ``make pages`` writes docs/industry-mix-telemark.md."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import telemark_panel
import xarray as xr

import attraktiv
from attraktiv import names

TERMS = (names.NATIONAL_JOB_GROWTH, names.INDUSTRY_MIX, names.LOCAL_JOB_GROWTH)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "industry-mix-telemark.md"
TEXT = """# Industry mix in Telemark

Did a municipality of Telemark gain jobs because of what it lives from, or in spite of it? The jobs
of {places} places in {industries} industries, {before}–{last}, split by
[shift-share](industry-mix.md). **The nation is the {places} places together**: industries are
compared with the same industries in the rest of Telemark, not of Norway, so national growth is the
county's. The figures are public statistics (Statistics Norway); this page shows results alone.

Percent of jobs per year, mean of {first}–{last}:

| municipality | jobs {before} | growth | national | industry mix | local |
|---|---|---|---|---|---|
{rows}

The three terms are the growth, to less than a billionth of a point in all {cells} places and
years. Between places and within years the standard deviation of growth is {sd_growth:.2f}, of
industry mix {sd_mix:.2f} and of the local term {sd_local:.2f}: in these years and with these
industries it matters little what a place lives from. {highest} gains most from its industries
({high:+.2f} a year), {lowest} loses most ({low:+.2f}).

## The data

- No cell is missing. {zeros} of {all} cells are zero and {threes} are three, none is one or two:
  the smallest counts seem to be rounded so that nobody can be recognised.
- Jobs are the sum over the industries. They differ from the series of the Norwegian panel, which
  is chained from other sources: by {chained:.1%} on the whole in {before}, {chained_last:.1%} in
  {last}.
- {unknown:.1%} of the jobs have no stated industry. They are an industry of their own here, which
  says little of what to expect of them.
- {last} is the last year, and three changes are few: the local term of a small place is mostly the
  noise of its years.

`make pages` writes this page.
"""


def row(panel: xr.Dataset, means: dict[str, xr.DataArray], place: str) -> str:
    """One row of the table."""
    jobs = panel[names.JOBS].sel({names.PLACE: place}).values[0]
    cells = [f"{float(mean.sel({names.PLACE: place})):+.2f}" for mean in means.values()]
    name = panel[names.NAME].sel({names.PLACE: place}).item()
    return f"| {name} | {jobs:,.0f} | {' | '.join(cells)} |"


def off_the_series(norway: Path, jobs: pd.DataFrame, year: int) -> float:
    """Say by how much the panel's own jobs exceed the sum of the industries, as a share."""
    panel = pd.read_csv(norway / "panel.csv", dtype={names.PLACE: str})
    of_county = panel[names.PLACE].isin(jobs[names.PLACE]) & (panel[names.YEAR] == year)
    total = jobs.loc[jobs[names.YEAR] == year, names.JOBS].sum()
    return float(panel.loc[of_county, names.JOBS].sum() / total - 1)


def write(norway: Path) -> None:
    """Compute and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        panel = attraktiv.read_panel(telemark_panel.write_folder(norway, Path(folder)))
    jobs = telemark_panel.read_jobs(norway)
    found = {name: attraktiv.covariate(panel, name) for name in ("job_growth", *TERMS)}
    growth, national, mix, local = found.values()
    means = {name: values.mean(names.YEAR) for name, values in found.items()}
    off = abs(growth - national - mix - local)

    def spread(values: xr.DataArray) -> float:
        return float(np.sqrt(values.var(names.PLACE).mean()))

    ordered = means[names.INDUSTRY_MIX].sortby(means[names.INDUSTRY_MIX])
    name_of = panel[names.NAME].to_series()
    by_count = jobs[names.JOBS].value_counts()
    first = int(panel[names.YEAR][0]) + 1
    last = int(panel[names.YEAR][-1])
    unknown = jobs[names.INDUSTRY] == telemark_panel.UNKNOWN
    page = TEXT.format(
        places=panel.sizes[names.PLACE],
        industries=panel.sizes[names.INDUSTRY],
        before=first - 1,
        first=first,
        last=last,
        rows="\n".join(row(panel, means, place) for place in panel[names.PLACE].values),
        cells=int(off.notnull().sum()),
        sd_growth=spread(growth),
        sd_mix=spread(mix),
        sd_local=spread(local),
        highest=name_of[str(ordered[names.PLACE].values[-1])],
        high=float(ordered[-1]),
        lowest=name_of[str(ordered[names.PLACE].values[0])],
        low=float(ordered[0]),
        zeros=by_count[0],
        threes=by_count[3],
        all=f"{len(jobs):,}",
        chained=off_the_series(norway, jobs, first - 1),
        chained_last=off_the_series(norway, jobs, last),
        unknown=jobs.loc[unknown, names.JOBS].sum() / jobs[names.JOBS].sum(),
    )
    borne_out = (
        by_count.reindex([1, 2]).isna().all()
        and jobs[names.JOBS].notna().all()
        and float(off.max()) < 1e-9
        and spread(mix) < spread(local) / 3
    )
    if not borne_out:
        raise RuntimeError("the figures no longer bear out what the page says")
    PAGE.write_text(page, encoding="utf-8")
