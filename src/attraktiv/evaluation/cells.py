"""The data of a run as every comparison reads them: fitted places, in order of code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import attractiveness
from attraktiv.effects.terms import is_residual, regional_part, structure
from attraktiv.errors import RunError

_SAMPLE = (names.CHAIN, names.DRAW)


def cells(run: xr.DataTree) -> xr.Dataset:
    """Return what a run was fitted to.

    Parameters
    ----------
    run : xarray.DataTree

    Returns
    -------
    xarray.Dataset
        ``constant_data`` of the fitted places, ordered by code, with ``outcome`` (place, year),
        NaN where the cell was not used.
    """
    constant = run[names.CONSTANT_DATA].to_dataset()
    observed = run[names.OBSERVED_DATA].to_dataset()[run.attrs["outcome"]]
    data = constant.assign({names.OUTCOME: observed.where(constant[names.USED])})
    data = data.assign_coords({names.PLACE: data[names.PLACE].values.astype(object)})
    data = data.isel({names.PLACE: np.flatnonzero(data[names.FITTED].values)})
    return data.sortby(names.PLACE).transpose(names.PLACE, names.YEAR, ...)


def draws(run: xr.DataTree, name: str, *dims: str) -> np.ndarray:
    """Return draws of a parameter, (draws, *dims); places are the fitted ones, by code."""
    values = run[names.POSTERIOR].to_dataset()[name]
    if names.PLACE in values.dims:
        values = values.assign_coords({names.PLACE: values[names.PLACE].values.astype(object)})
        values = values.sel({names.PLACE: cells(run)[names.PLACE].values})
    values = values.transpose(*_SAMPLE, *dims)
    return values.values.reshape(-1, *values.shape[2:]).astype(float)


def residuals(run: xr.DataTree) -> np.ndarray:
    """Return outcome less level, structure and group effect; (draws, place, year), NaN unused."""
    out = cells(run)[names.OUTCOME].values - structure(run, _fitted(run), slice(None))
    effect = group_effect(run)
    return out if effect is None else out - effect[:, :, None]


def group_effect(run: xr.DataTree) -> np.ndarray | None:
    """Return γ of every fitted place, (draws, place); None where the model has no groups."""
    return regional_part(run, _fitted(run))


def parameter(run: xr.DataTree, name: str) -> np.ndarray:
    """Return draws of a scalar, (draws,); zero where the model has none."""
    if name not in run[names.POSTERIOR].data_vars:
        posterior = run[names.POSTERIOR].to_dataset()
        return np.zeros(posterior.sizes[names.CHAIN] * posterior.sizes[names.DRAW])
    return draws(run, name)


def mean_attractiveness(run: xr.DataTree) -> xr.DataArray:
    """Return the posterior mean of attractiveness over all years, (place,), fitted places alone."""
    drawn = attractiveness(run, with_path=False)
    drawn = drawn.isel({names.PLACE: np.flatnonzero(~drawn[names.FROM_PRIOR].values)})
    mean = drawn[names.ATTRACTIVENESS].mean(_SAMPLE)
    return mean.drop_vars(set(mean.coords) - {names.PLACE, names.NAME})


def _fitted(run: xr.DataTree) -> np.ndarray:
    """Return the positions of the fitted places among all, in order of code."""
    constant = run[names.CONSTANT_DATA].to_dataset()
    positions = np.flatnonzero(constant[names.FITTED].values)
    return positions[np.argsort(constant[names.PLACE].values.astype(object)[positions])]


def noise_scale2(run: xr.DataTree, data: xr.Dataset) -> np.ndarray:
    """Return V = σ² + φ v + measurement error of the cells of `data`, (draws, *cells).

    The variance of normal noise, the squared scale of Student-t noise.
    """
    flow, known = data[names.FLOW_VARIANCE].values, data[names.MEASUREMENT_SD].values ** 2
    shape = (-1, *(1,) * flow.ndim)
    sigma = parameter(run, names.SIGMA).reshape(shape)
    if is_residual(run):
        return np.broadcast_to(sigma**2, (len(sigma), *flow.shape))
    return sigma**2 + parameter(run, names.PHI).reshape(shape) * flow + known


def labels(runs: Sequence[xr.DataTree]) -> list[str]:
    """Name runs by their models; the second of a name has a 2 after it."""
    out: list[str] = []
    for run in runs:
        model = str(run.attrs["model"])
        same = sum(label.split(" ")[0] == model for label in out)
        out.append(f"{model} {same + 1}" if same else model)
    return out


def require_comparable(runs: Sequence[xr.DataTree]) -> None:
    """Raise unless the runs explain the same outcome of the same panel.

    Raises
    ------
    RunError
        Fewer than two runs, another panel, another outcome, or no cell in common.
    """
    if len(runs) < 2:
        raise RunError(
            f"A comparison needs two runs or more, found {len(runs)}: attraktiv compare RUN RUN"
        )
    first, *others = runs
    for run, label in zip(others, labels(runs)[1:], strict=True):
        for key, what in (("panel_hash", "panel"), ("outcome", "outcome")):
            if run.attrs[key] != first.attrs[key]:
                title = "panel_title" if key == "panel_hash" else "outcome"
                found, expected = (of.attrs.get(title, "") for of in (run, first))
                same = ", the same title but other content" if found == expected else ""
                again = (
                    "panel, with the same content: fit both to the same panel and compare again."
                    if key == "panel_hash"
                    else "outcome: fit models that explain the same, and compare these."
                )
                raise RunError(
                    f"The runs cannot be compared: {label} was fitted to another {what} "
                    f"({found!r}{same}) than {labels(runs)[0]} ({expected!r}). Valid are runs of "
                    f"one {again}"
                )
    if not bool(shared(runs).any()):
        raise RunError(
            "The runs cannot be compared: no place and year took part in all of them. Fit them "
            "to years in common: attraktiv fit … --from YEAR --until YEAR"
        )


def shared(runs: Sequence[xr.DataTree]) -> xr.DataArray:
    """Return which cells took part in every run, over their common places and years."""
    used = xr.align(*(cells(run)[names.USED] for run in runs), join="inner")
    out = used[0]
    for other in used[1:]:
        out = out & other
    return out
