"""panel.toml: what a panel folder says about itself."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from attraktiv.panels.faults import Faults, listed

FILE = "panel.toml"
_KEYS = ("title", "sources", "licence", "exclude", "label", "place_names", "break", "quality")


@dataclass(frozen=True)
class Break:
    """A year in which a series changed its definition: growth into it is not known."""

    variable: str
    year: int


@dataclass(frozen=True)
class Settings:
    """What panel.toml may say; every part is optional.

    Attributes
    ----------
    title : str
        Of the panel.
    sources : tuple of str
        Who published the figures.
    licence : str
        Terms of use.
    exclude : str or None
        A boolean column of places.csv: such places stay out of fits and scores.
    label : dict
        What a place is called, by language, such as ``{"en": "municipality"}``.
    place_names : str
        Language of the names, for sorting.
    breaks : tuple of Break
        Breaks in series.
    quality : dict
        Column of panel.csv (``*_quality``) → value → standard deviation of net migration,
        percent of population.
    """

    title: str = ""
    sources: tuple[str, ...] = ()
    licence: str = ""
    exclude: str | None = None
    label: dict[str, str] = field(default_factory=dict)
    place_names: str = ""
    breaks: tuple[Break, ...] = ()
    quality: dict[str, dict[str, float]] = field(default_factory=dict)


def read_settings(folder: Path, faults: Faults) -> Settings:
    """Read panel.toml of a folder; without the file all is at its default.

    Unknown keys and values of the wrong kind are noted in ``faults``.
    """
    path = folder / FILE
    if not path.is_file():
        return Settings(title=folder.name)
    try:
        content = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        faults.add(f"{FILE} is not UTF-8: byte at position {error.start}. Save it as UTF-8.")
        return Settings()
    except tomllib.TOMLDecodeError as error:
        faults.add(f"{FILE} is not valid TOML ({error}).")
        return Settings()
    for key in content:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            faults.add(f"{FILE}: unknown key {key!r}; valid are {listed(_KEYS, 20)}.{hint}")
    return Settings(
        title=_text(content, "title", folder.name, faults),
        sources=_texts(content, "sources", faults),
        licence=_text(content, "licence", "", faults),
        exclude=_text(content, "exclude", "", faults) or None,
        label=_labels(content, faults),
        place_names=_text(content, "place_names", "", faults),
        breaks=_breaks(content, faults),
        quality=_quality(content, faults),
    )


def _wrong(key: str, found: object, valid: str, faults: Faults) -> None:
    faults.add(f"{FILE}, {key}: found {found!r}; valid is {valid}.")


def _text(content: dict[str, Any], key: str, default: str, faults: Faults) -> str:
    value = content.get(key, default)
    if not isinstance(value, str):
        _wrong(key, value, f'a text, such as {key} = "..."', faults)
        return default
    return value


def _texts(content: dict[str, Any], key: str, faults: Faults) -> tuple[str, ...]:
    value = content.get(key, [])
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _wrong(key, value, f'a list of texts, such as {key} = ["..."]', faults)
        return ()
    return tuple(value)


def _labels(content: dict[str, Any], faults: Faults) -> dict[str, str]:
    value = content.get("label", {})
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        _wrong("label", value, 'a name by language, such as { en = "municipality" }', faults)
        return {}
    return value


def _breaks(content: dict[str, Any], faults: Faults) -> tuple[Break, ...]:
    value = content.get("break", [])
    breaks = []
    for item in value if isinstance(value, list) else [value]:
        if (
            isinstance(item, dict)
            and item.keys() == {"variable", "year"}
            and isinstance(item["variable"], str)
            and type(item["year"]) is int
        ):
            breaks.append(Break(item["variable"], item["year"]))
        else:
            _wrong("[[break]]", item, 'variable = "jobs" and year = 2015', faults)
    return tuple(breaks)


def _quality(content: dict[str, Any], faults: Faults) -> dict[str, dict[str, float]]:
    value = content.get("quality", {})
    valid = "a table [quality.COLUMN] of value = standard deviation, zero or more"
    if not isinstance(value, dict):
        _wrong("quality", value, valid, faults)
        return {}
    result: dict[str, dict[str, float]] = {}
    for column, table in value.items():
        if isinstance(table, dict) and all(
            type(sd) in (int, float) and 0 <= sd < float("inf") for sd in table.values()
        ):
            result[column] = {key: float(sd) for key, sd in table.items()}
        else:
            _wrong(f"quality.{column}", table, valid, faults)
    return result
