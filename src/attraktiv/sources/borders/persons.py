"""Whole persons when a place is divided: nobody is cut in two, and nobody is lost."""

from __future__ import annotations

import numpy as np


def seats(total: int, weights: np.ndarray) -> np.ndarray:
    """Say which place each of ``total`` persons belongs to, one after the other.

    Parameters
    ----------
    total : int
        Number of persons.
    weights : numpy.ndarray
        Share of each place, above 0, summing to 1.

    Returns
    -------
    numpy.ndarray
        Positions in ``weights``, shape (total,). The first n of them are a division of n persons.

    Notes
    -----
    Mathematical details: the rule is that of Webster (Sainte-Laguë). The :math:`a`-th person of a
    place of weight :math:`w` stands at :math:`(a - 1/2) / w`; persons are taken in the order of
    these numbers, at equal numbers the place that is first in ``weights`` first. After
    :math:`n` persons each place has :math:`n w` rounded, with the one divisor that makes the
    sum :math:`n`. Unlike the largest remainder, the rule never takes a person back when there is
    one more (it is house-monotone), which is what lets a total and its cells agree.

    Source: Balinski and Young, *Fair Representation* (2001), chapter 8 and appendix A.

    Examples
    --------
    >>> seats(5, np.array([0.6, 0.4])).tolist()
    [0, 1, 0, 1, 0]
    """
    # With k places the divisor is at most total + k/2, so no place has more than this.
    most = np.ceil(total * weights).astype(np.int64) + len(weights)
    place = np.repeat(np.arange(len(weights)), most)
    number = np.concatenate([np.arange(count) for count in most])
    order = np.lexsort((place, (number + 0.5) / weights[place]))
    return place[order[:total]]


def divide(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Divide cells of whole persons among places, so that cells and total are kept.

    Parameters
    ----------
    counts : numpy.ndarray
        Whole numbers, shape (cells,), in a fixed order. Flows may be negative.
    weights : numpy.ndarray
        Share of each place, shape (places,), summing to 1.

    Returns
    -------
    numpy.ndarray
        Whole numbers, shape (cells, places): the rows sum to ``counts``, and of counts of one
        sign the columns sum to what the total alone would be divided into.

    Notes
    -----
    Mathematical details: cells are laid end to end, so that cell :math:`k` is the persons from
    :math:`C_{k-1} + 1` to :math:`C_k`, where :math:`C_k` is the cumulative sum, and each person
    goes where :func:`seats` says. Many small cells are then divided as fairly as their total:
    rounding each by itself would give every lone person to the largest place. Negative counts
    are divided in the same way, apart from the positive ones.

    Examples
    --------
    >>> divide(np.array([1, 1, 1, 1]), np.array([0.5, 0.5])).sum(axis=0).tolist()
    [2, 2]
    """
    result = np.zeros((len(counts), len(weights)), dtype=np.int64)
    for sign in (1, -1):
        ends = np.cumsum(np.maximum(sign * counts, 0))
        total = int(ends[-1]) if len(ends) else 0
        if not total:
            continue
        holder = seats(total, weights)
        for place in range(len(weights)):
            reached = np.concatenate([[0], np.cumsum(holder == place)])[ends]
            result[:, place] += sign * np.diff(reached, prepend=0)
    return result
