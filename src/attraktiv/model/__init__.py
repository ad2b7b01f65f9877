"""Panel + ModelSpec → Design (labelled matrices) → pm.Model."""

from attraktiv.model.design import Design, Missing, build_design, describe_missing
from attraktiv.model.formula import Term, parse_formula
from attraktiv.model.later import later_factors

__all__ = [
    "Design",
    "Missing",
    "Term",
    "build_design",
    "describe_missing",
    "later_factors",
    "parse_formula",
]
