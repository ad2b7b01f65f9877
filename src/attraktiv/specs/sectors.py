"""Which jobs an equation is about: all of them, or those of a sector.

A model that speaks of all jobs (``job_growth``, ``own_job_growth``, ``industry_mix`` …) is a
model of any sector's when each of these variables is replaced by the sector's
(``visit_job_growth``, ``own_visit_job_growth``, ``visit_industry_mix`` …).
"""

from __future__ import annotations

import re

JOB_GROWTH = "job_growth"

_OUTCOME = re.compile(rf"(?:([a-z][a-z0-9_]*)_)?{JOB_GROWTH}")
#: Words in the names of covariates that are not the growth of a sector's jobs in percent of jobs.
_OTHERS = frozenset({"own", "neighbour", "national", "expected", "local"})

_OF_ALL_JOBS = re.compile(
    rf"\b(own_|neighbour_)?((?:national_|expected_|local_)?{JOB_GROWTH}|industry_mix)\b"
)


def sector_of(outcome: str) -> str | None:
    """Return the sector whose jobs' growth this is, in percent of jobs.

    Parameters
    ----------
    outcome : str
        Such as ``"visit_job_growth"``.

    Returns
    -------
    str or None
        ``"visit"``; ``""`` for all jobs; None if it is not a growth of jobs.
    """
    found = _OUTCOME.fullmatch(outcome)
    sector = "" if found is None else found[1] or ""
    return None if found is None or set(sector.split("_")) & _OTHERS else sector


def of_sector(formula: str, sector: str) -> str:
    """Replace the variables of all jobs in an outcome or a formula by those of a sector.

    Parameters
    ----------
    formula : str
        Such as ``"industry_mix + lag(population_growth, 1)"``.
    sector : str
        "" for all jobs, which leaves it as it is.

    Returns
    -------
    str
        ``"visit_industry_mix + lag(population_growth, 1)"``.
    """
    if not sector:
        return formula
    return _OF_ALL_JOBS.sub(rf"\g<1>{sector}_\g<2>", formula)
