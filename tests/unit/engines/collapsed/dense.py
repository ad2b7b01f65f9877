"""The same models with dense matrices: slow, plain, and the truth of the tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.engines.collapsed.problem import Problem
from attraktiv.model import Design
from attraktiv.model.field import Field, field_of
from attraktiv.specs import Equation, ModelSpec, Normal, load_spec


def with_groups(spec: ModelSpec) -> ModelSpec:
    """The same model with a group effect."""
    raw = spec.model_dump()
    equation = dict(raw["equations"]["migration"])
    equation["groups"] = "region"
    half_normal = {"distribution": "half_normal", "sigma": 0.5}
    equation["priors"] = {**equation["priors"], names.SIGMA_GAMMA: half_normal}
    return ModelSpec.model_validate({**raw, "equations": {"migration": equation}})


def random_problem(
    model: str,
    *,
    places: int,
    years: int,
    factors: int,
    groups: int = 0,
    missing: float = 0.25,
    seed: int = 1,
    field: bool = False,
) -> Problem:
    """A small panel of noise with missing cells and unequal sizes."""
    rng = np.random.default_rng(seed)
    spec = with_groups(load_spec(model)) if groups else load_spec(model)
    cells = (names.PLACE, names.YEAR)
    used = rng.random((places, years)) > missing
    used[:, 0] = True
    data = xr.Dataset(
        {
            names.OUTCOME: (cells, np.where(used, rng.normal(size=used.shape), np.nan)),
            names.USED: (cells, used),
            names.FITTED: (names.PLACE, np.ones(places, dtype=bool)),
            names.FLOW_VARIANCE: (cells, rng.lognormal(-2.0, 1.0, used.shape)),
            names.MEASUREMENT_SD: (cells, 0.1 * rng.random(used.shape)),
            names.FACTORS: ((*cells, names.TERM), rng.normal(size=(*used.shape, factors))),
        },
        coords={
            names.PLACE: [f"{i:04d}" for i in range(places)],
            names.YEAR: np.arange(2000, 2000 + years),
            names.TERM: [f"x{k}" for k in range(factors)],
        },
    )
    if groups:
        labels = np.array([f"r{i % groups}" for i in range(places)])
        data[names.GROUP_OF_PLACE] = (names.PLACE, labels)
    terms = tuple(str(term) for term in data[names.TERM].values)
    return Problem.of(Design(spec, data, terms, {}, ring(data, places) if field else None))


def ring(data: xr.Dataset, places: int) -> Field:
    """A field where places are neighbours in a row, but for the last, which has none.

    One place more than the data have stands between the first and the second.
    """
    codes = [*data[names.PLACE].values, "0000a"]
    order = [codes[0], "0000a", *codes[1 : places - 1]]
    return field_of(
        xr.Dataset(
            {
                names.BORDER_PLACE: (names.BORDER, order[:-1]),
                names.BORDER_NEIGHBOUR: (names.BORDER, order[1:]),
            },
            coords={names.PLACE: codes},
        )
    )


@dataclass(frozen=True)
class DenseModel:
    """y = H z + ε for the effects z = (β, μ_α, α, γ, θ, u) ~ N(prior mean, prior covariance)."""

    prior_mean: np.ndarray
    prior_cov: np.ndarray
    design: np.ndarray
    noise: np.ndarray
    observed: np.ndarray
    order: tuple[str, ...]

    @classmethod
    def of(cls, problem: Problem, x: np.ndarray) -> DenseModel:
        """At one ψ, given on the unbounded scale."""
        psi = {name: float(value[0]) for name, value in problem.hyper.values(x[None]).items()}
        n_places, n_years, n_factors = problem.factors.shape
        place, year = np.nonzero(problem.used)
        cells = np.arange(place.size)
        parts: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]] = []
        beta, mu = _normal(problem.equation, names.BETA), _normal(problem.equation, names.MU_ALPHA)
        parts.append(
            (
                names.BETA,
                np.full(n_factors, beta.mu),
                beta.sigma**2 * np.eye(n_factors),
                problem.factors[place, year],
            )
        )
        # μ_α and α together: α = μ_α 1 + AR(1)
        path = ar1_covariance(psi[names.SIGMA_ALPHA], psi[names.RHO_ALPHA], n_years)
        level = np.full((n_years + 1, n_years + 1), mu.sigma**2)
        level[1:, 1:] += path
        columns = np.zeros((place.size, n_years + 1))
        columns[cells, 1 + year] = 1.0
        parts.append((names.ALPHA, np.full(n_years + 1, mu.mu), level, columns))
        if problem.labels:
            parts.append(
                _indicator(
                    names.GAMMA,
                    psi[names.SIGMA_GAMMA],
                    problem.group[place],
                    len(problem.labels),
                    None if problem.field is None else np.linalg.inv(problem.field.precision),
                )
            )
        if names.TAU in psi:
            parts.append(_indicator(names.THETA, psi[names.TAU], place, n_places))
        if names.SIGMA_U in psi:
            one = ar1_covariance(psi[names.SIGMA_U], psi[names.RHO], n_years)
            columns = np.zeros((place.size, n_places * n_years))
            columns[cells, place * n_years + year] = 1.0
            parts.append(
                (names.U, np.zeros(n_places * n_years), np.kron(np.eye(n_places), one), columns)
            )
        sizes = [mean.size for _, mean, _, _ in parts]
        cov = np.zeros((sum(sizes), sum(sizes)))
        ends = np.cumsum([0, *sizes])
        for (_, _, block, _), low, high in zip(parts, ends[:-1], ends[1:], strict=True):
            cov[low:high, low:high] = block
        return cls(
            np.concatenate([mean for _, mean, _, _ in parts]),
            cov,
            np.hstack([columns for *_, columns in parts]),
            cls.noise_variance(problem, psi)[place, year],
            problem.outcome[place, year],
            tuple(name for name, *_ in parts),
        )

    @staticmethod
    def noise_variance(problem: Problem, psi: dict[str, float]) -> np.ndarray:
        """σ² + φ v + s² of every cell."""
        flow = psi.get(names.PHI, 0.0) * problem.flow
        return psi[names.SIGMA] ** 2 + flow + problem.known

    @classmethod
    def place_covariance(cls, problem: Problem, psi: dict[str, float], i: int) -> np.ndarray:
        """Covariance of one place's years, θ and u integrated out."""
        n_years = problem.outcome.shape[1]
        cov = np.diag(cls.noise_variance(problem, psi)[i])
        if names.TAU in psi:
            cov = cov + psi[names.TAU] ** 2
        if names.SIGMA_U in psi:
            cov = cov + ar1_covariance(psi[names.SIGMA_U], psi[names.RHO], n_years)
        return cov

    def marginal(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the observations."""
        cov = self.design @ self.prior_cov @ self.design.T + np.diag(self.noise)
        return self.design @ self.prior_mean, cov

    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the effects given the observations."""
        mean, cov = self.marginal()
        gain = np.linalg.solve(cov, self.design @ self.prior_cov).T
        centre = self.prior_mean + gain @ (self.observed - mean)
        return centre, self.prior_cov - gain @ self.design @ self.prior_cov

    def stack(self, draws: dict[str, np.ndarray]) -> np.ndarray:
        """Draws as (draw, effect), in the order of the model."""
        columns = []
        for name in self.order:
            values = draws[name].astype(float)
            values = values.reshape(values.shape[0] * values.shape[1], -1)
            if name == names.ALPHA:
                values = np.column_stack([draws[names.MU_ALPHA].ravel(), values])
            columns.append(values)
        return np.hstack(columns)


def ar1_covariance(sigma: float, rho: float, years: int) -> np.ndarray:
    """Covariance of a stationary AR(1) path with innovation SD sigma."""
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    return sigma**2 / (1 - rho**2) * rho**lag


def _indicator(
    name: str, sd: float, index: np.ndarray, size: int, shape: np.ndarray | None = None
) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    columns = np.zeros((index.size, size))
    columns[np.arange(index.size), index] = 1.0
    return name, np.zeros(size), sd**2 * (np.eye(size) if shape is None else shape), columns


def _normal(equation: Equation, name: str) -> Normal:
    prior = equation.priors[name]
    assert isinstance(prior, Normal)
    return prior
