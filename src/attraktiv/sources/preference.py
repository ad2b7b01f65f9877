"""Several tables of a service that fill one table of the folder: which gives which year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from attraktiv import names
from attraktiv.panels.faults import listed
from attraktiv.sources.assembly import Harmonised
from attraktiv.sources.recipes import PROJECTIONS, Break

_BESIDE = ("panel", PROJECTIONS)
"""Tables of these stand beside each other, and fill columns or files of their own."""


def by_preference(tables: Sequence[Harmonised]) -> tuple[list[Harmonised], tuple[Break, ...]]:
    """Take every year from the first table that has it.

    Parameters
    ----------
    tables : sequence of Harmonised
        In the order of the recipe.

    Returns
    -------
    tables : list of Harmonised
        A table keeps the years that none before it has of what it fills; one that keeps none is
        left out. What was taken off is in the notes.
    breaks : tuple of Break
        Where jobs by industry go from one table to the other: what two tables say of two years
        running is not growth.
    """
    kept: list[Harmonised] = []
    owners: dict[str, dict[int, str]] = {}
    for table in tables:
        wanted, frame = table.extract.recipe, table.frame
        if wanted.into in _BESIDE:
            kept.append(table)
            continue
        owner = owners.setdefault(wanted.into, {})
        known = frame.dropna(subset=[next(iter(wanted.values))])
        own = {int(year) for year in known[names.YEAR].unique()}
        before = sorted(set(owner.values()))
        new = own - owner.keys()
        if new:
            notes = table.notes
            if owner:
                note = f"Years that {listed(before)} has are taken from there."
                frame, notes = frame[frame[names.YEAR].isin(new)], (*notes, note)
            kept.append(replace(table, frame=frame, notes=notes))
        owner.update(dict.fromkeys(new, wanted.id))
    jobs = owners.get(names.JOBS_BY_INDUSTRY, {})
    seams = [year for year in jobs if year - 1 in jobs and jobs[year - 1] != jobs[year]]
    breaks = (Break(variable=names.JOBS_BY_INDUSTRY, year=year) for year in sorted(seams))
    return kept, tuple(breaks)
