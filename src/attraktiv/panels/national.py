"""A projection of the nation's population, from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv.errors import PanelError
from attraktiv.names import POPULATION, YEAR

_VARIANT = "variant"


def read_national(path: str | Path, years: range) -> np.ndarray:
    """Read the population that the nation shall have.

    Parameters
    ----------
    path : str or Path
        A csv file with columns ``year`` and ``population`` (persons on 1 January), and
        ``variant`` where there are several. ``FILE:VARIANT`` takes one of them.
    years : range
        Years of flows; the population asked for is that of the 1 January after each.

    Returns
    -------
    numpy.ndarray
        (year, variant) persons.

    Raises
    ------
    PanelError
        There is no such file or variant, or a year is missing, twice there, or not above zero.
    """
    file, variant = Path(path), None
    if not file.is_file() and ":" in str(path):
        name, _, variant = str(path).rpartition(":")
        file = Path(name)
    if not file.is_file():
        raise PanelError(
            f"There is no file {str(path)!r} with the nation's population. Give a csv file with "
            "the columns year and population: --national FILE.csv"
        )
    try:
        frame = pd.read_csv(file, dtype={_VARIANT: str})
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise PanelError(f"{file} is not a csv file in UTF-8: {error}") from None
    if not {YEAR, POPULATION} <= set(frame.columns):
        raise PanelError(
            f"{file} has the columns {', '.join(map(str, frame.columns))}; it needs year and "
            "population, and variant where there are several."
        )
    variants = frame[_VARIANT] if _VARIANT in frame else pd.Series("", index=frame.index)
    if variant is not None:
        if variant not in set(variants):
            valid = ", ".join(sorted(set(variants.astype(str))))
            raise PanelError(f"{file} has no variant {variant!r}; it has {valid or 'none'}.")
        frame, variants = frame[variants == variant], variants[variants == variant]
    wanted = [year + 1 for year in years]
    columns = []
    for name, rows in frame.groupby(variants, sort=True):
        series = pd.to_numeric(rows.set_index(YEAR)[POPULATION], errors="coerce")
        of = f" of the variant {name}" if name else ""
        if series.index.has_duplicates:
            twice = series.index[series.index.duplicated()][0]
            raise PanelError(f"{file}: the year {twice}{of} is there more than once.")
        values = series.reindex(wanted)
        bad = values.index[~(values > 0)]
        if len(bad):
            raise PanelError(
                f"{file}: no population above zero{of} on 1 January {bad[0]}. Needed are "
                f"{wanted[0]} to {wanted[-1]}; or forecast fewer years."
            )
        columns.append(values.to_numpy(dtype=np.float64))
    return np.stack(columns, axis=1)
