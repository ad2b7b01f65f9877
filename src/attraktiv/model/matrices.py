r"""The matrices of a design: outcome, factors and the size of the noise.

Mathematical details
--------------------
Factors are centred within each year on the fitted places as :mod:`.scaling` says, and divided by
one standard deviation:

    scale = sqrt( mean over i ∈ F and t with x_it known of (x_it − centre_t)² )

Flow variance v_it = 10⁴ c / pop_it, with c the place's own mean gross turnover where in- and
out-migration are known, else the constant of the specification; measurement error enters as its
own known variance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import DesignError, PanelError
from attraktiv.model.formula import Term, evaluate
from attraktiv.model.needs import advice
from attraktiv.model.scaling import centre, standardised
from attraktiv.panels import covariate, jobs_before
from attraktiv.specs import Equation, ModelSpec, sector_of


def outcome_of(panel: xr.Dataset, spec: ModelSpec, equation: Equation) -> xr.DataArray:
    """Give what an equation explains (place, year), percent; refuse a panel that lacks it."""
    name = equation.outcome
    try:
        return covariate(panel, name)
    except PanelError as error:
        column = name.removesuffix("_rate")
        lacks = f"panel.csv has no column {column}." if name != column else str(error)
        raise DesignError(
            f"The model {spec.id} explains {name}, which this panel lacks: {lacks} "
            f"Add it, or choose a model with another outcome (attraktiv models). "
            f"{advice(spec, panel)}"
        ) from None


def raw_factor(term: Term, panel: xr.Dataset, last: int | None, spec: ModelSpec) -> xr.DataArray:
    """Evaluate a term (place, year) in raw units, from nothing later than the last year."""

    def lookup(name: str) -> xr.DataArray:
        try:
            values = covariate(panel, name, until=last)
        except PanelError as error:
            raise DesignError(
                f"The model {spec.id} has the factor {term.label}, which this panel lacks: "
                f"{error} Or leave the factor out: attraktiv fit {spec.id} PANEL --without "
                f"{name}. {advice(spec, panel)}"
            ) from None
        if last is None:
            return values
        # what came later must not decide anything, not even whether a logarithm exists
        return values.where(values[names.YEAR] <= last).assign_attrs(values.attrs)

    values = evaluate(term, lookup)
    if not bool(values.notnull().any()):
        raise DesignError(
            f"The factor {term.label} of the model {spec.id} is missing in every place and year of "
            f"this panel. Fill it in, or leave it out: --without {quoted(term)}. "
            f"{advice(spec, panel)}"
        )
    return values


def quoted(term: Term) -> str:
    """The term as a shell takes it: not its variable, which would take its other lags along."""
    return term.label if term.label == term.variables[0] else f"'{term.label}'"


def noise_of_flows(
    equation: Equation, kind: str, panel: xr.Dataset, years: np.ndarray
) -> dict[str, xr.DataArray]:
    """Give what the noise of a cell depends on: its size, and its error of measurement."""
    at_years = {names.YEAR: years}
    if kind == names.RESIDENTIAL:
        measured = panel[names.MEASUREMENT_SD].sel(at_years).fillna(0.0)
        turnover = _turnover(panel, equation, years)
        variance = 1e4 * turnover / panel[names.POPULATION].sel(at_years)
        of_flows = {names.MEASUREMENT_SD: measured}
    else:
        before = jobs_before(panel, sector_of(equation.outcome) or "").sel(at_years)
        variance = 1e4 * equation.noise.turnover / before.where(before > 0)
        of_flows = {names.MEASUREMENT_SD: xr.zeros_like(before), names.JOBS_BEFORE: before}
    of_flows[names.FLOW_VARIANCE] = variance.transpose(names.PLACE, names.YEAR).assign_attrs(
        units="percentage points squared",
        long_name="variance of the outcome if flows were Poisson",
    )
    return of_flows


def _turnover(panel: xr.Dataset, equation: Equation, years: np.ndarray) -> xr.DataArray | float:
    if names.IN_MIGRATION not in panel or names.OUT_MIGRATION not in panel:
        return equation.noise.turnover
    gross = panel[names.IN_MIGRATION] + panel[names.OUT_MIGRATION]
    own = (gross / panel[names.POPULATION]).sel({names.YEAR: years}).mean(names.YEAR)
    return own.fillna(equation.noise.turnover)


def standardised_factors(
    raw: dict[str, xr.DataArray], terms: Sequence[Term], years: np.ndarray, fitted: xr.DataArray
) -> xr.Dataset:
    """Centre and scale the factors: (place, year, term), with centres, scales and gaps."""
    places = fitted[names.PLACE]
    labels = [term.label for term in terms]
    shape = (places.size, years.size, len(labels))
    factors = np.zeros(shape)
    gaps = np.zeros(shape, dtype=bool)
    middle = np.full((years.size, len(labels)), np.nan)
    scale = np.ones(len(labels))
    for k, term in enumerate(terms):
        x = raw[term.label].sel({names.YEAR: years}).transpose(names.PLACE, names.YEAR)
        factors[..., k], gaps[..., k], middle[:, k], scale[k] = _standardise(
            x.values, fitted.values, term
        )
    cells = (names.PLACE, names.YEAR, names.TERM)
    return xr.Dataset(
        {
            names.FACTORS: (cells, factors, {"units": "standard deviations within the year"}),
            names.FACTOR_MISSING: (cells, gaps),
            names.CENTRE: ((names.YEAR, names.TERM), middle),
            names.SCALE: ((names.TERM,), scale),
        },
        coords={
            names.PLACE: places,
            names.YEAR: years,
            names.TERM: labels,
            "term_units": (names.TERM, [raw[label].attrs["units"] for label in labels]),
            "term_look_ahead": (names.TERM, [raw[label].attrs["look_ahead"] for label in labels]),
        },
    )


def _standardise(
    x: np.ndarray, fitted: np.ndarray, term: Term
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    known = np.isfinite(x) & fitted[:, None]
    if not known.any():
        raise DesignError(
            f"The factor {term.label} is missing in every fitted place and year. Fill it in, or "
            f"leave it out: --without {quoted(term)}."
        )
    middle = centre(x, fitted, axis=0)
    scale = float(np.sqrt(((x - middle)[known] ** 2).mean()))
    if scale <= 1e-12 * np.abs(x[known]).max():
        raise DesignError(
            f"The factor {term.label} is the same in every fitted place, so it can explain "
            f"nothing. Leave it out: --without {quoted(term)}."
        )
    return standardised(x, middle, scale), ~np.isfinite(x - middle), middle[0], scale
