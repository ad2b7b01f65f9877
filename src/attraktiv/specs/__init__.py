"""Specifications: ``models/*.toml`` as frozen objects."""

from attraktiv.specs.load import load_spec, models, models_folder, parse_spec
from attraktiv.specs.priors import Beta, Exponential, HalfNormal, LogNormal, Normal, Prior, Uniform
from attraktiv.specs.schema import Engine, Equation, ModelSpec, Noise, Sampling

__all__ = [
    "Beta",
    "Engine",
    "Equation",
    "Exponential",
    "HalfNormal",
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
