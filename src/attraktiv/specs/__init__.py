"""Specifications: ``models/*.toml`` as frozen objects."""

from attraktiv.specs.load import load_spec, models, models_folder, parse_spec
from attraktiv.specs.priors import (
    Beta,
    Exponential,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    Uniform,
)
from attraktiv.specs.schema import (
    AUTO_GROUPS,
    Engine,
    Equation,
    Equations,
    JobsEquation,
    ModelSpec,
    Noise,
    Sampling,
)

__all__ = [
    "AUTO_GROUPS",
    "Beta",
    "Engine",
    "Equation",
    "Equations",
    "Exponential",
    "Gamma",
    "HalfNormal",
    "JobsEquation",
    "LogNormal",
    "ModelSpec",
    "Noise",
    "Normal",
    "Prior",
    "Sampling",
    "Uniform",
    "load_spec",
    "models",
    "models_folder",
    "parse_spec",
]
