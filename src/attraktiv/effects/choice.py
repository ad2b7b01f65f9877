"""Which places, groups and years of a run a question means."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv.errors import RunError
from attraktiv.names import CONSTANT_DATA, GROUP, NAME, OBSERVED_DATA, PLACE, YEAR
from attraktiv.words.sorting import Key, sort_key

UNKNOWN_GROUP = "(unknown)"
#: "Trondheim - Tråante" and "Ålesund (incl. Haram)" answer to each name they hold.
_PARTS = re.compile(r" - | \(|\)")
_NOT_GROUPS = frozenset({NAME})


@dataclass(frozen=True)
class Chosen:
    """Places, each asked for by itself or as a part of its group.

    Attributes
    ----------
    positions
        Positions along ``place``.
    group_of
        For each of them the position of its group; of a place alone its own.
    labels, named
        Codes and names of the places, or the labels of the groups.
    dim
        ``place`` or ``group``.
    """

    positions: np.ndarray
    group_of: np.ndarray
    labels: np.ndarray
    named: np.ndarray
    dim: str


def choose(run: xr.DataTree, places: Sequence[str] | None, group: str | None) -> Chosen:
    """Return the places, or the groups by a column, that a question names.

    Raises
    ------
    RunError
        As for :func:`find_places` and :func:`find_groups`.
    """
    if group is None:
        positions = find_places(run, places)
        codes, labels = place_codes(run), place_names(run)
        return Chosen(
            positions,
            np.arange(len(positions)),
            np.array(codes, dtype=object)[positions],
            np.array(labels, dtype=object)[positions],
            PLACE,
        )
    positions, group_of, found = find_groups(run, group, places)
    of_groups = np.array(found, dtype=object)
    return Chosen(positions, group_of, of_groups, of_groups, GROUP)


def place_codes(run: xr.DataTree) -> list[str]:
    """Return the codes of the run's places, in the panel's order."""
    return [str(code) for code in run[CONSTANT_DATA].dataset[PLACE].values]


def place_names(run: xr.DataTree) -> list[str]:
    """Return the names of the run's places; the code where a place has no name."""
    codes = place_codes(run)
    constant = run[CONSTANT_DATA].dataset
    if NAME not in constant:
        return codes
    named = zip(constant[NAME].values, codes, strict=True)
    return [str(name) if isinstance(name, str) and name else code for name, code in named]


def name_key(run: xr.DataTree) -> Key:
    """Return the sort key of the language that the run's places are named in."""
    return sort_key(str(run.attrs.get("place_names", "")))


def find_places(run: xr.DataTree, places: Sequence[str] | None) -> np.ndarray:
    """Return the positions of places given by code or by name.

    Parameters
    ----------
    run
        A run.
    places
        Codes, or names in upper or lower case; None for all places.

    Returns
    -------
    ndarray of int
        Positions along ``place``, in the order asked for, each once.

    Raises
    ------
    RunError
        A place is unknown (near matches are named), or a name belongs to several
        places (all are named).
    """
    codes = place_codes(run)
    if places is None:
        return np.arange(len(codes))
    return find(_as_list(places), codes, place_names(run), what="place")


def find(wanted: Sequence[str], codes: list[str], labels: list[str], *, what: str) -> np.ndarray:
    """Return the positions of ``wanted`` among codes and labels (see :func:`find_places`)."""
    by_code = {code: i for i, code in enumerate(codes)}
    by_label: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        for name in {_fold(part) for part in (label, *_PARTS.split(label)) if part}:
            by_label.setdefault(name, []).append(i)
    found: dict[int, None] = {}
    for text in wanted:
        if text in by_code:
            found[by_code[text]] = None
            continue
        hits = by_label.get(_fold(text), [])
        whole = [i for i in hits if _fold(labels[i]) == _fold(text)]
        hits = whole or hits
        if not hits:
            raise RunError(_unknown(text, codes, labels, by_label, what))
        if len(hits) > 1:
            candidates = ", ".join(f"{codes[i]} ({labels[i]})" for i in hits)
            raise RunError(
                f"The name {text!r} belongs to {len(hits)} {what}s: {candidates}. Give the code, "
                f"for example {codes[hits[0]]}."
            )
        found[hits[0]] = None
    return np.array(list(found), dtype=np.intp)


def find_years(run: xr.DataTree, first: int | None, last: int | None) -> slice:
    """Return the positions of a period, both ends included.

    Raises
    ------
    RunError
        The period is empty or reaches outside the run's years.
    """
    years = run_years(run)
    start, end = years[0] if first is None else first, years[-1] if last is None else last
    for year in (start, end):
        if year not in years:
            raise RunError(unknown_year(run, year))
    if start > end:
        raise RunError(
            f"The period {start} to {end} is empty: the first year is after the last. Valid, for "
            f"example: --from {end} --until {start}."
        )
    return slice(years.index(start), years.index(end) + 1)


def run_years(run: xr.DataTree) -> list[int]:
    """Return the years of the fit, in order."""
    return [int(year) for year in run[OBSERVED_DATA].dataset[YEAR].values]


def unknown_year(run: xr.DataTree, year: int) -> str:
    """Return the message for a year that the run does not have."""
    years = run_years(run)
    return f"The run has no year {year}: it was fitted to {years[0]}–{years[-1]}."


def group_labels(run: xr.DataTree, column: str) -> np.ndarray:
    """Return the group of every place by a grouping column of the panel.

    Parameters
    ----------
    column
        A text, boolean or whole-number attribute of places, for example ``county_name``.

    Returns
    -------
    ndarray of object
        One label per place; ``(unknown)`` where the column has no value.

    Raises
    ------
    RunError
        The run has no such column; the columns it can group by are named.
    """
    valid = grouping_columns(run)
    if column not in valid:
        near = difflib.get_close_matches(column, valid, n=3)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise RunError(
            f"The run cannot be grouped by {column!r}.{hint} Columns that group its places: "
            f"{', '.join(valid) or 'none'}."
        )
    return np.array([_label(v) for v in run[CONSTANT_DATA].dataset[column].values], dtype=object)


def find_groups(
    run: xr.DataTree, column: str, wanted: Sequence[str] | None
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the places of groups, which group each belongs to, and the groups' labels.

    Parameters
    ----------
    run
        A run.
    column
        A grouping column of the panel.
    wanted
        Labels of groups, in upper or lower case; None for all, sorted by name.

    Returns
    -------
    tuple
        Positions along ``place``; for each of them the position of its group; the labels.

    Raises
    ------
    RunError
        The run has no such column, or the column has no such group.
    """
    of_place = group_labels(run, column)
    labels = sorted(set(of_place), key=name_key(run))
    if wanted is not None:
        labels = [labels[i] for i in find(_as_list(wanted), labels, labels, what="group")]
    index = {label: i for i, label in enumerate(labels)}
    positions = np.flatnonzero([label in index for label in of_place])
    return positions, np.array([index[of_place[i]] for i in positions]), labels


def grouping_columns(run: xr.DataTree) -> list[str]:
    """Return the attributes of places that can group them, in alphabetical order."""
    constant = run[CONSTANT_DATA].dataset
    return sorted(
        str(name)
        for name, values in constant.data_vars.items()
        if values.dims == (PLACE,) and name not in _NOT_GROUPS and _groups(values.values)
    )


def _groups(values: np.ndarray) -> bool:
    if values.dtype.kind != "f":
        return True
    known = values[np.isfinite(values)]
    return bool(known.size and np.all(known == np.round(known)) and np.unique(known).size < 100)


def _label(value: object) -> str:
    if isinstance(value, str):
        return value or UNKNOWN_GROUP
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if np.isfinite(value) else UNKNOWN_GROUP
    return str(value)


def _unknown(
    text: str, codes: list[str], labels: list[str], by_label: dict[str, list[int]], what: str
) -> str:
    like_label = difflib.get_close_matches(_fold(text), by_label, n=3)
    like_code = difflib.get_close_matches(text, codes, n=3, cutoff=0.7)
    near = [i for hit in like_label for i in by_label[hit]] + [codes.index(c) for c in like_code]
    near += [i for i, label in enumerate(labels) if text and _fold(text) in _fold(label)]
    named = [
        labels[i] if labels[i] == codes[i] else f"{labels[i]} ({codes[i]})"
        for i in dict.fromkeys(near)
    ][:5]
    hint = f"Near matches: {', '.join(named)}." if named else f"For example: {codes[0]}."
    return f"The run has no {what} {text!r}; {what}s are given by code or by name. {hint}"


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def _as_list(places: Iterable[str] | str) -> list[str]:
    return [places] if isinstance(places, str) else [str(place) for place in places]
