"""NUTS on the full PyMC model, through nutpie: general, and slow."""

from __future__ import annotations

import numpy as np
import nutpie
import pymc as pm
import xarray as xr

from attraktiv import names
from attraktiv.engines import student
from attraktiv.engines.collapsed.draws import cell_log_likelihood
from attraktiv.engines.collapsed.problem import Problem
from attraktiv.engines.tree import Draws
from attraktiv.errors import FitError
from attraktiv.model import Design, JointDesign
from attraktiv.model.pymc_joint import joint_model_of
from attraktiv.model.pymc_model import model_of
from attraktiv.progress import progress as progress_bar
from attraktiv.specs import CORRELATIONS, Equation, Sampling

#: Small steps: the scales of weak effects make narrow places in the posterior.
_TARGET_ACCEPT = 0.9
_STATS = ("diverging", "energy", "depth", "n_steps", "step_size")


def sample(
    design: Design, sampling: Sampling, *, seed: int, progress: bool
) -> tuple[Draws, xr.Dataset, np.ndarray]:
    """Sample the full model.

    Parameters
    ----------
    design : Design
    sampling : Sampling
        Chains, draws and tuning steps.
    seed : int
    progress : bool
        Show progress on standard error.

    Returns
    -------
    draws : mapping of str to array
        (chain, draw, …) over the fitted places.
    sample_stats : xarray.Dataset
    log_likelihood : (chain, draw, place, year) float32
        Log density of each cell given the place's other years.
    """
    draws, stats = _sampled(model_of(design), sampling, seed, progress)
    problem = Problem.of(design)
    if design.equation.gaussian:
        return draws, stats, cell_log_likelihood(problem, draws)
    rng = np.random.default_rng(seed)
    return draws, stats, student.cell_log_likelihood(problem, draws, rng)


def sample_jointly(
    design: JointDesign, sampling: Sampling, *, seed: int, progress: bool
) -> tuple[dict[str, Draws], xr.Dataset, dict[str, np.ndarray]]:
    """Sample the full model of migration and jobs.

    Parameters
    ----------
    design : JointDesign
    sampling, seed, progress
        As for :func:`sample`.

    Returns
    -------
    draws : dict of str to mapping
        By kind of attractiveness, each as of :func:`sample`; the correlations are with
        those of ``residential``, and θ is what growth before the first year leaves over.
    sample_stats : xarray.Dataset
    log_likelihood : dict of str to array
        By kind, (chain, draw, place, year) float32: log density of each cell given the
        place's other cells, of both equations.
    """
    # compiled loops that models of one equation have no use for
    from attraktiv.engines.collapsed import joint

    found, stats = _sampled(joint_model_of(design), sampling, seed, progress)
    draws = {
        kind: _of_equation(one.equation, kind, found) for kind, one in design.by_kind().items()
    }
    ties = {name: found[name] for name in CORRELATIONS if name in found}
    draws[names.RESIDENTIAL] = {**draws[names.RESIDENTIAL], **ties}
    return draws, stats, joint.cell_log_likelihood(joint.JointProblem.of(design), draws)


def _of_equation(equation: Equation, kind: str, found: Draws) -> Draws:
    """The draws of one equation, under the names that it has by itself."""
    own = (*equation.parameters, names.ALPHA, names.INITIAL, names.THETA, names.U)
    called = {name: names.of_equation(name, kind) for name in own}
    return {name: found[there] for name, there in called.items() if there in found}


def _sampled(
    model: pm.Model, sampling: Sampling, seed: int, progress: bool
) -> tuple[dict[str, np.ndarray], xr.Dataset]:
    total = sampling.chains * (sampling.tune + sampling.draws)
    with progress_bar("building and compiling the model", total if progress else None) as update:
        compiled = nutpie.compile_pymc_model(model)
        update(0.0, "sampling")
        done = 0

        def moved(chains: list[object]) -> None:
            nonlocal done
            now = sum(chain.finished_draws for chain in chains)  # type: ignore[attr-defined]
            update(float(now - done), "sampling")
            done = now

        trace = _run(compiled, sampling, seed, moved if progress else None)
    posterior = trace[names.POSTERIOR].to_dataset()
    # innovations of the parametrisation are not part of the model's description
    draws = {str(n): v.values for n, v in posterior.items() if not str(n).endswith("_raw")}
    return draws, trace[names.SAMPLE_STATS].to_dataset()[list(_STATS)]


def _run(compiled: object, sampling: Sampling, seed: int, callback: object) -> xr.DataTree:
    sampler = nutpie.sample(
        compiled,
        draws=sampling.draws,
        tune=sampling.tune,
        chains=sampling.chains,
        seed=seed,
        target_accept=_TARGET_ACCEPT,
        save_warmup=False,
        progress_bar=False,
        progress_callback=callback,
        blocking=False,
    )
    try:
        return sampler.wait()
    except KeyboardInterrupt:
        sampler.cancel()
        raise
    except RuntimeError as error:
        raise FitError(
            f"NUTS stopped: {error}. Check the panel for extreme values (attraktiv panel PANEL), "
            "or use --engine collapsed where the model allows it."
        ) from error
