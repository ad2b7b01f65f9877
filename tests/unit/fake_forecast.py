"""A random but valid forecast of a fake run, so that what reads it is tested without the engine."""

from __future__ import annotations

import numpy as np
import xarray as xr

GROUPS = ("0-5", "6-15", "16-19", "20-66", "67-79", "80+")
SCENARIOS = ("continued", "low", "high")
DRIFT = {"continued": 0.0, "low": -0.01, "high": 0.01}


def fake_forecast(
    run: xr.DataTree, *, horizon: int = 12, draws: int = 40, seed: int = 3, ages: bool = False
) -> xr.Dataset:
    """Return a forecast of three scenarios that share their random numbers."""
    rng = np.random.default_rng(seed)
    constant = run["constant_data"].dataset
    codes = constant["place"].values
    now = constant["next_population"].values[:, -1]
    origin = int(run.attrs["last_year"]) + 1
    chains, places, years = 2, len(codes), horizon + 1
    steps = rng.normal(0, 0.008, (chains, draws, places, years))
    steps[..., 0] = 0
    drift = np.array([DRIFT[name] for name in SCENARIOS])[:, None, None, None, None]
    path = steps.cumsum(axis=-1) + drift * np.arange(years)
    population = now[:, None] * np.exp(path)
    share = np.array([0.07, 0.12, 0.05, 0.6, 0.11, 0.05])
    cells = ("scenario", "chain", "draw", "place", "year")
    flows = {"births": 0.01, "deaths": 0.009, "natural_increase": 0.001}
    migration = np.diff(population, axis=-1, append=np.nan) - flows["natural_increase"] * population
    of_year = {name: rate * population for name, rate in flows.items()}
    for values in of_year.values():
        values[..., -1] = np.nan
    data = {
        "population": (cells, population),
        **{name: (cells, values) for name, values in of_year.items()},
        "net_migration": (cells, migration),
        "population_difference": (cells, population - population[:1]),
        "population_by_age_group": (
            ("scenario", "chain", "draw", "age_group", "place", "year"),
            population[:, :, :, None] * share[:, None, None],
        ),
    }
    coords = {
        "scenario": list(SCENARIOS),
        "chain": np.arange(chains),
        "draw": np.arange(draws),
        "age_group": list(GROUPS),
        "place": codes,
        "year": origin + np.arange(years),
    }
    if ages:
        age = np.arange(106)
        weight = np.exp(-(((age - 38) / 36) ** 2)) * (1 + 0.3 * np.sin(age / 6))
        both = np.stack([weight * 0.49, weight * 0.51]) / weight.sum()
        aged = population[:, :, :, None, None] * both[:, :, None, None]
        dims = ("scenario", "chain", "draw", "sex", "age", "place", "year")
        data["population_by_age"] = (dims, aged)
        coords |= {"sex": ["male", "female"], "age": age}
    attrs = {"origin": origin, "horizon": horizon, "seed": seed, "panel_hash": "0" * 64}
    return xr.Dataset(data, coords, attrs).astype("float32")


def with_forecast(run: xr.DataTree, **options: object) -> xr.DataTree:
    """Return the run with a forecast in it."""
    run["forecast"] = xr.DataTree(fake_forecast(run, **options))  # type: ignore[arg-type]
    return run
