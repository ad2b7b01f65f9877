"""What a forecast needs of one equation of a run: draws of its parameters, flat over chains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import terms
from attraktiv.errors import ForecastError
from attraktiv.forecasts.national import autoregression_of, continue_level

_PLACES_AT_ONCE = 4096


@dataclass(frozen=True)
class Equation:
    """An equation, ready to be continued; rates in percent of population, or of jobs.

    Attributes
    ----------
    outcome : str
        The rate that it explains.
    terms : tuple of str
        Factors, as the formula writes them.
    scale : numpy.ndarray
        (term,) what each factor is divided by.
    factors : numpy.ndarray
        (place, year, term) of the fitted years, standardised; zero where missing.
    beta : numpy.ndarray
        (draw, term) effects per standard deviation.
    level, level_mean, level_rho, level_sigma : numpy.ndarray
        (draw,) national level of the last year, and its autoregression.
    lasting, path : numpy.ndarray
        (draw, place) γ + θ, and u of the last fitted year; in the precision of the run.
    rho, sigma_u : numpy.ndarray
        (draw,) of the path.
    spread : numpy.ndarray
        (draw,) standard deviation of attractiveness between places.
    sigma, phi : numpy.ndarray
        (draw,) noise has variance sigma² + phi · 1e4 · turnover / size.
    turnover : numpy.ndarray
        (place,)
    freedom : numpy.ndarray or None
        (draw,) degrees of freedom of Student-t noise.
    """

    outcome: str
    terms: tuple[str, ...]
    scale: np.ndarray
    factors: np.ndarray
    beta: np.ndarray
    level: np.ndarray
    level_mean: np.ndarray
    level_rho: np.ndarray
    level_sigma: np.ndarray
    lasting: np.ndarray
    path: np.ndarray
    rho: np.ndarray
    sigma_u: np.ndarray
    spread: np.ndarray
    sigma: np.ndarray
    phi: np.ndarray
    turnover: np.ndarray
    freedom: np.ndarray | None

    def raw_beta(self, label: str) -> np.ndarray:
        """Give the effect of a factor per unit (draw,), zero if the equation lacks it."""
        if label not in self.terms:
            return np.zeros(len(self.beta))
        k = self.terms.index(label)
        return self.beta[:, k] / self.scale[k]

    def moved(self, path: np.ndarray, normal: np.ndarray) -> np.ndarray:
        """Give the path (draw, place) a year on, with innovations from standard normal numbers."""
        moved: np.ndarray = self.rho[:, None] * path + self.sigma_u[:, None] * normal
        return moved

    def noise_sd(self, size: np.ndarray) -> np.ndarray:
        """Give the standard deviation of a year's noise (draw, place) at the size of places."""
        # a place that is empty has the noise of one person or job
        flow = 1e4 * self.turnover / np.maximum(size, 1.0)
        deviation: np.ndarray = np.sqrt(self.sigma[:, None] ** 2 + self.phi[:, None] * flow)
        return deviation

    def level_path(self, normal: np.ndarray) -> np.ndarray:
        """Continue the national level (draw, year) with standard normal numbers."""
        return continue_level(self.level, self.level_mean, self.level_rho, self.level_sigma, normal)

    def at_places(self, where: np.ndarray) -> Equation:
        """Take some of the places."""
        return replace(
            self,
            factors=self.factors[where],
            lasting=self.lasting[:, where],
            path=self.path[:, where],
            turnover=self.turnover[where],
        )


def equation_draws(run: xr.DataTree, chosen: np.ndarray, rng: np.random.Generator) -> Equation:
    """Take from an equation of a run what its continuation needs.

    Parameters
    ----------
    run : xarray.DataTree
        One equation, from :func:`attraktiv.store.equation_of`.
    chosen : (draw,) int
        Draws to take, counted over chains and draws.
    rng : numpy.random.Generator

    Returns
    -------
    Equation

    Raises
    ------
    ForecastError
        Every year has coefficients of its own.
    """
    if terms.has_yearly_coefficients(run):
        raise ForecastError(
            f"The model {run.attrs.get('model')} has coefficients of their own for every year, and "
            "a later year has none. Forecast with a model whose years share them, for example: "
            "attraktiv fit hierarchical_dynamic PANEL --out RUN"
        )
    posterior = run[names.POSTERIOR].dataset
    data = run[names.CONSTANT_DATA].dataset
    everywhere, years = slice(None), slice(0, data.sizes[names.YEAR])

    scalar = partial(scalar_draws, posterior, chosen=chosen)
    alpha = terms.national_level(run, years)[chosen].astype(np.float64)
    if names.MU_ALPHA in posterior:
        mean, level_rho, level_sigma = (
            scalar(name) for name in (names.MU_ALPHA, names.RHO_ALPHA, names.SIGMA_ALPHA)
        )
    else:
        mean, level_rho, level_sigma = autoregression_of(alpha, rng)
    lasting, path, sigma = _attractiveness(run, chosen, scalar(names.SIGMA))
    rho, sigma_u = scalar(names.RHO), scalar(names.SIGMA_U)
    if terms.is_residual(run):
        spread = lasting.std(axis=1)
    else:
        moving = sigma_u**2 / (1 - rho**2)
        spread = np.sqrt(scalar(names.SIGMA_GAMMA) ** 2 + scalar(names.TAU) ** 2 + moving)
    return Equation(
        terms.outcome(run),
        tuple(terms.factor_names(run)),
        data[names.SCALE].values,
        terms.standardised_factors(run, everywhere, years),
        terms.coefficients(run)[chosen].astype(np.float64),
        alpha[:, -1],
        mean,
        level_rho,
        level_sigma,
        lasting,
        path,
        rho,
        sigma_u,
        spread,
        sigma,
        scalar(names.PHI),
        _turnover(data),
        scalar(names.NU) if names.NU in posterior else None,
    )


def scalar_draws(posterior: xr.Dataset, name: str, chosen: np.ndarray) -> np.ndarray:
    """Give the draws taken of a parameter (draw,); zero where the model has none of that name."""
    if name not in posterior:
        return np.zeros(len(chosen))
    return posterior[name].transpose(names.CHAIN, names.DRAW).values.ravel()[chosen]


def _attractiveness(
    run: xr.DataTree, chosen: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the lasting and the moving part (draw, place), and the SD of noise (draw,).

    A classical residual contains the noise of its year; what is continued is its mean over the
    years, and the noise is what is left around it.
    """
    data = run[names.CONSTANT_DATA].dataset
    places, years = data.sizes[names.PLACE], data.sizes[names.YEAR]
    residual = terms.is_residual(run)
    wide = (len(chosen), places)
    lasting = np.zeros(wide, np.float64 if residual else terms.precision(run))
    path = np.zeros_like(lasting)
    left, freedom = np.zeros(len(chosen)), np.zeros(len(chosen))
    # all draws of some places at a time: so they lie on disk, and may be far more than are taken
    for first in range(0, places, _PLACES_AT_ONCE):
        where = slice(first, first + _PLACES_AT_ONCE)
        if residual:
            one = terms.moving_part(run, where, slice(0, years))[chosen]
            count = np.isfinite(one).sum(axis=2)
            lasting[:, where] = np.nansum(one, axis=2) / np.maximum(count, 1)
            left += np.nansum((one - lasting[:, where, None]) ** 2, axis=(1, 2))
            freedom += (count - 1).clip(min=0).sum(axis=1)
            continue
        lasts = terms.lasting_part(run, where)
        if lasts is not None:
            lasting[:, where] = lasts[chosen]
        if terms.has_path(run):
            path[:, where] = terms.moving_part(run, where, slice(years - 1, years))[chosen, :, 0]
    if residual:
        sigma = np.sqrt(left / np.maximum(freedom, 1))
    return lasting, path, sigma


def _turnover(data: xr.Dataset) -> np.ndarray:
    """Give the turnover (place,) that the noise of the fit was scaled with."""
    size = data[names.JOBS_BEFORE] if names.JOBS_BEFORE in data else data[names.POPULATION]
    own = (data[names.FLOW_VARIANCE] * size / 1e4).transpose(names.PLACE, names.YEAR).values
    known = np.isfinite(own)
    total = np.where(known, own, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    typical = total[known.any(axis=1)].mean() if known.any() else 0.0
    return np.where(known.any(axis=1), total, typical)
