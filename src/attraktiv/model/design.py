"""Panel + specification → Design: labelled matrices that every engine reads.

Mathematical details
--------------------
Fitted places F are those with at least one cell in the fit. Factors are centred on them within each
year as :mod:`.scaling` says, and divided by one standard deviation:

    scale = sqrt( mean over i ∈ F and t with x_it known of (x_it − centre_t)² )

A cell is used when its outcome and its population are known. A missing factor stands
at its year's mean, zero after centring, and is counted; with ``missing="drop"`` the
cell is left out instead. Flow variance v_it = 10⁴ c / pop_it, with c the place's own
mean gross turnover where in- and out-migration are known, else the constant of the
specification; measurement error enters as its own known variance.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal, get_args

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import DesignError, PanelError
from attraktiv.model.field import Field, field_of
from attraktiv.model.formula import Term, evaluate, parse_formula
from attraktiv.model.needs import advice, settle
from attraktiv.model.scaling import centre, standardised
from attraktiv.panels import covariate, jobs_before
from attraktiv.specs import Equation, ModelSpec, sector_of

Missing = Literal["mean", "drop"]


@dataclass(frozen=True)
class Design:
    """What an engine needs of one equation, for every place of the panel and every fitted year.

    Attributes
    ----------
    spec : ModelSpec
        With the outcome and the column of groups that were settled on for the panel.
    data : xarray.Dataset
        ``outcome``, ``factors``, ``factor_missing``, ``flow_variance``,
        ``measurement_sd``, ``population``, ``used``, ``fitted``, ``centre``, ``scale``,
        ``group_of_place``, for equations of jobs ``jobs_before``, and the attributes of the
        places; dims place, year, term.
    terms : tuple of str
        Labels of the structural factors, in order.
    options : dict
        ``without``, ``exclude`` and ``missing`` as given: part of a run's identity.
    field : Field, optional
        Of a model with a spatial field: every place is a group of its own.
    kind : str
        The attractiveness that the equation leaves unexplained, which is its name.
    """

    spec: ModelSpec
    data: xr.Dataset
    terms: tuple[str, ...]
    options: dict[str, object]
    field: Field | None = None
    kind: str = names.RESIDENTIAL

    @property
    def equation(self) -> Equation:
        """The equation that this is the design of."""
        return self.spec.equation(self.kind)

    @property
    def years(self) -> np.ndarray:
        """The fitted years."""
        return self.data[names.YEAR].values

    def fitted(self) -> xr.Dataset:
        """The fitted places only, ordered by code.

        The order is the design's own, not the panel's, so that permuting the places of a
        panel, or adding places without data, changes no draw.
        """
        kept = self.data.isel({names.PLACE: self.data[names.FITTED].values})
        return kept.sortby(names.PLACE)


def build_design(
    spec: ModelSpec,
    panel: xr.Dataset,
    *,
    kind: str | None = None,
    first: int | None = None,
    last: int | None = None,
    without: Sequence[str] = (),
    exclude: str | None = None,
    missing: Missing = "mean",
    groups: str | None = None,
) -> Design:
    """Bring one equation of a specification and a panel together.

    Parameters
    ----------
    spec : ModelSpec
    panel : xarray.Dataset
        From :func:`attraktiv.read_panel`.
    kind : str, optional
        The equation, by the attractiveness that it leaves unexplained; by default the first
        of the model.
    first, last : int, optional
        First and last year used, both included.
    without : sequence of str
        Factors to leave out of whichever equation has them, by variable (all its lags) or
        by term as written.
    exclude : str, optional
        Boolean place attribute to leave out of the fit, in place of the panel's own;
        ``"none"`` leaves out nothing.
    missing : {"mean", "drop"}
        What a missing factor does to its cell.
    groups : str, optional
        Column of places.csv that groups the places, in place of the model's own.

    Returns
    -------
    Design

    Raises
    ------
    DesignError
        If a factor, group or column is not in the panel, varies nowhere, or nothing is
        left to fit.
    """
    designs = build_designs(
        spec,
        panel,
        first=first,
        last=last,
        without=without,
        exclude=exclude,
        missing=missing,
        groups=groups,
    )
    return designs[spec.kinds[0] if kind is None else kind]


def build_designs(
    spec: ModelSpec,
    panel: xr.Dataset,
    *,
    first: int | None = None,
    last: int | None = None,
    without: Sequence[str] = (),
    exclude: str | None = None,
    missing: Missing = "mean",
    groups: str | None = None,
) -> dict[str, Design]:
    """Bring every equation of a specification and a panel together.

    Parameters
    ----------
    spec : ModelSpec
    panel : xarray.Dataset
        From :func:`attraktiv.read_panel`.
    first, last, without, exclude, missing, groups
        As for :func:`attraktiv.build_design`.

    Returns
    -------
    dict of str to Design
        By kind of attractiveness. The equations of a joint model have the same years and
        the same fitted places: those that either of them has.

    Raises
    ------
    DesignError
        If a factor, group or column is not in the panel, varies nowhere, or nothing is
        left to fit.
    """
    if missing not in get_args(Missing):
        raise DesignError(
            f"missing is {missing!r}; valid is {' or '.join(get_args(Missing))}: --missing mean."
        )
    _refuse_unknown_factors(spec, without)
    spec = settle(spec, panel, groups, without)
    # Sums round by the order of their parts: in one order, permuting places changes nothing.
    order = panel[names.PLACE].values
    panel = panel.sortby(names.PLACE)
    allowed = ~_excluded(panel, exclude) & _between(panel, first, last)
    drafts = {
        kind: _draft(spec, kind, panel, last, without, missing, allowed) for kind in spec.kinds
    }
    options: dict[str, object] = {
        "without": list(without),
        "exclude": exclude,
        "missing": missing,
    }
    together = [draft.known for draft in drafts.values()] if spec.equations.joint else []
    designs = {}
    for kind, draft in drafts.items():
        known = reduce(or_, together) if together else draft.known
        years = _fitted_years(known, draft.equation, first, last)
        fitted = known.sel({names.YEAR: years}).any(names.YEAR)
        data = _assembled(draft, panel, years, fitted).sel({names.PLACE: order})
        terms = tuple(term.label for term in draft.terms)
        field = field_of(panel) if draft.equation.field is not None else None
        designs[kind] = Design(spec, data, terms, options, field, kind)
    return designs


@dataclass(frozen=True)
class _Draft:
    """An equation on the whole panel, before its years and places are settled."""

    equation: Equation
    kind: str
    terms: tuple[Term, ...]
    outcome: xr.DataArray
    raw: dict[str, xr.DataArray]
    known: xr.DataArray


def _draft(
    spec: ModelSpec,
    kind: str,
    panel: xr.Dataset,
    last: int | None,
    without: Sequence[str],
    missing: Missing,
    allowed: xr.DataArray,
) -> _Draft:
    equation = spec.equation(kind)
    terms = _kept(parse_formula(equation.factors), without)
    outcome = _outcome(panel, spec, equation)
    raw = {term.label: _raw_factor(term, panel, last, spec) for term in terms}
    known = (outcome.notnull() & (panel[names.POPULATION] > 0) & allowed).transpose(
        names.PLACE, names.YEAR
    )
    if missing == "drop":
        for values in raw.values():
            known &= values.notnull()
    return _Draft(equation, kind, terms, outcome, raw, known)


def _assembled(
    draft: _Draft, panel: xr.Dataset, years: np.ndarray, fitted: xr.DataArray
) -> xr.Dataset:
    at_years = {names.YEAR: years}
    used = draft.known.sel(at_years)
    data = xr.Dataset(
        {
            names.OUTCOME: draft.outcome.sel(at_years)
            .transpose(names.PLACE, names.YEAR)
            .where(used),
            names.USED: used,
            names.FITTED: fitted,
            names.POPULATION: panel[names.POPULATION].sel(at_years),
            **_noise_of_flows(draft, panel, years),
        }
    )
    data = data.merge(_standardised(draft.raw, draft.terms, years, fitted))
    return data.merge(_attributes(panel, draft.equation, data))


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
    _refuse_unknown_factors(spec, without)
    return _kept(parse_formula(spec.main.factors), without)


def _kept(terms: tuple[Term, ...], without: Sequence[str]) -> tuple[Term, ...]:
    return tuple(t for t in terms if not {t.label, *t.variables} & set(without))


def _refuse_unknown_factors(spec: ModelSpec, without: Sequence[str]) -> None:
    formulas = [equation.factors for equation in spec.equations.by_kind().values()]
    terms = [term for formula in formulas for term in parse_formula(formula)]
    known = {name for term in terms for name in (term.label, *term.variables)}
    for name in without:
        if name not in known:
            labels = dict.fromkeys(term.label for term in terms)
            raise DesignError(
                f"--without {name}: the model {spec.id} has no such factor. Its factors are "
                f"{', '.join(labels)}."
            )


def _outcome(panel: xr.Dataset, spec: ModelSpec, equation: Equation) -> xr.DataArray:
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


def _raw_factor(term: Term, panel: xr.Dataset, last: int | None, spec: ModelSpec) -> xr.DataArray:
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
            f"this panel. Fill it in, or leave it out: --without {_quoted(term)}. "
            f"{advice(spec, panel)}"
        )
    return values


def _quoted(term: Term) -> str:
    """The term as a shell takes it: not its variable, which would take its other lags along."""
    return term.label if term.label == term.variables[0] else f"'{term.label}'"


def _excluded(panel: xr.Dataset, column: str | None) -> xr.DataArray:
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


def _between(panel: xr.Dataset, first: int | None, last: int | None) -> xr.DataArray:
    years = panel[names.YEAR]
    if first is not None and last is not None and first > last:
        raise DesignError(f"--from {first} is after --until {last}; give the earlier year first.")
    low = int(years[0]) if first is None else first
    high = int(years[-1]) if last is None else last
    return (years >= low) & (years <= high)


def _fitted_years(
    known: xr.DataArray, equation: Equation, first: int | None, last: int | None
) -> np.ndarray:
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


def _noise_of_flows(draft: _Draft, panel: xr.Dataset, years: np.ndarray) -> dict[str, xr.DataArray]:
    """Give what the noise of a cell depends on: its size, and its error of measurement."""
    at_years = {names.YEAR: years}
    if draft.kind == names.RESIDENTIAL:
        measured = panel[names.MEASUREMENT_SD].sel(at_years).fillna(0.0)
        turnover = _turnover(panel, draft.equation, years)
        variance = 1e4 * turnover / panel[names.POPULATION].sel(at_years)
        of_flows = {names.MEASUREMENT_SD: measured}
    else:
        before = jobs_before(panel, sector_of(draft.equation.outcome) or "").sel(at_years)
        variance = 1e4 * draft.equation.noise.turnover / before.where(before > 0)
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


def _standardised(
    raw: dict[str, xr.DataArray], terms: Sequence[Term], years: np.ndarray, fitted: xr.DataArray
) -> xr.Dataset:
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
            f"leave it out: --without {_quoted(term)}."
        )
    middle = centre(x, fitted, axis=0)
    scale = float(np.sqrt(((x - middle)[known] ** 2).mean()))
    if scale <= 1e-12 * np.abs(x[known]).max():
        raise DesignError(
            f"The factor {term.label} is the same in every fitted place, so it can explain "
            f"nothing. Leave it out: --without {_quoted(term)}."
        )
    return standardised(x, middle, scale), ~np.isfinite(x - middle), middle[0], scale


def _attributes(panel: xr.Dataset, equation: Equation, design: xr.Dataset) -> xr.Dataset:
    kept = xr.Dataset(
        {
            str(name): values
            for name, values in panel.data_vars.items()
            if values.dims == (names.PLACE,)
        }
    )
    taken = {str(name) for name in (*design.variables, *design.dims, names.GROUP_OF_PLACE)}
    if clashes := sorted(taken & {str(name) for name in kept}):
        raise DesignError(
            f"places.csv has the column '{clashes[0]}', a name that a fit needs for its own "
            f"numbers. Rename it, for instance to 'place_{clashes[0]}'."
        )
    groups = equation.groups
    if equation.field is not None:
        codes = panel[names.PLACE].values.astype(str).astype(object)
        return kept.assign({names.GROUP_OF_PLACE: (names.PLACE, codes)})
    if groups is None:
        return kept
    return kept.assign({names.GROUP_OF_PLACE: kept[groups].astype(str)})


def describe_missing(design: Design) -> str:
    """One line for each factor that stands at its year's mean somewhere, as JSON counts."""
    data = design.fitted()
    counts = (data[names.FACTOR_MISSING] & data[names.USED]).sum((names.PLACE, names.YEAR))
    return json.dumps({str(t): int(n) for t, n in zip(design.terms, counts.values, strict=True)})
