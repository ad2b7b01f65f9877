"""How good a model is: comparison, published numbers, screening of a proposed driver."""

from __future__ import annotations

from attraktiv.evaluation.comparison import compare
from attraktiv.evaluation.mundlak import slopes
from attraktiv.evaluation.screening import screen

__all__ = ["compare", "screen", "slopes"]
