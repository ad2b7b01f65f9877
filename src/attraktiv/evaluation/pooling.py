"""The model that has the same coefficients in all years, where a model has them year by year."""

from __future__ import annotations

from attraktiv.model import parse_formula
from attraktiv.specs import ModelSpec, models


def name_pooled_twin(spec: ModelSpec, call: str) -> str:
    """Say what to do instead with the model whose years share their coefficients.

    Parameters
    ----------
    spec : ModelSpec
        With ``yearly = true``.
    call : str
        The corrected call, ``{}`` where the model is named.

    Returns
    -------
    str
        A sentence or two.
    """
    for twin in models():
        if twin.classical and not twin.main.yearly and _explains(twin) == _explains(spec):
            return f"The years of {twin.id} share theirs: {call.format(twin.id)}."
    return f"Write yearly = false in a copy of its file, and give that: {call.format('FILE')}."


def _explains(spec: ModelSpec) -> tuple[object, ...]:
    equation = spec.main
    factors = [term.label for term in parse_formula(equation.factors)]
    return equation.outcome, factors, sorted(spec.equations.jobs)
