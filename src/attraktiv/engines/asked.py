"""What was asked for, settled: which engine, and how much to draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from attraktiv.errors import InputError
from attraktiv.specs import Engine, ModelSpec, Sampling


def how_much(spec: ModelSpec, asked: Mapping[str, int | None]) -> Sampling:
    """How much to draw: what was asked for, else what the specification says.

    Raises
    ------
    InputError
        A number below one.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    for name, value in given.items():
        if value < 1:
            raise InputError(
                f"{name} is {value}; valid is a whole number from 1 up, or leave --{name} out."
            )
    return spec.sampling.model_copy(update=given)


def which_engine(spec: ModelSpec, asked: Engine) -> Engine:
    """Settle on an engine.

    Raises
    ------
    InputError
        There is no such engine, or it cannot estimate the model.
    """
    if asked not in get_args(Engine):
        raise InputError(
            f"There is no engine '{asked}'; valid are {', '.join(get_args(Engine))}, or leave "
            "--engine out."
        )
    if asked == "auto":
        asked = spec.engine
    if asked == "auto":
        if spec.classical:
            return "least-squares"
        return "collapsed" if spec.gaussian else "nuts"
    if asked == "collapsed" and not spec.gaussian:
        raise InputError(
            f"The engine collapsed cannot estimate {spec.id}: it integrates normal noise out "
            f"exactly, and the noise of this model is Student-t. Valid here: attraktiv fit "
            f"{spec.id} PANEL --engine nuts, or leave --engine out."
        )
    if (asked == "least-squares") != spec.classical:
        valid = "least-squares" if spec.classical else "collapsed or nuts"
        if not spec.gaussian:
            valid = "nuts"
        raise InputError(
            f"The engine {asked} cannot estimate {spec.id}: "
            + (
                "it is a classical regression without priors."
                if spec.classical
                else "it has priors and place effects, which least squares knows nothing of."
            )
            + f" Valid here: {valid}, or leave --engine out."
        )
    return asked
