"""Fertility and mortality by age that a panel folder supplies, for forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.panels.faults import Faults, cells
from attraktiv.panels.files import find_table, numbers, read_table

_RATE = "rate"
_MOST = {"fertility": 1.0, "mortality": 5.0}  # more is a rate per hundred or per thousand


@dataclass(frozen=True)
class Schedules:
    """National rates by age.

    Attributes
    ----------
    fertility : xarray.DataArray or None
        (age,) births per woman and year by her age on 1 January.
    mortality : xarray.DataArray or None
        (sex, age) central death rates per year.
    """

    fertility: xr.DataArray | None = None
    mortality: xr.DataArray | None = None


def read_schedules(folder: str | Path) -> Schedules | None:
    """Read fertility.csv (age, rate) and mortality.csv (sex, age, rate) of a panel folder.

    Parameters
    ----------
    folder : str or Path
        A panel folder. Either file may be absent.

    Returns
    -------
    Schedules or None
        None where both are absent.

    Raises
    ------
    PanelError
        If anything in them is wrong; the message names every fault.
    """
    folder = Path(folder)
    faults = Faults(str(folder))
    fertility = _read(folder, "fertility", (names.AGE,), faults)
    mortality = _read(folder, "mortality", (names.SEX, names.AGE), faults)
    faults.raise_any()
    if fertility is None and mortality is None:
        return None
    return Schedules(fertility, mortality)


def _read(folder: Path, stem: str, keys: tuple[str, ...], faults: Faults) -> xr.DataArray | None:
    path = find_table(folder, stem, faults)
    if path is None:
        return None
    raw = read_table(path, (*keys, _RATE), lambda column: column == names.SEX, faults)
    if raw is None:
        return None
    before = len(faults)
    table = pd.DataFrame(
        {
            key: raw[key] if key == names.SEX else numbers(raw, key, keys, path.name, faults)
            for key in (*keys, _RATE)
        }
    )
    _check(table, keys, path.name, _MOST[stem], faults)
    if len(faults) > before:
        return None
    table = table.astype({names.AGE: np.int64}).set_index(list(keys))
    result: xr.DataArray = table[_RATE].to_xarray()
    if result.isnull().any():
        faults.add(
            f"{path.name}: the sexes do not have the same ages. Valid is one row for each sex and "
            "age."
        )
        return None
    return result


def _check(
    table: pd.DataFrame, keys: tuple[str, ...], file: str, most: float, faults: Faults
) -> None:
    empty = table.isna().any(axis=1).to_numpy()
    if empty.any():
        faults.add(
            f"{file}: empty cells ({cells(table, empty, keys, _RATE)}). Every row needs "
            f"{', '.join((*keys, _RATE))}."
        )
    age, rate = table[names.AGE].to_numpy(), table[_RATE].to_numpy()
    odd = ~empty & ((age != np.floor(age)) | (age < 0))
    if odd.any():
        faults.add(
            f"{file}, column age: not a whole age ({cells(table, odd, keys, names.AGE)}). Valid is "
            "a whole number from 0."
        )
    outside = ~empty & ((rate < 0) | (rate > most))
    if outside.any():
        faults.add(
            f"{file}, column rate: outside 0 to {most:g} ({cells(table, outside, keys, _RATE)}). "
            "Valid is a rate per person and year: write 0.012 for 12 per thousand."
        )
    twice = table.duplicated(list(keys)).to_numpy() & ~empty
    if twice.any():
        faults.add(
            f"{file}: duplicate rows ({cells(table, twice, keys, None)}). Valid is one row for "
            f"each {', '.join(keys)}."
        )
    if not empty.any() and not rate.any():
        faults.add(f"{file}, column rate: every rate is zero. Give the rates of the nation.")
