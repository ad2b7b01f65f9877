"""How good a model is: comparison, published numbers, screening of a proposed driver."""

from attraktiv.evaluation.comparison import compare
from attraktiv.evaluation.instrument import job_response, simultaneous
from attraktiv.evaluation.mundlak import slopes
from attraktiv.evaluation.persistence import hindcast
from attraktiv.evaluation.screening import screen

__all__ = ["compare", "hindcast", "job_response", "screen", "simultaneous", "slopes"]
