"""A country whose jobs and migration are moved by the same shocks, and runs of both equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from attraktiv.engines.tree import build_joint_tree
from attraktiv.model import build_designs, joint_design
from attraktiv.panels import simulate_country
from attraktiv.specs import ModelSpec, load_spec

RESPONSE, LAG, MIX, SHOCK = 0.3, 0.1, 0.9, 0.8


def panel(*, places: int = 60, years: int = 9, seed: int = 5) -> xr.Dataset:
    """0.3 migrants for each job of the year, 0.1 for each of the last; a shock brings both."""
    found = simulate_country(places=places, years=years, ages=False, seed=seed).panel
    rng = np.random.default_rng(seed)
    shape = tuple(found["population"].shape)
    mix, shock = rng.normal(0.0, 1.5, shape), rng.normal(0.0, 1.0, shape)
    growth = 1.0 + MIX * mix + shock + rng.normal(0.0, 0.5, shape)
    people = found["population"].values
    jobs = 0.5 * people[:, :1] * np.cumprod(1.0 + growth / 100.0, axis=1)
    own = 100.0 * np.diff(jobs, axis=1, prepend=np.nan) / people
    before = np.hstack([np.zeros((shape[0], 1)), np.nan_to_num(own[:, :-1])])
    rate = (
        RESPONSE * np.nan_to_num(own) + LAG * before + SHOCK * shock + rng.normal(0.0, 0.3, shape)
    )
    cell = ("place", "year")
    return found.assign(
        jobs=(cell, jobs),
        industry_mix=(cell, mix),
        net_migration=(cell, rate * people / 100.0),
    )


def classical(factors: str = "own_job_growth + lag(own_job_growth, 1)", **jobs: Any) -> ModelSpec:
    """Least squares of both equations."""
    of_jobs = {"outcome": "job_growth", "factors": "industry_mix + lag(population_growth, 1)"}
    return ModelSpec.model_validate(
        {
            "id": "both",
            "title": "Two equations",
            "year": 2026,
            "status": "experimental",
            "source": "Tests",
            "summary": "As small as it can be",
            "equations": {
                "migration": {"outcome": "net_migration_rate", "factors": factors},
                "jobs": {"business": of_jobs | jobs},
            },
        }
    )


def joint_run(of: xr.Dataset, *, without: tuple[str, ...] = (), draws: int = 40) -> xr.DataTree:
    """A run in the layout of joint_2026 whose draws are noise around known means."""
    spec = load_spec("joint_2026")
    designs = build_designs(spec, of, without=without)
    both = joint_design(designs, of)
    rng = np.random.default_rng(0)
    sample = (2, draws)
    parts: dict[str, dict[str, np.ndarray]] = {}
    for kind, design in both.by_kind().items():
        scale = design.data["scale"].values
        places, years = int(design.data["fitted"].sum()), design.years.size
        mean = np.where(np.array(design.terms) == "own_job_growth", 0.25, 0.05) * scale
        parts[kind] = {
            "alpha": rng.normal(0.3, 0.1, (*sample, years)),
            "beta": mean + rng.normal(0.0, 0.02, (*sample, scale.size)) * scale,
            "theta": rng.normal(0.0, 0.2, (*sample, places)),
            "u": rng.normal(0.0, 0.2, (*sample, places, years)),
            "initial": rng.normal(0.1, 0.01, sample),
            **{name: rng.uniform(0.2, 0.4, sample) for name in ("tau", "sigma_u", "sigma", "phi")},
            "rho": rng.uniform(0.3, 0.6, sample),
        }
    parts["residential"]["correlation_noise"] = rng.uniform(-0.1, 0.5, sample)
    likelihood = {
        kind: rng.normal(-1.0, 0.1, (*sample, *part["u"].shape[2:])) for kind, part in parts.items()
    }
    tree = build_joint_tree(both, parts, seed=1, log_likelihood=likelihood)
    tree.attrs |= {
        "model": spec.id,
        "spec_json": both.spec.model_dump_json(),
        "engine": "collapsed",
        "options": "{}",
        "panel_hash": "0" * 64,
        "panel_title": "A panel for tests",
        "first_year": int(both.residential.years[0]),
        "last_year": int(both.residential.years[-1]),
        "seed": 1,
    }
    return tree
