"""What is known of places beside their figures: the columns of places.csv."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import pandas as pd

from attraktiv import names
from attraktiv.errors import InputError, RefusedError, SourceWarning
from attraktiv.panels.faults import listed
from attraktiv.sources import klass
from attraktiv.sources.borders.mapping import CODE
from attraktiv.sources.klass.answers import Fetch
from attraktiv.sources.recipes import Borders, Recipe


def with_attributes(
    places: pd.DataFrame, borders: Borders, fetch: Fetch, year: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Add what the classifications say of each place.

    Parameters
    ----------
    places : pandas.DataFrame
        ``place`` and ``name``.
    borders : Borders
        Which attributes, and the numbers of their classifications.
    fetch : callable
        ``fetch(url, params) -> bytes``.
    year : int
        As of 1 January.

    Returns
    -------
    places : pandas.DataFrame
        With the attributes; empty where a place has none.
    notes : tuple of str
        Which attributes are left out.

    Warns
    -----
    SourceWarning
        If an attribute is left out, for its classification is not there or not the one meant.
    """
    notes = []
    for attribute in borders.attributes:
        try:
            found = _classified(attribute, borders, fetch, year)
        except (InputError, RefusedError) as error:
            # a panel without its counties is a panel
            notes.append(f"{attribute} is left out of places.csv: {error}")
            warnings.warn(SourceWarning(notes[-1]), stacklevel=6)
            continue
        found = found.drop(columns=names.NAME).rename(columns={CODE: names.PLACE})
        places = places.merge(found, on=names.PLACE, how="left")
    return places, tuple(notes)


def with_stand_ins(
    places: pd.DataFrame, recipe: Recipe, given: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Add the columns that a recipe tells by others, and say what is not known.

    Parameters
    ----------
    places : pandas.DataFrame
        The places of the panel with their attributes.
    recipe : Recipe
    given : sequence of str
        Columns that the user gives: nothing stands in for them.

    Returns
    -------
    places : pandas.DataFrame
        With the columns.
    notes : list of str
        What stands in, and what is not known.

    Warns
    -----
    SourceWarning
        If an attribute is not known of a place, or a stand-in cannot be told.
    """
    doubts, notes = [], []
    for attribute in recipe.borders.attributes if recipe.borders else ():
        if attribute in places and places[attribute].isna().any():
            gaps = places.loc[places[attribute].isna(), names.PLACE]
            doubts.append(f"{attribute} is not known of {listed(gaps)}: empty in places.csv.")
    for column, rule in recipe.stand_in.items():
        if column in given or rule.of not in places:
            continue
        known = places[rule.of].map(_written, na_action="ignore")
        values = known.map(rule.values)
        untold = sorted(set(known[values.isna()].dropna()))
        if untold:
            doubts.append(
                f"{column} is left out of places.csv: the recipe has no number for {rule.of} "
                f"{listed(untold)}, only for {listed(rule.values, 12)}. Add it under "
                f"[stand_in.{column}], or give the column itself with --places (places_file=)."
            )
            continue
        places = places.assign(**{column: values.astype(float)})
        notes.append(
            f"{column} is told by {rule.of} alone, one number for each value: "
            f"{listed((f'{value} {number:g}' for value, number in rule.values.items()), 12)}."
        )
    for doubt in doubts:
        warnings.warn(SourceWarning(doubt), stacklevel=5)
    return places, [*notes, *doubts]


def _classified(attribute: str, borders: Borders, fetch: Fetch, year: int) -> pd.DataFrame:
    if attribute == "county":
        return klass.counties(fetch, year, borders.numbers.get("county", klass.COUNTIES))
    if attribute == "economic_region":
        number = borders.numbers.get("economic_region", klass.ECONOMIC_REGIONS)
        return klass.economic_regions(fetch, year, number)
    return klass.centrality(fetch, year)


def _written(value: object) -> str:
    """Write a value of an attribute as a recipe does; a class is a whole number."""
    return f"{value:g}" if isinstance(value, int | float) else str(value)
