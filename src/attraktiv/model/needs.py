"""What a model needs from a panel, and the nearest model that a panel can run.

Mathematical details
--------------------
Nearest is, of the models that begin with the same equation, of migration or of jobs, the one
that shares the most terms; then the one with the fewest terms, and then equations, that only one
of the two has, then one of the same kind (classical or not), then the one closest in time, then
the first by name.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import xarray as xr

from attraktiv import names
from attraktiv.errors import AttraktivWarning, DesignError, PanelError
from attraktiv.model.formula import parse_formula
from attraktiv.panels import COVARIATES, covariate, region_attribute
from attraktiv.specs import AUTO_GROUPS, Equation, JobsEquation, ModelSpec, models


def columns(spec: ModelSpec) -> tuple[str, ...]:
    """Columns and tables of the panel folder that a model needs.

    Parameters
    ----------
    spec : ModelSpec

    Returns
    -------
    tuple of str
        ``population`` first, which every panel has, then those of the outcome and of the
        factors of each equation in their order; alternatives are joined by or, such as
        ``jobs_public or (jobs and jobs_private)``.
    """
    found = [names.POPULATION]
    for equation in spec.equations.by_kind().values():
        outcomes = (equation.outcome, equation.outcome_otherwise)
        found.append(" or ".join(_columns_of(name) for name in outcomes if name))
        found += [_columns_of(name) for name in _of_formula(equation.factors)]
        if (own := equation.groups) is not None:
            auto = "a text column of places.csv that groups them"
            found.append(auto if own == AUTO_GROUPS else own)
        if equation.field is not None:
            found.append(_BORDERS)
    return tuple(dict.fromkeys(found))


def jobs_equations(spec: ModelSpec) -> tuple[str, ...]:
    """Equations of jobs in words, such as ``business: private_job_growth on industry_mix``."""
    out = []
    for name, equation in spec.equations.jobs.items():
        factors = [term.label for term in parse_formula(equation.factors)]
        out.append(f"{name}: {equation.outcome}" + (" on " + ", ".join(factors)) * bool(factors))
    return tuple(out)


def outcome_of(equation: Equation, panel: xr.Dataset) -> str:
    """Name of the rate that is explained in this panel: the second choice without the first."""
    if equation.outcome_otherwise is None or _known(panel, equation.outcome):
        return equation.outcome
    return equation.outcome_otherwise


def missing(spec: ModelSpec, panel: xr.Dataset) -> tuple[str, ...]:
    """Variables that a model needs and a panel lacks, or knows nowhere."""
    lacking = []
    for equation in spec.equations.by_kind().values():
        if not isinstance(equation, JobsEquation) or equation.essential:
            lacking += _missing_of(equation, panel)
    return tuple(dict.fromkeys(lacking))


def _missing_of(equation: Equation, panel: xr.Dataset) -> list[str]:
    wanted = [outcome_of(equation, panel), *_of_formula(equation.factors)]
    lacking = [name for name in dict.fromkeys(wanted) if not _known(panel, name)]
    if equation.groups is not None and group_column(equation.groups, panel) is None:
        lacking.append(equation.groups)
    if equation.field is not None and not has_borders(panel):
        lacking.append(_BORDERS)
    return lacking


def group_column(groups: str, panel: xr.Dataset) -> str | None:
    """Column of places.csv that `groups` means in this panel; None where there is none."""
    if groups == AUTO_GROUPS:
        return region_attribute(panel)
    return groups if groups in panel and panel[groups].dims == (names.PLACE,) else None


def has_borders(panel: xr.Dataset) -> bool:
    """Say whether the panel knows which places are neighbours."""
    return names.BORDER_PLACE in panel and panel.sizes[names.BORDER] > 0


def nearest(spec: ModelSpec, panel: xr.Dataset) -> ModelSpec | None:
    """Give the model most like this one that a panel can run; None if it can run none.

    Parameters
    ----------
    spec : ModelSpec
    panel : xarray.Dataset

    Returns
    -------
    ModelSpec or None
        One that comes with the package, never `spec` itself, nor one of births and deaths in
        place of migration.
    """
    own = _terms(spec)

    def distance(other: ModelSpec) -> tuple[bool, int, int, int, bool, int, str]:
        terms = _terms(other)
        return (
            other.kinds[0] != spec.kinds[0],
            -len(own & terms),
            len(own ^ terms),
            len(set(spec.kinds) ^ set(other.kinds)),
            other.classical != spec.classical,
            abs(other.year - spec.year),
            other.id,
        )

    others = (m for m in models() if m.id != spec.id and _of_people(m) == _of_people(spec))
    return min((m for m in others if not missing(m, panel)), key=distance, default=None)


def _of_people(spec: ModelSpec) -> bool:
    return spec.main.outcome == names.NATURAL_INCREASE_RATE


def advice(spec: ModelSpec, panel: xr.Dataset) -> str:
    """Say in a sentence which model this panel can run instead."""
    other = nearest(spec, panel)
    if other is None:
        return "No model that comes with the package has all it needs in this panel."
    return (
        f"The nearest model that this panel can run is {other.id}: attraktiv fit {other.id} PANEL."
    )


def settle(
    spec: ModelSpec, panel: xr.Dataset, groups: str | None, without: Sequence[str] = ()
) -> ModelSpec:
    """Put what the panel has in place of what in a model depends on the panel.

    Parameters
    ----------
    spec : ModelSpec
    panel : xarray.Dataset
    groups : str or None
        Column asked for in place of the model's own.
    without : sequence of str
        Variables that are left out, so that nothing depends on them.

    Returns
    -------
    ModelSpec
        With one outcome and, where the model has groups, a column of this panel; without
        the equations of jobs that are not essential and that the panel cannot give.

    Raises
    ------
    DesignError
        If the model has no groups to change, or the panel has no such column.
    """
    spec = _without_impossible(spec, panel, without)
    if groups is not None and not any(e.groups for e in spec.equations.by_kind().values()):
        raise DesignError(
            f"--groups {groups}: the model {spec.id} has no groups of places. Leave --groups out, "
            "or fit a model that has: attraktiv fit hierarchical_grouped PANEL."
        )
    for kind, equation in spec.equations.by_kind().items():
        changes: dict[str, object] = {}
        if equation.outcome_otherwise is not None:
            changes = {"outcome": outcome_of(equation, panel), "outcome_otherwise": None}
        if equation.groups is not None:
            wanted = groups or equation.groups
            found = group_column(wanted, panel)
            if found is None:
                raise DesignError(_no_groups(spec, panel, wanted))
            changes["groups"] = found
        if equation.field is not None and not has_borders(panel):
            raise DesignError(
                f"The model {spec.id} has a spatial field, and this panel does not say which "
                "places are neighbours. Add neighbours.csv (place, neighbour) or places.geojson "
                "(polygons with the property place) to the panel folder. "
                f"{advice(spec, panel)}"
            )
        spec = spec.with_equation(kind, **changes) if changes else spec
    return spec


def _without_impossible(spec: ModelSpec, panel: xr.Dataset, without: Sequence[str]) -> ModelSpec:
    """Leave out equations that the model can do without and the panel cannot give."""
    for kind, equation in spec.equations.jobs.items():
        lacking = [name for name in _missing_of(equation, panel) if name not in without]
        if lacking and not equation.essential:
            warnings.warn(
                f"Of the model {spec.id} the equation of {kind} attractiveness is left out: the "
                f"panel has no {', '.join(lacking)}. The others are estimated.",
                AttraktivWarning,
                stacklevel=4,
            )
            spec = spec.without_equation(kind)
    return spec


def _no_groups(spec: ModelSpec, panel: xr.Dataset, wanted: str) -> str:
    valid = [str(name) for name, v in panel.data_vars.items() if v.dims == (names.PLACE,)]
    if wanted == AUTO_GROUPS:
        fault = "groups places by their region, and no text column of places.csv puts any together"
    else:
        fault = f"groups places by '{wanted}', which places.csv lacks"
    return (
        f"The model {spec.id} {fault}; its columns are {', '.join(valid)}. Name one of them: "
        f"attraktiv fit {spec.id} PANEL --groups COLUMN. {advice(spec, panel)}"
    )


def _of_formula(formula: str) -> list[str]:
    return [name for term in parse_formula(formula) for name in term.variables]


def _terms(spec: ModelSpec) -> frozenset[str]:
    formulas = [equation.factors for equation in spec.equations.by_kind().values()]
    return frozenset(term.label for text in formulas for term in parse_formula(text))


def _columns_of(variable: str) -> str:
    if variable not in COVARIATES:
        return variable
    sets = [
        tuple(_TABLES.get(name, name) for name in alternative)
        for alternative in COVARIATES[variable].requires
    ]
    if len(sets) == 1:
        return " and ".join(sets[0])
    return " or ".join(s[0] if len(s) == 1 else f"({' and '.join(s)})" for s in sets)


_BORDERS = "neighbours or places.geojson"

#: Variables of a panel that come from a table of their own.
_TABLES = {names.COMMUTING_YEAR: "commuting"}


def _known(panel: xr.Dataset, name: str) -> bool:
    try:
        return bool(covariate(panel, name).notnull().any())
    except PanelError:
        return False
