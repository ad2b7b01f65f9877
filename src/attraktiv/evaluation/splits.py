"""Earlier years to fit, later years to judge by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr

from attraktiv import names
from attraktiv.errors import InputError
from attraktiv.panels import covariate

_PATTERN = re.compile(r"(\d+):(\d+)/(\d+):(\d+)")
_EXAMPLE = "--split 2006:2011/2012:2016"


@dataclass(frozen=True)
class Split:
    """Years of the fit and later years, both ends included."""

    first: int
    last: int
    later_first: int
    later_last: int

    @property
    def label(self) -> str:
        """The split as a user writes it."""
        return f"{self.first}:{self.last}/{self.later_first}:{self.later_last}"

    @property
    def later_years(self) -> list[int]:
        """The years to judge by."""
        return list(range(self.later_first, self.later_last + 1))


def parse_splits(texts: Sequence[str], panel: xr.Dataset, outcome: str) -> list[Split]:
    """Read splits such as ``2006:2011/2012:2016``.

    Parameters
    ----------
    texts : sequence of str
        Each the first and last year of the fit, and the first and last later year.
    panel : xarray.Dataset
    outcome : str
        The covariate that must be known in the years.

    Raises
    ------
    InputError
        If there is no split, one is given twice or cannot be read, its later years do not
        come after the fit, or its years are not in the panel.
    """
    if isinstance(texts, str):
        texts = [texts]
    if not texts:
        raise InputError(f"No split of the years is given. Give at least one: {_EXAMPLE}.")
    known = covariate(panel, outcome).notnull().any(names.PLACE)
    years = panel[names.YEAR].values[known.values]
    splits = [_checked(_parsed(text), [int(year) for year in years], outcome) for text in texts]
    for split in splits:
        if splits.count(split) > 1:
            raise InputError(f"The split {split.label} is given twice; give each split once.")
    return splits


def _parsed(text: str) -> Split:
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"The split {text!r} cannot be read. A split is the first and last year to fit, a "
            f"slash, and the first and last year to judge by: {_EXAMPLE}."
        )
    return Split(*(int(year) for year in match.groups()))


def _checked(split: Split, years: list[int], outcome: str) -> Split:
    if split.first >= split.last or split.later_first > split.later_last:
        raise InputError(
            f"The split {split.label} has an empty or too short period: at least two years to fit "
            f"and one to judge by are needed, the earlier year first, for example {_EXAMPLE}."
        )
    if split.later_first <= split.last:
        raise InputError(
            f"The split {split.label} judges by years that it was fitted to: {split.later_first} "
            f"is not after {split.last}. Valid, for example: --split {split.first}:{split.last}/"
            f"{split.last + 1}:{max(split.later_last, split.last + 1)}."
        )
    if not years or split.first < years[0] or split.later_last > years[-1]:
        found = f"{years[0]}–{years[-1]}" if years else "no year"
        raise InputError(
            f"The split {split.label} reaches outside the panel, which knows {outcome} in {found}. "
            "Give a split within these years."
        )
    return split
