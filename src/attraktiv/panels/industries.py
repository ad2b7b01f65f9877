"""Which sector an industry belongs to: industries.csv, and jobs by sector.

A column of industries.csv other than ``industry`` and ``name`` is a scheme that divides the
industries into sectors, such as ``sector`` (private, public) or ``dimension`` (basis, visit,
regional). In a panel the column X is the variable ``X_of_industry`` over (industry,).
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.panels.faults import Faults, listed
from attraktiv.panels.files import find_table, read_table

NO_SECTOR = "none"
"""What a scheme says of an industry that is in none of its sectors."""

OF_INDUSTRY = "_of_industry"
_NAME_OF_INDUSTRY = names.NAME + OF_INDUSTRY
_SECTOR = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = ("own", "neighbour", "national", "expected", "local", "by")
"""First words that would give a sector's jobs or growth the name of something else."""


def read_industries(folder: Path, faults: Faults) -> pd.DataFrame | None:
    """Read the sectors of the industries.

    Parameters
    ----------
    folder : Path
        A panel folder; industries.csv has ``industry``, perhaps ``name``, and schemes.
    faults : Faults
        Where faults are noted.

    Returns
    -------
    pandas.DataFrame or None
        All text; None without the file, or if it cannot be used.
    """
    path = find_table(folder, "industries", faults)
    if path is None:
        return None
    table = read_table(path, (names.INDUSTRY,), lambda _: True, faults)
    if table is None:
        return None
    table = table.astype(object)
    industry = table[names.INDUSTRY]
    if industry.isna().any():
        lines = listed(np.flatnonzero(industry.isna()) + 2)
        faults.add(f"{path.name}, column industry: empty in line {lines}; every row needs it.")
        return None
    if industry.duplicated().any():
        twice = listed(map(repr, industry[industry.duplicated()]))
        faults.add(f"{path.name}: industry {twice} stands twice. Keep one row of each.")
        return None
    if names.NAME in table:
        table[names.NAME] = table[names.NAME].where(table[names.NAME].notna(), industry)
    before = len(faults)
    schemes = [str(column) for column in table if column not in (names.INDUSTRY, names.NAME)]
    for scheme in schemes:
        _check_scheme(table, scheme, path.name, faults)
    _check_once(table, schemes, path.name, faults)
    return table if len(faults) == before else None


def check_industries(
    jobs_by_industry: pd.DataFrame | None, industries: pd.DataFrame | None, faults: Faults
) -> None:
    """Note the industries with jobs that industries.csv does not know.

    An industry that has no jobs in the panel may stand in industries.csv: one file then serves
    the panels of a whole classification.
    """
    if industries is None:
        return
    if jobs_by_industry is None:
        if len(faults):
            return  # the file may be there and be one of the faults
        faults.add(
            "industries.csv says which sector an industry belongs to, but there is no "
            "jobs_by_industry.csv with jobs by industry. Add it (place, year, industry, jobs), or "
            "take industries.csv out."
        )
        return
    known = list(industries[names.INDUSTRY])
    found = pd.unique(jobs_by_industry[names.INDUSTRY])
    unknown = sorted(set(found) - set(known))
    if not unknown:
        return
    near = get_close_matches(unknown[0], sorted(set(known) - set(found)), n=1)
    faults.add(
        f"jobs_by_industry.csv, column industry: unknown industry {listed(map(repr, unknown))}, "
        "not in industries.csv. "
        + (f"Did you mean {near[0]!r}? " if near else "")
        + f"Valid is a row for every industry; write {NO_SECTOR} where it is in no sector."
    )


def industry_attributes(industries: pd.DataFrame, industry: np.ndarray) -> dict[str, xr.DataArray]:
    """Give the columns of industries.csv over (industry,), in the order of ``industry``."""
    rows = industries.set_index(names.INDUSTRY).reindex(industry)
    return {
        f"{column}{OF_INDUSTRY}": xr.DataArray(
            rows[column].to_numpy(object), {names.INDUSTRY: industry}, (names.INDUSTRY,)
        )
        for column in rows
    }


def schemes(panel: xr.Dataset) -> dict[str, str]:
    """List the sectors that industries.csv divides the industries into.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.

    Returns
    -------
    dict
        Sector → the variable of its scheme.
    """
    if names.JOBS_BY_INDUSTRY not in panel:
        return {}
    return {
        label: scheme
        for scheme in map(str, panel.data_vars)
        if panel[scheme].dims == (names.INDUSTRY,)
        and scheme.endswith(OF_INDUSTRY)
        and scheme != _NAME_OF_INDUSTRY
        for label in sorted({str(value) for value in panel[scheme].values} - {NO_SECTOR})
    }


def sectors(panel: xr.Dataset) -> dict[str, str]:
    """List the sectors whose jobs are the sum of their industries.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.

    Returns
    -------
    dict
        Sector → the variable of its scheme. A scheme is left out as a whole if panel.csv has the
        jobs of one of its sectors: the two sources need not agree.
    """
    found = schemes(panel)
    own = {scheme for sector, scheme in found.items() if f"jobs_{sector}" in panel}
    return {sector: scheme for sector, scheme in found.items() if scheme not in own}


def jobs_of_sector(panel: xr.Dataset, sector: str) -> xr.DataArray:
    """Sum the jobs of a sector's industries.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel with ``jobs_by_industry`` and the sector.
    sector : str
        One of :func:`sectors`.

    Returns
    -------
    xarray.DataArray
        (place, year) jobs; NaN where one of the industries is not known.
    """
    member = (panel[sectors(panel)[sector]] == sector).values
    jobs = panel[names.JOBS_BY_INDUSTRY].isel({names.INDUSTRY: member})
    return jobs.sum(names.INDUSTRY, skipna=False)


def _check_scheme(table: pd.DataFrame, scheme: str, file: str, faults: Faults) -> None:
    """Note industries without a sector, and sectors that cannot be part of a name."""
    empty = table[scheme].isna().to_numpy(bool)
    if empty.any():
        found = listed(map(repr, table.loc[empty, names.INDUSTRY]))
        faults.add(
            f"{file}, column {scheme}: no sector for industry {found}. Valid is a sector in every "
            f"row; write {NO_SECTOR} for an industry that belongs to none."
        )
    labels = sorted(set(map(str, table.loc[~empty, scheme])))
    wrong = [
        label for label in labels if not _SECTOR.fullmatch(label) or label.split("_")[0] in _TAKEN
    ]
    if wrong:
        faults.add(
            f"{file}, column {scheme}: {listed(map(repr, wrong))} cannot name a sector, for its "
            "jobs and their growth are named after it. Valid are small letters a to z, digits and "
            "_, beginning with a letter and not with the words "
            f"{listed(_TAKEN, len(_TAKEN))}; such as visit, which gives visit_job_growth."
        )


def _check_once(table: pd.DataFrame, schemes: list[str], file: str, faults: Faults) -> None:
    """Note a sector that two schemes have: its name would mean two things."""
    owner: dict[str, str] = {}
    for scheme in schemes:
        for label in sorted(set(table[scheme].dropna().astype(str)) - {NO_SECTOR}):
            if label in owner:
                faults.add(
                    f"{file}: the sector {label!r} stands in both columns {owner[label]} and "
                    f"{scheme}. Valid is one column for each sector: rename one of them."
                )
            owner[label] = scheme
