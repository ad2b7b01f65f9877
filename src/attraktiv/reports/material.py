"""What a report is made of: a run, and what its panel adds to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice
from attraktiv.errors import InputError
from attraktiv.forecasts.stored import stored_forecast
from attraktiv.panels import content_hash, read_outlines, read_panel, read_projections
from attraktiv.queries import attractiveness_table, forecast_table
from attraktiv.reports.phrases import Phrases
from attraktiv.reports.record import read_record


@dataclass(frozen=True)
class Material:
    """A run, its panel where one is given, and the words to tell of it.

    Attributes
    ----------
    run
        A run.
    say
        The texts of the report.
    outlines
        Of places, as GeoJSON; None for no map.
    observed
        Population (place, year) of the panel; None where no panel is given.
    benchmarks
        Projections by others.
    panel_differs
        Whether the panel is not the one that the run was fitted to.
    sources
        Whose figures the panel holds, as it says itself.
    record
        How the model and benchmarks did in a backtest; None where none is given.
    """

    run: xr.DataTree
    say: Phrases
    outlines: dict[str, Any] | None = None
    observed: xr.DataArray | None = None
    benchmarks: pd.DataFrame | None = None
    panel_differs: bool = False
    sources: tuple[str, ...] = ()
    record: pd.DataFrame | None = None

    @cached_property
    def league(self) -> pd.DataFrame:
        """Attractiveness of all places, the highest first."""
        return attractiveness_table(self.run, prob=self.say.prob)

    @property
    def known(self) -> pd.DataFrame:
        """Those of the league whose attractiveness is known: a regression leaves out what it must.

        A hierarchical model knows all, if only from what places are in general.
        """
        return self.league.loc[self.league["mean"].notna()]

    @property
    def has_forecast(self) -> bool:
        """Whether the run looks ahead."""
        return names.FORECAST in self.run.children

    @property
    def scenarios(self) -> list[str]:
        """Scenarios of the forecast, the first of which the others are compared with."""
        return [str(one) for one in stored_forecast(self.run)[names.SCENARIO].values]

    @property
    def forecast_years(self) -> list[int]:
        """Years of the forecast, the origin first."""
        return [int(year) for year in stored_forecast(self.run)[names.YEAR].values]

    @property
    def has_ages(self) -> bool:
        """Whether the forecast holds every age."""
        return self.has_forecast and names.POPULATION_BY_AGE in stored_forecast(self.run)

    @cached_property
    def ahead(self) -> pd.DataFrame:
        """Population to come of the nation and of all places."""
        return forecast_table(self.run, prob=self.say.prob)


def gather(
    run: xr.DataTree,
    panel: str | Path | None,
    say: Phrases,
    backtest: str | Path | None = None,
) -> Material:
    """Return what a report is made of.

    Parameters
    ----------
    run
        A run.
    panel
        The panel folder, or built panel, that it was fitted to. It adds what the run does not
        hold: outlines for a map, the population before and since, projections by others.
    say
        The texts of the report.
    backtest
        A backtest of the run's model.

    Raises
    ------
    PanelError
        The panel is wrong.
    InputError
        The panel has none of the run's places, or the backtest is of other models.
    RunError
        There is no backtest.
    """
    record = None if backtest is None else read_record(backtest, str(run.attrs.get("model", "")))
    if panel is None:
        return Material(run, say, record=record)
    folder = Path(panel)
    found = read_panel(folder)
    codes = choice.place_codes(run)
    of_panel = {str(code) for code in found[names.PLACE].values}
    if not of_panel & set(codes):
        raise InputError(
            f"{folder} has none of the places of the run ({', '.join(codes[:3])}, …), so it is the "
            "panel of something else. Give the one that the run was fitted to: attraktiv report "
            "RUN --out report.html --panel PANEL"
        )
    material = Material(run, say)
    origin = material.forecast_years[0] if material.has_forecast else None
    return Material(
        run,
        say,
        outlines=read_outlines(folder, codes),
        observed=found[names.POPULATION],
        benchmarks=None if origin is None else read_projections(folder, origin),
        panel_differs=content_hash(found) != run.attrs.get("panel_hash"),
        sources=_sources(found),
        record=record,
    )


def _sources(panel: xr.Dataset) -> tuple[str, ...]:
    return tuple(str(one) for one in json.loads(panel.attrs.get("sources", "[]")))
