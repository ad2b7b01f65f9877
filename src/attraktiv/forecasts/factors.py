r"""The structural factors of years to come, in every draw.

Mathematical details
--------------------
A factor is computed from what the draw itself has come to: its population, the ages in it, its
jobs and those of its neighbours, and their lags; an attribute of places stays what it is. Then, as
in the fit, it is centred on the fitted places of the year and divided by the scale of the fit.

A factor that nothing in the forecast produces, such as an industry mix, is not frozen: a year y of
the fit is drawn, the same for all places, so that what they share stays shared, and

.. math::

    x_{it} = x_{iy} \quad\text{or}\quad x_{it} = x_{i,t-1} + (x_{iy} - x_{i,y-1}),

the second where the standardised factor of one year and that of the next correlate above 0.8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import PanelError
from attraktiv.forecasts.equations import Equation
from attraktiv.model.formula import Term, evaluate_year, parse_formula
from attraktiv.model.scaling import centre, standardised
from attraktiv.panels import covariate
from attraktiv.specs import of_sector

Simulated = Callable[[str], bool]
"""Whether a forecast comes to a variable itself."""

_LASTS = 0.8
_SHARE = re.compile(r"share_(\d+)_(\d+|plus)$")
_OF_PEOPLE = (
    names.POPULATION,
    names.POPULATION_GROWTH,
    names.NET_MIGRATION_RATE,
    names.NATURAL_INCREASE_RATE,
)


@dataclass
class History:
    """What a draw has come to so far, by the name of the variable: one (draw, place) a year."""

    of: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, name: str, values: np.ndarray) -> None:
        """Add the year after the last."""
        self.of.setdefault(name, []).append(values)


@dataclass(frozen=True)
class Factor:
    """A factor of an equation in years to come.

    Attributes
    ----------
    label : str
        As the formula writes it.
    term : Term or None
        How it is computed; None where it is drawn from known years.
    beta : numpy.ndarray
        (draw, 1) effect per standard deviation.
    scale : float
    drawn : numpy.ndarray or None
        (place, year) of known years, standardised, or their changes where it lasts.
    last : numpy.ndarray or None
        (place,) value that changes are added to; None where levels are drawn.
    """

    label: str
    term: Term | None
    beta: np.ndarray
    scale: float
    drawn: np.ndarray | None = None
    last: np.ndarray | None = None


@dataclass(frozen=True)
class Known:
    """What the panel knows of the variables of factors.

    Attributes
    ----------
    values : dict
        (place, year) by name, years up to the one before the origin.
    years : numpy.ndarray
        Those years.
    constant : dict
        (place,) attributes of places by name.
    """

    values: dict[str, np.ndarray]
    years: np.ndarray
    constant: dict[str, np.ndarray]

    def at_places(self, where: np.ndarray) -> Known:
        """Take some of the places."""
        return Known(
            {name: values[where] for name, values in self.values.items()},
            self.years,
            {name: values[where] for name, values in self.constant.items()},
        )


def simulated_names(sector: str | None, ages: bool) -> Simulated:
    """Give the test of whether a forecast comes to a variable itself.

    Parameters
    ----------
    sector : str or None
        Of the jobs that have paths, "" for all; None where none have.
    ages : bool
        Whether people have ages.
    """
    of_jobs = []
    if sector is not None:
        of_jobs = [of_sector(f"{part}job_growth", sector) for part in ("", "own_", "neighbour_")]
    known = {*_OF_PEOPLE, *of_jobs}
    return lambda name: name in known or (ages and _SHARE.match(name) is not None)


def factors_of(
    equation: Equation, panel: xr.Dataset, simulated: Simulated, without: set[str]
) -> tuple[Factor, ...]:
    """Say how each factor of an equation comes about.

    Parameters
    ----------
    equation : Equation
    panel : xarray.Dataset
        The places of the forecast.
    simulated : callable
        From :func:`simulated_names`.
    without : set of str
        Labels of factors that the recursion of jobs and people takes itself.
    """
    found = []
    for k, label in enumerate(equation.terms):
        if label in without:
            continue
        (term,) = parse_formula(label)
        beta, scale = equation.beta[:, k, None], float(equation.scale[k])
        if all(simulated(name) or _is_attribute(panel, name) for name in term.variables):
            found.append(Factor(label, term, beta, scale))
            continue
        values = equation.factors[:, :, k]
        one, next_ = values[:, :-1].ravel(), values[:, 1:].ravel()
        both = (one != 0) & (next_ != 0)
        if both.sum() > 2 and np.corrcoef(one[both], next_[both])[0, 1] > _LASTS:
            changes = np.diff(values, axis=1)
            found.append(Factor(label, None, beta, scale, changes, values[:, -1]))
        else:
            found.append(Factor(label, None, beta, scale, values))
    return tuple(found)


def _is_attribute(panel: xr.Dataset, name: str) -> bool:
    return name in panel and panel[name].dims == (names.PLACE,)


def known_of(factors: tuple[Factor, ...], panel: xr.Dataset, origin: int) -> Known:
    """Read from the panel what the factors need of the years before the origin."""
    years = panel[names.YEAR].values
    before = years < origin
    values, constant = {}, {}
    for factor in factors:
        for name in factor.term.variables if factor.term is not None else ():
            if _is_attribute(panel, name):
                constant[name] = panel[name].values.astype(np.float64)
                continue
            try:
                one = covariate(panel, name, until=origin - 1).transpose(names.PLACE, names.YEAR)
            except PanelError:  # a share that only the ages of the forecast give
                continue
            values[name] = one.values[:, before]
    return Known(values, years[before], constant)


def effect(
    factors: tuple[Factor, ...],
    known: Known,
    history: History,
    year: int,
    origin: int,
    uniform: np.ndarray,
    lasting: dict[str, np.ndarray],
    fitted: np.ndarray,
) -> np.ndarray:
    """Give x'β of a year (draw, place), percent.

    Parameters
    ----------
    factors, known
        From the functions above.
    history : History
        Up to this year for what is known before the equation is used, else the year before.
    year, origin : int
    uniform : (draw,) float
        Which known year is drawn.
    lasting : dict
        Changed: the state (draw, place) of drawn factors that last, by label.
    fitted : (place,) bool
        Places that factors are centred on.
    """
    draws, places = len(uniform), len(fitted)
    total = np.zeros((draws, places))

    def lookup(name: str, lag: int) -> np.ndarray:
        if name in known.constant:
            return known.constant[name]
        back = year - lag
        if back >= origin:
            return history.of[name][back - origin]
        where = np.flatnonzero(known.years == back)
        if where.size == 0 or name not in known.values:
            return np.full(places, np.nan)
        return known.values[name][:, where[0]]

    for factor in factors:
        if factor.term is not None:
            x = evaluate_year(factor.term, lookup)
            total += factor.beta * standardised(x, centre(x, fitted, axis=-1), factor.scale)
            continue
        assert factor.drawn is not None
        chosen = (uniform * factor.drawn.shape[1]).astype(np.int64)
        x = factor.drawn[:, chosen].T
        if factor.last is not None:
            x = lasting.get(factor.label, factor.last) + x
            lasting[factor.label] = x
        total += factor.beta * x
    return total


def ages_of(label: str, ages: np.ndarray) -> tuple[int, int]:
    """Give the positions of the first age of a share and of the one after its last.

    Parameters
    ----------
    label : str
        Such as ``share_20_39`` or ``share_67_plus``.
    ages : (age,) int
        Rising.
    """
    match = _SHARE.match(label)
    assert match is not None
    first = int(np.searchsorted(ages, int(match[1])))
    if match[2] == "plus":
        return first, len(ages)
    return first, int(np.searchsorted(ages, int(match[2]), side="right"))


def share_labels(factors: tuple[Factor, ...]) -> tuple[str, ...]:
    """Give the shares of age groups that the factors need."""
    variables = [n for f in factors if f.term is not None for n in f.term.variables]
    return tuple(dict.fromkeys(name for name in variables if _SHARE.match(name)))


def share_scales(panel: xr.Dataset, labels: tuple[str, ...], origin: int) -> dict[str, float]:
    """Say in what the panel counts its shares: 1 for fractions, 100 for percent."""
    scales = {}
    for label in labels:
        values = panel[label].sel({names.YEAR: slice(None, origin - 1)}) if label in panel else None
        scales[label] = 100.0 if values is not None and float(values.max()) > 1.5 else 1.0
    return scales
