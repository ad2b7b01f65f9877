"""Random but valid runs, so that reading rooms are tested without an estimation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

import numpy as np
import xarray as xr

from attraktiv.store import with_equations

Kind = Literal["dynamic", "static", "grouped", "least-squares", "yearly", "joint", "pyramid"]
#: Equations of jobs, with the outcome of each and its share of all jobs.
JOBS: dict[str, dict[str, tuple[str, float]]] = {
    "joint": {"business": ("job_growth", 1.0)},
    "pyramid": {"business": ("basis_job_growth", 0.5), "visit": ("visit_job_growth", 0.3)},
}
JOBS_TERMS = ("industry_mix", "lag(population_growth, 1)")
PLACE_NAMES = ("Oslo", "Ås", "Ærfugl", "Øygarden", "Aasen", "Bergen", "Våler", "Våler", "Zakkestad")
COUNTIES = ("Ytre", "Indre", "Øst")
TERMS = ("own_job_growth", "lag(own_job_growth, 1)", "log(population)")


def place_codes(count: int) -> list[str]:
    """Codes with leading zeros, as in real panels."""
    return [f"{101 + i:05d}" for i in range(count)]


def place_names(count: int) -> list[str]:
    """Norwegian names, one of them shared by two places, then numbered ones."""
    return [*PLACE_NAMES, *(f"Sted {i}" for i in range(len(PLACE_NAMES), count))][:count]


def fake_run(
    kind: Kind = "dynamic",
    *,
    places: int = 9,
    years: int = 6,
    chains: int = 2,
    draws: int = 50,
    seed: int = 7,
    excluded: Sequence[int] = (3,),
    unobserved: Sequence[tuple[int, int]] = ((1, 0),),
    model_seed: int | None = 11,
) -> xr.DataTree:
    """Return a run whose parts agree with each other: the outcome is the sum of its terms.

    Parameters
    ----------
    kind
        What the model has; ``grouped`` is dynamic with a group effect, ``yearly`` least
        squares with coefficients for each year, one of which could not be estimated;
        ``joint`` is dynamic with an equation of business beside it, ``pyramid`` least squares
        with equations of business and of visit jobs, which begin a year later.
    excluded
        Positions of the places that were left out of the fit.
    unobserved
        Positions (place, year) without an outcome.
    model_seed
        The seed that the run says it was drawn with.
    """
    rng = np.random.default_rng(seed)
    codes, first = place_codes(places), 2006
    year = np.arange(first, first + years)
    county = np.array([COUNTIES[i % 3] for i in range(places)], dtype=object)
    population = np.round(np.exp(rng.normal(9.0, 1.2, (places, 1))) * 1.01 ** np.arange(years))
    factors = rng.normal(0, 1, (places, years, len(TERMS)))
    used = np.ones((places, years), bool)
    used[list(excluded)] = False
    scale = np.array([1.2, 1.1, 0.9])
    missing = np.zeros(factors.shape, bool)
    jobs = _jobs(np.random.default_rng(seed + 2), population)
    if kind in JOBS:
        factors[..., :2], scale[:2], missing[..., :2] = _own_growth(
            sum(jobs.values(), np.zeros(())), population, used.any(axis=1)
        )

    alpha = rng.normal(0.3, 0.1, (chains, draws, years))
    beta = rng.normal((0.2, 0.1, 0.3), 0.05, (chains, draws, len(TERMS)))
    theta = rng.normal(rng.normal(0, 0.3, places), 0.1, (chains, draws, places))
    u = rng.normal(rng.normal(0, 0.2, (places, years)), 0.1, (chains, draws, places, years))
    groups = sorted(set(county))
    gamma = rng.normal(rng.normal(0, 0.2, len(groups)), 0.05, (chains, draws, len(groups)))
    mean = alpha.mean((0, 1)) + factors @ beta.mean((0, 1)) + theta.mean((0, 1))[:, None]
    outcome = mean + rng.normal(0, 0.4, (places, years))
    for cell in unobserved:
        outcome[cell] = np.nan
        used[cell] = False

    sample = ("chain", "draw")
    posterior: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "alpha": ((*sample, "year"), alpha),
        "beta": ((*sample, "term"), beta),
        "beta_original": ((*sample, "term"), beta / scale),
        "sigma": (sample, np.abs(rng.normal(0.4, 0.02, (chains, draws)))),
    }
    if kind == "yearly":
        beta = beta[:, :, None, :] + rng.normal(0, 0.05, (years, len(TERMS)))
        beta[:, :, 1, 0] = np.nan
        factors[:, 1, 0] = 0.0
        posterior["beta"] = ((*sample, "year", "term"), beta)
        scaled = beta / scale
        posterior["beta_original"] = ((*sample, "year", "term"), scaled)
        structure = np.einsum("pyt,cdyt->cdpy", factors, np.nan_to_num(beta))
        residual = np.where(used, outcome - alpha[:, :, None, :] - structure, np.nan)
        posterior["u"] = ((*sample, "place", "year"), residual)
    elif kind in ("least-squares", "pyramid"):
        structure = alpha[:, :, None, :] + np.einsum("pyt,cdt->cdpy", factors, beta)
        residual = np.where(used, outcome - structure, np.nan)
        posterior["u"] = ((*sample, "place", "year"), residual)
    else:
        posterior["theta"] = ((*sample, "place"), theta)
        posterior["tau"] = (sample, np.abs(rng.normal(0.3, 0.03, (chains, draws))))
        posterior["phi"] = (sample, np.abs(rng.normal(2.0, 0.2, (chains, draws))))
    if kind in ("dynamic", "grouped", "joint"):
        posterior["u"] = ((*sample, "place", "year"), u)
        posterior["rho"] = (sample, rng.uniform(0.5, 0.8, (chains, draws)))
        posterior["sigma_u"] = (sample, np.abs(rng.normal(0.2, 0.02, (chains, draws))))
    if kind == "grouped":
        posterior["gamma"] = ((*sample, "group"), gamma)
        posterior["sigma_gamma"] = (sample, np.abs(rng.normal(0.2, 0.02, (chains, draws))))

    constant: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "factors": (("place", "year", "term"), factors),
        "factor_missing": (("place", "year", "term"), missing),
        "centre": (("year", "term"), rng.normal(0, 1, (years, len(TERMS)))),
        "scale": (("term",), scale),
        "flow_variance": (("place", "year"), 900.0 / population),
        "measurement_sd": (("place", "year"), np.zeros((places, years))),
        "population": (("place", "year"), population),
        "fitted": (("place",), ~np.isin(np.arange(places), list(excluded))),
        "used": (("place", "year"), used),
        "name": (("place",), np.array(place_names(places), dtype=object)),
        "county_name": (("place",), county),
        "centrality": (("place",), rng.normal(600, 100, places)),
        "capital": (("place",), np.arange(places) == 0),
    }
    if kind == "grouped":
        constant["group_of_place"] = (("place",), county)

    constant |= _flows(np.random.default_rng(seed + 1), population, outcome)

    coords = {
        "chain": np.arange(chains),
        "draw": np.arange(draws),
        "place": np.array(codes, dtype=object),
        "year": year,
        "term": np.array(TERMS, dtype=object),
        "group": np.array(groups, dtype=object),
    }
    parameters = [name for name, (dims, _) in posterior.items() if dims == sample]
    diagnosed = {"r_hat": 1.002, "ess_bulk": 900.0, "ess_tail": 800.0}
    table = {n: (("parameter",), np.full(len(parameters), v)) for n, v in diagnosed.items()}
    tree = xr.DataTree.from_dict(
        {
            "/posterior": _dataset(posterior, coords),
            "/observed_data": _dataset(
                {"net_migration_rate": (("place", "year"), outcome)}, coords
            ),
            "/constant_data": _dataset(constant, coords),
            "/diagnostics": xr.Dataset(
                table, {"parameter": np.array(parameters, dtype=object)}, {"divergences": 0}
            ),
        }
    )
    least_squares = kind in ("least-squares", "yearly", "pyramid")
    tree.attrs = {"kind": "residential", "outcome": "net_migration_rate"}
    children = {
        name: _of_jobs(tree, kind, name, jobs, np.random.default_rng([seed, i]))
        for i, name in enumerate(JOBS.get(kind, {}))
    }
    tree = with_equations({"residential": tree, **children})
    tree.attrs |= {
        "attraktiv_format": "run/1",
        "attraktiv_version": "0.1.0",
        "created": "2026-11-23T00:00:00+00:00",
        "model": "structural_2013" if least_squares else f"hierarchical_{kind}",
        "spec_json": json.dumps({"id": kind, "title": "A model for tests"}),
        "panel_title": "A panel for tests",
        "panel_hash": "0" * 64,
        "place_names": "nb",
        "seed": model_seed,
        "engine": "least-squares" if least_squares else "nuts",
        "first_year": first,
        "last_year": first + years - 1,
        "options": json.dumps({"without": [], "exclude": None, "missing": "mean"}),
        "versions": json.dumps({"numpy": np.__version__}),
        "verdict": "not applicable" if least_squares else "passed",
        "verdict_json": json.dumps({"passed": None if least_squares else True}),
        "seconds": 1.25,
    }
    return tree


def _jobs(rng: np.random.Generator, population: np.ndarray) -> dict[str, np.ndarray]:
    """Jobs of three sectors in the years of the population and the two before them."""
    places, years = population.shape
    growth = rng.normal(1.0, 0.03, (3, places, years + 2)).cumprod(axis=2)
    shares = np.array([0.5, 0.3, 0.2])[:, None, None]
    level = 0.45 * population[:, :1] * shares * growth
    return dict(zip(("basis", "visit", "other"), level, strict=True))


def _own_growth(
    jobs: np.ndarray, population: np.ndarray, fitted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Own job growth and its lag as a design has them; one place lacks them in one year."""
    years = population.shape[1]
    before = population[:, :1] / 1.01
    raw = 100 * np.diff(jobs, axis=1) / np.hstack([before, population])
    raw[-1, 1 + years // 2] = np.nan
    both = np.stack([raw[:, 1:], raw[:, :years]], axis=-1)
    centred = both - np.nanmean(both[fitted], axis=0)
    scale = np.sqrt(np.nanmean(centred[fitted] ** 2, axis=(0, 1)))
    return np.nan_to_num(centred / scale), scale, np.isnan(both)


def _of_jobs(
    tree: xr.DataTree,
    kind: Kind,
    name: str,
    jobs: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> xr.DataTree:
    """Return an equation of jobs of the same places; least squares if the other is."""
    outcome, _ = JOBS[kind][name]
    own = jobs.get(outcome.removesuffix("_job_growth"), sum(jobs.values(), np.zeros(())))
    migration = tree["constant_data"].to_dataset()
    later = {"year": slice(1, None)} if kind == "pyramid" else {}
    growth = 100 * np.diff(own, axis=1)[:, 1:] / own[:, 1:-1]
    growth[~migration["fitted"].values] = np.nan
    growth[-1, growth.shape[1] // 2] = np.nan  # as in _own_growth
    cells = ("place", "year")
    coords = {n: tree["posterior"].dataset[n] for n in ("chain", "draw", "place", "year")}
    sizes = [coords[dim].size for dim in ("chain", "draw", "place", "year")]
    terms = JOBS_TERMS if kind == "joint" else ()
    beta = rng.normal(0.4, 0.1, (*sizes[:2], len(terms)))
    factors = rng.normal(0, 1, (*sizes[2:], len(terms)))
    alpha = rng.normal(0.7, 0.1, (*sizes[:2], sizes[3]))
    sample = ("chain", "draw")
    posterior = {
        "alpha": ((*sample, "year"), alpha),
        "beta": ((*sample, "term"), beta),
        "beta_original": ((*sample, "term"), beta / 1.5),
        "sigma": (sample, np.abs(rng.normal(1.5, 0.1, sizes[:2]))),
    }
    if kind == "joint":
        posterior["theta"] = ((*sample, "place"), rng.normal(0.2, 0.5, sizes[:3]))
        posterior["u"] = ((*sample, *cells), rng.normal(0, 0.4, sizes))
        posterior["sigma_u"] = (sample, np.abs(rng.normal(0.4, 0.02, sizes[:2])))
        posterior["tau"] = (sample, np.abs(rng.normal(0.5, 0.03, sizes[:2])))
    else:
        residual = growth - alpha[:, :, None] - np.einsum("pyt,cdt->cdpy", factors, beta)
        posterior["u"] = ((*sample, *cells), residual)
    labels = {"term": np.array(terms, dtype=object)}
    attributes = {n: v for n, v in migration.data_vars.items() if v.dims == ("place",)}
    constant = xr.Dataset(
        {
            **attributes,
            "population": migration["population"],
            "jobs_before": (cells, own[:, 1:-1]),
            "factors": ((*cells, "term"), factors),
            "factor_missing": ((*cells, "term"), np.zeros(factors.shape, bool)),
        },
        coords | labels,
    ).drop_vars(["chain", "draw"])
    found = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset(posterior, coords | labels).isel(later),
            "/observed_data": xr.Dataset({outcome: (cells, growth)}, coords)
            .drop_vars(["chain", "draw"])
            .isel(later),
            "/constant_data": constant.isel(later),
        }
    )
    found.attrs = {"outcome": outcome}
    return found


def _flows(
    rng: np.random.Generator, population: np.ndarray, outcome: np.ndarray
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """What growth consists of; populations do not follow from it, so that much is left over."""
    last = population[:, -1:] + rng.integers(-9, 9, (len(population), 1))
    flows = {
        "natural_increase": np.round(population * rng.normal(0.002, 0.005, population.shape)),
        "net_migration": population * outcome / 100,
        "boundary_transfer": np.where(rng.random(population.shape) < 0.1, 70.0, 0.0),
        "next_population": np.hstack([population[:, 1:], last]),
    }
    return {name: (("place", "year"), values) for name, values in flows.items()}


def _dataset(
    variables: dict[str, tuple[tuple[str, ...], np.ndarray]], coords: dict[str, np.ndarray]
) -> xr.Dataset:
    dims = {dim for names, _ in variables.values() for dim in names}
    return xr.Dataset(variables, {dim: values for dim, values in coords.items() if dim in dims})
