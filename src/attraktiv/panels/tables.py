"""The tables of a panel folder, read and turned into numbers, before they are joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.panels.borders import read_borders
from attraktiv.panels.faults import Faults, cells, listed
from attraktiv.panels.files import find_table, numbers, read_table, whole_years
from attraktiv.panels.industries import read_industries
from attraktiv.panels.settings import Settings, read_settings

_LEADING_ZERO = re.compile(r"[+-]?0\d.*")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_MUST_BE_NUMBERS = (names.LONGITUDE, names.LATITUDE, "centrality")


@dataclass(frozen=True)
class PanelTables:
    """What stands in a panel folder.

    Attributes
    ----------
    settings : Settings
        panel.toml.
    places : pandas.DataFrame
        ``place`` (text), ``name`` and attributes: float64, bool or text (object).
    panel : pandas.DataFrame
        ``place``, ``year`` (float64 whole numbers), float64 columns and ``*_quality`` text.
    population, population_by_age, jobs_by_industry, commuting : pandas.DataFrame or None
        The optional tables; ``year`` and the last column are float64.
    industries : pandas.DataFrame or None
        Sectors of the industries, as :func:`.industries.read_industries` gives them.
    borders : pandas.DataFrame or None
        Pairs of neighbours, as :func:`.borders.read_borders` gives them.
    """

    settings: Settings
    places: pd.DataFrame
    panel: pd.DataFrame
    population: pd.DataFrame | None = None
    population_by_age: pd.DataFrame | None = None
    jobs_by_industry: pd.DataFrame | None = None
    commuting: pd.DataFrame | None = None
    industries: pd.DataFrame | None = None
    borders: pd.DataFrame | None = None


@dataclass(frozen=True)
class _Layout:
    """The columns of an optional table: its keys and the number they lead to."""

    stem: str
    keys: tuple[str, ...]
    value: str
    places: tuple[str, ...] = (names.PLACE,)
    numeric_keys: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.keys, self.value)


_POPULATION = _Layout("population", (names.PLACE, names.YEAR), names.POPULATION)
_AGES = _Layout(
    "population_by_age",
    (names.PLACE, names.YEAR, names.SEX, names.AGE),
    names.POPULATION,
    numeric_keys=(names.AGE,),
)
_INDUSTRIES = _Layout("jobs_by_industry", (names.PLACE, names.YEAR, names.INDUSTRY), names.JOBS)
# What else lies in a folder is left alone: notes, moves.csv, and projections, which are no figures
# of the panel.
_COMMUTING = _Layout("commuting", ("home", "work", names.YEAR), "employed", places=("home", "work"))


def is_quality(column: str) -> bool:
    """Say whether a column of panel.csv holds words about how a number was found."""
    return column.endswith("_quality")


def read_tables(folder: Path, faults: Faults) -> PanelTables | None:
    """Read every table of a panel folder.

    Returns
    -------
    PanelTables or None
        None if panel.csv or places.csv cannot be used; the reason is noted in ``faults``.
    """
    settings = read_settings(folder, faults)
    places = _read_places(folder, faults)
    panel = _read_panel(folder, faults)
    if places is None or panel is None:
        return None
    known = frozenset(places[names.PLACE])
    panel = _known_places(panel, names.PLACE, known, "panel.csv", faults)

    def optional(layout: _Layout) -> pd.DataFrame | None:
        return _read_optional(folder, layout, known, faults)

    return PanelTables(
        settings,
        places,
        panel,
        population=optional(_POPULATION),
        population_by_age=optional(_AGES),
        jobs_by_industry=optional(_INDUSTRIES),
        commuting=optional(_COMMUTING),
        industries=read_industries(folder, faults),
        borders=read_borders(folder, known, faults),
    )


def _required(
    folder: Path,
    stem: str,
    columns: tuple[str, ...],
    is_text: Callable[[str], bool],
    faults: Faults,
) -> pd.DataFrame | None:
    path = find_table(folder, stem, faults)
    if path is None:
        faults.add(
            f"{stem}.csv is missing (or {stem}.csv.gz or {stem}.parquet). A panel folder has at "
            "least panel.csv (place, year, population, net_migration, ...) and places.csv (place, "
            "name, ...); `attraktiv simulate OUT_FOLDER` writes an example."
        )
        return None
    return read_table(path, columns, is_text, faults)


def _read_panel(folder: Path, faults: Faults) -> pd.DataFrame | None:
    def is_text(column: str) -> bool:
        return column == names.PLACE or is_quality(column)

    raw = _required(folder, "panel", (names.PLACE, names.YEAR, names.POPULATION), is_text, faults)
    if raw is None:
        return None
    keys = (names.PLACE, names.YEAR)
    table: dict[str, np.ndarray | pd.Series] = {
        names.PLACE: raw[names.PLACE].astype(object),
        names.YEAR: whole_years(raw, names.YEAR, (names.PLACE,), "panel.csv", faults),
    }
    for column in raw.columns:
        if column in keys:
            continue
        if is_quality(column):
            table[column] = raw[column].astype(object).where(raw[column].notna(), "")
        else:
            table[column] = numbers(raw, column, keys, "panel.csv", faults)
    return _rows_with_keys(pd.DataFrame(table), keys, "panel.csv", faults)


def _read_places(folder: Path, faults: Faults) -> pd.DataFrame | None:
    raw = _required(folder, "places", (names.PLACE, names.NAME), lambda _: True, faults)
    if raw is None:
        return None
    codes = raw[names.PLACE].astype(object)
    if codes.isna().any():
        faults.add(
            f"places.csv, column place: no code in line {listed(np.flatnonzero(codes.isna()) + 2)}."
        )
        return None
    if codes.duplicated().any():
        twice = codes[codes.duplicated()]
        faults.add(f"places.csv: place {listed(twice)} stands twice. Keep one row of each.")
        return None
    table: dict[str, pd.Series | np.ndarray] = {names.PLACE: codes}
    for column in raw.columns:
        if column == names.NAME:
            # a name is text even where every name is a number; a place without one has its code
            table[column] = raw[column].astype(object).where(raw[column].notna(), codes)
        elif column != names.PLACE:
            table[column] = _attribute(raw, column, faults)
    return pd.DataFrame(table)


def _attribute(raw: pd.DataFrame, column: str, faults: Faults) -> pd.Series | np.ndarray:
    """Decide what an attribute is: bool, float64 or text."""
    texts = raw[column].astype(object)
    known = texts.notna()
    stripped = texts[known].astype(str).str.strip()
    if known.all() and stripped.str.lower().isin(("true", "false")).all():
        return (stripped.str.lower() == "true").to_numpy(bool)
    values = pd.to_numeric(stripped, errors="coerce")
    number = np.isfinite(values.to_numpy(np.float64))
    code = stripped.str.fullmatch(_LEADING_ZERO).to_numpy(bool) & ~stripped.str.contains(
        ".", regex=False
    ).to_numpy(bool)
    comma = stripped.str.fullmatch(_DECIMAL_COMMA).to_numpy(bool)
    decimal_comma = comma.any() and not code.any() and bool((number | comma).all())
    if decimal_comma or (column in _MUST_BE_NUMBERS and not number.all()):
        # numbers() finds the same cells and words the message
        return numbers(raw, column, (names.PLACE,), "places.csv", faults)
    if number.all() and not code.any():
        return pd.to_numeric(texts, errors="coerce").to_numpy(np.float64)
    return texts.where(known, "")


def _read_optional(
    folder: Path, layout: _Layout, known: frozenset[str], faults: Faults
) -> pd.DataFrame | None:
    path = find_table(folder, layout.stem, faults)
    if path is None:
        return None

    def is_text(column: str) -> bool:
        return column in layout.keys and column not in (names.YEAR, *layout.numeric_keys)

    raw = read_table(path, layout.columns, is_text, faults)
    if raw is None:
        return None
    table: dict[str, np.ndarray | pd.Series] = {}
    for column in layout.columns:
        if column == names.YEAR:
            table[column] = whole_years(raw, column, layout.places, path.name, faults)
        elif is_text(column):
            table[column] = raw[column]
        else:
            table[column] = numbers(raw, column, layout.keys, path.name, faults)
    frame = _rows_with_keys(pd.DataFrame(table), layout.keys, path.name, faults)
    negative = frame[layout.value].to_numpy() < 0
    if negative.any():
        faults.add(
            f"{path.name}, column {layout.value}: negative count "
            f"({cells(frame, negative, layout.keys, layout.value)}). Valid is zero or more."
        )
    for column in layout.places:
        frame = _known_places(frame, column, known, path.name, faults)
    return frame


def _rows_with_keys(
    frame: pd.DataFrame, keys: tuple[str, ...], file: str, faults: Faults
) -> pd.DataFrame:
    """Keep the rows whose keys are all there and stand once; note the others."""
    empty = [key for key in keys if key != names.YEAR and frame[key].isna().any()]
    for key in empty:
        lines = np.flatnonzero(frame[key].isna()) + 2
        faults.add(f"{file}, column {key}: empty in line {listed(lines)}; every row needs it.")
    frame = frame.dropna(subset=list(keys))
    # one integer per row makes the search for duplicates fast on millions of rows
    whole = np.zeros(len(frame), dtype=np.int64)
    for key in keys:
        codes, levels = pd.factorize(frame[key])
        whole = whole * max(len(levels), 1) + codes
    twice = pd.Series(whole, index=frame.index).duplicated(keep="first").to_numpy()
    if twice.any():
        faults.add(
            f"{file}: duplicate rows ({cells(frame, twice, keys, None)}). Valid is one row for "
            f"each {', '.join(keys)}: keep one of them."
        )
        frame = frame.loc[~twice]
    return frame


def _known_places(
    frame: pd.DataFrame, column: str, known: frozenset[str], file: str, faults: Faults
) -> pd.DataFrame:
    """Keep the rows of places that places.csv has; note the others."""
    levels = pd.unique(frame[column])
    unknown = [code for code in levels if code not in known]
    if not unknown:
        return frame
    faults.add(
        f"{file}, column {column}: unknown place {listed(map(repr, unknown))}, not in places.csv. "
        f"{_hint(unknown[0], known)}"
    )
    return frame.loc[~frame[column].isin(unknown)]


def _hint(code: str, known: Iterable[str]) -> str:
    padded = [place for place in known if place.lstrip("0") == str(code).lstrip("0")]
    if padded:
        return f"A leading zero was lost: write {padded[0]!r}."
    return "Add a row to places.csv or take the rows out."
