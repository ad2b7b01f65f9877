"""Every table of a country in the borders of one year, with a report of what that took."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from attraktiv import names
from attraktiv.errors import RecipeError, SourceWarning
from attraktiv.panels.faults import listed
from attraktiv.sources import klass
from attraktiv.sources.attributes import with_attributes
from attraktiv.sources.borders import (
    balance_splits,
    mapping_from_changes,
    pairs_to_borders,
    parts_to_borders,
    to_borders,
)
from attraktiv.sources.borders.mapping import CODE, TO_YEAR, of_years
from attraktiv.sources.client import Client
from attraktiv.sources.divisions import with_shares
from attraktiv.sources.extraction import Extract
from attraktiv.sources.recipes import KEYS, PLACES, PROJECTIONS, Recipe
from attraktiv.sources.snapshots import Snapshot

_AHEAD = "year_ahead"
_HALVES = (names.NET_DOMESTIC_MIGRATION, names.NET_INTERNATIONAL_MIGRATION)


@dataclass(frozen=True)
class Harmony:
    """Borders of one year.

    Attributes
    ----------
    year : int or None
        Whose borders; None where codes are places as they are.
    mapping : pandas.DataFrame or None
        To which place each code of each year belongs.
    places : pandas.DataFrame
        ``place``, ``name`` and attributes, by code.
    snapshots : tuple of Snapshot
        The answers it was made of.
    notes : tuple of str
        What the classifications do not say of places.
    """

    year: int | None
    mapping: pd.DataFrame | None
    places: pd.DataFrame
    snapshots: tuple[Snapshot, ...] = ()
    notes: tuple[str, ...] = ()


def harmony_of(
    client: Client, recipe: Recipe, main: Extract, years: range, borders: int | None
) -> Harmony:
    """Find out to which place each code belongs.

    Parameters
    ----------
    client : Client
    recipe : Recipe
    main : Extract
        The table that has the population.
    years : range
        Years of the panel.
    borders : int, optional
        Whose borders; by default what the recipe says, or the last year.

    Returns
    -------
    Harmony

    Raises
    ------
    RecipeError
        If borders are asked for of a country whose recipe does not know them.

    Warns
    -----
    SourceWarning
        If a code begins without a change, or an attribute is left out.
    """
    if recipe.borders is None:
        if borders is not None:
            raise RecipeError(
                f"The borders of {borders} are asked for, and the recipe says nothing of borders: "
                "its codes are places as they are. Leave --borders (borders=) out."
            )
        frame = pd.DataFrame({names.PLACE: list(main.names), names.NAME: list(main.names.values())})
        return Harmony(None, None, frame.sort_values(names.PLACE, ignore_index=True))
    used: list[Snapshot] = []

    def fetch(url: str, params: Mapping[str, str]) -> bytes:
        used.append(client.get(url, params))
        return used[-1].content

    year = borders or recipe.borders.year or int(main.frame[names.YEAR].max())
    first, last = min(years[0], year), max(years[-1], year)
    codes = klass.municipalities(fetch, first, last)
    changes = klass.changes(fetch, first, last)
    shared = with_shares(changes, _population(main), recipe.borders.shares)
    mapping = mapping_from_changes(shared, year, codes, from_year=first, to_year=last)
    origins = _without_origin(codes, changes, first, last)
    day = pd.Timestamp(year, 1, 1)
    there = codes[(codes["valid_from"] <= day) & ~(codes["valid_to"] <= day)]
    places = there.rename(columns={CODE: names.PLACE})[[names.PLACE, names.NAME]]
    places, notes = with_attributes(places, recipe.borders, fetch, year)
    places = places.sort_values(names.PLACE, ignore_index=True)
    snapshots = tuple({s.sha256: s for s in used}.values())
    return Harmony(year, mapping, places, snapshots, (*origins, *notes))


def in_borders(
    extract: Extract, harmony: Harmony
) -> tuple[pd.DataFrame, pd.DataFrame | None, list[str]]:
    """Bring a table to the borders.

    Parameters
    ----------
    extract : Extract
        As it came.
    harmony : Harmony
        Whose borders.

    Returns
    -------
    frame : pandas.DataFrame
        With places where codes were.
    report : pandas.DataFrame or None
        As :func:`attraktiv.sources.borders.to_borders` gives it; None of pairs, and where codes
        are places.
    notes : list of str
        What was left out.
    """
    keys = KEYS[extract.recipe.into]
    ends = [key for key in keys if key in PLACES]
    counts = list(extract.recipe.values)
    frame = extract.frame
    notes: list[str] = []
    if extract.recipe.into == "panel" and names.POPULATION in counts:
        # a code without people is one that is not in use that year, and its zeros are none
        frame = frame[frame[names.POPULATION] > 0]
    mapping = harmony.mapping
    ahead = extract.recipe.into == PROJECTIONS and mapping is not None
    if ahead and mapping is not None:
        # the codes of years to come are those of the year in which it was made
        made = min(extract.recipe.origin or 0, int(mapping[TO_YEAR].max()))
        frame = frame.rename(columns={names.YEAR: _AHEAD}).assign(**{names.YEAR: made})
    if mapping is not None:
        frame, notes = _known(frame, mapping, ends, counts)
    if frame.empty:
        raise RecipeError(
            f"Table {extract.recipe.id} has no figures for a place that is in use in the years "
            "asked for. Ask for other years, or correct the pattern of the codes of places."
        )
    if mapping is None:
        return frame, None, notes
    if len(ends) == 2:
        moved = pairs_to_borders(frame, mapping, counts, pair=(ends[0], ends[1]))
        return moved[[*keys, *counts]], None, notes
    by = [_AHEAD] if ahead else [key for key in keys if key not in (names.PLACE, names.YEAR)]
    renamed = frame.rename(columns={names.PLACE: CODE})
    if set(_HALVES) <= set(counts):
        moved, report = parts_to_borders(renamed, mapping, counts, _HALVES, by=by)
    else:
        moved, report = to_borders(renamed, mapping, counts, by=by)
    if ahead:
        moved = moved.drop(columns=names.YEAR).rename(columns={_AHEAD: names.YEAR})
    balanced = {names.POPULATION, names.NATURAL_INCREASE, names.NET_MIGRATION}
    if extract.recipe.into == "panel" and balanced <= set(counts):
        moved = balance_splits(moved, mapping)
    return moved, report, notes


def _known(
    frame: pd.DataFrame, mapping: pd.DataFrame, ends: list[str], counts: list[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Leave out rows of codes that are not in use in their year, and say so if they count."""
    used = of_years(mapping, frame[names.YEAR].unique())
    used_index = pd.MultiIndex.from_frame(used[[CODE, names.YEAR]]).unique()
    known = pd.Series(True, index=frame.index)
    for end in ends:
        known &= pd.MultiIndex.from_frame(frame[[end, names.YEAR]]).isin(used_index)
    lost = frame[~known & (frame[counts].fillna(0) != 0).any(axis=1)]
    notes = []
    if len(lost):
        rows = lost.groupby(ends[0])[names.YEAR].agg(["min", "max"]).itertuples()
        which = listed((f"{code} ({first}–{last})" for code, first, last in rows), 12)
        share = 100 * lost[counts[0]].abs().sum() / frame[counts[0]].abs().sum()
        notes.append(
            f"Left out, for no municipality has the code in those years: {which}; "
            f"{share:.3g} % of {counts[0]}."
        )
    return frame[known], notes


def _without_origin(codes: pd.DataFrame, changes: pd.DataFrame, first: int, last: int) -> list[str]:
    """Note, and warn of, codes that begin in the years of the panel out of nothing."""
    begins = codes.groupby(CODE)["valid_from"].min()
    inside = begins[(begins > pd.Timestamp(first, 1, 1)) & (begins <= pd.Timestamp(last, 1, 1))]
    unsaid = sorted(set(inside.index) - set(changes["new_code"]))
    if not unsaid:
        return []
    which = listed(f"{code} ({inside[code]:%Y-%m-%d})" for code in unsaid)
    note = (
        f"No change says what {which} was before it began. Figures of earlier years are not in "
        "it, and may be in a place that they do not belong to."
    )
    warnings.warn(SourceWarning(note), stacklevel=5)
    return [note]


def _population(main: Extract) -> pd.DataFrame:
    frame = main.frame.rename(columns={names.PLACE: CODE})
    known = frame[frame[names.POPULATION] > 0]
    growth = pd.Series(float("nan"), index=known.index)
    if {names.NATURAL_INCREASE, names.NET_MIGRATION} <= set(known):
        growth = known[names.NATURAL_INCREASE] + known[names.NET_MIGRATION]
    return known[[CODE, names.YEAR, names.POPULATION]].assign(growth=growth)
