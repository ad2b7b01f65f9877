"""What a panel folder says of where it comes from, and of what is weak in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from attraktiv import names
from attraktiv.sources.assembly import UNRELIABLE, Harmonised
from attraktiv.sources.extraction import unknown_signs
from attraktiv.sources.given import Given
from attraktiv.sources.harmony import Harmony
from attraktiv.sources.recipes import Recipe
from attraktiv.sources.snapshots import Snapshot

PROVENANCE = "provenance.json"
REPORT = "report.md"
BORDERS = "borders.csv"
FORMAT = "provenance/1"

_MEANING = {
    ".": "not applicable",
    "..": "missing",
    "...": "missing",
    ":": "confidential",
}


def provenance(
    folder: Path,
    recipe: Recipe,
    files: Mapping[str, str],
    found: Sequence[Harmonised],
    harmony: Harmony,
    given: Given,
) -> str:
    """Say of every file which answers it was made of.

    The time of an answer stands in its snapshot, which its sha256 names: here it would make the
    bytes of a folder depend on when it was made, and not only on what the service has.

    Returns
    -------
    str
        JSON: ``files`` with the sha256 of each and the snapshots it rests on, ``given`` with the
        sha256 of what the user added to them, and ``snapshots`` with url, query and sha256.
    """
    used: dict[str, list[Snapshot]] = {}
    for table in found:
        used.setdefault(table.extract.recipe.target, []).extend(table.extract.snapshots)
    used["places"] = list(used["panel"])
    used["panel"] += used.get("population_by_age", []) if recipe.shares else []
    used["industries"] = used.get("jobs_by_industry", [])
    every = {s.sha256: s for list_ in used.values() for s in list_}
    every |= {s.sha256: s for s in harmony.snapshots}
    content: dict[str, Any] = {
        "format": FORMAT,
        "service": recipe.service,
        "files": {
            file: {
                "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(),
                "snapshots": sorted({s.sha256 for s in (*used[name], *harmony.snapshots)}),
            }
            for name, file in sorted(files.items())
        },
        **({"given": dict(given.sha256)} if given.sha256 else {}),
        "snapshots": [
            {"sha256": s.sha256, "url": s.url, "query": json.loads(s.query)}
            for s in sorted(every.values(), key=lambda s: (s.url, s.query, s.sha256))
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def borders_table(found: Sequence[Harmonised]) -> pd.DataFrame | None:
    """Give what was renamed, merged and split in the table that has the population."""
    return next((t.report for t in found if t.report is not None), None)


def report(
    recipe: Recipe,
    tables: Mapping[str, pd.DataFrame],
    found: Sequence[Harmonised],
    absent: Mapping[str, str],
    harmony: Harmony,
    of_places: Sequence[str],
) -> str:
    """Say in words what was taken, merged, split, left out and is not known.

    Parameters
    ----------
    recipe : Recipe
    tables : mapping
        What is written.
    found : sequence of Harmonised
        The tables that came.
    absent : mapping
        Tables that did not, with the reason.
    harmony : Harmony
    of_places : sequence of str
        What is to be said of the columns of places.csv.

    Returns
    -------
    str
        Markdown.
    """
    places, panel = tables["places"], tables["panel"]
    years = panel[names.YEAR]
    lines = [
        f"# {recipe.title}",
        "",
        f"{len(places)} places, {years.min()}–{years.max()}"
        + (f", in the borders of 1 January {harmony.year}." if harmony.year else "."),
        f"Publisher: {recipe.publisher}. Licence: {recipe.licence or 'not stated'}.",
        "",
        "## Tables",
        "",
    ]
    lines += [_about(table) for table in found]
    lines += [f"- {id_}: not there. {why}" for id_, why in absent.items()]
    lines += ["", "## Borders", ""]
    changed = borders_table(found)
    if changed is None:
        lines.append("Codes are places as they are; nothing was merged or split.")
    else:
        kinds = changed.groupby("kind")[names.PLACE].nunique()
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        lines.append(f"Places that were, in some years: {counts or 'all as they are now'}.")
        lines.append(f"Each is listed in {BORDERS}, with its codes and years.")
        split = changed[changed["kind"] == "split"]
        lines += [
            f"- {row['place']}, {row['from_year']}–{row['to_year']}: a part of {row['codes']}; "
            f"{100 * row['split_share']:.3g} % of its persons come from divided codes."
            for row in split.to_dict("records")
        ]
    said = [*harmony.notes, *of_places]
    lines += ["", "## Places", "", *(f"- {text}" for text in said or ["All is as published."])]
    lines += ["", "## Unreliable", ""]
    if UNRELIABLE in places:
        marked = places[places[UNRELIABLE]]
        names_ = ", ".join(
            f"{n} ({p})" for p, n in zip(marked["place"], marked["name"], strict=True)
        )
        lines.append(
            f"Left out of fits, and kept in sums ({UNRELIABLE} in places.csv): {names_}. Their "
            "figures rest on shares of places that were divided, lack a code, or have fewer than "
            "two years."
        )
    else:
        lines.append("No place is marked.")
    return "\n".join(lines) + "\n"


def _about(table: Harmonised) -> str:
    recipe, frame = table.extract.recipe, table.frame
    years = frame[names.YEAR]
    text = (
        f"- {recipe.id} → {recipe.target} ({', '.join(recipe.values)}), "
        f"{years.min()}–{years.max()}, {len(frame)} rows."
    )
    for sign, count in unknown_signs(table.extract.signs).items():
        text += f" {count} cells are {_MEANING[sign]} ({sign})."
    return " ".join([text, *table.notes])
