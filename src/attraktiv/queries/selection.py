"""Which places and years of a variable a question means, and what answers it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import choice
from attraktiv.effects.intervals import SAMPLE
from attraktiv.errors import RunError

#: Draws, or None; what was observed; what is shown, in words.
Answer = tuple[xr.DataArray | None, xr.DataArray, str]


def select_years(values: xr.DataArray, variable: str, years: Sequence[int] | None) -> xr.DataArray:
    """Return the years asked for, or all; an error names those that there are."""
    if years is None:
        return values
    known = [int(year) for year in values[names.YEAR].values]
    for year in years:
        if int(year) not in known:
            raise RunError(f"{variable!r} has no year {year}: it has {known[0]}–{known[-1]}.")
    return values.isel({names.YEAR: [known.index(int(year)) for year in years]})


def no_years(variable: str, years: Sequence[int] | None) -> None:
    """Raise if a year is asked of what does not differ between years."""
    if years is not None:
        raise RunError(
            f"{variable!r} does not differ between years; leave out --year (years=None)."
        )


def find_or_all(run: xr.DataTree, places: Sequence[str] | None) -> np.ndarray:
    """Return the positions asked for, or all, sorted by name."""
    if places is not None:
        return choice.find_places(run, places)
    key, codes, labels = choice.name_key(run), choice.place_codes(run), choice.place_names(run)
    return np.array(sorted(range(len(codes)), key=lambda i: (key(labels[i]), codes[i])), dtype=int)


def nothing(draws: xr.DataArray) -> xr.DataArray:
    """Return NaN in the shape of the draws: nothing observed belongs to them."""
    cell = draws.isel({dim: 0 for dim in SAMPLE if dim in draws.dims}, drop=True)
    return xr.full_like(cell, np.nan, dtype=np.float64)
