"""Fit a model to a panel: choose the engine, run it, judge it, keep the provenance."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import secrets
import time
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.engines import least_squares
from attraktiv.engines.asked import how_much, which_engine
from attraktiv.engines.diagnostics import diagnose
from attraktiv.engines.tree import build_joint_tree, build_tree
from attraktiv.errors import AttraktivWarning, FitError, InputError
from attraktiv.model import Design, JointDesign, Missing, build_designs, joint_design
from attraktiv.panels import content_hash, read_panel
from attraktiv.specs import Engine, ModelSpec, Sampling, load_spec
from attraktiv.store import refuse_existing, with_equations, write_run

if TYPE_CHECKING:
    from attraktiv.engines.collapsed import Sample

_FLOWS = (names.NATURAL_INCREASE, names.NET_MIGRATION, names.BOUNDARY_TRANSFER)
_VERSIONED = ("numpy", "scipy", "numba", "pymc", "nutpie", "arviz-stats", "xarray")


def fit(
    model: str | Path | ModelSpec,
    panel: str | Path | xr.Dataset,
    *,
    out: str | Path | None = None,
    engine: Engine = "auto",
    first: int | None = None,
    last: int | None = None,
    without: Sequence[str] = (),
    exclude: str | None = None,
    missing: Missing = "mean",
    groups: str | None = None,
    sector: str | None = None,
    seed: int | None = None,
    chains: int | None = None,
    draws: int | None = None,
    tune: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> xr.DataTree:
    """Fit a model to a panel.

    Parameters
    ----------
    model : str, Path or ModelSpec
        Name of a model (:func:`attraktiv.models`), a TOML file, or a specification.
    panel : str, Path or xarray.Dataset
        Panel folder, built panel, or the dataset of :func:`attraktiv.read_panel`.
    out : str or Path, optional
        Where to write the run; without it nothing is written.
    engine : {"auto", "collapsed", "nuts", "least-squares"}
        How to estimate. ``auto`` takes what the specification says; where it leaves the
        choice open, the collapsed engine, or NUTS where the noise is not normal.
    first, last : int, optional
        First and last year used, both included.
    without : sequence of str
        Factors to leave out, by variable or by term as written.
    exclude : str, optional
        Boolean column of places.csv to leave out of the fit, in place of the panel's own.
    missing : {"mean", "drop"}
        A missing factor stands at its year's mean, or its cell is left out.
    groups : str, optional
        For models with groups: the column of places.csv that groups the places, in place
        of the model's own.
    sector : str, optional
        For models of all jobs: the sector whose jobs take their place, such as
        ``"private"``, or one of industries.csv.
    seed : int, optional
        Makes the run repeatable to the last bit on one machine; recorded either way.
    chains, draws, tune : int, optional
        Independent chains, draws kept in each, and steps of NUTS before the first, in
        place of the specification's.
    force : bool
        Replace an existing run.
    progress : bool
        Show progress on standard error, where that is a terminal.

    Returns
    -------
    xarray.DataTree
        The run; docs/schema.md lists its groups.

    Raises
    ------
    InputError
        If the model, the panel or their combination is wrong; nothing was started. Where
        the panel lacks what the model needs, the message names the nearest model that it
        can run.
    FitError
        If the estimation failed.
    """
    if out is not None:
        refuse_existing(out, force=force)
    spec = load_spec(model)
    chosen = which_engine(spec, engine)
    sampling = how_much(spec, {"chains": chains, "draws": draws, "tune": tune})
    if seed is not None and seed < 0:
        raise InputError(f"The seed is {seed}; valid is a whole number from 0 up: --seed 1.")
    data = panel if isinstance(panel, xr.Dataset) else read_panel(panel)
    designs = build_designs(
        spec if sector is None else spec.with_sector(sector),
        data,
        first=first,
        last=last,
        without=without,
        exclude=exclude,
        missing=missing,
        groups=groups,
    )
    seed = secrets.randbelow(2**31) if seed is None else seed
    begun = time.perf_counter()
    tree = _estimate(designs, data, chosen, sampling, seed, progress)
    tree[names.CONSTANT_DATA] = xr.DataTree(_with_flows(tree, data))
    main = next(iter(designs.values()))
    tree.attrs |= _provenance(main, data, seed) | {"seconds": time.perf_counter() - begun}
    if out is not None:
        write_run(tree, out, force=force)
    return tree


def _estimate(
    designs: Mapping[str, Design],
    panel: xr.Dataset,
    engine: Engine,
    sampling: Sampling,
    seed: int,
    progress: bool,
) -> xr.DataTree:
    """Estimate every equation: by itself, or two together."""
    main = next(iter(designs.values()))
    if engine == "least-squares":
        trees = {
            kind: build_tree(
                design,
                # each equation has random numbers of its own
                least_squares.sample(design, sampling, rng=np.random.default_rng([seed, i])),
                seed=seed,
            )
            for i, (kind, design) in enumerate(designs.items())
        }
        return _labelled(with_equations(trees), engine, "not applicable")
    if main.spec.equations.joint is not None:
        return _jointly(joint_design(designs, panel), engine, sampling, seed, progress)
    if engine == "collapsed":
        # slow to import, as PyMC is: who only reads runs needs neither
        from attraktiv.engines import collapsed

        found, log_likelihood, psi = collapsed.sample(main, sampling, seed=seed, progress=progress)
        if not psi.failure:
            tree = build_tree(main, found, seed=seed, log_likelihood=log_likelihood)
            return _judged(with_equations({main.kind: tree}), engine, _of_sampler(psi))
        _say_that_nuts_follows(psi)
    from attraktiv.engines import nuts

    sampled, stats, log_likelihood = nuts.sample(main, sampling, seed=seed, progress=progress)
    tree = build_tree(main, sampled, seed=seed, sample_stats=stats, log_likelihood=log_likelihood)
    return _judged(with_equations({main.kind: tree}), "nuts", {})


def _jointly(
    design: JointDesign, engine: Engine, sampling: Sampling, seed: int, progress: bool
) -> xr.DataTree:
    if engine == "collapsed":
        from attraktiv.engines.collapsed import joint

        found, log_likelihood, psi = joint.sample(design, sampling, seed=seed, progress=progress)
        if not psi.failure:
            tree = build_joint_tree(design, found, seed=seed, log_likelihood=log_likelihood)
            return _judged(tree, engine, _of_sampler(psi))
        _say_that_nuts_follows(psi)
    from attraktiv.engines import nuts

    sampled, stats, log_likelihood = nuts.sample_jointly(
        design, sampling, seed=seed, progress=progress
    )
    tree = build_joint_tree(
        design, sampled, seed=seed, sample_stats=stats, log_likelihood=log_likelihood
    )
    return _judged(tree, "nuts", {})


def _of_sampler(psi: Sample) -> dict[str, Any]:
    return {
        "method": psi.method,
        "pareto_k": psi.pareto_k,
        "ess": float(psi.ess.min()),
        "evaluations": psi.evaluations,
    }


def _say_that_nuts_follows(psi: Sample) -> None:
    warnings.warn(
        f"The collapsed engine gave up: {psi.failure}. Falling back to NUTS, which takes minutes.",
        AttraktivWarning,
        stacklevel=4,
    )


def _judged(tree: xr.DataTree, engine: str, sampler: dict[str, Any]) -> xr.DataTree:
    if not np.isfinite(tree[names.POSTERIOR].to_dataset()[names.SIGMA].values).all():
        raise FitError("The fit gave numbers that are not finite; check the panel for extremes.")
    table = diagnose(tree, engine=engine, sampler=sampler)
    tree[names.DIAGNOSTICS] = xr.DataTree(table)
    passed = json.loads(table.attrs["figures"])["passed"]
    return _labelled(tree, engine, "passed" if passed else "failed")


def _labelled(tree: xr.DataTree, engine: str, verdict: str) -> xr.DataTree:
    tree.attrs |= {"engine": engine, "verdict": verdict}
    return tree


def _with_flows(tree: xr.DataTree, panel: xr.Dataset) -> xr.Dataset:
    """Keep with the run what growth of population consists of, beside the outcome."""
    constant = tree[names.CONSTANT_DATA].to_dataset()
    years = {names.YEAR: constant[names.YEAR]}
    population = panel[names.POPULATION]
    flows = {name: panel.get(name, xr.full_like(population, np.nan)) for name in _FLOWS}
    next_population = population.shift({names.YEAR: -1})
    next_population.attrs |= {"long_name": "population on the next 1 January"}
    kept = {**flows, names.NEXT_POPULATION: next_population}
    return constant.assign({name: values.sel(years) for name, values in kept.items()})


def _provenance(design: Design, panel: xr.Dataset, seed: int) -> dict[str, object]:
    versions = {name: importlib.metadata.version(name) for name in _VERSIONED}
    return {
        "attraktiv_format": "run/1",
        "attraktiv_version": attraktiv.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": design.spec.id,
        "spec_json": design.spec.model_dump_json(),
        "panel_title": panel.attrs.get("title", ""),
        "panel_hash": content_hash(panel),
        "place_names": panel.attrs.get("place_names", ""),
        "options": json.dumps(design.options),
        "first_year": int(design.years[0]),
        "last_year": int(design.years[-1]),
        "seed": seed,
        "versions": json.dumps(versions | {"python": platform.python_version()}),
    }
