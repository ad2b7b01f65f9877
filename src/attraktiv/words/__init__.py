"""Texts by language: names, units, formats of numbers, the order of names, the glossary."""

from __future__ import annotations

from attraktiv.words.labels import (
    component_name,
    forecaster_name,
    look_ahead_name,
    scenario_name,
    unit_name,
    variable_name,
)
from attraktiv.words.numbers import MISSING, number, number_locale, percent
from attraktiv.words.sorting import sort_key
from attraktiv.words.terms import Term, glossary
from attraktiv.words.wording import LANGUAGES, catalogue, require_language, text

__all__ = [
    "LANGUAGES",
    "MISSING",
    "Term",
    "catalogue",
    "component_name",
    "forecaster_name",
    "glossary",
    "look_ahead_name",
    "number",
    "number_locale",
    "percent",
    "require_language",
    "scenario_name",
    "sort_key",
    "text",
    "unit_name",
    "variable_name",
]
