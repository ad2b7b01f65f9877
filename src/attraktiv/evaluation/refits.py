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
from attraktiv.model import Design, build_design
from attraktiv.panels import content_hash
from attraktiv.specs import ModelSpec

#: Fits a run's model again to the years from first to last.
Refit = Callable[[xr.DataTree, int, int], xr.DataTree]


def specification(run: xr.DataTree) -> ModelSpec:
    """Return the specification that a run holds."""
    return ModelSpec.model_validate_json(run.attrs["spec_json"])


def design_until(run: xr.DataTree, panel: xr.Dataset, last: int) -> Design:
    """Build the run's design from its first year to another last year."""
    return build_design(
        specification(run), panel, first=int(run.attrs["first_year"]), last=last, **_options(run)
    )


def refitted(run: xr.DataTree, panel: xr.Dataset, first: int, last: int) -> xr.DataTree:
    """Fit the run's model, with its options, seed and engine, to other years of its panel.

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
    with warnings.catch_warnings():
        # what the panel's doubts are was said when the run was fitted
        warnings.simplefilter("ignore", AttraktivWarning)
        return fit(
            specification(run),
            panel,
            first=first,
            last=last,
            engine=run.attrs["engine"],
            seed=int(run.attrs["seed"]),
            chains=posterior.sizes[names.CHAIN],
            draws=posterior.sizes[names.DRAW],
            progress=False,
            **_options(run),
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


def _options(run: xr.DataTree) -> dict[str, Any]:
    return dict(json.loads(run.attrs.get("options", "{}")))
