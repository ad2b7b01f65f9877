"""Join the checked tables of a panel into one labelled Dataset."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.panels.borders import NEIGHBOUR
from attraktiv.panels.checks import excluded_places
from attraktiv.panels.content import content_hash
from attraktiv.panels.flows import natural_increase_of, net_migration_of
from attraktiv.panels.industries import industry_attributes
from attraktiv.panels.settings import Settings
from attraktiv.panels.tables import PanelTables, is_quality
from attraktiv.panels.units import describe

FORMAT = "panel/1"


def build_panel(tables: PanelTables) -> xr.Dataset:
    """Join tables into a panel.

    Parameters
    ----------
    tables : PanelTables
        Checked tables.

    Returns
    -------
    xarray.Dataset
        Dims ``place`` (in the order of places.csv) and ``year`` (int64, the union of the years of
        panel.csv and population.csv). Numeric columns of panel.csv are float64 over
        (place, year), NaN where not known; ``*_quality`` columns are text; attributes are over
        (place,). ``measurement_sd`` is in percent of population. Optional:
        ``population_by_age`` (place, year, sex, age) in persons, ``jobs_by_industry``
        (place, year, industry) in jobs with the columns of industries.csv as ``*_of_industry``
        (industry,), ``commuting_*`` over ``flow``, and ``border_*``, every
        pair of neighbours once, over ``border``.
    """
    place = pd.Index(tables.places[names.PLACE].astype(object), name=names.PLACE)
    year = pd.Index(_years(tables), name=names.YEAR)
    panel = _with_derived(tables.panel)
    at = (_at(place, panel[names.PLACE]), _at(year, panel[names.YEAR]))
    data: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    for column in panel.columns:
        if column not in (names.PLACE, names.YEAR):
            values = panel[column].to_numpy()
            grid = np.full((len(place), len(year)), np.nan)
            if is_quality(column):
                grid = np.full(grid.shape, "", dtype=object)
            grid[at] = values
            data[column] = ((names.PLACE, names.YEAR), grid)
    if tables.population is not None:
        _fill_population(data[names.POPULATION][1], tables.population, place, year)
    data[names.MEASUREMENT_SD] = (
        (names.PLACE, names.YEAR),
        _measurement_sd(data, tables.settings, (len(place), len(year))),
    )
    attributes = [column for column in tables.places.columns if column != names.PLACE]
    for column in attributes:
        data[column] = ((names.PLACE,), tables.places[column].to_numpy())
    data[names.EXCLUDED] = ((names.PLACE,), excluded_places(tables.places, tables.settings))
    dataset = xr.Dataset(data, coords={names.PLACE: place.to_numpy(), names.YEAR: year.to_numpy()})
    dataset = _with_optional(dataset, tables, place, year)
    return finish_panel(dataset, tables.settings, attributes)


def finish_panel(
    dataset: xr.Dataset, settings: Settings, attributes: Sequence[str] | None = None
) -> xr.Dataset:
    """Give a Dataset the units, the attrs and the content hash of a panel."""
    for name in (*dataset.data_vars, *dataset.coords):
        dataset[name].attrs = describe(str(name))
    if attributes is None:
        attributes = place_attributes(dataset)
    dataset.attrs = {
        "attraktiv_format": FORMAT,
        "title": settings.title,
        "sources": json.dumps(settings.sources, ensure_ascii=False),
        "licence": settings.licence,
        "breaks": json.dumps(
            [{"variable": item.variable, "year": item.year} for item in settings.breaks]
        ),
        "place_names": settings.place_names,
        "place_attributes": json.dumps(list(attributes), ensure_ascii=False),
        **{f"label_{language}": text for language, text in sorted(settings.label.items())},
    }
    dataset.attrs["content_hash"] = content_hash(dataset)
    return dataset


def place_attributes(panel: xr.Dataset) -> list[str]:
    """List the attributes of places (variables over (place,)), in the order of places.csv."""
    if "place_attributes" in panel.attrs:
        listed: list[str] = json.loads(panel.attrs["place_attributes"])
        return [name for name in listed if name in panel]
    return [
        str(name)
        for name, variable in panel.data_vars.items()
        if variable.dims == (names.PLACE,) and name != names.EXCLUDED
    ]


def _at(labels: pd.Index, column: pd.Series) -> np.ndarray:
    """Find the position of every value of a column; -1 where it is not a label."""
    return labels.get_indexer(pd.Index(column))


def _years(tables: PanelTables) -> np.ndarray:
    years = set(tables.panel[names.YEAR])
    if tables.population is not None:
        years |= set(tables.population[names.YEAR])
    return np.array(sorted(years), dtype=np.int64)


def _with_derived(panel: pd.DataFrame) -> pd.DataFrame:
    """Add net migration and natural increase where they follow from other columns."""
    derived = {
        names.NATURAL_INCREASE: natural_increase_of(panel),
        names.NET_MIGRATION: net_migration_of(panel),
    }
    return panel.assign(
        **{name: values for name, values in derived.items() if values.notna().any()}
    )


def _fill_population(
    grid: np.ndarray, totals: pd.DataFrame, place: pd.Index, year: pd.Index
) -> None:
    """Put totals where panel.csv has none."""
    row, column = _at(place, totals[names.PLACE]), _at(year, totals[names.YEAR])
    empty = np.isnan(grid[row, column])
    grid[row[empty], column[empty]] = totals[names.POPULATION].to_numpy()[empty]


def _measurement_sd(
    data: dict[str, tuple[tuple[str, ...], np.ndarray]],
    settings: Settings,
    shape: tuple[int, int],
) -> np.ndarray:
    """Add up the errors of measurement; independent errors add in their squares."""
    variance = np.zeros(shape)
    for column, table in settings.quality.items():
        for value, sd in table.items():
            variance += np.where(data[column][1] == value, sd**2, 0.0)
    return np.sqrt(variance)


def _with_optional(
    dataset: xr.Dataset, tables: PanelTables, place: pd.Index, year: pd.Index
) -> xr.Dataset:
    """Add the cubes and the commuting flows; rows of years outside the panel are left out."""
    if tables.population_by_age is not None:
        dataset = dataset.assign(
            population_by_age=_cube(tables.population_by_age, (names.SEX, names.AGE), place, year)
        )
    if tables.jobs_by_industry is not None:
        dataset = dataset.assign(
            jobs_by_industry=_cube(tables.jobs_by_industry, (names.INDUSTRY,), place, year)
        )
        if tables.industries is not None:
            dataset = dataset.assign(
                industry_attributes(tables.industries, dataset[names.INDUSTRY].values)
            )
    if tables.commuting is not None and len(tables.commuting):
        flows = tables.commuting.sort_values([names.YEAR, "home", "work"])
        dataset = dataset.assign(
            {
                names.COMMUTING_HOME: (names.FLOW, flows["home"].to_numpy(object)),
                names.COMMUTING_WORK: (names.FLOW, flows["work"].to_numpy(object)),
                names.COMMUTING_YEAR: (names.FLOW, flows[names.YEAR].to_numpy(np.int64)),
                names.COMMUTING_EMPLOYED: (names.FLOW, flows["employed"].to_numpy(np.float64)),
            }
        )
    if tables.borders is not None:
        dataset = dataset.assign(
            {
                names.BORDER_PLACE: (names.BORDER, tables.borders[names.PLACE].to_numpy(object)),
                names.BORDER_NEIGHBOUR: (names.BORDER, tables.borders[NEIGHBOUR].to_numpy(object)),
            }
        )
    return dataset


def _cube(
    frame: pd.DataFrame, keys: tuple[str, ...], place: pd.Index, year: pd.Index
) -> xr.DataArray:
    """Turn a long table into a labelled array; its last column is the value."""
    columns = [_at(year, frame[names.YEAR])]
    levels = [place, year]
    codes, found = pd.factorize(frame[names.PLACE])
    columns.insert(0, place.get_indexer(pd.Index(found))[codes])
    for key in keys:
        codes, found = pd.factorize(frame[key], sort=True)
        columns.append(codes)
        numeric = pd.api.types.is_numeric_dtype(found.dtype)
        levels.append(pd.Index(found.astype(np.int64) if numeric else found.astype(object)))
    known = columns[1] >= 0
    values = np.full([len(level) for level in levels], np.nan)
    values[tuple(column[known] for column in columns)] = frame.iloc[:, -1].to_numpy()[known]
    dims = (names.PLACE, names.YEAR, *keys)
    coords = {dim: level.to_numpy() for dim, level in zip(dims, levels, strict=True)}
    return xr.DataArray(values, dims=dims, coords=coords)
