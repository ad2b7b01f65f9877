"""What a fit is of: which factors of a specification, and which places and years of a panel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import DesignError
from attraktiv.model.formula import Term, parse_formula
from attraktiv.specs import Equation, ModelSpec


def kept_terms(spec: ModelSpec, without: Sequence[str]) -> tuple[Term, ...]:
    """Return the factors of the first equation less those left out.

    Parameters
    ----------
    spec : ModelSpec
    without : sequence of str
        Factors to leave out, by variable (all its lags) or by term as written.

    Returns
    -------
    tuple of Term

    Raises
    ------
    DesignError
        The model has no such factor.
    """
    refuse_unknown(spec, without)
    return terms_without(parse_formula(spec.main.factors), without)


def terms_without(terms: tuple[Term, ...], without: Sequence[str]) -> tuple[Term, ...]:
    """Give the terms less those left out, by variable or as written."""
    return tuple(t for t in terms if not {t.label, *t.variables} & set(without))


def refuse_unknown(spec: ModelSpec, without: Sequence[str]) -> None:
    """Refuse to leave out what no equation of the model has among its factors."""
    known = factors_among(spec, without)
    for name in without:
        if name not in known:
            labels = dict.fromkeys(term.label for term in _terms(spec))
            raise DesignError(
                f"--without {name}: the model {spec.id} has no such factor. Its factors are "
                f"{', '.join(labels)}."
            )


def factors_among(spec: ModelSpec, named: Sequence[str]) -> tuple[str, ...]:
    """Give those names that are factors of an equation of the model: variables, or terms."""
    known = {name for term in _terms(spec) for name in (term.label, *term.variables)}
    return tuple(name for name in named if name in known)


def _terms(spec: ModelSpec) -> list[Term]:
    formulas = [equation.factors for equation in spec.equations.by_kind().values()]
    return [term for formula in formulas for term in parse_formula(formula)]


def excluded_places(panel: xr.Dataset, column: str | None) -> xr.DataArray:
    """Tell which places (place,) are left out of the fit, by the panel or by a column of it."""
    if column is None:
        return panel[names.EXCLUDED]
    if column == "none":
        return xr.zeros_like(panel[names.EXCLUDED])
    if column not in panel or panel[column].dims != (names.PLACE,) or panel[column].dtype != bool:
        valid = [
            str(name)
            for name, values in panel.data_vars.items()
            if values.dims == (names.PLACE,) and values.dtype == bool and name != names.EXCLUDED
        ]
        raise DesignError(
            f"--exclude {column}: places.csv has no column of True and False by that name. Such "
            f"columns here: {', '.join(valid) or 'none'}; --exclude none leaves out no place."
        )
    return panel[column]


def years_between(panel: xr.Dataset, first: int | None, last: int | None) -> xr.DataArray:
    """Tell which years (year,) lie between the first and the last, both included."""
    years = panel[names.YEAR]
    if first is not None and last is not None and first > last:
        raise DesignError(f"--from {first} is after --until {last}; give the earlier year first.")
    low = int(years[0]) if first is None else first
    high = int(years[-1]) if last is None else last
    return (years >= low) & (years <= high)


def fitted_years(
    known: xr.DataArray, equation: Equation, first: int | None, last: int | None
) -> np.ndarray:
    """Give the years of a fit, from cells (place, year) that are known; refuse too few."""
    any_place = known.any(names.PLACE)
    years = known[names.YEAR].values[any_place.values]
    if years.size == 0:
        raise DesignError(
            f"Nothing to fit: no place has a known {equation.outcome} between "
            f"{first or 'the first year'} and {last or 'the last year'}. Give --from and --until "
            "within the years of the panel; with --missing drop, try --missing mean."
        )
    places = int(known.any(names.YEAR).sum())
    if years.size < 2 or places < 3:
        raise DesignError(
            f"Too little to fit: {places} places and {years.size} years have a known "
            f"{equation.outcome}; at least three places and two years are needed. Widen "
            "--from and --until."
        )
    # Years in between without any outcome stay: a path runs through them.
    return np.arange(years[0], years[-1] + 1)
