"""Check the tables of a panel: errors stop the reading, warnings do not."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.errors import PanelWarning
from attraktiv.panels.faults import Faults, cells, listed
from attraktiv.panels.flows import net_migration_of
from attraktiv.panels.industries import check_industries
from attraktiv.panels.settings import Settings
from attraktiv.panels.tables import PanelTables, is_quality
from attraktiv.panels.units import COUNTS

TOLERANCE_PERSONS = 5.0
TOLERANCE_SHARE = 0.002
MINIMUM_YEARS = 2
_KEYS = (names.PLACE, names.YEAR)
_WORST = 5


def tolerance(population: np.ndarray) -> np.ndarray:
    """Say how far two counts of one population may lie apart: 5 persons or 0.2 percent."""
    return np.maximum(TOLERANCE_PERSONS, TOLERANCE_SHARE * population)


def check_tables(tables: PanelTables, faults: Faults) -> None:
    """Note every fault in the tables of a panel.

    Parameters
    ----------
    tables : PanelTables
        As read; rows with unknown places or faulty keys are already out.
    faults : Faults
        Where faults are noted.
    """
    panel = tables.panel
    if panel.empty:
        return
    _check_values(panel, faults)
    _check_spans(panel, faults)
    _check_years(tables, faults)
    _check_usable(tables, faults)
    _check_coordinates(tables.places, faults)
    check_industries(tables.jobs_by_industry, tables.industries, faults)
    _check_settings(tables, faults)


def excluded_places(places: pd.DataFrame, settings: Settings) -> np.ndarray:
    """Give the bool per place of the column that panel.toml names; all False without one."""
    column = settings.exclude
    if column is None or column not in places or places[column].dtype != bool:
        return np.zeros(len(places), dtype=bool)
    return places[column].to_numpy(bool)


def _check_values(panel: pd.DataFrame, faults: Faults) -> None:
    zero = panel[names.POPULATION].to_numpy() <= 0
    if zero.any():
        faults.add(
            "panel.csv, column population: zero or negative population "
            f"({cells(panel, zero, _KEYS, names.POPULATION)}). Valid is above zero, or an empty "
            "cell where it is not known."
        )
    for column in COUNTS:
        if column in panel and column != names.POPULATION:
            negative = panel[column].to_numpy() < 0
            if negative.any():
                faults.add(
                    f"panel.csv, column {column}: negative count "
                    f"({cells(panel, negative, _KEYS, column)}). Valid is zero or more, or an "
                    "empty cell where it is not known."
                )


def _check_spans(panel: pd.DataFrame, faults: Faults) -> None:
    """Note missing rows: a place may begin late or end early, but has every year between."""
    place, places = pd.factorize(panel[names.PLACE])
    # a year that no place has is one fault of its own, not one for every place
    year, years = pd.factorize(panel[names.YEAR], sort=True)
    present = np.zeros((len(places), len(years)), dtype=bool)
    present[place, year] = True
    begun = np.maximum.accumulate(present, axis=1)
    not_over = np.maximum.accumulate(present[:, ::-1], axis=1)[:, ::-1]
    missing = np.argwhere(begun & not_over & ~present)
    if len(missing):
        rows = listed(f"place {places[i]}, year {int(years[t])}" for i, t in missing)
        faults.add(
            f"panel.csv: missing row ({rows}). Valid is a row for every year between a place's "
            "first and last; leave the cells empty that are not known."
        )


def _check_years(tables: PanelTables, faults: Faults) -> None:
    years = set(tables.panel[names.YEAR])
    files = "panel.csv"
    if tables.population is not None and len(tables.population):
        years |= set(tables.population[names.YEAR])
        files = "panel.csv and population.csv"
    gap = sorted(set(np.arange(min(years), max(years) + 1)) - years)
    if gap:
        faults.add(
            f"{files}: gap in years, no place has a row for {listed(int(year) for year in gap)}. "
            "Valid are years without gaps; add the rows with empty cells, or drop the years "
            "before the gap."
        )


def _check_usable(tables: PanelTables, faults: Faults) -> None:
    panel = tables.panel
    usable = panel[names.POPULATION].notna() & net_migration_of(panel).notna()
    counts = usable.groupby(panel[names.PLACE]).sum()
    counts = counts.reindex(tables.places[names.PLACE], fill_value=0)
    fitted = ~excluded_places(tables.places, tables.settings)
    few = counts[(counts.to_numpy() < MINIMUM_YEARS) & fitted]
    if len(few) == 0:
        return
    if not _has_migration(panel):
        faults.add(
            "panel.csv: missing column net_migration, or what it follows from: "
            "net_domestic_migration and net_international_migration, or in_migration and "
            f"out_migration; found {listed(panel.columns, 20)}."
        )
        return
    found = listed(f"place {place}: {count}" for place, count in few.items())
    faults.add(
        "panel.csv: fewer than two usable years, that is years with both population and "
        f"net_migration known ({found}). Take such places out of places.csv, or mark them in a "
        'column of places.csv and write exclude = "COLUMN" in panel.toml.'
    )


def _has_migration(panel: pd.DataFrame) -> bool:
    pairs = (
        {names.NET_MIGRATION},
        {names.NET_DOMESTIC_MIGRATION, names.NET_INTERNATIONAL_MIGRATION},
        {names.IN_MIGRATION, names.OUT_MIGRATION},
    )
    return any(pair <= set(panel.columns) for pair in pairs)


def _check_coordinates(places: pd.DataFrame, faults: Faults) -> None:
    for column, limit in ((names.LONGITUDE, 180.0), (names.LATITUDE, 90.0)):
        if column in places and places[column].dtype == np.float64:
            outside = np.abs(places[column].to_numpy()) > limit
            if outside.any():
                faults.add(
                    f"places.csv, column {column}: outside the globe "
                    f"({cells(places, outside, (names.PLACE,), column)}). Valid is {-limit:g} to "
                    f"{limit:g} degrees (WGS84)."
                )


def _check_settings(tables: PanelTables, faults: Faults) -> None:
    settings, panel, places = tables.settings, tables.panel, tables.places
    clash = sorted(set(panel.columns) & set(places.columns) - {names.PLACE})
    if clash:
        faults.add(f"column {listed(clash)} stands in both panel.csv and places.csv. Rename one.")
    if settings.exclude is not None:
        if settings.exclude not in places:
            faults.add(
                f"panel.toml, exclude: unknown column {settings.exclude!r}; places.csv has "
                f"{listed(places.columns, 20)}."
            )
        elif places[settings.exclude].dtype != bool:
            faults.add(
                f"panel.toml, exclude: column {settings.exclude!r} of places.csv does not hold "
                "True or False in every row."
            )
    known = {str(column) for column in panel if column not in _KEYS and not is_quality(str(column))}
    known |= {names.JOBS_PUBLIC} if {names.JOBS, names.JOBS_PRIVATE} <= known else set()
    known |= {names.JOBS_BY_INDUSTRY} if tables.jobs_by_industry is not None else set()
    for item in settings.breaks:
        if item.variable not in known:
            faults.add(
                f"panel.toml, [[break]]: unknown column {item.variable!r}; panel.csv has "
                f"{listed(sorted(known), 20)}."
            )
    quality = [str(column) for column in panel if is_quality(str(column))]
    for column in settings.quality:
        if column not in quality:
            faults.add(
                f"panel.toml, [quality.{column}]: unknown column {column!r}; columns of quality "
                f"in panel.csv (their names end in _quality): {listed(quality) or 'none'}."
            )


def warn_about(panel: xr.Dataset, tables: PanelTables) -> None:
    """Warn of what is doubtful in a panel that is otherwise sound.

    Warns
    -----
    PanelWarning
        Populations that do not follow from their flows, totals that disagree, places that begin
        late or end early, and values of quality without a standard deviation.
    """
    for message in (
        _balance(panel),
        _totals(tables),
        _late(tables.panel),
        _unknown_quality(tables),
    ):
        if message:
            warnings.warn(f"{panel.attrs['title']}: {message}", PanelWarning, stacklevel=3)


def _balance(panel: xr.Dataset) -> str:
    """Compare each population with the year before and its flows."""
    if names.NET_MIGRATION not in panel or names.NATURAL_INCREASE not in panel:
        return ""
    population = panel[names.POPULATION].values
    flows = panel[names.NET_MIGRATION].values + panel[names.NATURAL_INCREASE].values
    if names.BOUNDARY_TRANSFER in panel:
        flows = flows + np.nan_to_num(panel[names.BOUNDARY_TRANSFER].values)
    off = population[:, 1:] - (population + flows)[:, :-1]
    limit = tolerance(population[:, :-1])
    with np.errstate(invalid="ignore"):
        wrong = np.abs(off) > limit
    if not wrong.any():
        return ""
    rows, columns = np.nonzero(wrong)
    order = np.argsort(-np.abs(off[rows, columns]), kind="stable")[:_WORST]
    worst = "; ".join(
        f"place {panel[names.PLACE].values[rows[k]]}, year {panel[names.YEAR].values[columns[k]]}: "
        f"{off[rows[k], columns[k]]:+.1f} persons"
        for k in order
    )
    return (
        f"the population does not follow from the one before and its flows in {wrong.sum()} of "
        f"{int(np.isfinite(off).sum())} place-years (beyond {TOLERANCE_PERSONS:g} persons and "
        f"{100 * TOLERANCE_SHARE:g} percent); the worst: {worst}. A border that moved belongs in "
        "the column boundary_transfer."
    )


def _totals(tables: PanelTables) -> str:
    if tables.population is None:
        return ""
    both = tables.panel[[*_KEYS, names.POPULATION]].merge(
        tables.population, on=list(_KEYS), suffixes=("", "_total")
    )
    off = both[f"{names.POPULATION}_total"] - both[names.POPULATION]
    wrong = (off.abs() > tolerance(both[names.POPULATION].to_numpy())).to_numpy()
    if not wrong.any():
        return ""
    worst = off[wrong].abs().sort_values(ascending=False, kind="stable").index[:_WORST]
    found = "; ".join(
        f"place {both[names.PLACE][k]}, year {int(both[names.YEAR][k])}: {off[k]:+g} persons"
        for k in worst
    )
    return (
        f"population.csv disagrees with panel.csv in {wrong.sum()} place-years, panel.csv is used; "
        f"the worst: {found}."
    )


def _late(panel: pd.DataFrame) -> str:
    years = panel.groupby(names.PLACE, sort=False)[names.YEAR].agg(["min", "max"])
    first, last = years["min"].min(), years["max"].max()
    late = years.index[years["min"] > first]
    early = years.index[years["max"] < last]
    parts = []
    if len(late):
        parts.append(f"{len(late)} places begin later than {int(first)} ({listed(late)})")
    if len(early):
        parts.append(f"{len(early)} places end earlier than {int(last)} ({listed(early)})")
    return " and ".join(parts) + "." if parts else ""


def _unknown_quality(tables: PanelTables) -> str:
    parts = []
    for column, table in tables.settings.quality.items():
        unknown = sorted(set(tables.panel[column]) - set(table) - {""})
        if unknown:
            parts.append(
                f"{column} has {listed(map(repr, unknown))} and [quality.{column}] of panel.toml "
                "does not; the error of measurement is taken as zero there"
            )
    return "; ".join(parts) + "." if parts else ""
