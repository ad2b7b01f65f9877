"""Units and long names of the columns the panel format knows."""

from __future__ import annotations

from attraktiv import names

SHARE = "share of population"

_KNOWN: dict[str, tuple[str, str]] = {
    names.POPULATION: (names.PERSONS, "population on 1 January"),
    names.NATURAL_INCREASE: ("persons per year", "births minus deaths"),
    names.BIRTHS: ("persons per year", "births"),
    names.DEATHS: ("persons per year", "deaths"),
    names.NET_MIGRATION: ("persons per year", "in-migration minus out-migration"),
    names.NET_DOMESTIC_MIGRATION: ("persons per year", "net migration within the country"),
    names.NET_INTERNATIONAL_MIGRATION: ("persons per year", "net migration across the border"),
    names.IN_MIGRATION: ("persons per year", "in-migration"),
    names.OUT_MIGRATION: ("persons per year", "out-migration"),
    names.BOUNDARY_TRANSFER: ("persons per year", "persons moved by a change of borders"),
    names.JOBS: (names.JOBS_UNIT, "jobs at the workplace"),
    names.JOBS_PRIVATE: (names.JOBS_UNIT, "private jobs at the workplace"),
    names.JOBS_PUBLIC: (names.JOBS_UNIT, "public jobs at the workplace"),
    names.INDUSTRY_MIX: (names.PERCENT_OF_JOBS, "industry mix"),
    names.POPULATION_BY_AGE: (names.PERSONS, "population on 1 January by sex and age"),
    names.JOBS_BY_INDUSTRY: (names.JOBS_UNIT, "jobs at the workplace by industry"),
    names.MEASUREMENT_SD: (
        "percent of population",
        "standard deviation of the error of measurement of net migration",
    ),
    names.NAME: ("", "name of the place"),
    names.LONGITUDE: ("degrees east", "longitude"),
    names.LATITUDE: ("degrees north", "latitude"),
    names.EXCLUDED: ("", "left out of fits and scores"),
    names.COMMUTING_HOME: ("", "code of the place of residence of commuters"),
    names.COMMUTING_WORK: ("", "code of the place of work of commuters"),
    names.COMMUTING_YEAR: ("year", "calendar year of commuting"),
    names.COMMUTING_EMPLOYED: (names.PERSONS, "employed persons by home and work"),
    names.BORDER_PLACE: ("", "code of one of two neighbours"),
    names.BORDER_NEIGHBOUR: ("", "code of the other"),
    names.SEX: ("", "sex"),
    names.AGE: ("years", "age in completed years on 1 January"),
    names.INDUSTRY: ("", "industry"),
    names.PLACE: ("", "code of the place"),
    names.YEAR: ("year", "calendar year; stocks on 1 January, flows during the year"),
    "centrality": ("index 0-1000", "centrality"),
    "employed_residents": (names.PERSONS, "employed persons by residence"),
    "dwellings_completed": ("dwellings per year", "dwellings completed"),
}

COUNTS: tuple[str, ...] = (
    names.POPULATION,
    names.BIRTHS,
    names.DEATHS,
    names.IN_MIGRATION,
    names.OUT_MIGRATION,
    names.JOBS,
    names.JOBS_PRIVATE,
    names.JOBS_PUBLIC,
    "jobs_basis",
    "jobs_visit",
    "jobs_regional",
    "employed_residents",
    "dwellings_completed",
)
"""Columns that cannot be negative."""


def describe(variable: str) -> dict[str, str]:
    """Give the attrs ``units`` and ``long_name`` of a panel variable.

    A column the format does not know has the unit ``"as given"`` and its own name.
    """
    if variable in _KNOWN:
        units, long_name = _KNOWN[variable]
    elif variable.startswith("share_"):
        units = SHARE
        long_name = variable.replace("_", " ")
    elif variable.startswith("jobs_"):
        units = names.JOBS_UNIT
        long_name = f"{variable.removeprefix('jobs_').replace('_', ' ')} jobs at the workplace"
    elif variable.endswith(("_quality", "_of_industry")):
        units, long_name = "", variable.replace("_", " ")
    else:
        units, long_name = "as given", variable.replace("_", " ")
    return {"units": units, "long_name": long_name}
