"""The sampler of two equations on a simulated panel whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.recovery.calibration.joint import MODEL, equations, fits, simulate
from tests.unit.engines.collapsed.joint.joint_dense import ALL

from attraktiv import names
from attraktiv.engines.collapsed.joint.draws import conditional_draws
from attraktiv.engines.collapsed.joint.problem import JointProblem
from attraktiv.engines.collapsed.running import run
from attraktiv.names import of_equation
from attraktiv.specs import Sampling


@pytest.fixture(scope="module")
def recovered():
    rng = np.random.default_rng([3, *MODEL.encode()])
    truth, cells, initial = simulate(rng, 60, 8)
    problem = JointProblem.of_cells(equations(), cells, initial, ALL)
    psi, drawn = run(
        problem, conditional_draws, Sampling(chains=2, draws=200), seed=1, progress=False
    )
    return truth, psi, drawn


def test_the_truth_is_within_the_posterior(recovered) -> None:
    truth, psi, drawn = recovered
    assert not psi.failure
    both, _ = drawn
    found = {
        of_equation(name, kind): values
        for kind in names.JOINT
        for name, values in both[kind].items()
    }
    assert found.keys() == truth.keys()
    scores = {n: (v.mean(axis=(0, 1)) - truth[n]) / v.std(axis=(0, 1)) for n, v in found.items()}
    effects = {of_equation(name, kind) for name in (names.THETA, names.U) for kind in names.JOINT}
    # some 45 numbers: four posterior deviations are passed once in several hundred panels
    assert max(np.max(np.abs(v)) for n, v in scores.items() if n not in effects) < 4.0
    # effects share the uncertainty of their variance: where it is less than the posterior allows
    # for, all of them are nearer than one deviation; further they must not be
    for name in effects:
        assert np.sqrt((scores[name] ** 2).mean()) < 1.3


def test_draws_have_the_shapes_of_two_models(recovered) -> None:
    _, _, (both, densities) = recovered
    for kind in names.JOINT:
        assert both[kind][names.U].shape == (2, 200, 60, 8)
        assert both[kind][names.BETA].shape == (2, 200, 2)
        assert densities[kind].shape == (2, 200, 60, 8)


def test_a_fit_that_failed_has_no_draws(monkeypatch) -> None:
    monkeypatch.setattr(JointProblem, "log_posterior", lambda self, x: np.full(len(x), -np.inf))
    (fit,) = fits([0], places=6, years=3)
    assert "no mode" in fit.failure
    assert not fit.kept
