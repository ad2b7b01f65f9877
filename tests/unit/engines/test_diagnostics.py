"""Convergence figures against ArviZ, and the verdict with what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import arviz_stats
import numpy as np
import pytest
import xarray as xr
from tests.unit.runs import Kind, fake_run

from attraktiv.engines import Check, check, diagnose

CLEAN: dict[str, Any] = {
    "method": "importance",
    "pareto_k": 0.1,
    "ess": 3000.0,
    "evaluations": 9000,
}


def sampled(kind: Kind = "dynamic", draws: int = 500) -> xr.DataTree:
    """Independent draws, so that nothing is wrong with them, and what NUTS says of itself."""
    run = fake_run(kind, places=4, years=3, chains=4, draws=draws, excluded=(3,))
    rng = np.random.default_rng(2)
    sample = ("chain", "draw")
    stats = {
        "diverging": (sample, np.zeros((4, draws), bool)),
        "energy": (sample, rng.normal(size=(4, draws))),
    }
    del run["diagnostics"]
    run["sample_stats"] = xr.DataTree(
        xr.Dataset(stats, coords={"chain": np.arange(4), "draw": np.arange(draws)})
    )
    return run


def judged(
    change: Callable[[xr.DataTree], Any] = lambda run: None,
    *,
    engine: str = "nuts",
    sampler: Mapping[str, float] = CLEAN,
) -> tuple[xr.Dataset, Check]:
    run = sampled()
    change(run)
    table = diagnose(run, engine=engine, sampler=dict(sampler) if engine != "nuts" else {})
    run["diagnostics"] = xr.DataTree(table)
    return table, check(run)


@pytest.fixture(scope="module")
def table() -> xr.Dataset:
    return judged()[0]


def test_what_is_sound_passes() -> None:
    for engine in ("nuts", "collapsed"):
        table, verdict = judged(engine=engine)
        assert verdict.passed is True
        assert verdict.lines[0] == "Passed: the draws can be used."
        assert len(verdict.lines) == 4
        assert json.loads(table.attrs["figures"])["passed"] is True
        assert verdict.figures == json.loads(table.attrs["figures"])


@pytest.mark.oracle
def test_figures_are_those_of_arviz(table: xr.Dataset) -> None:
    run = sampled()
    posterior = run["posterior"].to_dataset().drop_vars("beta_original")
    expected = {
        "r_hat": arviz_stats.rhat(posterior),
        "ess_bulk": arviz_stats.ess(posterior, method="bulk"),
        "ess_tail": arviz_stats.ess(posterior, method="tail", prob=(0.05, 0.95)),
    }
    for figure, values in expected.items():
        assert float(table[figure].sel(parameter="tau")) == pytest.approx(float(values["tau"]))
        for label, where in {
            "alpha[2007]": values["alpha"].sel(year=2007),
            "beta[lag(own_job_growth, 1)]": values["beta"].sel(term="lag(own_job_growth, 1)"),
            "theta[00102]": values["theta"].sel(place="00102"),
            "u[00103, 2008]": values["u"].sel(place="00103", year=2008),
        }.items():
            assert float(table[figure].sel(parameter=label)) == pytest.approx(float(where)), label


@pytest.mark.oracle
def test_the_worst_figures_are_named(table: xr.Dataset) -> None:
    figures = json.loads(table.attrs["figures"])
    for name, worst in (("r_hat", "max"), ("ess_bulk", "min"), ("ess_tail", "min")):
        values = table[name]
        assert figures[name] == float(values.max() if worst == "max" else values.min())
        assert figures[name] == values.sel(parameter=figures[f"{name}_of"])
    energy = sampled()["sample_stats"].to_dataset()["energy"].values
    # Betancourt (2016): mean squared step of the energy over its variance, lowest of the chains
    fraction = [np.square(np.diff(chain)).mean() / chain.var() for chain in energy]
    assert figures["bfmi"] == pytest.approx(min(fraction), rel=0.01)


def test_only_what_was_sampled_is_judged(table: xr.Dataset) -> None:
    labels = table["parameter"].values.tolist()
    assert not any(label.startswith("beta_original") for label in labels)
    # the place outside the fit is drawn from the prior
    assert [label for label in labels if label.startswith("theta")] == [
        "theta[00101]",
        "theta[00102]",
        "theta[00103]",
    ]
    assert len([label for label in labels if label.startswith("u[")]) == 9
    # with the collapsed engine places are independent draws given the rest
    collapsed, _ = judged(engine="collapsed")
    assert not any(label.startswith(("theta", "u[")) for label in collapsed["parameter"].values)


def test_a_group_without_fitted_places_is_not_judged() -> None:
    run = sampled("grouped")
    assert list(run["constant_data"].to_dataset()["group_of_place"].values) == [
        "Ytre",
        "Indre",
        "Øst",
        "Ytre",
    ]
    run["constant_data"]["fitted"].loc[{"place": "00103"}] = False
    labels = diagnose(run, engine="nuts", sampler={})["parameter"].values.tolist()
    assert [x for x in labels if x.startswith("gamma")] == ["gamma[Indre]", "gamma[Ytre]"]


def shifted(name: str, **where: Any) -> Callable[[xr.DataTree], None]:
    def change(run: xr.DataTree) -> None:
        run["posterior"][name].loc[where | {"chain": 1}] += 3.0

    return change


@pytest.mark.parametrize(
    ("change", "label"),
    [
        (shifted("tau"), "tau"),
        (shifted("theta", place="00102"), "theta[00102]"),
        (shifted("beta", term="log(population)"), "beta[log(population)]"),
        (shifted("u", place="00101", year=2007), "u[00101, 2007]"),
    ],
)
def test_a_chain_elsewhere_fails_and_is_named(
    change: Callable[[xr.DataTree], None], label: str
) -> None:
    table, verdict = judged(change)
    assert verdict.passed is False
    assert json.loads(table.attrs["figures"])["passed"] is False
    assert verdict.lines[0] == "FAILED: do not use these draws for conclusions."
    assert f"The chains disagree about {label}. Draw more: " in " ".join(verdict.lines)
    assert verdict.figures["r_hat_of"] == label


def stuck(run: xr.DataTree) -> None:
    run["posterior"]["sigma"].loc[{"chain": 2}] = 0.4


def frozen(run: xr.DataTree) -> None:
    run["posterior"]["sigma"].loc[{}] = 0.4


@pytest.mark.parametrize("change", [stuck, frozen])
def test_a_chain_that_does_not_move_fails(change: Callable[[xr.DataTree], None]) -> None:
    _, verdict = judged(change)
    assert verdict.passed is False
    assert "sigma" in (verdict.figures["r_hat_of"], verdict.figures["ess_bulk_of"])
    assert any("--draws 4000" in line for line in verdict.lines)


def test_too_few_draws_fail() -> None:
    run = sampled(draws=50)
    run["diagnostics"] = xr.DataTree(diagnose(run, engine="nuts", sampler={}))
    verdict = check(run)
    assert verdict.passed is False
    assert any(line.startswith("Too few effective draws. Draw more") for line in verdict.lines)


def test_divergences_fail() -> None:
    def diverge(run: xr.DataTree) -> None:
        run["sample_stats"]["diverging"].loc[{"chain": 2, "draw": [7, 8]}] = True

    _, verdict = judged(diverge)
    assert verdict.passed is False
    assert verdict.figures["divergences"] == 2
    assert verdict.lines[3].startswith("Divergences 2;")
    assert "Use --engine collapsed" in verdict.lines[-1]


def test_advice_on_divergences_is_the_models_own() -> None:
    run = sampled()
    run["sample_stats"]["diverging"].loc[{"chain": 2, "draw": [7, 8]}] = True
    run["diagnostics"] = xr.DataTree(diagnose(run, engine="nuts", sampler={}))
    posterior = run["posterior"].to_dataset()
    run["posterior"] = xr.DataTree(posterior.assign(nu=posterior["tau"] + 4.0))
    advice = check(run).lines[-1]
    assert "--engine collapsed" not in advice
    assert "priors of nu, tau and sigma" in advice


def test_energy_that_moves_slowly_fails() -> None:
    def slow(run: xr.DataTree) -> None:
        energy = run["sample_stats"]["energy"]
        run["sample_stats"]["energy"] = energy.cumsum("draw")

    _, verdict = judged(slow)
    assert verdict.passed is False
    assert verdict.lines[-1].startswith("The energy moves too slowly")


@pytest.mark.parametrize(
    ("sampler", "words"),
    [
        ({"pareto_k": 0.71}, "The importance weights cannot be trusted. Use --engine nuts."),
        ({"pareto_k": np.nan}, "The importance weights cannot be trusted. Use --engine nuts."),
        ({"ess": 399.0}, "Too few effective draws of the variances. Draw more"),
    ],
)
def test_importance_weights_that_cannot_be_trusted_fail(
    sampler: dict[str, float], words: str
) -> None:
    _, verdict = judged(engine="collapsed", sampler=CLEAN | sampler)
    assert verdict.passed is False
    assert verdict.lines[-1].startswith(words)
    assert verdict.lines[3].startswith("Importance weights of the variances: Pareto k")


def test_a_metropolis_chain_needs_no_weights() -> None:
    sampler = CLEAN | {"method": "metropolis", "pareto_k": 0.9}
    _, verdict = judged(engine="collapsed", sampler=sampler)
    assert verdict.passed
    assert "which needs none" in verdict.lines[3]


def test_least_squares_has_no_verdict() -> None:
    run = fake_run("least-squares")
    del run["diagnostics"]
    verdict = check(run)
    assert verdict.passed is None
    assert verdict.figures == {}
    assert verdict.lines[0].startswith("Not applicable: least squares does not sample.")
