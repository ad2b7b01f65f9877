"""Tables of the population to come."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.queries import query
from attraktiv.reports.document import Row, Table
from attraktiv.reports.phrases import Phrases
from attraktiv.words import MISSING, scenario_name


def ahead_table(frame: pd.DataFrame, say: Phrases, origin: int) -> Table:
    """Return the population of one place, or of the nation, at each horizon and scenario.

    Parameters
    ----------
    frame
        Rows of :func:`attraktiv.queries.forecast_table`.
    say
        The texts of the report.
    origin
        Of the forecast.
    """
    rows = [
        Row(
            (
                scenario_name(str(row[names.SCENARIO]), say.language),
                str(row[names.YEAR]),
                say.number(row["median"]),
                say.to(row["lower"], row["upper"]),
                say.share(row[names.PROB_DECLINE]),
            )
        )
        for row in frame.to_dict("records")
    ]
    columns = ("scenario", "year", "median", "band", "decline")
    caption = say("ahead_caption", origin=origin, band=say.band)
    return Table(caption, [say(f"column_{one}") for one in columns], rows)


def last_values(frame: pd.DataFrame, say: Phrases) -> str:
    """Return the medians of the last year in words, one for each scenario."""
    end = frame.loc[frame[names.YEAR] == frame[names.YEAR].max()]
    said = [
        say(
            "value_of_scenario",
            value=say.number(row["median"]),
            scenario=scenario_name(str(row[names.SCENARIO]), say.language),
        )
        for row in end.to_dict("records")
    ]
    return say.listed(said)


def difference_table(run: xr.DataTree, code: str, say: Phrases, years: list[int]) -> Table | None:
    """Return how far scenarios are from the first in some years; None where there is one.

    Parameters
    ----------
    run
        A run with a forecast.
    code
        A place.
    say
        The texts of the report.
    years
        Of the forecast, after the origin.
    """
    asked = f"{names.FORECAST}/{names.POPULATION_DIFFERENCE}"
    if names.POPULATION_DIFFERENCE not in run[names.FORECAST].dataset:
        return None
    found = query(run, asked, places=[code], years=years, prob=say.prob)
    scenarios = [str(one) for one in dict.fromkeys(found[names.SCENARIO])]
    if len(scenarios) < 2:
        return None
    rows = [
        Row(
            (
                scenario_name(str(row[names.SCENARIO]), say.language),
                str(row[names.YEAR]),
                say.number(row["median"], signed=True),
                say.to(row["lower"], row["upper"], signed=True),
            ),
            muted=row["lower"] <= 0 <= row["upper"],
        )
        for row in found.loc[found[names.SCENARIO] != scenarios[0]].to_dict("records")
    ]
    first = scenario_name(scenarios[0], say.language)
    columns = [say(f"column_{one}") for one in ("scenario", "year", "difference", "band")]
    return Table(say("difference_caption", scenario=first, band=say.band), columns, rows)


def benchmark_table(
    run: xr.DataTree,
    benchmarks: pd.DataFrame,
    observed: xr.DataArray | None,
    code: str,
    say: Phrases,
) -> Table | None:
    """Return projections by others beside the first scenario; None where there are none.

    Parameters
    ----------
    run
        A run with a forecast.
    benchmarks
        From :func:`attraktiv.panels.read_projections`.
    observed
        Population of the panel, which may know more than the forecast did.
    code
        A place.
    say
        The texts of the report.
    """
    population = run[names.FORECAST].dataset[names.POPULATION]
    years = [int(year) for year in population[names.YEAR].values]
    theirs = benchmarks.loc[(benchmarks[names.PLACE] == code) & benchmarks[names.YEAR].isin(years)]
    if theirs.empty:
        return None
    ours = query(
        run,
        f"{names.FORECAST}/{names.POPULATION}",
        places=[code],
        years=sorted(set(theirs[names.YEAR])),
        scenarios=[str(population[names.SCENARIO].values[0])],
        prob=say.prob,
    ).set_index(names.YEAR)
    rows = []
    for row in theirs.to_dict("records"):
        own, came = ours.loc[row[names.YEAR]], MISSING
        if observed is not None and row[names.YEAR] in observed[names.YEAR].values:
            came = say.number(float(observed.sel({names.PLACE: code, names.YEAR: row[names.YEAR]})))
        rows.append(
            Row(
                (
                    str(row["projection"]),
                    str(row[names.YEAR]),
                    say.number(row[names.POPULATION]),
                    say.number(own["median"]),
                    say.to(own["lower"], own["upper"]),
                    came,
                )
            )
        )
    columns = ("projection", "year", "theirs", "ours", "band", "observed")
    return Table(say("benchmark_caption"), [say(f"column_{one}") for one in columns], rows)
