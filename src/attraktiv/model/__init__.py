"""Panel + ModelSpec → Design (labelled matrices) → pm.Model."""

from attraktiv.model.design import Design, Missing, build_design, describe_missing, kept_terms
from attraktiv.model.formula import Term, parse_formula
from attraktiv.model.later import later_factors
from attraktiv.model.needs import columns, jobs_equations, nearest, require_estimable

__all__ = [
    "Design",
    "Missing",
    "Term",
    "build_design",
    "columns",
    "describe_missing",
    "jobs_equations",
    "kept_terms",
    "later_factors",
    "nearest",
    "parse_formula",
    "require_estimable",
]
