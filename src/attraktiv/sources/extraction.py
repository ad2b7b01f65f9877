"""Take from a table of a service what a recipe names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.errors import RecipeError
from attraktiv.panels.faults import listed
from attraktiv.sources.client import Client
from attraktiv.sources.jsonstat import MISSING, STATUS, VALUE, Variable
from attraktiv.sources.pxweb import Table, ask, read_table
from attraktiv.sources.recipes import KEYS, PLACES, Difference, Recipe, TableRecipe
from attraktiv.sources.snapshots import Snapshot

_PERIOD = re.compile(r"(\d{4})(?:([A-Za-z])\d{1,2})?")
PERIODS: Final = {"": 1, "H": 2, "K": 4, "Q": 4, "M": 12}
"""How many periods a year has, by the letter of their codes: half years, quarters, months."""


@dataclass(frozen=True)
class Extract:
    """What came of one table.

    Attributes
    ----------
    recipe : TableRecipe
        What was wanted.
    frame : pandas.DataFrame
        The keys (codes of places as the service has them, ``year`` int64) and the columns of
        ``recipe.values`` (float64, NaN where there is no number).
    names : dict
        Name of each code of a place.
    signs : dict
        How many cells carried each sign, such as ``:`` for confidential.
    snapshots : tuple of Snapshot
        The answers it was made of.
    """

    recipe: TableRecipe
    frame: pd.DataFrame
    names: dict[str, str]
    signs: dict[str, int]
    snapshots: tuple[Snapshot, ...]


@dataclass(frozen=True)
class _Key:
    """A key of the folder: the variable it is, and what is written for each of its codes."""

    variable: str
    written: dict[str, str]


def extract(
    client: Client, recipe: Recipe, wanted: TableRecipe, years: range, limit: int
) -> Extract:
    """Ask for what one table of a recipe names.

    Parameters
    ----------
    client : Client
    recipe : Recipe
    wanted : TableRecipe
        One of its tables.
    years : range
        The years taken.
    limit : int
        How many cells an answer may have.

    Returns
    -------
    Extract

    Raises
    ------
    RecipeError
        If the table does not have what the recipe names.
    IngestError
        If the service refuses, or an answer is not sound.
    """
    table = _divided(client, recipe, wanted)
    variables = {variable.code: variable for variable in table.cube.variables}
    keys = {key: _key(key, recipe, wanted, table, variables, years) for key in KEYS[wanted.into]}
    metric = _role(table, "metric", wanted)
    measures = _measures(wanted, variables[metric])
    selection: dict[str, Iterable[str]] = {k.variable: list(k.written) for k in keys.values()}
    selection[metric] = sorted({code for plus, minus in measures.values() for code in plus + minus})
    selection |= _rest(wanted, table, variables, set(selection))
    pairs = len(PLACES & keys.keys()) == 2
    ordered = {code: list(selection[code]) for code in variables if code in selection}
    found, snapshots = ask(client, table, ordered, limit, sparse=pairs)
    if found[VALUE].isna().all():
        raise RecipeError(
            f"Table {wanted.id} has no figure for the years asked for, {years[0]} to {years[-1]}, "
            "though it lists them. Ask for other years."
        )
    signs = found[STATUS][found[STATUS] != ""].value_counts().sort_index()
    place = next(key for key in keys.values() if key is keys.get(names.PLACE) or pairs)
    return Extract(
        recipe=wanted,
        frame=_tidy(found, keys, metric, measures, wanted),
        names={w: variables[place.variable].categories[c] for c, w in place.written.items()},
        signs={str(sign): int(count) for sign, count in signs.items()},
        snapshots=(table.snapshot, *snapshots),
    )


def matching(pattern: str, categories: Mapping[str, str]) -> list[str]:
    """Give the codes that a pattern matches; where it matches none, those whose label it does."""
    form = re.compile(pattern, re.IGNORECASE)
    codes = [code for code in categories if form.fullmatch(code)]
    return codes or [code for code, label in categories.items() if form.fullmatch(label)]


def _one(pattern: str, categories: Mapping[str, str], what: str, table: str) -> str:
    found = matching(pattern, categories)
    if len(found) != 1:
        known = listed((f"{code} ({label})" for code, label in categories.items()), 12)
        raise RecipeError(
            f"Table {table}: {pattern!r} of the recipe matches "
            f"{listed(found) if found else 'no'} {what}, and must match one. The table has {known}."
        )
    return found[0]


def _variable(pattern: str, table: Table) -> str:
    labels = {variable.code: variable.label for variable in table.cube.variables}
    return _one(pattern, labels, "variable", table.id)


def _divided(client: Client, recipe: Recipe, wanted: TableRecipe) -> Table:
    """Read the metadata, with the codelists that the recipe asks for."""
    table = read_table(client, recipe.service, wanted.id, recipe.language)
    chosen = {}
    for variable, pattern in wanted.codelists.items():
        code = _variable(variable, table)
        lists = next(v.codelists for v in table.cube.variables if v.code == code)
        found = matching(pattern, {item.id: item.label for item in lists})
        if not found:
            offered = listed((f"{item.id} ({item.label})" for item in lists), 12) or "none"
            raise RecipeError(
                f"Table {table.id}, {code}: {pattern!r} of the recipe matches no codelist. The "
                f"table has {offered}."
            )
        chosen[code] = found[0]
    if not chosen:
        return table
    return read_table(client, recipe.service, wanted.id, recipe.language, chosen)


def _role(table: Table, role: str, wanted: TableRecipe) -> str:
    codes = table.cube.roles.get(role, ())
    if len(codes) != 1:
        raise RecipeError(
            f"Table {wanted.id}: {listed(codes) or 'no variable'} has the role {role}, and it must "
            "be one. Name the variable in the recipe, under [table.keys]."
        )
    return codes[0]


def _key(
    key: str,
    recipe: Recipe,
    wanted: TableRecipe,
    table: Table,
    variables: Mapping[str, Variable],
    years: range,
) -> _Key:
    default = {names.YEAR: "time", names.PLACE: "geo"}
    if key in wanted.keys:
        code = _variable(wanted.keys[key], table)
    else:
        code = _role(table, default[key], wanted)
    categories = variables[code].categories
    written: dict[str, str]
    if key == names.YEAR:
        written = {
            period: found[1]
            for period in categories
            if (found := _PERIOD.fullmatch(period)) and int(found[1]) in years
        }
    elif key in wanted.recode:
        found_codes = {
            text: _one(pattern, categories, f"code of {code}", table.id)
            for text, pattern in wanted.recode[key].items()
        }
        written = {code: text for text, code in found_codes.items()}
    else:
        pattern = wanted.codes.get(key, recipe.places.codes if key in PLACES else ".*")
        written = _written(pattern, categories)
    if not written:
        raise RecipeError(
            f"Table {wanted.id}, {code}: none of its codes is one that {key} may have. It has "
            f"{listed(categories, 12)}"
            + (f"; asked for are {years[0]} to {years[-1]}." if key == names.YEAR else ".")
        )
    if key != names.YEAR and len(set(written.values())) < len(written):
        raise RecipeError(
            f"Table {wanted.id}, {code}: two codes would both be written as the same {key}. Make "
            "the pattern in the recipe narrower."
        )
    return _Key(code, written)


def _written(pattern: str, categories: Mapping[str, str]) -> dict[str, str]:
    form = re.compile(pattern, re.IGNORECASE)
    found = ((code, form.fullmatch(code)) for code in categories)
    return {code: match[match.re.groups and 1] for code, match in found if match}


def _measures(
    wanted: TableRecipe, metric: Variable
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Give the contents that a column adds, and those that it takes off."""

    def codes(patterns: Iterable[str]) -> tuple[str, ...]:
        return tuple(_one(p, metric.categories, "content", wanted.id) for p in patterns)

    return {
        column: (codes(rule.plus), codes(rule.minus))
        if isinstance(rule, Difference)
        else (codes([rule]), ())
        for column, rule in wanted.values.items()
    }


def _rest(
    wanted: TableRecipe, table: Table, variables: Mapping[str, Variable], taken: set[str]
) -> dict[str, list[str]]:
    """Say what is asked of the variables that are no key: one code, all, or nothing."""
    total = {_variable(v, table): pattern for v, pattern in wanted.total.items()}
    summed = {_variable(v, table) for v in wanted.add_up}
    chosen = {}
    for code, variable in variables.items():
        if code in taken:
            continue
        if code in total:
            chosen[code] = [_one(total[code], variable.categories, f"code of {code}", table.id)]
        elif variable.eliminable:
            continue  # the service sums it, and knows which of its codes are sums themselves
        elif code in summed:
            chosen[code] = list(variable.categories)
        else:
            raise RecipeError(
                f"Table {table.id}: the recipe does not say what is to be done with {code} "
                f"({variable.label}), which the table does not sum itself. Name its total, such "
                f'as [table.total] {code} = "CODE", or sum it: add_up = ["{code}"].'
            )
    return chosen


def _tidy(
    found: pd.DataFrame,
    keys: Mapping[str, _Key],
    metric: str,
    measures: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    wanted: TableRecipe,
) -> pd.DataFrame:
    """Sum over what is no key, bring periods to years, and put contents beside each other."""
    data = {key: found[k.variable].map(k.written) for key, k in keys.items()}
    period = found[keys[names.YEAR].variable]
    frame = pd.DataFrame({**data, "period": period, metric: found[metric], VALUE: found[VALUE]})
    index = [*keys, "period", metric]
    # a cell without a number is no zero: what it belongs to is not known either
    cells = frame.groupby(index, sort=False)[VALUE].sum(skipna=False).unstack(metric)
    cells = cells.reindex(columns=sorted({c for both in measures.values() for c in sum(both, ())}))
    if len(PLACES & keys.keys()) == 2:
        cells = cells.fillna(0.0)  # of pairs those that are nobody were left out
    columns = {
        column: sum((cells[c] for c in plus), start=0.0) - sum((cells[c] for c in minus), start=0.0)
        for column, (plus, minus) in measures.items()
    }
    result = pd.DataFrame(columns, index=cells.index).reset_index()
    result = _to_years(result, list(keys), list(measures), wanted)
    if names.AGE in keys:
        result[names.AGE] = result[names.AGE].astype(np.int64)
    return result


def _to_years(
    frame: pd.DataFrame, keys: list[str], columns: list[str], wanted: TableRecipe
) -> pd.DataFrame:
    """Sum the periods of each year; a year that lacks one is not known."""
    letters = {match[2] or "" for p in frame["period"].unique() if (match := _PERIOD.fullmatch(p))}
    letter = "".join(sorted(letters)).upper()
    if letter not in PERIODS:
        raise RecipeError(
            f"Table {wanted.id}: its periods have codes such as {frame['period'].iloc[0]!r}; known "
            "are years, half years (H), quarters (K or Q) and months (M)."
        )
    groups = frame.groupby(keys, sort=False)
    result = groups[columns].sum(min_count=1, skipna=False)
    short = groups["period"].nunique() < PERIODS[letter]
    result = result.mask(short).reset_index()
    return result.astype({names.YEAR: np.int64}).sort_values(keys, ignore_index=True)


def unknown_signs(signs: Mapping[str, int]) -> dict[str, int]:
    """Give the signs that hide a number, with how many cells they hide."""
    return {sign: count for sign, count in signs.items() if sign in MISSING}
