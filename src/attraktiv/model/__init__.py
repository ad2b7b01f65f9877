"""Panel + ModelSpec → Design (labelled matrices) → pm.Model."""

from attraktiv.model.choices import factors_among, kept_terms, refuse_unknown
from attraktiv.model.design import (
    Design,
    Missing,
    build_design,
    build_designs,
    describe_missing,
)
from attraktiv.model.formula import Term, parse_formula
from attraktiv.model.joint import JointDesign, joint_design
from attraktiv.model.later import later_factors
from attraktiv.model.needs import columns, jobs_equations, nearest

__all__ = [
    "Design",
    "JointDesign",
    "Missing",
    "Term",
    "build_design",
    "build_designs",
    "columns",
    "describe_missing",
    "factors_among",
    "jobs_equations",
    "joint_design",
    "kept_terms",
    "later_factors",
    "nearest",
    "parse_formula",
    "refuse_unknown",
]
