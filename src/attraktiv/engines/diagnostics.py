"""Can a run be trusted? Convergence figures, a verdict, and what to do about it.

Mathematical details
--------------------
Rank-normalised split R-hat, bulk and tail effective sample size (Vehtari et al. 2021,
*Bayesian Analysis*), divergences and the energy's Bayesian fraction of missing
information for NUTS; for the collapsed engine Pareto k̂ of the importance weights
(Vehtari et al. 2024, *JMLR*) and the effective sample size they leave. There the place
effects are independent draws given the variances, so that they are as good as these,
and the figures are those of the variances and the global coefficients.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.engines.trend import trend_lines
from attraktiv.store import equation_of, kinds_of

R_HAT_LIMIT = 1.01
ESS_LIMIT = 400.0
BFMI_LIMIT = 0.3
#: Above this Pareto k̂ importance weights cannot be trusted (Vehtari et al. 2024).
PARETO_LIMIT = 0.7

_SAMPLE = (names.CHAIN, names.DRAW)


@dataclass(frozen=True)
class Check:
    """The verdict on a run.

    Attributes
    ----------
    passed : bool or None
        None for least squares, which does not sample.
    lines : tuple of str
        The verdict, the worst figures, and what to do.
    figures : dict
        The same as numbers.
    """

    passed: bool | None
    lines: tuple[str, ...]
    figures: dict[str, Any]


def diagnose(tree: xr.DataTree, *, engine: str, sampler: dict[str, Any]) -> xr.Dataset:
    """Compute the diagnostics of a fresh run.

    Parameters
    ----------
    tree : xarray.DataTree
        With ``posterior`` and, for NUTS, ``sample_stats``.
    engine : {"nuts", "collapsed"}
    sampler : dict
        What the sampler itself says: ``method``, ``pareto_k``, ``ess``.

    Returns
    -------
    xarray.Dataset
        ``r_hat``, ``ess_bulk``, ``ess_tail`` over dim ``parameter``; attrs with the
        worst of each, and the verdict.
    """
    from arviz_stats.base import array_stats  # a second to import

    labels: list[str] = []
    blocks: list[np.ndarray] = []
    for label, values in scalars(tree, with_places=engine == "nuts"):
        labels += label
        blocks.append(values)
    draws = np.concatenate(blocks)
    axes = {"chain_axis": 1, "draw_axis": 2}
    with np.errstate(divide="ignore", invalid="ignore"):  # what never moves has no R-hat
        computed = {
            "r_hat": array_stats.rhat(draws, **axes),
            "ess_bulk": array_stats.ess(draws, method="bulk", **axes),
            "ess_tail": array_stats.ess(draws, method="tail", prob=(0.05, 0.95), **axes),
        }
    table = xr.Dataset(
        {name: (names.PARAMETER, figure) for name, figure in computed.items()},
        coords={names.PARAMETER: labels},
    )
    figures: dict[str, Any] = {"engine": engine, **sampler}
    for name, worst in (("r_hat", "max"), ("ess_bulk", "min"), ("ess_tail", "min")):
        column = table[name].values
        at = int(np.argmax(column) if worst == "max" else np.argmin(column))
        figures[name] = float(column[at])
        figures[f"{name}_of"] = labels[at]
    if engine == "nuts":
        stats = tree[names.SAMPLE_STATS]
        figures["divergences"] = int(stats["diverging"].sum())
        figures["bfmi"] = float(np.min(array_stats.bfmi(stats["energy"].values)))
    figures["passed"] = not any(_faults(figures, True))
    return table.assign_attrs(figures=json.dumps(figures))


def check(run: xr.DataTree) -> Check:
    """Say whether a run can be trusted.

    Parameters
    ----------
    run : xarray.DataTree
        From :func:`attraktiv.fit` or :func:`attraktiv.open_run`.

    Returns
    -------
    Check
        ``passed`` is None where nothing was sampled.
    """
    if names.DIAGNOSTICS not in run.children:
        lines: tuple[str, ...] = (
            "Not applicable: least squares does not sample. Its bands are the sampling error of "
            "the coefficients alone; the residual it calls attractiveness holds the noise too.",
        )
        if names.YEAR in run[names.POSTERIOR][names.BETA].dims:
            lines += trend_lines(run)
        return Check(None, lines, {})
    figures = json.loads(run[names.DIAGNOSTICS].attrs["figures"])
    faults = list(_faults(figures, names.NU not in run[names.POSTERIOR].data_vars))
    head = (
        "Passed: the draws can be used."
        if not faults
        else "FAILED: do not use these draws for conclusions."
    )
    return Check(not faults, (head, *_figures(figures), *faults), figures)


def _figures(f: dict[str, Any]) -> Iterator[str]:
    yield f"Worst R-hat {f['r_hat']:.4f} ({f['r_hat_of']}); it must be below {R_HAT_LIMIT}."
    yield (
        f"Lowest effective sample size: bulk {f['ess_bulk']:.0f} ({f['ess_bulk_of']}), tail "
        f"{f['ess_tail']:.0f} ({f['ess_tail_of']}); both must be above {ESS_LIMIT:.0f}."
    )
    if f["engine"] == "nuts":
        yield (
            f"Divergences {f['divergences']}; lowest energy fraction {f['bfmi']:.2f}, which must "
            f"be above {BFMI_LIMIT}."
        )
    elif f["method"] == "walkers":
        yield (
            f"Walkers sampled the variances, which are too many for importance weights; "
            f"{f['ess']:.0f} effective draws."
        )
    else:
        weights = f"Importance weights of the variances: Pareto k {f['pareto_k']:.2f}"
        if f["method"] == "importance":
            yield (
                f"{weights}, which must be at most {PARETO_LIMIT}; {f['ess']:.0f} effective draws."
            )
        else:
            yield (
                f"{weights}, too high for weights, so the same proposals were made a Metropolis "
                f"chain, which needs none; {f['ess']:.0f} effective draws."
            )


def _faults(f: dict[str, Any], normal: bool) -> Iterator[str]:
    """Yield what is wrong and what to do; `normal` noise leaves the choice of the engine."""
    more = "Draw more: attraktiv fit … --draws 4000 --tune 2000."
    if not f["r_hat"] < R_HAT_LIMIT:
        yield f"The chains disagree about {f['r_hat_of']}. {more}"
    if not min(f["ess_bulk"], f["ess_tail"]) > ESS_LIMIT:
        yield f"Too few effective draws. {more}"
    if f.get("divergences"):
        yield "Divergences: the sampler could not follow the posterior everywhere. " + (
            "Use --engine collapsed, which has none, or tighten the priors of tau, sigma_u and "
            "sigma."
            if normal
            else "Tune longer (--tune 4000), or tighten the priors of nu, tau and sigma in a copy "
            "of the model file. Or take normal noise, such as hierarchical_static has: no sampler "
            "has to follow its places."
        )
    if not f.get("bfmi", 1.0) > BFMI_LIMIT:
        yield f"The energy moves too slowly, so the tails are not explored. {more}"
    if f.get("method") == "importance" and not f["pareto_k"] <= PARETO_LIMIT:
        yield "The importance weights cannot be trusted. Use --engine nuts."
    if not f.get("ess", np.inf) > ESS_LIMIT:
        yield f"Too few effective draws of the variances. {more}"


def scalars(tree: xr.DataTree, *, with_places: bool) -> Iterator[tuple[list[str], np.ndarray]]:
    """Labels and draws (scalar, chain, draw) of what was sampled: no place outside the fit.

    Labels of other equations than the first begin with their kind: ``business/tau``.
    """
    for kind in kinds_of(tree):
        prefix = "" if kind == kinds_of(tree)[0] else f"{kind}/"
        for labels, draws in _scalars(equation_of(tree, kind), with_places):
            yield [prefix + label for label in labels], draws


def _scalars(tree: xr.DataTree, with_places: bool) -> Iterator[tuple[list[str], np.ndarray]]:
    posterior = tree[names.POSTERIOR].to_dataset()
    constant = tree[names.CONSTANT_DATA].to_dataset()
    fitted = constant[names.FITTED].values
    for key, values in posterior.items():
        name = str(key)
        if name == names.BETA_ORIGINAL or (names.PLACE in values.dims and not with_places):
            continue
        if names.PLACE in values.dims:
            values = values.isel({names.PLACE: fitted})
        if names.GROUP in values.dims:
            groups = np.unique(constant[names.GROUP_OF_PLACE].values[fitted])
            values = values.sel({names.GROUP: groups})
        rest = [dim for dim in values.dims if dim not in _SAMPLE]
        stacked = values.transpose(*rest, *_SAMPLE)
        index = [stacked[dim].values for dim in rest]
        shape = [len(entries) for entries in index]
        labels = [
            name + ("[" + ", ".join(str(index[i][j]) for i, j in enumerate(at)) + "]" if at else "")
            for at in np.ndindex(*shape)
        ]
        yield labels, stacked.values.reshape(-1, *stacked.shape[-2:]).astype(float)
