"""Panel + specification → Design: labelled matrices that every engine reads.

A cell is used when its outcome and its population are known; fitted places are those with at least
one cell in the fit. A missing factor stands at its year's mean, zero after centring, and is
counted; with ``missing="drop"`` the cell is left out instead. The columns themselves are those of
:mod:`.matrices`.
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
from attraktiv.errors import DesignError
from attraktiv.model.choices import (
    excluded_places,
    fitted_years,
    refuse_unknown,
    terms_without,
    years_between,
)
from attraktiv.model.field import Field, field_of
from attraktiv.model.formula import Term, parse_formula
from attraktiv.model.matrices import (
    noise_of_flows,
    outcome_of,
    raw_factor,
    standardised_factors,
)
from attraktiv.model.needs import settle
from attraktiv.specs import Equation, ModelSpec

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
    refuse_unknown(spec, without)
    spec = settle(spec, panel, groups, without)
    # Sums round by the order of their parts: in one order, permuting places changes nothing.
    order = panel[names.PLACE].values
    panel = panel.sortby(names.PLACE)
    allowed = ~excluded_places(panel, exclude) & years_between(panel, first, last)
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
        years = fitted_years(known, draft.equation, first, last)
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
    terms = terms_without(parse_formula(equation.factors), without)
    outcome = outcome_of(panel, spec, equation)
    raw = {term.label: raw_factor(term, panel, last, spec) for term in terms}
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
            **noise_of_flows(draft.equation, draft.kind, panel, years),
        }
    )
    data = data.merge(standardised_factors(draft.raw, draft.terms, years, fitted))
    return data.merge(_attributes(panel, draft.equation, data))


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
