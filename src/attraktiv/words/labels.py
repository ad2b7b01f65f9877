"""Names of what is stored: variables, factors of a formula, terms of growth, scenarios, units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attraktiv.words.wording import catalogue, text

_LAG: Final = re.compile(r"lag\((.+), *(\d+)\)$")
_LOG: Final = re.compile(r"log\((.+)\)$")
#: Covariates of a sector are named alike, whatever the sectors of a panel are called.
_OF_SECTOR: Final = (
    re.compile(r"(?P<sector>\w+?)_(?P<what>(?:national|expected|local)_job_growth|industry_mix)$"),
    re.compile(r"(?P<own>own|neighbour)_(?P<sector>\w+?)_(?P<what>job_growth)$"),
    re.compile(r"(?P<what>jobs)_(?P<sector>\w+)$"),
    re.compile(r"(?P<sector>\w+?)_(?P<what>job_growth)$"),
)


def variable_name(variable: str, language: str) -> str:
    """Return the name of a variable, or of a factor as a formula writes it.

    Parameters
    ----------
    variable
        As it is stored: ``net_migration_rate``, ``lag(own_job_growth, 1)``. One that the panel
        has of itself keeps its name, with spaces.
    language
        ``nb`` or ``en``.

    Returns
    -------
    str
        Begins with a small letter.

    Examples
    --------
    >>> variable_name("log(population)", "en")
    'size (logarithm of population)'
    """
    if lag := _LAG.match(variable):
        key = "label.lagged_one" if lag[2] == "1" else "label.lagged"
        return text(key, language, factor=variable_name(lag[1], language), years=lag[2])
    known = catalogue(language)
    if (key := f"variable.{variable}") in known:
        return text(key, language)
    if log := _LOG.match(variable):
        return text("label.logarithm", language, factor=variable_name(log[1], language))
    for pattern in _OF_SECTOR:
        if found := pattern.match(variable):
            parts = found.groupdict()
            own = f"{parts['own']}_" if parts.get("own") else ""
            sector = parts["sector"]
            named = text(f"sector.{sector}", language) if f"sector.{sector}" in known else sector
            return text(
                f"label.sector_{own}{parts['what']}", language, sector=named.replace("_", " ")
            )
    return variable.replace("_", " ")


def component_name(component: str, language: str) -> str:
    """Return the name of a term of growth: a kind of terms, or one of them.

    Parameters
    ----------
    component
        A component or a kind of :mod:`attraktiv.effects.components`, or a factor.
    language
        ``nb`` or ``en``.
    """
    key = f"component.{component}"
    return text(key, language) if key in catalogue(language) else variable_name(component, language)


def scenario_name(scenario: str, language: str) -> str:
    """Return the name of a scenario; one of a file keeps its own."""
    return _known_or_own("scenario", scenario, language)


def forecaster_name(forecaster: str, language: str) -> str:
    """Return the name of who forecasts in a backtest; models and projections keep their own."""
    return _known_or_own("forecaster", forecaster, language)


def look_ahead_name(said: Mapping[str, str | int], language: str) -> str:
    """Put in words what a backtest used that was known only later, as its attributes say it."""
    values = {name: str(value) for name, value in said.items() if name != "what"}
    if "name" in values:
        values["name"] = variable_name(values["name"], language)
    return text(f"label.look_ahead_{said['what']}", language, **values)


def unit_name(unit: str, language: str) -> str:
    """Return a unit; one that a panel has of itself keeps its own."""
    return _known_or_own("unit", unit, language)


def _known_or_own(table: str, name: str, language: str) -> str:
    key = f"{table}.{name}"
    return text(key, language) if key in catalogue(language) else name
