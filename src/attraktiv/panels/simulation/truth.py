"""What a simulated country was drawn from, as one dataset."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.panels.simulation.feedback import JOBS_TERMS, Feedback
from attraktiv.panels.simulation.history import History
from attraktiv.panels.simulation.migration import TERMS, Attractiveness, Parameters

_SCALARS = (
    names.MU_ALPHA,
    names.RHO_ALPHA,
    names.SIGMA_ALPHA,
    names.TAU,
    names.RHO,
    names.SIGMA_U,
    names.SIGMA,
    names.PHI,
    "turnover",
)
_CORRELATIONS = (names.CORRELATION_LASTING, names.CORRELATION_PATH, names.CORRELATION_NOISE)
_RATES = (names.THETA, names.U, names.NOISE, names.ALPHA)
_CELLS = (names.PLACE, names.YEAR)


def migration_truth(
    history: History, drawn: Attractiveness, truth: Parameters, calendar: np.ndarray
) -> xr.Dataset:
    """Give the truth of the equation of migration for the years kept.

    Parameters
    ----------
    history : History
        The years that have passed.
    drawn : Attractiveness
        What was drawn for them, years before the panel included.
    truth : Parameters
        The parameters.
    calendar : numpy.ndarray
        (year,) the years kept.
    """
    found = _equation(drawn, truth, history.factors, history.noise, (names.TERM, TERMS))
    for name in _RATES:
        found[name].attrs["units"] = names.PERCENT_OF_POPULATION
    return found.assign_coords(
        {
            names.PLACE: history.places[names.PLACE].to_numpy(object),
            names.YEAR: calendar.astype(np.int64),
        }
    )


def business_truth(history: History, drawn: Attractiveness, feedback: Feedback) -> xr.Dataset:
    """Give the truth of the equation of jobs for the years kept, without coordinates of cells.

    Parameters
    ----------
    history : History
        The years that have passed.
    drawn : Attractiveness
        What was drawn for jobs in them, years before the panel included.
    feedback : Feedback
        The parameters.
    """
    terms = (names.JOBS_TERM, JOBS_TERMS)
    found = _equation(drawn, feedback, history.job_factors, history.job_noise, terms)
    for name in _RATES:
        found[name].attrs["units"] = names.PERCENT_OF_JOBS
    found = found.rename(
        {str(n): names.of_equation(str(n), names.BUSINESS) for n in found.data_vars}
    )
    return found.assign({name: getattr(feedback, name) for name in _CORRELATIONS})


def _equation(
    drawn: Attractiveness,
    truth: Parameters | Feedback,
    factors: list[np.ndarray],
    noise: list[np.ndarray],
    terms: tuple[str, tuple[str, ...]],
) -> xr.Dataset:
    dim, labels = terms
    keep = slice(-len(noise), None)
    return xr.Dataset(
        {
            names.THETA: (names.PLACE, drawn.theta),
            names.U: (_CELLS, drawn.u[:, keep]),
            names.NOISE: (_CELLS, np.stack(noise, axis=1)),
            names.ALPHA: (names.YEAR, drawn.alpha[keep]),
            names.BETA: (dim, np.array([truth.beta[term] for term in labels])),
            names.FACTORS: ((*_CELLS, dim), np.stack(factors, axis=1)),
            **{name: float(getattr(truth, name)) for name in _SCALARS},
        },
        coords={dim: np.array(labels, dtype=object)},
    )
