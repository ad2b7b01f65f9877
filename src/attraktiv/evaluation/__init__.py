"""How good a model is: comparison, published numbers, screening of a proposed driver."""

from attraktiv.evaluation.persistence import hindcast

__all__ = ["hindcast"]
