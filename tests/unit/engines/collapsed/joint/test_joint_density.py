"""The density of ψ of two equations against a multivariate normal with everything written out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import xarray as xr
from scipy.stats import multivariate_normal
from tests.unit.engines.collapsed.joint.joint_dense import (
    ALL,
    EVEN,
    DenseModel,
    business,
    equation,
    random_problem,
)

from attraktiv import names
from attraktiv.engines.collapsed.joint.problem import JointProblem
from attraktiv.engines.collapsed.problem import Cells
from attraktiv.model import Design, JointDesign
from attraktiv.specs import CORRELATIONS, Equations, JobsEquation, Joint, load_spec


def brute_force(problem: JointProblem, psi: dict[str, np.ndarray]) -> np.ndarray:
    out = []
    for i in range(len(psi[names.SIGMA])):
        dense = DenseModel.of(problem, {name: float(value[i]) for name, value in psi.items()})
        out.append(multivariate_normal(*dense.marginal()).logpdf(dense.observed))
    return np.array(out)


def check(problem: JointProblem, seed: int = 0, fixed: Mapping[str, float] | None = None) -> None:
    x = np.random.default_rng(seed).normal(size=(4, len(problem.hyper.names)))
    psi = problem.hyper.values(x)
    psi |= {name: np.full(4, value) for name, value in (fixed or {}).items()}
    # densities are of order 1e2: 1e-8 absolute is ten digits
    expected = brute_force(problem, psi)
    np.testing.assert_allclose(problem.log_likelihood(psi), expected, rtol=1e-10, atol=1e-8)


@pytest.mark.parametrize("seed", range(8))
def test_density_of_random_panels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, years, first, second = (
        int(rng.integers(*r)) for r in ((3, 18), (2, 12), (0, 4), (0, 3))
    )
    problem = random_problem(
        places=places,
        years=years,
        factors=(first, second),
        missing=float(rng.uniform(0.0, 0.5)),
        seed=seed,
    )
    check(problem, seed)


@pytest.mark.parametrize("given", [(), *((name,) for name in CORRELATIONS)])
def test_a_correlation_without_a_prior_is_zero(given: tuple[str, ...]) -> None:
    problem = random_problem(correlations=dict.fromkeys(given, EVEN))
    assert set(given) == set(problem.hyper.names) & set(CORRELATIONS)
    check(problem)


@pytest.mark.parametrize(
    "effects",
    [("static", "static"), ("ar1", "static"), ("static", "ar1"), ("ar1", "none"), ("none", "none")],
)
def test_equations_without_a_path_or_a_lasting_effect(effects: tuple[str, str]) -> None:
    equations = (equation(effects[0]), business(effects[1], size_dependent=False))
    check(random_problem(equations))


@pytest.mark.parametrize(
    "fixed",
    [
        {"tau": 0.0},
        {"tau": 0.0, "tau_business": 0.0},
        {"rho_business": -0.9, "rho": 0.95},
        {"rho_business": 0.0, "correlation_path": 1.0},
        {"correlation_lasting": -1.0, "correlation_noise": 0.99},
        {"sigma_u": 0.0},
    ],
    ids=str,
)
def test_density_at_the_edges_of_psi(fixed: dict[str, float]) -> None:
    check(random_problem(), fixed=fixed)


def test_nobody_is_seen_in_one_equation() -> None:
    problem = random_problem(missing=0.1)
    used = problem.used.copy()
    used[..., 1] = 0.0
    used[0] = 0.0
    cells = [
        Cells(
            problem.outcome[..., q] * used[..., q],
            used[..., q],
            problem.flow[..., q],
            problem.known[..., q],
            problem.factors[q][..., :-1] * used[..., q, None],
        )
        for q in range(2)
    ]
    initial = np.linspace(-1.0, 1.0, len(used))
    check(JointProblem.of_cells(problem.equations, (cells[0], cells[1]), initial, ALL))


def test_extreme_values_are_numbers_or_nothing() -> None:
    problem = random_problem(places=12, years=5)
    d = len(problem.hyper.names)
    x = np.concatenate([10.0 * np.eye(d), -10.0 * np.eye(d), np.full((1, d), 40.0)])
    assert not np.isnan(problem.log_posterior(x)).any()
    features, rough = problem.guide(np.zeros(d))(x)
    assert np.isfinite(features).all()
    assert np.isfinite(rough).all()


def test_names_of_the_second_equation_have_a_suffix() -> None:
    problem = random_problem((equation(), business("static", size_dependent=False)))
    first = ("sigma_alpha", "rho_alpha", "tau", "sigma_u", "rho", "sigma", "phi")
    second = ("sigma_alpha_business", "rho_alpha_business", "tau_business", "sigma_business")
    assert problem.hyper.names == first + second + CORRELATIONS


def test_a_problem_of_two_designs() -> None:
    expected = random_problem(places=5, years=3)
    place = [f"{i:02d}" for i in range(5)]

    jobs = JobsEquation(**{**dict(expected.equations[1]), "outcome": "job_growth"})
    tables = Equations(
        migration=expected.equations[0], jobs={"business": jobs}, joint=Joint(priors=ALL)
    )
    spec = load_spec("joint_2026").model_copy(update={"equations": tables})

    def design(q: int) -> Design:
        cells = (names.PLACE, names.YEAR)
        used = expected.used[..., q] > 0
        data = xr.Dataset(
            {
                names.OUTCOME: (cells, np.where(used, expected.outcome[..., q], np.nan)),
                names.USED: (cells, used),
                names.FITTED: (names.PLACE, np.ones(5, dtype=bool)),
                names.FLOW_VARIANCE: (cells, expected.flow[..., q]),
                names.MEASUREMENT_SD: (cells, np.sqrt(expected.known[..., q])),
                names.FACTORS: ((*cells, names.TERM), expected.factors[q][..., :-1]),
            },
            coords={names.PLACE: place},
        )
        return Design(spec, data, (), {}, None, names.JOINT[q])

    initial = xr.DataArray(np.arange(5.0), dims=names.PLACE, coords={names.PLACE: place})
    found = JointProblem.of(JointDesign(design(0), design(1), initial))
    np.testing.assert_array_equal(found.outcome, expected.outcome)
    for q in range(2):
        used = found.used[..., q]
        np.testing.assert_array_equal(found.factors[q][..., -1], np.arange(5.0)[:, None] * used)
    assert found.hyper.names == expected.hyper.names
    check(found)


def test_permuting_places_changes_nothing_but_rounding() -> None:
    problem = random_problem(places=19)
    order = np.random.default_rng(3).permutation(19)
    x = np.random.default_rng(4).normal(size=(3, len(problem.hyper.names)))
    initial = np.random.default_rng(5).normal(size=19)

    def of(rows: np.ndarray) -> JointProblem:
        cells = [
            Cells(
                problem.outcome[rows, :, q],
                problem.used[rows, :, q],
                problem.flow[rows, :, q],
                problem.known[rows, :, q],
                problem.factors[q][rows][..., :-1],
            )
            for q in range(2)
        ]
        return JointProblem.of_cells(problem.equations, (cells[0], cells[1]), initial[rows], ALL)

    one, other = of(np.arange(19)), of(order)
    np.testing.assert_allclose(other.log_posterior(x), one.log_posterior(x), rtol=1e-12)
