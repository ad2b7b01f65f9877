"""Specifications and small panels that tests of several rooms build on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr

from attraktiv.specs import Equation, ModelSpec, Noise

#: A prior for every parameter a model can have; narrow enough that a wrong one shows. Numbers
#: that single precision holds exactly PyTensor keeps in it, with their normalising constants.
PRIORS: Mapping[str, Mapping[str, Any]] = {
    "beta": {"distribution": "normal", "mu": 0.1, "sigma": 0.5},
    "mu_alpha": {"distribution": "normal", "mu": 0.2, "sigma": 0.8},
    "rho_alpha": {"distribution": "beta", "alpha": 2.1, "beta": 3.2},
    "sigma_alpha": {"distribution": "half_normal", "sigma": 0.4},
    "sigma_gamma": {"distribution": "exponential", "scale": 0.3},
    "tau": {"distribution": "half_normal", "sigma": 0.6},
    "sigma_u": {"distribution": "half_normal", "sigma": 0.5},
    "rho": {"distribution": "uniform", "lower": -0.5, "upper": 0.95},
    "sigma": {"distribution": "half_normal", "sigma": 1.0},
    "phi": {"distribution": "log_normal", "mu": 0.3, "sigma": 0.7},
    "nu": {"distribution": "gamma", "alpha": 2.1, "beta": 0.2, "lower": 2.0},
}


def specification(
    factors: str = "own_job_growth + centrality",
    *,
    place_effect: str = "static",
    year_effect: str = "ar1",
    groups: str | None = None,
    size_dependent: bool = True,
    family: Literal["normal", "student_t"] = "normal",
    yearly: bool = False,
    turnover: float = 0.09,
    engine: str = "auto",
    outcome: str = "net_migration_rate",
    priors: Mapping[str, Mapping[str, Any]] | None = None,
    **fields: Any,
) -> ModelSpec:
    """Build a model with just the priors that its structure needs."""
    if year_effect == "fixed":
        place_effect, size_dependent = "none", False
    noise = Noise(family=family, size_dependent=size_dependent, turnover=turnover)
    equation: dict[str, Any] = {
        "outcome": outcome,
        "factors": factors,
        "place_effect": place_effect,
        "groups": groups,
        "year_effect": year_effect,
        "yearly": yearly,
        "noise": noise,
    }
    needed = Equation.model_construct(**equation).parameters
    equation["priors"] = {name: ({**PRIORS, **(priors or {})})[name] for name in needed}
    about: dict[str, Any] = {
        "id": "a_model",
        "title": "A model for tests",
        "year": 2026,
        "status": "experimental",
        "source": "Tests",
        "summary": "As small as it can be",
        "engine": engine,
    }
    return ModelSpec.model_validate({**about, **fields, "equations": {"migration": equation}})


def permuted(panel: xr.Dataset, seed: int = 3) -> xr.Dataset:
    """The same panel with its places in another order."""
    order = np.random.default_rng(seed).permutation(panel.sizes["place"])
    assert not np.array_equal(order, np.arange(order.size))
    return panel.isel(place=order)


def widened(panel: xr.Dataset, codes: Sequence[str] = ("0000", "9999")) -> xr.Dataset:
    """The same panel with places about which nothing is known, before and after the others."""
    places = [codes[0], *panel["place"].values, *codes[1:]]
    texts = {str(k): "" for k, v in panel.data_vars.items() if v.dtype.kind in "OUT"}
    flags = {str(k): False for k, v in panel.data_vars.items() if v.dtype == bool}
    return panel.reindex(
        place=np.array(places, dtype=object), fill_value={**texts, **flags, "measurement_sd": 0.0}
    )


def lengthened(panel: xr.Dataset) -> xr.Dataset:
    """The same panel with a later year in which nothing is known."""
    years = panel["year"].values
    longer = panel.reindex(year=np.append(years, years[-1] + 1))
    return longer.assign(measurement_sd=longer["measurement_sd"].fillna(0.0))
