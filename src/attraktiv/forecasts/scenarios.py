"""Scenarios: what is taken to happen from the first year of the forecast.

Mathematical details
--------------------
With a and b the residential and the business attractiveness of a place:

============= =====================================================================
``continued`` a and b as the model has them, their paths simulated on: the forecast
``neutral``   a = b = 0
``low``       a at the 10th percentile of N(0, σ_γ² + τ² + σ_u²/(1 − ρ²)), b likewise
``high``      the same at the 90th percentile
============= =====================================================================

in every draw, for every place. A file of edits applies on top of one of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from attraktiv import names
from attraktiv.errors import ForecastError

NAMED = (names.CONTINUED, names.NEUTRAL, names.LOW, names.HIGH)
_QUANTILE = 1.2815515655446004  # of a standard normal number: 10 and 90 percent
_LEVEL = {names.NEUTRAL: 0.0, names.LOW: -_QUANTILE, names.HIGH: _QUANTILE}

Variable = Literal[
    "jobs",
    "industry_mix",
    "national_immigration",
    "fertility",
    "mortality",
    "attractiveness",
    "business_attractiveness",
]
_ADDED = ("jobs", "industry_mix", "national_immigration", "attractiveness",
          "business_attractiveness")  # fmt: skip
_TIMES = ("fertility", "mortality")


class Edit(BaseModel):
    """One change over some years.

    Attributes
    ----------
    variable : str
        ``jobs`` (add: new jobs in each of the years, in each place), ``industry_mix`` (add: percent
        of jobs per year), ``national_immigration`` (add: persons per year in the nation),
        ``fertility`` and ``mortality`` (times), ``attractiveness`` and
        ``business_attractiveness`` (add: percentage points).
    places : tuple of str
        Codes; all places if left out.
    first, last : int or None
        Years, both included; in the file ``from`` and ``until``.
    add, times : float or None
        One of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    variable: Variable
    places: tuple[str, ...] = ()
    first: Annotated[int | None, Field(alias="from")] = None
    last: Annotated[int | None, Field(alias="until")] = None
    add: Annotated[float | None, Field(allow_inf_nan=False)] = None
    times: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None

    def in_year(self, year: int) -> bool:
        """Say whether the change is made in a year."""
        return (self.first is None or year >= self.first) and (
            self.last is None or year <= self.last
        )

    def where(self, places: np.ndarray) -> np.ndarray:
        """Tell which of the places it changes, (place,)."""
        if not self.places:
            return np.ones(len(places), dtype=bool)
        return np.isin(places.astype(str), self.places)


class Scenario(BaseModel):
    """A scenario.

    Attributes
    ----------
    name : str
    base : str
        One of the four that have a name.
    hold_national_total : bool
        The nation has the population of the first scenario, draw by draw and year by year: what
        some places gain, all places lose in proportion to their population.
    edits : tuple of Edit
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    name: Annotated[str, Field(pattern=r"^\S(.*\S)?$")]
    base: Literal["continued", "neutral", "low", "high"] = "continued"
    hold_national_total: bool = False
    edits: Annotated[tuple[Edit, ...], Field(alias="edit")] = ()

    @property
    def level(self) -> float | None:
        """Attractiveness of every place in standard deviations; None where it is the model's."""
        return _LEVEL.get(self.base)

    def added(self, variable: str, year: int, places: np.ndarray) -> np.ndarray:
        """Give what the edits add to a variable in a year, (place,)."""
        total = np.zeros(len(places))
        for edit in self.edits:
            if edit.variable == variable and edit.add is not None and edit.in_year(year):
                total += edit.add * edit.where(places)
        return total

    def factor(self, variable: str, year: int, places: np.ndarray) -> np.ndarray:
        """Give what the edits multiply a variable with in a year, (place,)."""
        product = np.ones(len(places))
        for edit in self.edits:
            if edit.variable == variable and edit.times is not None and edit.in_year(year):
                product = np.where(edit.where(places), product * edit.times, product)
        return product


@dataclass(frozen=True)
class Asked:
    """A scenario, and the file that it was read from.

    Attributes
    ----------
    scenario : Scenario
    text : list of str or None
        Path and lines of the file, to say where something is wrong.
    """

    scenario: Scenario
    text: list[str] | None


def read_scenarios(asked: Sequence[str | Path | Scenario]) -> tuple[Asked, ...]:
    """Read the scenarios that are asked for.

    Parameters
    ----------
    asked : sequence of str, Path or Scenario
        Names and TOML files.

    Returns
    -------
    tuple of Asked
        ``continued`` first: the others are compared with it.

    Raises
    ------
    ForecastError
        A name or a file that is none, or two scenarios of one name.
    """
    continued = Scenario(name=names.CONTINUED)
    found: dict[str, Asked] = {names.CONTINUED: Asked(continued, None)}
    for one in asked:
        if isinstance(one, Scenario):
            read = Asked(one, None)
        elif str(one) in NAMED:
            read = Asked(Scenario.model_validate({"name": str(one), "base": str(one)}), None)
        else:
            read = _read(Path(one))
        name = read.scenario.name
        if name in found and found[name].scenario != read.scenario:
            raise ForecastError(
                f"Two scenarios are called {name!r}. Give one of them another name: "
                'name = "…" in its file.'
            )
        found[name] = read
    return tuple(found.values())


def refuse_impossible(
    asked: Sequence[Asked],
    codes: Sequence[str],
    years: range,
    *,
    jobs: bool = True,
    industry_mix: bool = True,
    ages: bool = True,
) -> None:
    """Raise if a forecast cannot do what a scenario asks.

    Parameters
    ----------
    asked : sequence of Asked
        From :func:`read_scenarios`.
    codes : sequence of str
        The places of the forecast.
    years : range
        Years of its flows.
    jobs, industry_mix, ages : bool
        Whether it has paths of jobs, an effect of industry mix, and people by age.

    Raises
    ------
    ForecastError
        A place, year or variable that the forecast lacks; with its line.
    """
    possible: dict[str, bool] = {
        "jobs": jobs,
        "business_attractiveness": jobs,
        "industry_mix": industry_mix,
        "fertility": ages,
        "mortality": ages,
    }
    for one in asked:
        _refuse(one.scenario, one.text, set(codes), years, possible)


def _read(path: Path) -> Asked:
    if not path.is_file():
        raise ForecastError(
            f"There is no scenario {str(path)!r}: it is neither a file nor one of "
            f"{', '.join(NAMED)}. For example: --scenario low --scenario plant.toml"
        )
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except UnicodeDecodeError:
        raise ForecastError(f"{path} is not text in UTF-8; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ForecastError(f"{path} is not TOML: {error}.") from None
    lines = text.splitlines()
    try:
        return Asked(Scenario(**{"name": path.stem, **values}), [str(path), *lines])
    except ValidationError as error:
        first = error.errors()[0]
        raise ForecastError(_fault(path, lines, first)) from None


def _fault(path: Path, lines: list[str], error: Any) -> str:
    where = error["loc"]
    at = ""
    number = int(where[1]) + 1 if len(where) > 1 and isinstance(where[1], int) else 0
    line = _line(lines, str(where[-1] if isinstance(where[-1], str) else where[0]), number)
    if line:
        at = f", line {line}"
    found = "" if error["type"] in ("missing", "extra_forbidden") else f", found {error['input']!r}"
    keys = ", ".join(("variable", "places", "from", "until", "add", "times"))
    return (
        f"{path}{at}: {'.'.join(str(part) for part in where)}: {error['msg']}{found}. A scenario "
        f"has name, base, hold_national_total and tables [[edit]] with {keys}; docs/forecast.md "
        "has an example."
    )


def _line(lines: list[str], key: str, edit: int) -> int:
    """Find the line of a key, in the edit of that number (0: before the first)."""
    tables = 0
    last = 0
    for number, text in enumerate(lines, start=1):
        if re.match(r"\s*\[\[", text):
            tables += 1
            if tables == edit:
                last = number
        if tables == edit and re.match(rf"\s*['\"]?{re.escape(key)}['\"]?\s*=", text):
            return number
    return last


def _refuse(
    scenario: Scenario,
    text: list[str] | None,
    codes: set[str],
    years: range,
    possible: dict[str, bool],
) -> None:
    def refusal(number: int, key: str, message: str) -> ForecastError:
        where = f"edit {number} of the scenario {scenario.name!r}"
        if text is not None:
            where = f"{text[0]}, line {_line(text[1:], key, number)}"
        return ForecastError(f"{where}: {message}")

    for number, edit in enumerate(scenario.edits, start=1):
        if unknown := [code for code in edit.places if code not in codes]:
            near = ", ".join(sorted(codes)[:3])
            raise refusal(
                number, "places",
                f"the panel has no place {unknown[0]!r}. Places are codes, such as {near}.",
            )  # fmt: skip
        for key, year in (("from", edit.first), ("until", edit.last)):
            if year is not None and year not in years:
                raise refusal(
                    number, key,
                    f"{key} = {year} is not a year of the forecast; valid is {years[0]} to "
                    f"{years[-1]}.",
                )  # fmt: skip
        if edit.first is not None and edit.last is not None and edit.first > edit.last:
            raise refusal(number, "from", f"from = {edit.first} is after until = {edit.last}.")
        if (edit.add is None) == (edit.times is None):
            raise refusal(number, "variable", "give one of add and times, and not both.")
        valid = _ADDED if edit.times is None else _TIMES
        if edit.variable not in valid:
            key = "add" if edit.times is None else "times"
            other = "times" if edit.times is None else "add"
            raise refusal(number, key, f"{edit.variable} takes {other}, not {key}.")
        if edit.variable == "national_immigration" and edit.places:
            raise refusal(number, "places", "national_immigration is the nation's: no places.")
        if not possible.get(edit.variable, True):
            raise refusal(
                number, "variable",
                f"this forecast has no {edit.variable} to change: its model has no equation for "
                "it, or the panel no ages. Leave the edit out, or forecast a run of joint_2026.",
            )  # fmt: skip
