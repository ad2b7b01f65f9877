r"""How far draws are from what came, cell by cell.

Mathematical details
--------------------
With draws :math:`x_1 … x_S` of a quantity and the outcome y,

- CRPS, the fair estimator :math:`\frac{1}{S}\sum_s |x_s - y| - \frac{1}{2S(S-1)}\sum_{s,r}
  |x_s - x_r|` (scoringrules, in its form by probability weighted moments); of a single number it
  is the absolute error;
- log score: minus the logarithm of a Gaussian kernel density of the draws at y (scoringrules), of
  persons in percent of those at the origin, so that places of every size count alike;
- PIT: the share of draws below y, those equal to it by half.
"""

from __future__ import annotations

import numpy as np
import scoringrules
import xarray as xr

from attraktiv import names

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


def score_draws(draws: np.ndarray, observed: np.ndarray, base: np.ndarray) -> dict[str, np.ndarray]:
    """Score draws.

    Parameters
    ----------
    draws : (draw, horizon, unit) float
        Persons.
    observed : (horizon, unit) float
        NaN where not known: so are the scores.
    base : (unit,) float
        Persons at the origin.

    Returns
    -------
    dict of str to numpy.ndarray
        ``crps``, ``log_score``, ``pit`` (horizon, unit) and ``predicted_quantile`` (quantile,
        horizon, unit); persons but for the log score.
    """
    known = np.isfinite(observed)
    safe = np.where(known, observed, 0.0)
    # sorted once, each cell's draws side by side: every score below is then several times faster
    ordered = np.sort(np.moveaxis(draws, 0, -1), axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = ordered * (100.0 / base)[:, None]
        came = 100.0 * safe / base
        log_score = scoringrules.logs_ensemble(came, relative, backend="numpy")
        crps = scoringrules.crps_ensemble(
            safe, ordered, sorted_ensemble=True, estimator="pwm", backend="numpy"
        )
    pit = (ordered < safe[..., None]).mean(axis=-1) + 0.5 * (ordered == safe[..., None]).mean(-1)
    found = {names.CRPS: crps, names.LOG_SCORE: log_score, names.PIT: pit}
    found = {name: np.where(known, values, np.nan) for name, values in found.items()}
    return found | {names.PREDICTED_QUANTILE: np.quantile(ordered, QUANTILES, axis=-1)}


def score_quantiles(stated: dict[float, np.ndarray], observed: np.ndarray) -> dict[str, np.ndarray]:
    """Score a projection that states quantiles, or its middle alone.

    Parameters
    ----------
    stated : dict of float to (horizon, unit) float
        Persons by probability; 0.5 is among them.
    observed : (horizon, unit) float

    Returns
    -------
    dict of str to numpy.ndarray
        As :func:`score_draws`; the CRPS is that of the quantiles stated (twice the mean quantile
        score), of a middle alone the absolute error.
    """
    if len(stated) > 1:
        levels = np.array(sorted(stated))
        values = np.stack([stated[level] for level in levels], axis=-1)
        crps = scoringrules.crps_quantile(observed, values, levels, backend="numpy")
    else:
        crps = np.abs(stated[0.5] - observed)
    nothing = np.full(observed.shape, np.nan)
    return {
        names.CRPS: crps,
        names.LOG_SCORE: nothing,
        names.PIT: nothing,
        names.PREDICTED_QUANTILE: np.stack([stated.get(q, nothing) for q in QUANTILES]),
    }


def scored(parts: dict[str, dict[str, np.ndarray]], like: xr.Dataset) -> xr.Dataset:
    """Put the scores of quantities together.

    Parameters
    ----------
    parts : dict
        By quantity, what :func:`score_draws` gave; a quantity may be absent, and is NaN, and so
        are years ahead beyond those scored.
    like : xarray.Dataset
        Outcomes: the coordinates.

    Returns
    -------
    xarray.Dataset
        float32, over (quantity, horizon, unit) and (quantity, quantile, horizon, unit).
    """
    shape = like[names.OBSERVED].shape[1:]
    cell = (names.HORIZON, names.UNIT)
    variables = {}
    for name in (names.CRPS, names.LOG_SCORE, names.PIT, names.PREDICTED_QUANTILE):
        quantile = ((names.QUANTILE, len(QUANTILES)),) if name == names.PREDICTED_QUANTILE else ()
        outer = dict(((names.QUANTITY, like.sizes[names.QUANTITY]), *quantile))
        values = np.full((*outer.values(), *shape), np.nan, dtype=np.float32)
        for q, quantity in enumerate(like[names.QUANTITY].values):
            if str(quantity) in parts:
                of = parts[str(quantity)][name]
                values[q, ..., : of.shape[-2], :] = of
        variables[name] = ((*outer, *cell), values)
    return xr.Dataset(variables, dict(like.coords) | {names.QUANTILE: list(QUANTILES)})
