"""The tables of a country, put together and written as a panel folder."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.panels.checks import MINIMUM_YEARS
from attraktiv.sources.extraction import Extract
from attraktiv.sources.harmony import Harmony
from attraktiv.sources.recipes import KEYS, PROJECTIONS, Break, Recipe

UNRELIABLE = "unreliable_borders"
ORIGIN = "origin"
_SPOT = [names.PLACE, names.YEAR]
_COMPRESSED = ("population_by_age", "jobs_by_industry", "commuting", "moves")


@dataclass(frozen=True)
class Harmonised:
    """One table in the borders of the panel.

    Attributes
    ----------
    extract : Extract
        As it came.
    frame : pandas.DataFrame
        With places.
    report : pandas.DataFrame or None
        What was merged and split.
    notes : tuple of str
        What was left out.
    """

    extract: Extract
    frame: pd.DataFrame
    report: pd.DataFrame | None
    notes: tuple[str, ...]


def tables_of(
    recipe: Recipe, found: Sequence[Harmonised], harmony: Harmony
) -> dict[str, pd.DataFrame]:
    """Put the tables of a panel folder together.

    Parameters
    ----------
    recipe : Recipe
    found : sequence of Harmonised
        The first has the population; no two give the same year of one table.
    harmony : Harmony
        Whose borders, and the names of places.

    Returns
    -------
    dict of str to pandas.DataFrame
        By path in the folder, without a suffix. Rows that are not known are left out, but for
        ``panel``: there a place has a row for every year between its first and its last.
    """
    panel = _panel(found)
    places = _places(panel, found, harmony)
    known = set(places[names.PLACE])
    panel = panel[panel[names.PLACE].isin(known)]
    tables = {"places": places}
    for table in found:
        into = table.extract.recipe.into
        if into == "panel":
            continue
        made = table.extract.recipe
        keys, (value, *_) = KEYS[into], made.values
        ends = [key for key in keys if key not in (names.YEAR, names.SEX, names.AGE, "industry")]
        inside = table.frame[ends].isin(known).all(axis=1)
        frame = table.frame[inside].dropna(subset=[value])
        if into == PROJECTIONS:
            frame = frame[frame[names.YEAR] > (made.origin or 0)].assign(**{ORIGIN: made.origin})
            tables[made.target] = frame[[*_SPOT, ORIGIN, value]]
        else:
            rows = [frame[[*keys, value]], *([tables[into]] if into in tables else [])]
            tables[into] = pd.concat(rows).sort_values(list(keys), ignore_index=True)
    if "population_by_age" in tables:
        panel = panel.merge(_shares(recipe, tables["population_by_age"]), on=_SPOT, how="left")
    tables["panel"] = panel
    if "jobs_by_industry" in tables and recipe.sectors:
        tables["industries"] = _industries(recipe, tables["jobs_by_industry"])
    return tables


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, str]:
    """Write tables; the same tables give the same bytes.

    Returns
    -------
    dict of str to str
        The file of each table.
    """
    files = {}
    for name, frame in sorted(tables.items()):
        file = f"{name}.csv" + (".gz" if name in _COMPRESSED else "")
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        text = io.StringIO()
        _whole(frame).to_csv(text, index=False, lineterminator="\n")
        content = text.getvalue().encode()
        if file.endswith(".gz"):
            content = gzip.compress(content, compresslevel=6, mtime=0)
        path.write_bytes(content)
        files[name] = file
    return files


def settings_of(
    recipe: Recipe,
    tables: Mapping[str, pd.DataFrame],
    found: Sequence[Harmonised],
    harmony: Harmony,
    seams: Sequence[Break] = (),
) -> str:
    """Give the text of panel.toml; ``seams`` are breaks beside those of the recipe."""
    ids = ", ".join(dict.fromkeys(table.extract.recipe.id for table in found))
    where = f" in {harmony.year} borders" if harmony.year else ""
    lines = [
        f"title = {_toml(recipe.title + where)}",
        f"sources = {_toml([f'{recipe.publisher}, tables {ids}'])}",
        f"licence = {_toml(recipe.licence)}",
        f"place_names = {_toml(recipe.place_names)}",
    ]
    if recipe.label:
        pairs = ", ".join(f"{key} = {_toml(text)}" for key, text in recipe.label.items())
        lines.append(f"label = {{ {pairs} }}")
    if UNRELIABLE in tables["places"]:
        lines.append(f"exclude = {_toml(UNRELIABLE)}")
    variables = {*tables["panel"], *tables}
    for item in dict.fromkeys((*recipe.breaks, *seams)):
        if item.variable in variables:
            lines += ["", "[[break]]", f"variable = {_toml(item.variable)}", f"year = {item.year}"]
    return "\n".join(lines) + "\n"


def _panel(found: Sequence[Harmonised]) -> pd.DataFrame:
    main, *others = (table.frame for table in found if table.extract.recipe.into == "panel")
    main = main[main[names.POPULATION].notna()]
    spans = main.groupby(names.PLACE)[names.YEAR].agg(["min", "max"])
    rows = pd.DataFrame(
        [(place, year) for place, a, b in spans.itertuples() for year in range(a, b + 1)],
        columns=_SPOT,
    )
    for frame in (main, *others):
        rows = rows.merge(frame, on=_SPOT, how="left")
    flows = [column for column in rows if column == names.BOUNDARY_TRANSFER]
    return rows.assign(**{column: rows[column].fillna(0.0) for column in flows})


def _places(panel: pd.DataFrame, found: Sequence[Harmonised], harmony: Harmony) -> pd.DataFrame:
    """Give the places that have figures; marked are those whose figures rest on guesses."""
    last = panel.groupby(names.PLACE)[names.YEAR].max()
    ended = set(last.index[last < last.max()]) if harmony.mapping is None else set()
    there = harmony.places[names.PLACE].isin(set(last.index) - ended)
    places = harmony.places[there].reset_index(drop=True)
    columns = [names.POPULATION, names.NET_MIGRATION]
    usable = panel[[c for c in columns if c in panel]].notna().all(axis=1)
    count = usable.groupby(panel[names.PLACE]).sum().reindex(places[names.PLACE])
    doubtful = (count < MINIMUM_YEARS).to_numpy()
    main = next(table for table in found if table.extract.recipe.into == "panel")
    if main.report is not None:
        weak = main.report.loc[~main.report["reliable"], names.PLACE]
        doubtful = doubtful | places[names.PLACE].isin(weak).to_numpy()
    return places.assign(**{UNRELIABLE: doubtful}) if doubtful.any() else places


def _shares(recipe: Recipe, ages: pd.DataFrame) -> pd.DataFrame:
    total = ages.groupby(_SPOT)[names.POPULATION].sum()
    shares = {
        column: ages[ages[names.AGE].between(first, last)].groupby(_SPOT)[names.POPULATION].sum()
        / total
        for column, (first, last) in recipe.shares.items()
    }
    return pd.DataFrame(shares, index=total.index).round(6).reset_index()


def _industries(recipe: Recipe, jobs: pd.DataFrame) -> pd.DataFrame:
    codes = sorted(jobs["industry"].unique())
    rows = pd.DataFrame({"industry": codes})
    for scheme, sectors in recipe.sectors.items():
        rows[scheme] = [
            next(
                (s for s, parts in sectors.items() if any(_within(code, p) for p in parts)), "none"
            )
            for code in codes
        ]
    return rows


def _within(code: str, part: str) -> bool:
    """Say whether an industry is that code, or lies in that range of divisions."""
    ends, limits = code.partition("-")[::2], part.partition("-")[::2]
    if code == part:
        return True
    first, last = ends[0], ends[1] or ends[0]
    low, high = limits[0], limits[1] or limits[0]
    if not all(text.isdecimal() for text in (first, last, low, high)):
        return False
    return int(low) <= int(first) and int(last) <= int(high)


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Write counts without decimals."""
    numbers = frame.select_dtypes("float")
    whole = [c for c in numbers if (numbers[c].dropna() == np.rint(numbers[c].dropna())).all()]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def _toml(value: str | list[str]) -> str:
    """Write a text or a list of texts; TOML's strings are those of JSON."""
    return json.dumps(value, ensure_ascii=False)
