"""Read one table of a panel folder: find it, decode it, turn its text into numbers.

Nothing here knows what a panel means. A table is read once; a column that pandas could
not read as numbers is looked at cell by cell, so that the message can name the cell.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zlib
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from attraktiv.panels.faults import Faults, cells, listed

SUFFIXES = (".csv", ".csv.gz", ".parquet")
MISSING_TEXTS = ("", "NA", "NaN", "nan")
"""Cells that mean "not known" in a column of numbers."""

_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}([. ]\d{3})+),\d+")
_EARLIEST_YEAR, _LATEST_YEAR = 1500, 2500


def find_table(folder: Path, stem: str, faults: Faults) -> Path | None:
    """Find ``stem`` in a folder as .csv, .csv.gz or .parquet; None if there is none."""
    found = [folder / f"{stem}{suffix}" for suffix in SUFFIXES]
    found = [path for path in found if path.is_file()]
    if len(found) > 1:
        faults.add(
            f"{listed(path.name for path in found)} are the same table twice; keep one of them."
        )
    return found[0] if found else None


def read_table(
    path: Path,
    required: Sequence[str],
    is_text: Callable[[str], bool],
    faults: Faults,
) -> pd.DataFrame | None:
    """Read one table; columns named by ``is_text`` stay text.

    Parameters
    ----------
    path : Path
        A .csv, .csv.gz (UTF-8, comma-separated, decimal point) or .parquet file.
    required : sequence of str
        Columns that must be there.
    is_text : callable
        Says of a column name whether its values are codes or words.
    faults : Faults
        Where faults are noted.

    Returns
    -------
    pandas.DataFrame or None
        None if the file cannot be used at all; the reason is then noted.
    """
    if path.suffix == ".parquet":
        frame = _read_parquet(path, is_text, faults)
    else:
        frame = _read_csv(path, is_text, faults)
    if frame is None:
        return None
    missing = [column for column in required if column not in frame.columns]
    if missing:
        faults.add(_missing_column_message(path, missing, list(frame.columns)))
        return None
    if frame.empty:
        faults.add(f"{path.name} is empty: it has a header and no rows. Give at least one row.")
        return None
    return frame


def numbers(
    frame: pd.DataFrame, column: str, keys: Sequence[str], file: str, faults: Faults
) -> np.ndarray:
    """Turn a column into float64, noting text, decimal commas and infinite values.

    Returns
    -------
    numpy.ndarray
        One float64 per row; NaN where the cell is empty or faulty.
    """
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        result = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        texts = values.astype(object)
        result = pd.to_numeric(texts.astype(str).str.strip(), errors="coerce").to_numpy(np.float64)
        known = ~(texts.isna() | texts.astype(str).str.strip().isin(MISSING_TEXTS)).to_numpy(bool)
        bad = known & np.isnan(result)
        if bad.any():
            _note_texts(
                frame.assign(**{column: texts.astype(str)}), bad, column, keys, file, faults
            )
    infinite = np.isinf(result)
    if infinite.any():
        faults.add(
            f"{file}, column {column}: infinite values ({cells(frame, infinite, keys, column)}). "
            "Valid is a finite number, or an empty cell where it is not known."
        )
        result = np.where(infinite, np.nan, result)
    return result


def whole_years(
    frame: pd.DataFrame, column: str, keys: Sequence[str], file: str, faults: Faults
) -> np.ndarray:
    """Turn a column of years into float64 that holds whole years or NaN (noted)."""
    before = len(faults)
    years = numbers(frame, column, keys, file, faults)
    with np.errstate(invalid="ignore"):
        bad = ~((years == np.floor(years)) & (years >= _EARLIEST_YEAR) & (years <= _LATEST_YEAR))
    if bad.any() and len(faults) == before:
        faults.add(
            f"{file}, column {column}: not a whole year ({cells(frame, bad, keys, column)}). "
            f"Valid is a whole number from {_EARLIEST_YEAR} to {_LATEST_YEAR}, such as 2015."
        )
    return np.where(bad, np.nan, years)


def _note_texts(
    frame: pd.DataFrame,
    bad: np.ndarray,
    column: str,
    keys: Sequence[str],
    file: str,
    faults: Faults,
) -> None:
    """Note cells that are not numbers; a decimal comma gets its own message."""
    stripped = frame[column].str.strip()
    comma = bad & stripped.str.fullmatch(_DECIMAL_COMMA).to_numpy(bool)
    if comma.any():
        first = stripped[comma].iloc[0]
        mended = re.sub(r"[. ](?=.*,)", "", first).replace(",", ".")
        faults.add(
            f"{file}, column {column}: decimal comma in {comma.sum()} cells "
            f"({cells(frame, comma, keys, column)}). Valid is a decimal point: write {mended} for "
            f"{first}; in pandas, read_csv(..., decimal=',') and to_csv again."
        )
    text = bad & ~comma
    if text.any():
        faults.add(
            f"{file}, column {column}: text in a number ({cells(frame, text, keys, column)}). "
            "Valid is a number such as 12 or 0.5, or an empty cell where it is not known; a column "
            "of words in panel.csv must have a name that ends in _quality."
        )


def _read_parquet(
    path: Path, is_text: Callable[[str], bool], faults: Faults
) -> pd.DataFrame | None:
    try:
        frame = pd.read_parquet(path)
    except (pa.ArrowException, ValueError, OSError) as error:
        faults.add(f"{path.name} cannot be read as parquet ({error}). Write it again.")
        return None
    frame = frame.reset_index(drop=True)
    for column in frame.columns:
        if is_text(column):
            known = frame[column].notna()
            frame[column] = frame[column].astype(str).where(known, None)
    return frame


def _read_csv(path: Path, is_text: Callable[[str], bool], faults: Faults) -> pd.DataFrame | None:
    data = _text_bytes(path, faults)
    if data is None:
        return None
    columns = _header(path, data, faults)
    if columns is None:
        return None
    try:
        with warnings.catch_warnings():
            # pandas only warns of a row with too many fields, and then drops the last of them
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.BytesIO(data),
                encoding="utf-8-sig",
                dtype={column: str for column in columns if is_text(column)},
                keep_default_na=False,
                na_values={c: [""] if is_text(c) else list(MISSING_TEXTS) for c in columns},
                index_col=False,
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())
        faults.add(
            f"{path.name} is not a well-formed table ({reason}). Valid is one value per column in "
            "every row, with a text that holds a comma in double quotes."
        )
        return None


def _text_bytes(path: Path, faults: Faults) -> bytes | None:
    """Read a file as UTF-8 bytes; say where and how it is not."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        faults.add(f"{path.name} cannot be read ({error}). Write it again.")
        return None
    if not data.strip():
        faults.add(f"{path.name} is empty: it has no header. Give a header and at least one row.")
        return None
    position, reason = -1, ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        position = 0 if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data.index(b"\x00")
        reason = "UTF-16"
    else:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            position, reason = error.start, "Windows-1252 (also called ANSI or Latin-1)"
    if position < 0:
        return data
    faults.add(
        f"{path.name} is not UTF-8: the byte at position {position} (line "
        f"{data.count(b'\n', 0, position) + 1}) is 0x{data[position]:02x}; the encoding is likely "
        f"{reason}. Valid is UTF-8: save it as 'CSV UTF-8', or iconv -f "
        f"{'UTF-16' if reason == 'UTF-16' else 'WINDOWS-1252'} -t UTF-8."
    )
    return None


def _header(path: Path, data: bytes, faults: Faults) -> list[str] | None:
    """Read the column names; a name that stands twice is a fault."""
    first = data.decode("utf-8-sig").lstrip("\r\n").splitlines()[0]
    columns = next(csv.reader([first]))
    mark = next((mark for mark in ";\t|" if mark in first), None)
    if len(columns) == 1 and mark:
        # spreadsheets of countries with a decimal comma write semicolons, and both are wrong here
        faults.add(
            f"{path.name}: missing column separator, the header has {mark!r} where a comma should "
            f"stand. Valid is a comma between the columns and a decimal point; in pandas, "
            f"read_csv(..., sep={mark!r}, decimal=',') and to_csv again."
        )
        return None
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        faults.add(
            f"{path.name}: column {listed(twice)} stands twice in the header. Keep one of them."
        )
        return None
    return columns


def _missing_column_message(path: Path, missing: list[str], columns: list[str]) -> str:
    message = f"{path.name}: missing column {listed(missing)}; found {listed(columns, 20)}."
    near = {
        name: get_close_matches(name, [str(column) for column in columns], n=1) for name in missing
    }
    hints = [f"rename {match[0]} to {name}" for name, match in near.items() if match]
    return f"{message} {('Did you mean: ' + listed(hints) + '?') if hints else 'Add it.'}"
