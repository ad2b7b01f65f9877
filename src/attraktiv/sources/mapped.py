"""Tables of any other form, read by a small file that says what their columns are."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, model_validator

from attraktiv import names
from attraktiv.errors import PanelError, RecipeError
from attraktiv.panels import read_panel, write_panel
from attraktiv.panels.faults import listed
from attraktiv.panels.settings import FILE as SETTINGS
from attraktiv.sources.recipes import HOME, WORK, Pattern, parse, read_toml_text

_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "panel": (names.PLACE, names.YEAR),
    "places": (names.PLACE,),
    "population": (names.PLACE, names.YEAR),
    "population_by_age": (names.PLACE, names.YEAR, names.SEX, names.AGE),
    "jobs_by_industry": (names.PLACE, names.YEAR, names.INDUSTRY),
    "industries": (names.INDUSTRY,),
    "commuting": (HOME, WORK, names.YEAR),
}
_TEXT_TABLES: Final = ("places", "industries")
_CARRIED: Final = (SETTINGS, "places.geojson")
"""Files that are taken as they are, where the folder has them."""


class Long(BaseModel):
    """Columns that become rows.

    Attributes
    ----------
    columns : str
        Pattern of their headers; the first group, if there is one, is the value of the key.
    key, value : str
        The column that holds what the headers said, and that which holds the cells.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    columns: Pattern
    key: str
    value: str


class MappedTable(BaseModel):
    """One file, and what is in it.

    Attributes
    ----------
    file, sheet : str
        csv, xlsx or parquet in the folder; of a workbook the sheet, by default the first.
    into : str
        The table of a panel folder that it becomes a part of.
    encoding, separator, decimal, thousands : str
        Of a csv; ``decimal`` and ``thousands`` also of numbers that a workbook has as text.
    skip : int
        Lines before the header.
    missing : tuple of str
        Cells that mean "not known"; an empty one always does.
    columns : dict
        Their header → our column. What is not named keeps its name; a header that leads to ``""``
        is left out.
    long : Long, optional
        Columns that become rows.
    pad : dict
        Column → how many digits its codes have: zeros are put before shorter ones.
    multiply : dict
        Column → by what its numbers are multiplied, to come to the unit of the panel folder.
    numbers : tuple of str
        Of places and industries: columns that hold numbers; all others are text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str = Field(pattern=r"^[^/\\]+\.(csv|xlsx|parquet)$")
    sheet: str | None = None
    into: Literal[
        "panel",
        "places",
        "population",
        "population_by_age",
        "jobs_by_industry",
        "industries",
        "commuting",
    ]
    encoding: str = "utf-8-sig"
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal["", " ", ".", ",", "'"] = ""
    skip: Annotated[int, Field(ge=0)] = 0
    missing: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    long: Long | None = None
    pad: dict[str, Annotated[int, Field(ge=1, le=20)]] = {}
    multiply: dict[str, float] = {}
    numbers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _signs_differ(self) -> MappedTable:
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands are the same sign")
        return self


class FolderMapping(BaseModel):
    """The tables of a folder: ``[[table]]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    table: tuple[MappedTable, ...] = Field(min_length=1)


def panel(
    path: str | Path,
    *,
    mapping: str | Path | None = None,
    out: str | Path | None = None,
    force: bool = False,
) -> xr.Dataset:
    """Check a panel folder, and build it where ``out`` is given.

    Parameters
    ----------
    path : str or Path
        A panel folder or a built panel; with ``mapping`` a folder of any csv, xlsx and parquet.
    mapping : str or Path, optional
        A TOML file that says what the columns of those are.
    out : str or Path, optional
        Where to write the built panel, such as ``"PANEL.zarr"``.
    force : bool
        Replace a built panel at ``out``.

    Returns
    -------
    xarray.Dataset
        As :func:`read_panel` gives it.

    Raises
    ------
    PanelError
        As :func:`read_panel` and :func:`~attraktiv.panels.write_panel`.
    RecipeError
        If the mapping is wrong or does not fit the files.
    """
    result = read_panel(path) if mapping is None else read_mapped(path, mapping)
    if out is not None:
        write_panel(result, out, force=force)
    return result


def read_mapped(path: str | Path, mapping: str | Path) -> xr.Dataset:
    """Read a folder of any tables as a panel.

    Parameters
    ----------
    path : str or Path
        The folder.
    mapping : str or Path
        The TOML file that says what its columns are.

    Returns
    -------
    xarray.Dataset
        As :func:`~attraktiv.panels.read_panel` gives it.

    Raises
    ------
    RecipeError
        If the mapping is wrong or does not fit the files.
    PanelError
        If what comes of it is no sound panel.
    """
    folder, file = Path(path), Path(mapping)
    wanted = parse(read_toml_text(file), str(file), FolderMapping, "mapping")
    if not folder.is_dir():
        raise RecipeError(f"{folder} is no folder. Give the folder that holds the files of {file}.")
    tables: dict[str, pd.DataFrame] = {}
    for table in wanted.table:
        frame = _read(folder, table)
        if table.into in tables:
            keys = list(_KEYS[table.into])
            frame = _joined(tables[table.into], frame, keys, table)
        tables[table.into] = frame
    with tempfile.TemporaryDirectory(prefix="attraktiv-") as made:
        for name, frame in tables.items():
            frame.to_csv(Path(made, f"{name}.csv"), index=False)
        for name in _CARRIED:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, Path(made, name))
        try:
            return read_panel(made)
        except PanelError as error:
            told = str(error).removeprefix(f"{made}: ")
            raise PanelError(f"{folder}, read by {file}: {told}") from None


def _read(folder: Path, table: MappedTable) -> pd.DataFrame:
    frame = _raw(folder / table.file, table)
    frame.columns = [str(column).strip() for column in frame.columns]
    absent = [column for column in table.columns if column not in frame]
    if absent:
        raise RecipeError(
            f"{table.file}: no column {listed(map(repr, absent))}; found "
            f"{listed(map(repr, frame.columns), 12)}. Correct the mapping, or `skip` and "
            "`separator`, which say where the header is."
        )
    dropped = [column for column, ours in table.columns.items() if not ours]
    frame = frame.drop(columns=dropped).rename(columns=table.columns)
    if table.long is not None:
        frame = _lengthened(frame, table.long, table.file)
    lacks = [key for key in _KEYS[table.into] if key not in frame]
    twice = sorted({c for c in frame.columns if list(frame.columns).count(c) > 1})
    if lacks or twice:
        told = f"no column is {listed(lacks)}" if lacks else f"two columns are {listed(twice)}"
        raise RecipeError(
            f"{table.file}: {told} after the mapping; the columns are "
            f"{listed(frame.columns, 12)}. {table.into} needs {listed(_KEYS[table.into])}."
        )
    for column in frame:
        frame[column] = _column(frame[column], str(column), table)
    return frame


def _raw(path: Path, table: MappedTable) -> pd.DataFrame:
    try:
        if path.suffix == ".csv":
            return pd.read_csv(
                path,
                sep=table.separator,
                encoding=table.encoding,
                skiprows=table.skip,
                dtype=str,
                keep_default_na=False,
            )
        if path.suffix == ".xlsx":
            sheet = 0 if table.sheet is None else table.sheet
            return pd.read_excel(
                path, sheet_name=sheet, skiprows=table.skip, dtype=object, keep_default_na=False
            )
        return pd.read_parquet(path)
    except FileNotFoundError:
        there = sorted(p.name for p in path.parent.iterdir() if p.is_file())
        raise RecipeError(
            f"{path.parent} has no file {path.name}; found {listed(there, 12)}."
        ) from None
    except Exception as error:  # a damaged file fails in many ways, deep in three libraries
        raise RecipeError(
            f"{path} cannot be read: {type(error).__name__}, {str(error)[:200]}. See whether "
            f"`encoding` ({table.encoding}), `separator` ({table.separator!r}), `skip` and `sheet` "
            "of the mapping are those of the file."
        ) from None


def _lengthened(frame: pd.DataFrame, rule: Long, file: str) -> pd.DataFrame:
    form = re.compile(rule.columns)
    found = {column: match for column in frame if (match := form.fullmatch(str(column)))}
    if not found:
        raise RecipeError(
            f"{file}: no header matches {rule.columns!r} of [table.long]; found "
            f"{listed(map(repr, frame.columns), 12)}."
        )
    rest = [column for column in frame if column not in found]
    long = frame.melt(rest, list(found), var_name=rule.key, value_name=rule.value)
    header = {column: match[match.re.groups and 1] for column, match in found.items()}
    return long.assign(**{rule.key: long[rule.key].map(header)})


def _column(cells: pd.Series, column: str, table: MappedTable) -> pd.Series:
    texts = [_text(cell, table.missing) for cell in cells]
    keys = {*_KEYS[table.into]} - {names.YEAR, names.AGE}
    is_text = column in keys or column.endswith("_quality") or table.into in _TEXT_TABLES
    if is_text and column not in table.numbers:
        digits = table.pad.get(column, 0)
        padded = [None if text is None else text.zfill(digits) for text in texts]
        return pd.Series(padded, index=cells.index, dtype=object)
    plain = [None if text is None else _number(text, table) for text in texts]
    values = pd.to_numeric(pd.Series(plain, index=cells.index, dtype=object), errors="coerce")
    unread = zip(texts, values.isna(), strict=True)
    wrong = [f"row {n}: {text!r}" for n, (text, no) in enumerate(unread, 1) if no and text]
    if wrong:
        raise RecipeError(
            f"{table.file}, column {column}: not a number ({listed(wrong)}). Say how numbers are "
            'written (decimal = ",", thousands = " "), or what means "not known" '
            '(missing = [".."]).'
        )
    return values * table.multiply.get(column, 1)


def _text(cell: object, missing: Sequence[str]) -> str | None:
    """Give a cell as text; a number loses decimals that are none."""
    if cell is None or (isinstance(cell, float) and cell != cell):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    return None if not text or text in missing else text


def _number(text: str, table: MappedTable) -> str:
    if table.thousands:
        text = text.replace(table.thousands, "")
        if table.thousands == " ":
            text = re.sub(r"\s", "", text)  # spaces that do not break are spaces too
    return text.replace(",", ".") if table.decimal == "," else text


def _joined(
    before: pd.DataFrame, frame: pd.DataFrame, keys: list[str], table: MappedTable
) -> pd.DataFrame:
    """Put two files of one table together: side by side where columns differ, else below."""
    both = [column for column in frame if column in before and column not in keys]
    if both and set(frame) == set(before):
        return pd.concat([before, frame], ignore_index=True)
    if both:
        raise RecipeError(
            f"{table.file}: {table.into} has {listed(both)} from another file already. Leave it "
            f'out here, such as columns = {{ "…" = "" }}.'
        )
    for part in (before, frame):
        if part.duplicated(keys).any():
            at = part.loc[part.duplicated(keys), keys].iloc[0]
            row = ", ".join(f"{key} {value}" for key, value in at.items())
            raise RecipeError(f"{table.file}: {row} stands twice. Keep one row of each.")
    return before.merge(frame, on=keys, how="outer")
