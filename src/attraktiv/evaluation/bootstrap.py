"""How sure an error over places is: places are drawn again, in blocks.

Intervals resample blocks of places with replacement; each place keeps its prediction and its
outcome. They say how much the choice of places matters, for these years and these fits.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.intervals import LOWER, UPPER
from attraktiv.errors import InputError

REPLICATIONS = 4000
_FEWEST_BLOCKS = 5


def find_blocks(panel: xr.Dataset, column: str | None) -> tuple[str, np.ndarray]:
    """Give the column of the blocks, and the block of each place.

    Parameters
    ----------
    panel : xarray.Dataset
    column : str, optional
        Column of places.csv, or ``"place"``: each place a block. By default the first of
        text that puts places together in at least five blocks; if there is none, ``"place"``.

    Raises
    ------
    InputError
        If there is no such column.
    """
    codes = panel[names.PLACE].values.astype(object)
    attributes = [str(n) for n, v in panel.data_vars.items() if v.dims == (names.PLACE,)]
    columns = {name: _labels(panel[name]) for name in attributes if name != names.NAME}
    if column is None:
        texts = (name for name in columns if panel[name].dtype.kind in "OUT")
        column = next((name for name in texts if _groups(columns[name])), names.PLACE)
    if column == names.PLACE:
        return column, codes
    if column not in columns:
        raise InputError(
            f"--blocks {column}: places.csv has no such column. Columns here: "
            f"{', '.join(columns) or 'none'}; or leave --blocks out."
        )
    # that nothing is known of two places does not put them together
    return column, np.where(columns[column] == "", codes, columns[column])


def _labels(values: xr.DataArray) -> np.ndarray:
    known = values.notnull().values
    return np.where(known, values.values.astype(str), "").astype(object)


def _groups(labels: np.ndarray) -> bool:
    """Say whether a column puts places together, in enough blocks for a bootstrap."""
    known = labels[labels != ""]
    return _FEWEST_BLOCKS <= np.unique(known).size < known.size


def block_errors(
    predictions: xr.Dataset,
    block: np.ndarray,
    prob: float,
    rng: np.random.Generator,
    reference: str,
) -> xr.Dataset:
    """Root mean squared errors over places, with intervals by block bootstrap.

    Parameters
    ----------
    predictions : xarray.Dataset
        ``predicted`` (predictor, place) and ``observed`` (place); NaN where not compared.
    block : (place,) array
        The block of each place.
    prob : float
        Probability of the intervals.
    rng : numpy.random.Generator
    reference : str
        The predictor whose error is subtracted in ``difference``.

    Returns
    -------
    xarray.Dataset
        ``rmse`` and ``difference`` from that of the reference, with bounds, over (predictor);
        ``places`` and ``blocks``.

    Raises
    ------
    InputError
        If there are too few blocks to say anything.
    """
    predictors = [str(name) for name in predictions[names.PREDICTOR].values]
    compared = predictions[names.OBSERVED].notnull().values
    wrong = (predictions[names.PREDICTED] - predictions[names.OBSERVED]).values[:, compared]
    labels, of_place = np.unique(block[compared].astype(str), return_inverse=True)
    if labels.size < _FEWEST_BLOCKS:
        raise InputError(
            f"The places compared lie in {labels.size} blocks; a bootstrap needs at least "
            f"{_FEWEST_BLOCKS}. Choose a column of places.csv with more values: --blocks COLUMN."
        )
    squares = np.zeros((len(predictors), labels.size))
    np.add.at(squares.T, of_place, (wrong**2).T)
    sizes = np.bincount(of_place)
    times = rng.multinomial(labels.size, np.full(labels.size, 1 / labels.size), REPLICATIONS)
    drawn = np.sqrt((times @ squares.T) / (times @ sizes)[:, None])
    rmse = np.sqrt(squares.sum(axis=1) / sizes.sum())
    at = predictors.index(reference)
    tails = [(1 - prob) / 2, (1 + prob) / 2]
    variables: dict[str, object] = {"places": int(sizes.sum()), "blocks": int(labels.size)}
    for name, value, sample in (
        (names.RMSE, rmse, drawn),
        (names.DIFFERENCE, rmse - rmse[at], drawn - drawn[:, [at]]),
    ):
        low, high = np.quantile(sample, tails, axis=0)
        for key, numbers in ((name, value), (f"{name}_{LOWER}", low), (f"{name}_{UPPER}", high)):
            variables[key] = (names.PREDICTOR, numbers, {"units": names.PERCENTAGE_POINTS})
    return xr.Dataset(variables, {names.PREDICTOR: predictors})
