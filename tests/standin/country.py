"""A made-up country as a statistical office would publish it: under the codes of each year.

Its true figures are those of a simulated country in today's borders. Until 2008 one municipality
was two, until 2010 one had another code, and until 2010 two were one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from attraktiv.panels import SimulatedCountry, simulate_country

MERGED, MERGED_FROM, MERGED_IN = "0103", ("0121", "0122"), 2008
RENAMED, RENAMED_FROM, RENAMED_IN = "0104", "0131", 2010
PARTS, DIVIDED, DIVIDED_IN = ("0105", "0106"), "0141", 2010
NACE = {
    "agriculture and fishing": "01-03",
    "manufacturing": "10-33",
    "construction": "41-43",
    "trade and transport": "45-47",
    "hospitality": "55-56",
    "business services": "68-75",
    "public administration": "84",
    "health and education": "86-88",
}
CHANGES = [
    *((old, MERGED, f"{MERGED_IN}-01-01") for old in MERGED_FROM),
    (RENAMED_FROM, RENAMED, f"{RENAMED_IN}-01-01"),
    *((DIVIDED, new, f"{DIVIDED_IN}-01-01") for new in PARTS),
]


@dataclass(frozen=True, eq=False)
class Published:
    """What the office publishes.

    Attributes
    ----------
    country : SimulatedCountry
        The truth.
    names : dict
        Name of every code there ever was.
    spans : dict
        First and last year of the codes that are not of all years.
    changes, ages, industries, commuting : pandas.DataFrame
        Figures by code and year; ``changes`` has population, births, deaths, natural increase,
        net migration and jobs.
    """

    country: SimulatedCountry
    names: dict[str, str]
    spans: dict[str, tuple[int, int]]
    changes: pd.DataFrame
    ages: pd.DataFrame
    industries: pd.DataFrame
    commuting: pd.DataFrame

    @property
    def years(self) -> list[int]:
        return sorted(int(year) for year in self.changes["year"].unique())


def publish(places: int = 12, years: int = 8, seed: int = 3) -> Published:
    """Simulate a country, and give its figures the codes of their years."""
    country = simulate_country(places=places, years=years, seed=seed)
    tables = country.tables
    columns = ["population", "births", "deaths", "natural_increase", "net_migration", "jobs"]
    panel = tables.panel[["place", "year", *columns]]
    ages = country.panel["population_by_age"].to_series().rename("population").reset_index()
    assert tables.jobs_by_industry is not None
    assert tables.commuting is not None
    industries = tables.jobs_by_industry.replace({"industry": NACE})
    commuting = tables.commuting
    for end, other in (("home", "work"), ("work", "home")):
        commuting = in_old_codes(
            commuting.rename(columns={end: "place"}), ["employed"], [other]
        ).rename(columns={"place": end})
    named = dict(zip(tables.places["place"], tables.places["name"], strict=True))
    first, last = int(panel["year"].min()), int(panel["year"].max())
    old = {
        **{code: f"Gamle Ås {code}" for code in MERGED_FROM},
        RENAMED_FROM: named[RENAMED],
        DIVIDED: "Storfjord",
    }
    spans = {
        **dict.fromkeys(MERGED_FROM, (first, MERGED_IN - 1)),
        MERGED: (MERGED_IN, last),
        RENAMED_FROM: (first, RENAMED_IN - 1),
        RENAMED: (RENAMED_IN, last),
        DIVIDED: (first, DIVIDED_IN - 1),
        **dict.fromkeys(PARTS, (DIVIDED_IN, last)),
    }
    return Published(
        country=country,
        names=dict(sorted({**named, **old}.items())),
        spans=spans,
        changes=in_old_codes(panel, columns, []),
        ages=in_old_codes(ages, ["population"], ["sex", "age"]),
        industries=in_old_codes(industries, ["jobs"], ["industry"]),
        commuting=commuting,
    )


def in_old_codes(frame: pd.DataFrame, counts: list[str], by: list[str]) -> pd.DataFrame:
    """Give figures of today's places the codes of their years."""
    frame = frame.astype({"place": object})
    place, year = frame["place"], frame["year"]
    merged = (place == MERGED) & (year < MERGED_IN)
    first = frame[merged].assign(place=MERGED_FROM[0])
    second = frame[merged].assign(place=MERGED_FROM[1])
    first[counts] = np.floor(0.4 * first[counts])
    second[counts] = frame.loc[merged, counts] - first[counts]
    rest = frame[~merged].copy()
    place, year = rest["place"], rest["year"]
    rest.loc[(place == RENAMED) & (year < RENAMED_IN), "place"] = RENAMED_FROM
    rest.loc[place.isin(PARTS) & (year < DIVIDED_IN), "place"] = DIVIDED
    keys = ["place", "year", *by]
    whole = pd.concat([first, second, rest]).groupby(keys, as_index=False)[counts]
    return whole.sum(min_count=1, skipna=False)
