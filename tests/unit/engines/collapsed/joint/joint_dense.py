"""Two equations with dense matrices: slow, plain, and the truth of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from tests.unit.engines.collapsed.dense import ar1_covariance

from attraktiv import names
from attraktiv.engines.collapsed.joint.hyper import of_one
from attraktiv.engines.collapsed.joint.problem import JointProblem
from attraktiv.engines.collapsed.problem import Cells
from attraktiv.specs import CORRELATIONS, Equation, Normal, Prior, load_spec
from attraktiv.specs.priors import Beta, Uniform

EVEN = Beta(distribution="beta", alpha=2.0, beta=2.0, lower=-1.0, upper=1.0)
ALL = dict.fromkeys(CORRELATIONS, EVEN)


def equation(
    place_effect: str = "ar1", *, size_dependent: bool = True, **priors: Prior
) -> Equation:
    """The dynamic model's equation, with another structure and other priors."""
    raw = load_spec("hierarchical_dynamic").migration.model_dump()
    raw["place_effect"] = place_effect
    raw["noise"]["size_dependent"] = size_dependent
    absent = set() if place_effect == "ar1" else {names.RHO, names.SIGMA_U}
    absent |= {names.TAU} if place_effect == "none" else set()
    absent |= set() if size_dependent else {names.PHI}
    given = raw["priors"] | {name: prior.model_dump() for name, prior in priors.items()}
    raw["priors"] = {name: prior for name, prior in given.items() if name not in absent}
    return Equation.model_validate(raw)


def business(place_effect: str = "ar1", *, size_dependent: bool = True) -> Equation:
    """An equation whose path may go back and forth."""
    swinging = Uniform(distribution="uniform", lower=-1.0, upper=1.0)
    return equation(place_effect, size_dependent=size_dependent, rho=swinging)


def random_problem(
    equations: tuple[Equation, Equation] | None = None,
    correlations: Mapping[str, Prior] = ALL,
    *,
    places: int = 9,
    years: int = 6,
    factors: tuple[int, int] = (2, 1),
    missing: float = 0.25,
    seed: int = 1,
) -> JointProblem:
    """A small panel of noise with missing cells in either equation and unequal sizes."""
    rng = np.random.default_rng(seed)

    def cells(n_factors: int) -> Cells:
        used = (rng.random((places, years)) > missing).astype(float)
        return Cells(
            rng.normal(size=used.shape) * used,
            used,
            rng.lognormal(-2.0, 1.0, used.shape),
            (0.1 * rng.random(used.shape)) ** 2,
            rng.normal(size=(*used.shape, n_factors)) * used[..., None],
        )

    return JointProblem.of_cells(
        equations or (equation(), business()),
        (cells(factors[0]), cells(factors[1])),
        rng.normal(size=places),
        correlations,
    )


@dataclass(frozen=True)
class DenseModel:
    """y = H z + ε for the effects z of both equations, with every matrix written out.

    Effects are (β, d), μ_α and α of the first equation, those of the second, then θ by place
    and equation, and u by place, year and equation.
    """

    prior_mean: np.ndarray
    prior_cov: np.ndarray
    design: np.ndarray
    noise: np.ndarray
    observed: np.ndarray
    cells: tuple[np.ndarray, np.ndarray, np.ndarray]

    @classmethod
    def of(cls, problem: JointProblem, psi: Mapping[str, float]) -> DenseModel:
        """At one ψ, by name."""
        n_places, n_years, _ = problem.used.shape
        place, year, side = np.nonzero(problem.used)
        rows = np.arange(place.size)
        ones = [of_one({n: np.array(v) for n, v in psi.items()}, kind) for kind in names.JOINT]
        means, covs, columns = [], [], []
        for q, one in enumerate(ones):
            beta, mu = (problem.equations[q].priors[n] for n in (names.BETA, names.MU_ALPHA))
            assert isinstance(beta, Normal)
            assert isinstance(mu, Normal)
            n_factors = problem.factors[q].shape[2]
            on = side == q
            means += [np.full(n_factors, beta.mu), np.full(n_years + 1, mu.mu)]
            level = np.full((n_years + 1, n_years + 1), mu.sigma**2)
            level[1:, 1:] += ar1_covariance(
                float(one[names.SIGMA_ALPHA]), float(one[names.RHO_ALPHA]), n_years
            )
            covs += [beta.sigma**2 * np.eye(n_factors), level]
            factor = problem.factors[q][place, year] * on[:, None]
            alpha = np.zeros((place.size, n_years + 1))
            alpha[rows[on], 1 + year[on]] = 1.0
            columns += [factor, alpha]
        theta = cls._lasting(psi, ones)
        means.append(np.zeros(2 * n_places))
        covs.append(np.kron(np.eye(n_places), theta))
        columns.append(_indicator(2 * place + side, 2 * n_places))
        path = cls._path(psi, ones, n_years)
        means.append(np.zeros(2 * n_places * n_years))
        covs.append(np.kron(np.eye(n_places), path))
        columns.append(_indicator(2 * (place * n_years + year) + side, 2 * n_places * n_years))
        sizes = np.cumsum([0, *map(len, covs)])
        cov = np.zeros((sizes[-1], sizes[-1]))
        for block, low, high in zip(covs, sizes[:-1], sizes[1:], strict=True):
            cov[low:high, low:high] = block
        variance = np.array(
            [
                one[names.SIGMA] ** 2 + one.get(names.PHI, 0.0) * problem.flow[..., q]
                for q, one in enumerate(ones)
            ]
        )
        variance = (np.moveaxis(variance, 0, 2) + problem.known)[place, year, side]
        same = (place[:, None] == place) & (year[:, None] == year)
        noise = same * psi[names.CORRELATION_NOISE] * np.sqrt(np.outer(variance, variance))
        noise[rows, rows] = variance
        return cls(
            np.concatenate(means),
            cov,
            np.hstack(columns),
            noise,
            problem.outcome[place, year, side],
            (place, year, side),
        )

    @staticmethod
    def _lasting(psi: Mapping[str, float], ones: list[dict[str, np.ndarray]]) -> np.ndarray:
        tau = np.array([float(one.get(names.TAU, 0.0)) for one in ones])
        correlation = np.array([[1.0, psi[names.CORRELATION_LASTING]]] * 2)
        correlation[1] = correlation[1, ::-1]
        return correlation * np.outer(tau, tau)

    @staticmethod
    def _path(
        psi: Mapping[str, float], ones: list[dict[str, np.ndarray]], years: int
    ) -> np.ndarray:
        """Covariance of (u_10, u_11, u_20, …), by stepping the recursion."""
        sigma = np.array([float(one.get(names.SIGMA_U, 0.0)) for one in ones])
        rho = np.array([float(one.get(names.RHO, 0.0)) for one in ones])
        correlation = psi[names.CORRELATION_PATH]
        innovation = np.array([[1.0, correlation], [correlation, 1.0]]) * np.outer(sigma, sigma)
        now = innovation / (1.0 - np.outer(rho, rho))
        out = np.zeros((years, 2, years, 2))
        for s in range(years):
            later = now
            for t in range(s, years):
                out[t, :, s, :] = later
                out[s, :, t, :] = later.T
                later = np.diag(rho) @ later
            now = np.diag(rho) @ now @ np.diag(rho) + innovation
        return out.reshape(2 * years, 2 * years)

    def marginal(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the observations."""
        cov = self.design @ self.prior_cov @ self.design.T + self.noise
        return self.design @ self.prior_mean, cov

    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of the effects given the observations."""
        mean, cov = self.marginal()
        gain = np.linalg.solve(cov, self.design @ self.prior_cov).T
        centre = self.prior_mean + gain @ (self.observed - mean)
        return centre, self.prior_cov - gain @ self.design @ self.prior_cov

    @staticmethod
    def stack(draws: Mapping[str, Mapping[str, np.ndarray]]) -> np.ndarray:
        """Draws as (draw, effect), in the order of the model; both equations with θ and u."""
        first = draws[names.RESIDENTIAL]
        total = first[names.SIGMA].size
        columns = []
        for kind in names.JOINT:
            one = draws[kind]
            in_order = (names.BETA, names.INITIAL, names.MU_ALPHA, names.ALPHA)
            columns += [one[name].reshape(total, -1) for name in in_order]
        for name in (names.THETA, names.U):
            pair = np.stack([draws[kind][name].astype(float) for kind in names.JOINT], axis=-1)
            columns.append(pair.reshape(total, -1))
        return np.hstack(columns)


def _indicator(index: np.ndarray, size: int) -> np.ndarray:
    columns = np.zeros((index.size, size))
    columns[np.arange(index.size), index] = 1.0
    return columns
