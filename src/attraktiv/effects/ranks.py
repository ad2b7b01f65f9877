"""Who is ahead of whom, and how sure that is."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv.effects.intervals import SAMPLE, Interval, bands
from attraktiv.errors import InputError, RunError

RANK_MEAN, RANK_LOWER, RANK_UPPER = "rank_mean", "rank_lower", "rank_upper"
PROB_TOP, PROB_ABOVE_AVERAGE = "prob_top", "prob_above_average"
_BLOCK = 2**22  # numbers ranked at a time: what bounds the memory


def ranking(
    draws: xr.DataArray, top: int = 10, *, prob: float = 0.8, kind: Interval = "eti"
) -> xr.Dataset:
    """Rank places within each draw; rank 1 is the highest.

    Parameters
    ----------
    draws
        Dims (chain, draw, place or group): for example the attractiveness of a period.
    top
        Size of the group at the top whose membership is a probability.
    prob, kind
        The band of the rank (see :func:`bands`).

    Returns
    -------
    Dataset
        Over (place or group): ``rank_mean``, ``rank_lower``, ``rank_upper``; ``prob_top``,
        the probability of rank ``top`` or better; ``prob_above_average``, the probability
        of being above zero, the average place. NaN for a place without draws, which takes
        no rank.

    Raises
    ------
    InputError
        ``top`` is less than one.
    """
    # scipy.stats takes most of a second to import, and most questions rank nothing
    from scipy.stats import rankdata

    if top < 1:
        raise InputError(f"The top {top} is empty; valid is a number from 1, for example --top 10.")
    (dim,) = (dim for dim in draws.dims if dim not in SAMPLE)
    arranged = draws.transpose(*(d for d in SAMPLE if d in draws.dims), dim)
    values = arranged.values.reshape(-1, draws.sizes[dim])
    known = np.isfinite(values).all(axis=0)
    ranks = np.full(values.shape, np.nan, dtype=np.float32)
    step = max(1, _BLOCK // max(values.shape[1], 1))
    for start in range(0, len(values) if known.any() else 0, step):
        block = values[start : start + step, known]
        ranks[start : start + step, known] = rankdata(-block, axis=-1)
    band = bands(arranged.copy(data=ranks.reshape(arranged.shape)), prob, kind)
    above = np.where(known, (values > 0).mean(axis=0), np.nan)
    in_top = np.where(known, (ranks <= top).mean(axis=0), np.nan)
    out = band[["mean", "lower", "upper"]].rename(
        mean=RANK_MEAN, lower=RANK_LOWER, upper=RANK_UPPER
    )
    out = out.assign({PROB_TOP: (dim, in_top), PROB_ABOVE_AVERAGE: (dim, above)})
    return out.assign_attrs(units="rank, 1 is the highest", top=top)


def prob_greater(draws: xr.DataArray, one: str, other: str | None = None) -> xr.DataArray | float:
    """Return the probability that one place is above another.

    Parameters
    ----------
    draws
        Dims (chain, draw, place or group).
    one, other
        Codes of places (or labels of groups). Without ``other``, every place is compared
        with ``one``.

    Returns
    -------
    float or DataArray
        P(``one`` > ``other``); without ``other``, P(place > ``one``) over the places, NaN
        for ``one`` itself.

    Raises
    ------
    RunError
        The draws have no such place.
    """
    (dim,) = (str(dim) for dim in draws.dims if dim not in SAMPLE)
    labels = [str(label) for label in draws[dim].values]
    for label in filter(None, (one, other)):
        if label not in labels:
            raise RunError(f"There are no draws of the {dim} {label!r} to compare with.")
    reference = draws.isel({dim: labels.index(one)})
    if other is not None:
        rival = draws.isel({dim: labels.index(other)})
        known = bool(reference.notnull().all() and rival.notnull().all())
        return float((reference.values > rival.values).mean()) if known else float("nan")
    shares = (draws > reference.drop_vars(dim)).mean([d for d in SAMPLE if d in draws.dims])
    known_all = draws.notnull().all([d for d in SAMPLE if d in draws.dims])
    return shares.where(known_all & (draws[dim] != draws[dim].values[labels.index(one)]))
