"""Equations beside that of migration: of jobs, and of natural increase where ages are unknown."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import terms
from attraktiv.engines import fit
from attraktiv.errors import AttraktivWarning, ForecastError, PanelError
from attraktiv.forecasts.equations import Equation, equation_draws
from attraktiv.panels import covariate
from attraktiv.specs import of_sector, sector_of
from attraktiv.store import equation_of, kinds_of, open_run

JOBS_MODEL, NATURAL_MODEL = "business_2026", "natural_2026"
_OF_JOBS = re.compile(r"(?:own_|neighbour_)?(?:(?P<sector>[a-z0-9_]+?)_)?job_growth$")


def jobs_beside(
    run: xr.DataTree,
    panel: xr.Dataset,
    migration: Equation,
    given: str | Path | xr.DataTree | None,
    chosen: np.ndarray,
    seed: int,
    rng: np.random.Generator,
    progress: bool,
) -> tuple[Equation | None, str]:
    """Give the equation of jobs and its sector: the run's own, another run's, or one fitted now.

    Parameters
    ----------
    run, panel, seed, progress
        As for :func:`attraktiv.forecast`; the panel with the places of the run.
    migration : Equation
        Its factors say whose jobs are needed.
    given : str, Path or xarray.DataTree, optional
        Another run, or where it is stored.
    chosen : (draw,) int
        Draws of the run that are continued.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Equation or None and str
        None where migration does not ask for jobs; the sector, "" for all jobs.

    Raises
    ------
    ForecastError
        The other run does not belong to this one, or explains no jobs that migration asks for.
    """
    for kind in kinds_of(run)[1:]:
        equation = equation_of(run, kind)
        sector = sector_of(str(equation.attrs.get("outcome", "")))
        if sector is not None and given is None and _needs(migration, sector):
            return equation_draws(equation, chosen, rng), sector
    needed = [s for s in _sectors(migration.terms) if _needs(migration, s)]
    if given is None and not needed:
        return None, ""
    if given is None:
        sector = needed[0]
        other = fit_jobs(run, panel, sector, seed, progress=progress)
    else:
        other = given if isinstance(given, xr.DataTree) else open_run(given)
        other = _of_jobs(other, run, panel)
        sector = sector_of(str(other.attrs["outcome"])) or ""
        if not _needs(migration, sector):
            needs = ", ".join(_sectors(migration.terms) or ["none"])
            raise ForecastError(
                f"--jobs: the run explains {other.attrs['outcome']}, and the model "
                f"{run.attrs.get('model')} has no growth of these jobs among its factors (its own: "
                f"{needs}). Leave --jobs out, or fit: attraktiv fit {JOBS_MODEL} PANEL --out JOBS"
            )
    return equation_draws(other, _as_many(other, len(chosen), rng), rng), sector


def natural_beside(
    run: xr.DataTree,
    panel: xr.Dataset,
    draws: int,
    seed: int,
    rng: np.random.Generator,
    progress: bool,
) -> Equation:
    """Fit natural increase to the years of the run, and give so many draws of its equation."""
    fitted = _fit(NATURAL_MODEL, panel, run, (), "", seed, progress)
    return equation_draws(fitted, _as_many(fitted, draws, rng), rng)


def sector_needed(run: xr.DataTree) -> str | None:
    """Say whose jobs a forecast of a run fits an equation of; None where it fits none."""
    main = equation_of(run, kinds_of(run)[0])
    explains_jobs = any(
        sector_of(str(equation_of(run, kind).attrs.get("outcome", ""))) is not None
        for kind in kinds_of(run)
    )
    sectors = _sectors(terms.factor_names(main))
    return None if explains_jobs or not sectors else sectors[0]


def fit_jobs(
    run: xr.DataTree, panel: xr.Dataset, sector: str, seed: int, *, progress: bool = False
) -> xr.DataTree:
    """Fit the equation of jobs that a forecast of a run fits where none is given.

    Parameters
    ----------
    run, panel
        As for :func:`attraktiv.forecast`.
    sector : str
        From :func:`sector_needed`.
    seed : int
    progress : bool

    Returns
    -------
    xarray.DataTree
    """
    return _fit(JOBS_MODEL, panel, run, _lacking(panel, sector), sector, seed, progress)


def _of_jobs(other: xr.DataTree, run: xr.DataTree, panel: xr.Dataset) -> xr.DataTree:
    """Return the equation of jobs of another run, which knows the same panel and years."""
    known, until = int(other.attrs["last_year"]), int(run.attrs["last_year"])
    # a break in the series of jobs may leave the last years without growth to fit
    sector = sector_of(str(other.attrs.get("outcome", ""))) or ""
    later = covariate(panel, of_sector("job_growth", sector), until=until)
    later = later.sel({names.YEAR: slice(known + 1, until)})
    same_panel = other.attrs.get("panel_hash") == run.attrs.get("panel_hash")
    if not same_panel or known > until or bool(later.notnull().any()):
        what = "another last year" if same_panel else "another panel"
        key = "last_year" if same_panel else "panel_hash"
        raise ForecastError(
            f"--jobs: the run was fitted with {what} ({other.attrs.get(key)}) than the one to "
            f"forecast ({run.attrs.get(key)}). Fit both alike: attraktiv fit {JOBS_MODEL} "
            f"PANEL --until {until} --out JOBS"
        )
    for kind in kinds_of(other):
        equation = equation_of(other, kind)
        if sector_of(str(equation.attrs.get("outcome", ""))) is not None:
            return equation
    raise ForecastError(
        f"--jobs: the model {other.attrs.get('model')} explains no growth of jobs. Fit one that "
        f"does: attraktiv fit {JOBS_MODEL} PANEL --out JOBS"
    )


def _sectors(labels: Sequence[str]) -> list[str]:
    """Give the sectors whose growth of jobs is among the factors; "" for all jobs."""
    variables = [name for label in labels for name in re.findall(r"[a-z_0-9]+", label)]
    found = [match["sector"] or "" for v in variables if (match := _OF_JOBS.fullmatch(v))]
    return list(dict.fromkeys(found))


def _needs(migration: Equation, sector: str) -> bool:
    return sector in _sectors(migration.terms)


def _lacking(panel: xr.Dataset, sector: str) -> tuple[str, ...]:
    """Name the factors of the model of jobs that the panel does not have."""
    name = of_sector(names.INDUSTRY_MIX, sector)
    try:
        covariate(panel, name)
    except PanelError:
        return (name,)
    return ()


def _fit(
    model: str,
    panel: xr.Dataset,
    run: xr.DataTree,
    without: tuple[str, ...],
    sector: str,
    seed: int,
    progress: bool,
) -> xr.DataTree:
    """Fit another model to the years of the run."""
    with warnings.catch_warnings():
        # what the panel's doubts are was said when the run was fitted
        warnings.simplefilter("ignore", AttraktivWarning)
        return fit(
            model,
            panel,
            first=int(run.attrs["first_year"]),
            last=int(run.attrs["last_year"]),
            without=without,
            sector=sector or None,
            seed=seed,
            progress=progress,
        )


def _as_many(run: xr.DataTree, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Choose draws of another run, in an order of chance: the two posteriors are independent."""
    sizes = run[names.POSTERIOR].sizes
    known = sizes[names.CHAIN] * sizes[names.DRAW]
    return rng.permutation(np.resize(np.arange(known), max(wanted, known)))[:wanted]
