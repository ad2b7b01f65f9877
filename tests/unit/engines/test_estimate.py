"""Fitting from end to end: which engine, what is recorded, and what changes no answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.engines.conftest import FACTORS, draws_of
from tests.unit.specifications import lengthened, permuted, specification, widened

import attraktiv
from attraktiv.engines import collapsed, least_squares, nuts
from attraktiv.engines.asked import which_engine
from attraktiv.engines.collapsed import sampler
from attraktiv.errors import AttraktivWarning, DesignError, InputError, RunError, SpecError
from attraktiv.model import Design, build_design
from attraktiv.panels import content_hash
from attraktiv.specs import Engine, ModelSpec, load_spec
from attraktiv.store import equation_of, kinds_of

CLASSICAL = specification(FACTORS, year_effect="fixed", id="classical")
STATIC = specification(FACTORS, groups="part", id="static")
STUDENT = specification(FACTORS, family="student_t", id="student")
SPECS = {"least-squares": CLASSICAL, "collapsed": STATIC}


def fit(spec: ModelSpec | str, panel: xr.Dataset, **options: Any) -> xr.DataTree:
    return attraktiv.fit(
        spec, panel, **({"seed": 3, "chains": 2, "draws": 100, "progress": False} | options)
    )


@pytest.fixture(scope="module", autouse=True)
def trusting() -> Iterator[None]:
    """Take the collapsed engine's draws as they are: how good they are is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampler, "PARETO_LIMIT", np.inf)
        yield


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    return SPECS[request.param]


@pytest.fixture(scope="module")
def run(spec: ModelSpec, country: xr.Dataset) -> xr.DataTree:
    return fit(spec, country)


# Which engine ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "asked", "taken"),
    [
        ("auto", "auto", "collapsed"),
        ("auto", "nuts", "nuts"),
        ("auto", "collapsed", "collapsed"),
        ("nuts", "auto", "nuts"),
        ("nuts", "collapsed", "collapsed"),
        ("collapsed", "nuts", "nuts"),
    ],
)
def test_engine_of_a_hierarchical_model(own: str, asked: Engine, taken: str) -> None:
    assert which_engine(specification(FACTORS, engine=own), asked) == taken


@pytest.mark.parametrize("own", ["auto", "least-squares"])
@pytest.mark.parametrize("asked", ["auto", "least-squares"])
def test_engine_of_a_classical_model(own: str, asked: Engine) -> None:
    assert which_engine(specification(FACTORS, year_effect="fixed", engine=own), asked) == (
        "least-squares"
    )


@pytest.mark.parametrize("asked", ["auto", "nuts"])
def test_engine_of_a_model_with_student_t_noise(asked: Engine) -> None:
    assert which_engine(STUDENT, asked) == "nuts"


@pytest.mark.parametrize(
    ("spec", "asked", "message"),
    [
        (STATIC, "least-squares", r"least-squares cannot estimate static.* collapsed or nuts, or"),
        (CLASSICAL, "nuts", r"nuts cannot estimate classical: .* here: least-squares, or leave"),
        (CLASSICAL, "collapsed", r"collapsed cannot estimate classical: .* regression without"),
        (
            STUDENT,
            "collapsed",
            r"collapsed cannot .* attraktiv fit student PANEL --engine nuts, or",
        ),
        (STUDENT, "least-squares", r"cannot estimate student: .* Valid here: nuts, or leave"),
        (STATIC, "magic", r"no engine 'magic'; valid are auto, collapsed, nuts, least-squares"),
    ],
)
def test_an_engine_that_cannot_estimate_the_model(
    country: xr.Dataset, spec: ModelSpec, asked: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fit(spec, country, engine=asked)


@pytest.mark.parametrize("name", ["chains", "draws", "tune"])
def test_nothing_to_draw_is_refused(country: xr.Dataset, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} is 0; valid is a whole number from 1 up"):
        fit(CLASSICAL, country, **{name: 0})


def test_a_negative_seed_is_refused(country: xr.Dataset) -> None:
    with pytest.raises(InputError, match="The seed is -1; valid is a whole number from 0 up"):
        fit(CLASSICAL, country, seed=-1)


def test_what_is_wrong_with_model_or_design_is_said(country: xr.Dataset) -> None:
    with pytest.raises(SpecError, match=r"There is no model 'book_2032'\. Did you mean book_2023"):
        fit("book_2032", country)
    with pytest.raises(DesignError, match="--without happiness"):
        fit(CLASSICAL, country, without=["happiness"])


# What a run holds --------------------------------------------------------------------------


def test_provenance(run: xr.DataTree, spec: ModelSpec, country: xr.Dataset) -> None:
    attrs = run.attrs
    assert attrs["attraktiv_format"] == "run/1"
    assert attrs["attraktiv_version"] == attraktiv.__version__
    assert datetime.fromisoformat(attrs["created"]).tzinfo is not None
    assert attrs["model"] == spec.id
    assert ModelSpec.model_validate_json(attrs["spec_json"]) == spec
    assert attrs["outcome"] == "net_migration_rate"
    assert attrs["panel_title"] == country.attrs["title"]
    assert attrs["panel_hash"] == content_hash(country)
    assert attrs["seed"] == 3
    assert (attrs["first_year"], attrs["last_year"]) == (2005, 2010)
    assert json.loads(attrs["options"]) == {"without": [], "exclude": None, "missing": "mean"}
    # fourteen fitted places; growth is unknown in the first year, its lag in two; one cell is out
    assert json.loads(attrs["missing_factors"]) == {
        "own_job_growth": 14,
        "lag(own_job_growth, 1)": 27,
        "centrality": 0,
    }
    assert {"numpy", "pymc", "nutpie", "python"} <= set(json.loads(attrs["versions"]))
    assert attrs["seconds"] > 0


def test_verdict_and_groups(run: xr.DataTree, spec: ModelSpec) -> None:
    groups = {"posterior", "observed_data", "constant_data"}
    if spec is CLASSICAL:
        assert (run.attrs["engine"], run.attrs["verdict"]) == ("least-squares", "not applicable")
        assert set(run.children) == groups
        assert attraktiv.check(run).passed is None
        return
    assert run.attrs["engine"] == "collapsed"
    assert set(run.children) == groups | {"log_likelihood", "diagnostics"}
    verdict = attraktiv.check(run)
    assert run.attrs["verdict"] == ("passed" if verdict.passed else "failed")
    assert {"pareto_k", "ess"} <= set(verdict.figures)
    used = run["constant_data"]["used"]
    density = run["log_likelihood"]["net_migration_rate"]
    np.testing.assert_array_equal(density.notnull().all(("chain", "draw")), used)


def test_what_growth_consists_of_is_kept(run: xr.DataTree, country: xr.Dataset) -> None:
    constant = run["constant_data"].to_dataset()
    years = constant["year"].values
    for name in ("natural_increase", "net_migration"):
        xr.testing.assert_equal(constant[name], country[name].sel(year=years))
    following = country["population"].sel(year=years + 1).values
    np.testing.assert_array_equal(constant["next_population"].values, following)
    assert constant["next_population"].attrs["units"] == "persons"
    # the panel has no such column
    assert bool(constant["boundary_transfer"].isnull().all())


def test_options_are_recorded(country: xr.Dataset) -> None:
    found = fit(
        CLASSICAL,
        country.assign(remote=country["place"] > "0112"),
        first=2006,
        last=2009,
        without=["centrality"],
        exclude="remote",
        missing="drop",
    )
    assert json.loads(found.attrs["options"]) == {
        "without": ["centrality"],
        "exclude": "remote",
        "missing": "drop",
    }
    # dropping the cells without a lag loses the first year
    assert (found.attrs["first_year"], found.attrs["last_year"]) == (2007, 2009)
    assert found["constant_data"]["fitted"].sum() == 12


def test_a_seed_that_was_not_given_is_recorded(country: xr.Dataset) -> None:
    first = fit(CLASSICAL, country, seed=None)
    again = fit(CLASSICAL, country, seed=first.attrs["seed"])
    xr.testing.assert_identical(first["posterior"].to_dataset(), again["posterior"].to_dataset())


def test_chains_and_draws_come_from_the_specification_unless_given(country: xr.Dataset) -> None:
    own = specification(FACTORS, year_effect="fixed", sampling={"chains": 3, "draws": 7})
    found = attraktiv.fit(own, country, seed=1, progress=False)
    assert dict(found["posterior"].sizes)["chain"] == 3
    found = attraktiv.fit(own, country, seed=1, progress=False, draws=5)
    assert (found["posterior"].sizes["chain"], found["posterior"].sizes["draw"]) == (3, 5)


@pytest.mark.parametrize(("asked", "labels"), [(None, "AB"), ("half", "NS")])
def test_the_column_of_groups_is_settled_and_recorded(
    country: xr.Dataset, asked: str | None, labels: str
) -> None:
    panel = country.assign(half=("place", ["N"] * 8 + ["S"] * 7))
    run = fit(STATIC, panel, groups=asked)
    assert [g for g in run["posterior"].to_dataset()["group"].values if g != "C"] == list(labels)
    recorded = ModelSpec.model_validate_json(run.attrs["spec_json"])
    assert recorded == STATIC.with_equation("residential", groups=asked or "part")
    column = run["constant_data"][asked or "part"]
    np.testing.assert_array_equal(run["constant_data"]["group_of_place"], column)


@pytest.fixture(scope="module")
def industries() -> xr.Dataset:
    """A country with industries and sectors; do not change it."""
    return attraktiv.simulate_country(places=15, years=7, ages=False, seed=4).panel


@pytest.mark.parametrize(
    ("model", "kinds"),
    [
        ("pyramid_2010", ("residential", "business", "visit")),
        ("published_2017", ("residential", "business")),
        ("business_2017", ("business",)),
    ],
)
def test_every_equation_of_a_classical_model_is_least_squares_of_its_own(
    industries: xr.Dataset, model: str, kinds: tuple[str, ...]
) -> None:
    run = fit(model, industries)
    assert kinds_of(run) == kinds
    spec = load_spec(model)
    for kind in kinds:
        design = build_design(spec, industries, kind=kind)
        found = equation_of(run, kind)
        assert (found.attrs["kind"], found.attrs["outcome"]) == (kind, design.equation.outcome)
        posterior = found["posterior"].to_dataset()
        observed = found["observed_data"].to_dataset()[design.equation.outcome]
        estimate = least_squares.estimate(design)
        assert list(posterior["term"].values) == list(design.terms)
        # the residual is what the equation leaves over, in every draw
        structure = xr.dot(posterior["beta"], found["constant_data"].to_dataset()["factors"])
        left = observed - posterior["alpha"] - structure - posterior["u"]
        assert float(np.abs(left).max()) < 1e-9
        slopes = posterior["beta"].mean(("chain", "draw")).values
        off = slopes - estimate.coefficients[: slopes.size]
        spread = np.sqrt(np.diag(estimate.covariance)[: slopes.size])
        assert (np.abs(off) < 6 * spread).all()


def test_random_numbers_differ_between_equations(industries: xr.Dataset) -> None:
    run = fit("pyramid_2010", industries)
    one, other = (
        equation_of(run, kind)["posterior"].to_dataset()["alpha"].values[..., 0].ravel()
        for kind in ("business", "visit")
    )
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.9


def test_a_model_of_all_jobs_is_a_model_of_any_sectors(industries: xr.Dataset) -> None:
    run = fit("business_2017", industries, sector="visit")
    assert run.attrs["outcome"] == "visit_job_growth"
    assert "visit_industry_mix" in run["posterior"]["term"]
    before = attraktiv.covariate(industries, "jobs_visit").shift(year=1)
    at = {"year": run["constant_data"]["year"].values}
    np.testing.assert_array_equal(run["constant_data"]["jobs_before"], before.sel(at))
    with pytest.raises(InputError, match=r"published_2017 has no equation of all jobs .*private_j"):
        fit("published_2017", industries, sector="visit")
    with pytest.raises(InputError, match=r"leisure_job_growth.*lacks"):
        fit("business_2017", industries, sector="leisure")


def test_a_run_of_years_by_themselves(country: xr.Dataset) -> None:
    run = fit(CLASSICAL.with_equation("residential", yearly=True), country)
    posterior = run["posterior"]
    assert posterior["beta"].dims == ("chain", "draw", "year", "term")
    expected = posterior["beta"].values / run["constant_data"]["scale"].values
    np.testing.assert_allclose(posterior["beta_original"], expected)
    table = attraktiv.coefficient_trend(run)
    assert table["years"].tolist() == [5, 4, 6]
    noisy = attraktiv.attractiveness(run)
    np.testing.assert_allclose(
        noisy["attractiveness_with_noise"], noisy["attractiveness"], atol=1e-10
    )


# What is written ---------------------------------------------------------------------------


def test_a_run_is_written(country: xr.Dataset, tmp_path: Path) -> None:
    tree = fit(CLASSICAL, country, out=tmp_path / "run")
    opened = attraktiv.open_run(tmp_path / "run")
    assert {key: opened.attrs[key] for key in tree.attrs} == tree.attrs
    np.testing.assert_array_equal(opened["posterior"]["beta"], tree["posterior"]["beta"])
    fit(CLASSICAL, country, out=tmp_path / "run", seed=4, force=True)
    assert attraktiv.open_run(tmp_path / "run").attrs["seed"] == 4


def test_an_existing_run_is_refused_before_anything_is_done(
    country: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(CLASSICAL, country, out=tmp_path / "run")

    def started(*_: object, **__: object) -> None:
        raise AssertionError("the work was started")

    monkeypatch.setattr("attraktiv.engines.estimate.load_spec", started)
    with pytest.raises(RunError, match=r"The run .*run already exists\. .* --force"):
        fit(CLASSICAL, country, out=tmp_path / "run")
    (tmp_path / "notes").mkdir()
    with pytest.raises(RunError, match=r"notes exists and is not a run"):
        fit(CLASSICAL, country, out=tmp_path / "notes", force=True)


def test_nothing_is_written_when_the_fit_fails(country: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="Nothing to fit"):
        fit(CLASSICAL, country, out=tmp_path / "run", first=2050)
    assert list(tmp_path.iterdir()) == []


# What changes no answer --------------------------------------------------------------------


def answers(tree: xr.DataTree, like: xr.DataTree) -> dict[str, xr.Dataset]:
    """What was sampled, for the places, years and groups of another run."""
    found = {}
    for group in ("posterior", "log_likelihood", "diagnostics"):
        if group in tree.children:
            wanted = like[group].to_dataset()
            indexes = {dim: wanted[dim].values for dim in wanted.dims if dim in wanted.coords}
            found[group] = tree[group].to_dataset().sel(indexes)
    return found


def test_the_same_seed_gives_identical_draws_and_another_does_not(
    run: xr.DataTree, spec: ModelSpec, country: xr.Dataset
) -> None:
    again = fit(spec, country)
    for group, expected in answers(run, run).items():
        xr.testing.assert_identical(again[group].to_dataset(), expected)
    other = fit(spec, country, seed=4)
    assert not np.array_equal(other["posterior"]["beta"], run["posterior"]["beta"])


@pytest.mark.parametrize(
    "change",
    [permuted, widened, lengthened, lambda panel: lengthened(permuted(widened(panel)))],
    ids=["permuted", "widened", "lengthened", "all"],
)
def test_order_and_what_has_no_data_change_no_answer(
    run: xr.DataTree,
    spec: ModelSpec,
    country: xr.Dataset,
    change: Callable[[xr.Dataset], xr.Dataset],
) -> None:
    panel = change(country)
    found = fit(spec, panel)
    assert list(found["posterior"].to_dataset()["place"]) == list(panel["place"])
    for group, kept in answers(found, run).items():
        xr.testing.assert_identical(kept, run[group].to_dataset())


# When the collapsed engine gives up --------------------------------------------------------


@pytest.fixture
def gives_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The collapsed engine fails; NUTS is a stub that notes that it was called."""
    called: list[str] = []

    def failing(design: Design, *_: object, **__: object) -> tuple[dict, np.ndarray, Any]:
        called.append("collapsed")
        return {}, np.empty(0), SimpleNamespace(failure="the weights have Pareto k 0.93")

    def stub(design: Design, *_: object, **__: object) -> tuple[Any, xr.Dataset, np.ndarray]:
        called.append("nuts")
        draws = dict(draws_of(design, chains=2, draws=100))
        sample = ("chain", "draw")
        rng = np.random.default_rng(1)
        stats = {
            "diverging": (sample, np.zeros((2, 100), bool)),
            "energy": (sample, rng.normal(size=(2, 100))),
        }
        shape = (2, 100, design.fitted().sizes["place"], design.years.size)
        return draws, xr.Dataset(stats), np.zeros(shape, np.float32)

    monkeypatch.setattr(collapsed, "sample", failing)
    monkeypatch.setattr(nuts, "sample", stub)
    return called


def test_nuts_takes_over_with_a_warning(country: xr.Dataset, gives_up: list[str]) -> None:
    with pytest.warns(AttraktivWarning, match=r"gave up: .* Pareto k 0\.93\. .*NUTS") as caught:
        run = attraktiv.fit(STATIC, country, seed=1, progress=False)
    assert gives_up == ["collapsed", "nuts"]
    assert caught[0].filename == __file__
    assert run.attrs["engine"] == "nuts"
    assert set(run["sample_stats"].data_vars) == {"diverging", "energy"}
    assert run.attrs["verdict"] == "failed"  # standard deviations that never move
    assert attraktiv.check(run).figures["engine"] == "nuts"


def test_nuts_is_taken_when_asked_for(country: xr.Dataset, gives_up: list[str]) -> None:
    run = fit(STATIC, country, engine="nuts")
    assert gives_up == ["nuts"]
    assert run.attrs["engine"] == "nuts"
