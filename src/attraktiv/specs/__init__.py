"""Specifications: ``models/*.toml`` as frozen objects."""

from attraktiv.specs.equation import (
    AUTO_GROUPS,
    CORRELATIONS,
    PARAMETER_SUPPORT,
    Equation,
    JobsEquation,
    Noise,
)
from attraktiv.specs.load import (
    explain,
    load_spec,
    models,
    models_folder,
    packaged_folder,
    parse_spec,
)
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
from attraktiv.specs.schema import Engine, Equations, Joint, ModelSpec, Sampling
from attraktiv.specs.sectors import of_sector, sector_of

__all__ = [
    "AUTO_GROUPS",
    "CORRELATIONS",
    "PARAMETER_SUPPORT",
    "Beta",
    "Engine",
    "Equation",
    "Equations",
    "Exponential",
    "Gamma",
    "HalfNormal",
    "JobsEquation",
    "Joint",
    "LogNormal",
    "ModelSpec",
    "Noise",
    "Normal",
    "Prior",
    "Sampling",
    "Uniform",
    "explain",
    "load_spec",
    "models",
    "models_folder",
    "of_sector",
    "packaged_folder",
    "parse_spec",
    "sector_of",
]
