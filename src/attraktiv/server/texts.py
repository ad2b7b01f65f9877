"""What a page needs to speak a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attraktiv.server.served import Served
from attraktiv.words import catalogue, component_name, glossary, number_locale


def texts(served: Served, language: str) -> dict[str, Any]:
    """Return the texts of the page, and the names of all that its runs may show.

    Parameters
    ----------
    served
        Runs; their factors and grouping columns are named too.
    language
        ``nb`` or ``en``.

    Returns
    -------
    dict
        Plain JSON: ``texts``, ``names``, ``kinds``, ``scenarios``, ``units`` by key, ``locale``
        as :func:`attraktiv.words.number_locale`, and ``glossary``.
    """
    known = catalogue(language)
    named = {**_section(known, "variable"), **_section(known, "component")}
    of_runs: Iterable[str] = (
        name
        for run in served.runs.values()
        for name in (*run.facts["factors"], *run.facts["groupings"])
    )
    for name in of_runs:
        named.setdefault(name, component_name(name, language))
    return {
        "texts": _section(known, "page"),
        "names": {**named, **_section(known, "grouping")},
        **{f"{of}s": _section(known, of) for of in ("kind", "scenario", "unit")},
        "locale": number_locale(language),
        "glossary": [
            {"term": one.term, "definition": one.definition} for one in glossary(language)
        ],
    }


def _section(known: Mapping[str, str], section: str) -> dict[str, str]:
    start = f"{section}."
    return {key.removeprefix(start): text for key, text in known.items() if key.startswith(start)}
