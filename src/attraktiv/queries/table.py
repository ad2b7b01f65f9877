"""The table of attractiveness: bands, ranks and probabilities, one row per place or group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.effects import attractiveness, bands, choice, prob_greater, ranking
from attraktiv.effects.intervals import SAMPLE, Interval, check_interval
from attraktiv.effects.units import Unit

PROB_ABOVE_VERSUS = "prob_above_versus"
#: What stands beside attractiveness, as far as its kind has it.
_MEASURES = (
    *(names.LASTING, names.ATTRACTIVENESS_WITH_NOISE),
    *(names.RESIDENTIAL, names.BUSINESS_EFFECT, names.SAME_YEAR_EFFECT, names.THREE_YEAR_EFFECT),
)
_NUMBERS = ("mean", "median", "lower", "upper")


def attractiveness_table(
    run: xr.DataTree,
    *,
    places: Sequence[str] | None = None,
    group: str | None = None,
    first: int | None = None,
    last: int | None = None,
    unit: Unit = "percent",
    kind: str | None = None,
    prob: float = 0.8,
    interval: Interval = "eti",
    top: int = 10,
    versus: str | None = None,
) -> pd.DataFrame:
    """Return attractiveness of a period with bands and ranks, the highest first.

    Parameters
    ----------
    run
        A run.
    places, group, first, last, unit, kind
        As for :func:`attraktiv.effects.attractiveness`. Ranks are among all places (or
        groups) of the run, also when only some are asked for.
    prob, interval
        The bands: their probability, and ``eti`` or ``hdi``.
    top
        ``prob_top`` is the probability of being among the ``top`` highest.
    versus
        A place (or group) that every other is compared with.

    Returns
    -------
    DataFrame
        ``place`` (or ``group``), ``name``, ``first``, ``last``, ``unit``, ``mean``,
        ``median``, ``lower``, ``upper``; ``lasting_…`` and
        ``attractiveness_with_noise_…`` likewise, or of total attractiveness ``residential_…``,
        ``business_effect_…``, ``same_year_effect_…`` and ``three_year_effect_…``;
        ``rank_mean``, ``rank_lower``, ``rank_upper``, ``top``, ``prob_top``,
        ``prob_above_average``; with ``versus`` also ``versus`` and ``prob_above_versus``;
        ``population`` or ``jobs``, ``from_prior``, ``prob``, ``interval``. ``attrs``:
        ``model``, ``draws``, ``kind`` and ``growth_of`` (whose growth is unexplained, in words).

    Raises
    ------
    RunError, InputError
        As for :func:`attraktiv.effects.attractiveness` and
        :func:`attraktiv.effects.bands`.
    """
    check_interval(prob, interval)
    draws = attractiveness(
        run, group=group, first=first, last=last, unit=unit, kind=kind, with_path=False
    )
    dim = names.PLACE if group is None else names.GROUP
    level = draws[names.ATTRACTIVENESS]
    rows = _rows(run, draws, dim, places)
    chosen = draws.isel({dim: rows})
    columns: dict[str, object] = {
        dim: chosen[dim].values,
        names.NAME: chosen[names.NAME].values,
        "first": draws.attrs["first"],
        "last": draws.attrs["last"],
        "unit": draws.attrs["units"],
    }
    band = bands(chosen[names.ATTRACTIVENESS], prob, interval)
    columns |= {number: band[number].values for number in _NUMBERS}
    for measure in filter(chosen.__contains__, _MEASURES):
        band = bands(chosen[measure], prob, interval)
        columns |= {f"{measure}_{number}": band[number].values for number in _NUMBERS}
    ranks = ranking(level, top, prob=prob, kind=interval).isel({dim: rows})
    columns |= {str(name): values.values for name, values in ranks.data_vars.items()}
    columns["top"] = top
    if versus is not None:
        other = str(level[dim].values[_rows(run, draws, dim, [versus])[0]])
        above = prob_greater(level, other)
        assert isinstance(above, xr.DataArray)
        columns |= {"versus": other, PROB_ABOVE_VERSUS: above.isel({dim: rows}).values}
    base = names.JOBS if names.JOBS in chosen.coords else names.POPULATION
    columns[base] = chosen[base].values
    columns[names.FROM_PRIOR] = chosen[names.FROM_PRIOR].values
    frame = pd.DataFrame(columns).assign(prob=prob, interval=interval)
    frame = frame.sort_values("mean", ascending=False, kind="stable", ignore_index=True)
    frame.attrs = {
        "model": str(run.attrs.get("model", "")),
        "draws": _draws(level),
        names.KIND: draws.attrs[names.KIND],
        "growth_of": draws.attrs["growth_of"],
    }
    return frame


def _rows(
    run: xr.DataTree, draws: xr.Dataset, dim: str, wanted: Sequence[str] | None
) -> np.ndarray:
    if wanted is None:
        return np.arange(draws.sizes[dim])
    if dim == names.PLACE:
        return choice.find_places(run, wanted)
    labels = [str(label) for label in draws[dim].values]
    return choice.find([str(text) for text in wanted], labels, labels, what="group")


def _draws(level: xr.DataArray) -> int:
    return int(np.prod([level.sizes[dim] for dim in SAMPLE]))
