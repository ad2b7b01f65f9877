"""Fit a run's model again, to a part of its years."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import xarray as xr

from attraktiv import names
from attraktiv.engines import fit
from attraktiv.errors import AttraktivWarning, RunError
from attraktiv.model import Design, build_design, parse_formula
from attraktiv.panels import content_hash
from attraktiv.specs import ModelSpec

#: Fits a run's model again to the years from first to last.
Refit = Callable[[xr.DataTree, int, int], xr.DataTree]


def specification(run: xr.DataTree) -> ModelSpec:
    """Return the specification that a run holds."""
    return ModelSpec.model_validate_json(run.attrs["spec_json"])


def design_until(run: xr.DataTree, panel: xr.Dataset, last: int) -> Design:
    """Build the design of the run's first equation from its first year to another last year."""
    spec, options = _of_root(run)
    return build_design(spec, panel, first=int(run.attrs["first_year"]), last=last, **options)


def refitted(run: xr.DataTree, panel: xr.Dataset, first: int, last: int) -> xr.DataTree:
    """Fit the run's model, with its options, seed and engine, to other years of its panel.

    Of equations that are estimated apart the first alone is fitted.

    Parameters
    ----------
    run : xarray.DataTree
    panel : xarray.Dataset
        The panel of the run.
    first, last : int
        Both included.

    Returns
    -------
    xarray.DataTree
    """
    posterior = run[names.POSTERIOR].to_dataset()
    spec, options = _of_root(run)
    with warnings.catch_warnings():
        # what the panel's doubts are was said when the run was fitted
        warnings.simplefilter("ignore", AttraktivWarning)
        return fit(
            spec,
            panel,
            first=first,
            last=last,
            engine=run.attrs["engine"],
            seed=int(run.attrs["seed"]),
            chains=posterior.sizes[names.CHAIN],
            draws=posterior.sizes[names.DRAW],
            progress=False,
            **options,
        )


def require_panel(runs: Sequence[xr.DataTree], panel: xr.Dataset) -> None:
    """Raise unless this is the panel that the runs were fitted to.

    Raises
    ------
    RunError
        Its content differs.
    """
    if content_hash(panel) != runs[0].attrs["panel_hash"]:
        raise RunError(
            f"The panel {panel.attrs.get('title', '')!r} is not the one that the runs were fitted "
            f"to ({runs[0].attrs.get('panel_title', '')!r}), or it has changed since. Give that "
            "panel, or fit the runs to this one and compare again."
        )


def _of_root(run: xr.DataTree) -> tuple[ModelSpec, dict[str, Any]]:
    """Return what the equation at the root needs, and the options of its fit.

    Equations that are estimated apart are left out: what they need may be missing in a part of
    the years.
    """
    spec = specification(run)
    options = dict(json.loads(run.attrs.get("options", "{}")))
    if spec.equations.joint is not None:
        return spec, options
    spec = spec.alone(spec.kinds[0])
    terms = parse_formula(spec.main.factors)
    known = {name for term in terms for name in (term.label, *term.variables)}
    options["without"] = [name for name in options.get("without", ()) if name in known]
    return spec, options
