"""From a recipe to a panel folder: fetched, harmonised, checked and written whole."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import httpx
import xarray as xr

from attraktiv import names
from attraktiv.errors import IngestError, PanelError, RecipeError, RefusedError, SourceWarning
from attraktiv.panels import read_panel
from attraktiv.panels.placing import new_folder
from attraktiv.panels.settings import FILE as SETTINGS
from attraktiv.progress import Update, progress
from attraktiv.sources.accounts import (
    BORDERS,
    FORMAT,
    PROVENANCE,
    REPORT,
    borders_table,
    provenance,
    report,
)
from attraktiv.sources.assembly import Harmonised, settings_of, tables_of, write_tables
from attraktiv.sources.attributes import with_stand_ins
from attraktiv.sources.client import Client
from attraktiv.sources.extraction import Extract, extract
from attraktiv.sources.given import Given, read_given, with_given, write_map
from attraktiv.sources.harmony import harmony_of, in_borders
from attraktiv.sources.preference import by_preference
from attraktiv.sources.pxweb import most_cells
from attraktiv.sources.recipes import Recipe, TableRecipe, load_recipe

LATEST_YEAR = 2200
"""Years are taken as far as a table has them; a projection has them far ahead."""


def ingest(
    source: str | Path,
    out_folder: str | Path,
    *,
    first_year: int | None = None,
    last_year: int | None = None,
    borders: int | None = None,
    places_file: str | Path | None = None,
    map_file: str | Path | None = None,
    snapshots: str | Path | None = None,
    refresh: bool = False,
    force: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> xr.Dataset:
    """Fetch official figures, and write them as a panel folder.

    What was fetched is kept as snapshots; run again, it goes on where it was stopped, and the
    folder has the same bytes as if it had not been.

    Parameters
    ----------
    source : str or Path
        The name of a recipe that comes with the package, such as ``"ssb"``, or the path of a
        recipe of your own.
    out_folder : str or Path
        The folder to write; it appears whole or not at all.
    first_year, last_year : int, optional
        Years of the panel, both included. By default those of the recipe, up to the latest.
    borders : int, optional
        Whose borders on 1 January; by default those of the recipe, or of the last year.
    places_file : str or Path, optional
        A csv with ``place`` and columns that the service does not have, for every place of the
        panel: they are added to places.csv, and go before its own of the same name.
    map_file : str or Path, optional
        Polygons of all places: a GeoJSON FeatureCollection in WGS84 with the code of a place in
        the property ``place``, or in that which the recipe names. It becomes places.geojson.
    snapshots : str or Path, optional
        Where answers are kept; by default beside ``out_folder``, under its name with
        ``-snapshots``.
    refresh : bool
        Ask anew, whatever snapshots there are.
    force : bool
        Replace a folder that was ingested.
    transport : httpx.BaseTransport, optional
        How to reach the service, for example through a proxy.

    Returns
    -------
    xarray.Dataset
        The panel, as :func:`~attraktiv.read_panel` reads it from the folder.

    Raises
    ------
    RecipeError
        If there is no such recipe, or it does not fit what the service has.
    IngestError
        If the service cannot be reached, refuses, or answers something that makes no panel.
    InputError
        If ``places_file`` or ``map_file`` is wrong, lacks a place or has a code that is none.
    PanelError
        If the folder exists and ``force`` is not given, or was not ingested.

    Warns
    -----
    SourceWarning
        If a table or an attribute that the country can do without is not there.
    """
    recipe = load_recipe(source)
    out = Path(out_folder)
    kept = Path(snapshots) if snapshots is not None else out.with_name(f"{out.name}-snapshots")
    years = _years(recipe, first_year, last_year)
    given = read_given(places_file, map_file, recipe.places.map_property)
    with (
        new_folder(out, force=force, is_ours=_is_ingested, what="an ingested folder") as folder,
        progress(recipe.title, total=len(recipe.table) + 1) as update,
        Client(kept, refresh, transport, tell=lambda text: update(0, text)) as client,
    ):
        _write(recipe, folder, client, years, borders, given, update)
        result = _checked(folder, recipe, given)
    return result


def _write(
    recipe: Recipe,
    folder: Path,
    client: Client,
    years: range,
    borders: int | None,
    given: Given,
    update: Update,
) -> None:
    found, absent = _fetched(recipe, client, years, update)
    main = found[0]
    last = int(main.frame.loc[main.frame[names.POPULATION] > 0, names.YEAR].max())
    span = range(years[0], last + 1)
    harmony = harmony_of(client, recipe, main, span, borders)
    update(text="bringing figures to one year's borders")
    tables = []
    for table in found:
        try:
            frame, changed, notes = in_borders(table, harmony)
        except RecipeError as error:
            _do_without(table.recipe, error, absent)
            continue
        tables.append(Harmonised(table, frame, changed, tuple(notes)))
        if table is main:
            # people without a municipality: the classifications may lack one
            for note in notes:
                warnings.warn(SourceWarning(f"Table {table.recipe.id}: {note}"), stacklevel=3)
    tables, seams = by_preference(tables)
    written = tables_of(recipe, tables, harmony)
    places, added = with_given(written["places"], given, harmony.year)
    written["places"], told = with_stand_ins(places, recipe, given.columns)
    files = write_tables(written, folder)
    write_map(given, folder)
    settings = settings_of(recipe, written, tables, harmony, seams)
    (folder / SETTINGS).write_text(settings, encoding="utf-8")
    changes = borders_table(tables)
    if changes is not None:
        changes.to_csv(folder / BORDERS, index=False, lineterminator="\n")
    account = provenance(folder, recipe, files, tables, harmony, given)
    (folder / PROVENANCE).write_text(account, encoding="utf-8")
    words = report(recipe, written, tables, absent, harmony, [*told, *added])
    (folder / REPORT).write_text(words, encoding="utf-8")


def _fetched(
    recipe: Recipe, client: Client, years: range, update: Update
) -> tuple[list[Extract], dict[str, str]]:
    """Fetch every table; the first has the population."""
    limit = most_cells(client, recipe.service)
    tables = sorted(
        recipe.table, key=lambda t: not (t.into == "panel" and names.POPULATION in t.values)
    )
    found: list[Extract] = []
    absent: dict[str, str] = {}
    for table in tables:
        update(text=f"table {table.id}")
        wanted = years if table.origin is None else range(years[0], LATEST_YEAR)
        try:
            found.append(extract(client, recipe, table, wanted, limit))
        except (RecipeError, RefusedError) as error:
            _do_without(table, error, absent)
    return found, absent


def _do_without(
    table: TableRecipe, error: RecipeError | RefusedError, absent: dict[str, str]
) -> None:
    """Note that a table is not there; raise if the country cannot do without it."""
    if table.required:
        raise error
    absent[f"{table.id} → {table.target}"] = str(error)
    warnings.warn(SourceWarning(f"{error} The panel is made without it."), stacklevel=5)


def _years(recipe: Recipe, first: int | None, last: int | None) -> range:
    years = range(first or recipe.first_year, (last or LATEST_YEAR) + 1)
    if len(years) < 2:
        raise RecipeError(
            f"The panel would go from {years.start} to {years.stop - 1}; give at least two years, "
            "such as --from 2000 --until 2020 (first_year=, last_year=)."
        )
    return years


def _checked(folder: Path, recipe: Recipe, given: Given) -> xr.Dataset:
    """Read the folder as everybody will, before it takes its place."""
    also = "".join(f" and {file}" for file in given.sources.values())
    try:
        return read_panel(folder)
    except PanelError as error:
        told = str(error).removeprefix(f"{folder}: ")
        raise IngestError(
            f"What the service{also} gave for {recipe.title} makes no sound panel, and nothing was "
            f"written: {told}"
        ) from None


def _is_ingested(path: Path) -> bool:
    try:
        return bool(json.loads((path / PROVENANCE).read_bytes())["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False
