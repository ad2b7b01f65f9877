"""Mappings between borders held against real ones: the figures of docs/borders.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv import names
from attraktiv.sources.borders import (
    compose_mappings,
    mapping_from_changes,
    pairs_to_borders,
    to_borders,
)
from attraktiv.sources.borders.mapping import of_years

TARGET = 2024
# 1580 Haram left 1508 Ålesund again in 2024; the panel keeps the two together.
HARAM, WITH_HARAM = "1580", "1508"
# Rindal has been 5061 since 2019. The jobs of that year have its former number, with zeros: what
# they mean is that the number was not in use, so that Rindal's jobs are not known.
RINDAL, NOT_IN_USE = "1567", 2019
# Not places: divided or unstated codes, Svalbard and Jan Mayen, the continental shelf.
NO_PLACE = ("K.Rest", "K.21-22", "K.23")
JUMP = 6.0  # percentage points between a year's growth and the place's median
MANY = 200  # persons


@dataclass(frozen=True)
class Agreement:
    """How many cells of two tables were compared, how many agree, and how far apart the rest is."""

    cells: int
    equal: int
    farthest: float


def agreement(found: pd.Series, stated: pd.Series, within: float = 0.0) -> Agreement:
    """Compare where both are known."""
    off = (found - stated).abs().dropna()
    return Agreement(len(off), int((off <= within).sum()), float(off.max()))


def redistricting(norway: Path) -> pd.DataFrame:
    """Mapping of codes of 2000–2026 to 2024, as published; Haram apart."""
    table = pd.read_csv(
        norway / "raw" / "redistricting_to_2024.csv.gz", dtype={"original": str, "current": str}
    )
    return table.rename(columns={"original": "code", "current": "place", "weighting": "weight"})


def to_panel(norway: Path) -> pd.DataFrame:
    """Mapping to the places of the panel: redistricting, then Haram into Ålesund."""
    mapping = redistricting(norway)
    together = pd.DataFrame({"code": sorted(mapping["place"].unique()), "year": TARGET})
    together["place"] = together["code"].replace(HARAM, WITH_HARAM)
    return compose_mappings(mapping, together.assign(weight=1.0), TARGET)


def divided(norway: Path) -> list[str]:
    """The places whose history is a fixed split."""
    places = pd.read_csv(norway / "places.csv", dtype={"place": str})
    return sorted(places.loc[places["unreliable_split"], "place"])


def groups(norway: Path) -> pd.DataFrame:
    """Statistics Norway's groups of codes: ``code``, ``place``, ``name``, and years if stated."""
    path = norway / "raw" / "ssb_kommsummer_code_groups_1994_2024.csv"
    table = pd.read_csv(path, dtype=str)
    table = table[~table["ssb_group_2024"].isin(NO_PLACE)].reset_index(drop=True)
    span = table["original_name"].str.extract(r"\((\d{4})?-(\d{4})?\)$")
    return pd.DataFrame(
        {
            "code": table["original_code"],
            "place": table["ssb_group_2024"].str.removeprefix("K."),
            "name": table["original_name"].str.replace(r" \(\d*-\d*\)$", "", regex=True),
            "first": span[0].astype(float),
            "last": span[1].astype(float),
        }
    )


def groups_beside(norway: Path) -> pd.DataFrame:
    """Codes with their place by Statistics Norway's groups and by the published mapping.

    Columns ``code``, ``name``, ``place`` (of the groups; NaN where they say it was divided) and
    ``place_published`` (NaN where the mapping lacks the code); Haram in Ålesund in both. A code
    that the mapping divides is left out.
    """
    published = to_panel(norway).sort_values("from_year")
    whole = published.groupby("code")["weight"].transform("min") == 1
    published = published[whole].drop_duplicates(["code", "place"])
    table = groups(norway)[["code", "name", "place"]]
    table["place"] = table["place"].replace(HARAM, WITH_HARAM)
    divided_codes = set(to_panel(norway)["code"]) - set(published["code"])
    table = table[~table["code"].isin(divided_codes)]
    return table.merge(
        published[["code", "place"]], on="code", how="outer", suffixes=("", "_published")
    )


def spans_of_codes(norway: Path) -> pd.DataFrame:
    """Years of each code of the groups: as their names say, else as other codes tell.

    A code without years was there all along if the figures of 2017 have it; otherwise it began
    when the last of its group ended.
    """
    table = groups(norway)
    published = pd.read_csv(norway / "raw" / "jobs_original_codes.csv", dtype={"place": str})
    of_2017 = set(published.loc[published["year"] == 2017, "place"])
    ended = table.groupby("place")["last"].transform("max") + 1
    open_ended = table["first"].isna() & table["last"].isna() & ~table["code"].isin(of_2017)
    table["first"] = table["first"].where(~open_ended, ended).fillna(1900)
    table["last"] = table["last"].fillna(9998)
    return table


def changes_of_groups(spans: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes that the groups imply, and the days on which each code is valid.

    A code that ends goes to the code of its group that begins, or to the one that is there; of
    several to the one of its name.
    """
    rows = []
    for _, group in spans.groupby("place"):
        for last in sorted(group["last"][group["last"] < 9998].unique().tolist()):
            ending = group[group["last"] == last]
            begins = group[group["first"] == last + 1]
            there = group[(group["first"] <= last + 1) & (group["last"] > last)]
            choice = begins if len(begins) else there
            for code, name in zip(ending["code"], ending["name"], strict=True):
                same = choice[choice["name"] == name]
                taken = same if len(same) == 1 else choice
                if len(taken) != 1:
                    raise RuntimeError(f"the successor of {code} {name} is not clear")
                day = f"{int(last) + 1}-01-01"
                rows.append({"old_code": code, "new_code": taken["code"].item(), "date": day})
    valid = pd.DataFrame(
        {
            "code": spans["code"],
            "valid_from": [f"{int(year)}-01-01" for year in spans["first"]],
            "valid_to": [f"{int(year) + 1}-01-01" for year in spans["last"]],
        }
    )
    return pd.DataFrame(rows), valid


def from_changes(norway: Path, target: int, years: tuple[int, int]) -> pd.DataFrame:
    """Mapping that the package makes of the changes that the groups imply."""
    changes, valid = changes_of_groups(spans_of_codes(norway))
    valid["valid_to"] = valid["valid_to"].where(valid["valid_to"] < "2100", "")
    return mapping_from_changes(changes, target, valid, from_year=years[0], to_year=years[1])


def codes_and_years(norway: Path, years: range) -> pd.DataFrame:
    """The mapping made of changes beside the published one, for each code and year.

    Columns ``place_made`` and ``place``: NaN where a mapping does not know the code in the year.
    Codes that are divided are left out.
    """
    mapping = redistricting(norway)
    split = mapping.groupby("code")["weight"].min()
    mapping = mapping[mapping["code"].map(split) == 1]
    published = of_years(mapping, years)[["code", "year", "place"]]
    made = of_years(from_changes(norway, TARGET, (years[0], years[-1])), years)
    made = made[~made["code"].isin(split.index[split < 1])][["code", "year", "place"]]
    return made.merge(published, on=["code", "year"], how="outer", suffixes=("_made", ""))


def jobs(norway: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Jobs and the employed in original codes, in the panel's places, and the report."""
    counts = ["jobs_workplace_15_74", "employed_residents_15_74"]
    table = pd.read_csv(norway / "raw" / "jobs_original_codes.csv", dtype={"place": str})
    table = table.rename(columns={"place": "code"})[["code", "year", *counts]]
    table = table[(table["code"] != RINDAL) | (table["year"] != NOT_IN_USE)]
    table = table.rename(columns=dict(zip(counts, ["jobs", "employed_residents"], strict=True)))
    found, report = to_borders(table, to_panel(norway), ["jobs", "employed_residents"])
    return table, found, report


def commuting(norway: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Commuters between original codes, and between the panel's places."""
    path = norway / "raw" / "commuting_original_codes.csv.gz"
    table = pd.read_csv(path, dtype={"home": str, "work": str})
    return table, pairs_to_borders(table, to_panel(norway), ["employed"])


def population(norway: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Population by municipality in the borders of 2017, and in the panel's places.

    The years of the figures are in ``of``; ``year`` is that of the borders.
    """
    path = norway / "raw" / "published_decomposition.csv"
    table = pd.read_csv(path, dtype={"code": str})
    table = table[table["level"] == "municipality"]
    table = table.rename(columns={"year": "of", "population_1jan": "population"})
    table = table[["code", "of", "population"]].assign(year=2017)
    found, _ = to_borders(table, to_panel(norway), ["population"], by=["of"])
    return table, found.drop(columns="year").rename(columns={"of": "year"})


def jumps(norway: Path) -> pd.DataFrame:
    """Years in which a place grew or shrank far more than it does in the median year.

    Columns ``place``, ``year`` (that ends with the jump), ``off`` (percentage points from the
    place's median growth) and ``persons`` (from the year before).
    """
    table = pd.read_csv(norway / "population.csv", dtype={"place": str})
    table = table[~table["place"].isin(divided(norway))]
    wide = table.pivot(index="place", columns="year", values="population")
    growth = 100 * wide.map(np.log).diff(axis=1)
    off = growth.sub(growth.median(axis=1), axis=0)
    both = pd.concat({"off": off.stack(), "persons": wide.diff(axis=1).stack()}, axis=1)
    both = both.reset_index()
    both = both[(both["off"].abs() > JUMP) & (both["persons"].abs() >= MANY)]
    return both.sort_values(["year", "place"], ignore_index=True)


def code_began(norway: Path, spots: pd.DataFrame) -> pd.Series:
    """Say for each ``place`` and ``year`` whether a code of its group began in the year."""
    table = groups(norway)
    began = set(zip(table["place"], table["first"], strict=True))
    found = [spot in began for spot in zip(spots["place"], spots["year"], strict=True)]
    return pd.Series(found, spots.index, dtype=bool)


def transfers(norway: Path) -> pd.DataFrame:
    """Persons that the panel says a border moved, where it does."""
    panel = pd.read_csv(norway / "panel.csv", dtype={"place": str})
    moved = panel[panel[names.BOUNDARY_TRANSFER].fillna(0) != 0]
    return moved[["place", "year", names.BOUNDARY_TRANSFER]].reset_index(drop=True)


def beside(found: pd.DataFrame, norway: Path, file: str, keys: list[str]) -> pd.DataFrame:
    """Put what was computed beside what the folder holds; ``_stated`` marks the latter."""
    text = dict.fromkeys(set(keys) - {"year"}, str)
    stated = pd.read_csv(norway / file, dtype=text)
    stated = stated[[*keys, *(c for c in found if c in stated and c not in keys)]]
    return found.merge(stated, on=keys, how="outer", suffixes=("", "_stated"), indicator=True)
