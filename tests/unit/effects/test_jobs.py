"""What equations of jobs mean: kinds of attractiveness, their total, and terms of growth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.runs import JOBS, JOBS_TERMS, Kind, fake_run

import attraktiv
from attraktiv.effects import attractiveness, decompose, own_jobs, sums
from attraktiv.errors import RunError
from attraktiv.store import equation_of, kinds_of

RUNS: tuple[Kind, ...] = ("joint", "pyramid")
#: The factors of own job growth by lag, of a run for tests.
LAGS = {0: "own_job_growth", 1: "lag(own_job_growth, 1)"}


def same(found: xr.DataArray, expected: xr.DataArray) -> None:
    wanted = expected.transpose(*found.dims)
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-9, atol=1e-9)


def parts(run: xr.DataTree, kind: str) -> dict[str, xr.DataArray]:
    """Growth of jobs and its parts, percent of jobs, and jobs over population."""
    equation = equation_of(run, kind)
    posterior, constant = equation["posterior"].dataset, equation["constant_data"].dataset
    growth = equation["observed_data"].dataset[equation.attrs["outcome"]]
    effects = (constant["factors"] * posterior["beta"]).sum("term")
    structure = posterior["alpha"] + effects + 0 * constant["jobs_before"]
    residual = "theta" not in posterior
    own = growth - structure if residual else posterior["theta"] + posterior["u"]
    return {
        "growth": growth,
        "structure": structure,
        "attractiveness": own,
        "noise": growth - structure - own,
        "lasting": posterior["u"].mean("year") if residual else posterior["theta"],
        "ratio": constant["jobs_before"] / constant["population"],
    }


def brought(run: xr.DataTree) -> dict[str, xr.DataArray]:
    """What attractiveness for jobs brings, place by place and year by year, as in the docs."""
    beta = run["posterior"].dataset["beta_original"]
    missing = run["constant_data"].dataset["factor_missing"]
    years = run["observed_data"].dataset["year"].values
    zero = 0.0 * beta.isel(term=0, drop=True) * missing.isel(term=0, drop=True)
    found = {"all": zero.copy(), "same": zero.copy(), "three": zero.copy()}
    for kind in kinds_of(run)[1:]:
        of = parts(run, kind)
        first = int(of["ratio"]["year"][0])
        for year in years:
            at = {"year": year}
            for lag, term in LAGS.items():
                effect = beta.sel(term=term, drop=True)
                known = ~missing.sel(term=term, year=year, drop=True)
                if year - lag >= first:
                    then = {"year": year - lag, "drop": True}
                    b = of["ratio"].sel(**then) * of["attractiveness"].sel(**then)
                else:
                    b = of["ratio"].isel(year=0, drop=True) * of["lasting"]
                now = {"year": max(year, first), "drop": True}
                own = of["attractiveness"].sel(**now) if year >= first else of["lasting"]
                b, own = b.fillna(0.0), (own * of["ratio"].sel(**now)).fillna(0.0)
                found["all"].loc[at] = found["all"].loc[at] + effect * known * b
                found["three"].loc[at] = found["three"].loc[at] + effect * own
                if lag == 0:
                    found["same"].loc[at] = found["same"].loc[at] + effect * known * b
    return found


def through_jobs(run: xr.DataTree, part: str) -> xr.DataArray:
    """What a part of the growth of jobs contributes to migration, cell by cell."""
    constant = run["constant_data"].dataset
    total = 0.0 * run["posterior"].dataset["sigma"] * constant["population"]
    for lag, term in LAGS.items():
        known = ~constant["factor_missing"].sel(term=term, drop=True)
        of_kinds = [parts(run, kind) for kind in kinds_of(run)[1:]]
        all_years: dict[str, Any] = {"year": range(2000, 2012), "fill_value": 0.0}
        each = [(of["ratio"] * of[part]).where(of["growth"].notnull(), 0.0) for of in of_kinds]
        series = sum((one.reindex(**all_years) for one in each), xr.DataArray(0.0))
        lagged = series.assign_coords(year=series["year"] + lag).sel(year=constant["year"])
        centred = lagged - lagged.where(known & constant["fitted"]).mean("place")
        effect = run["posterior"].dataset["beta_original"].sel(term=term, drop=True)
        total = total + (effect * centred).where(known, 0.0)
    return total


@pytest.mark.parametrize("run_kind", RUNS)
def test_business_attractiveness_is_that_of_its_equation(run_kind: Kind) -> None:
    run = fake_run(run_kind)
    for kind in JOBS[run_kind]:
        found = attractiveness(run, kind=kind)
        same(found["attractiveness"], parts(run, kind)["attractiveness"].mean("year"))
        assert found.attrs["units"] == "percent of jobs per year"
        assert (found.attrs["kind"], found["jobs"].dims) == (kind, ("place",))
        before = equation_of(run, kind)["constant_data"].dataset["jobs_before"]
        same(found["jobs"], before.mean("year"))
        jobs = attractiveness(run, kind=kind, unit="jobs")["attractiveness"]
        same(jobs, (before * parts(run, kind)["attractiveness"] / 100).mean("year"))


def test_groups_are_weighted_by_jobs() -> None:
    run = fake_run("joint")
    of = equation_of(run, "business")["constant_data"].dataset
    county, before = of["county_name"], of["jobs_before"]
    found = attractiveness(run, kind="business", group="county_name")
    level = (before * parts(run, "business")["attractiveness"]).groupby(county).sum()
    expected = (level / before.groupby(county).sum()).rename(county_name="group")
    same(found["path"], expected.sel(group=found["group"]))


def test_without_a_kind_it_is_that_of_the_first_equation() -> None:
    run = fake_run("joint")
    assert attractiveness(run).attrs["kind"] == "residential"
    alone = equation_of(run, "business")
    found = attractiveness(alone)
    assert found.attrs["kind"] == "business"
    xr.testing.assert_equal(found, attractiveness(run, kind="business"))


@pytest.mark.parametrize("run_kind", RUNS)
@pytest.mark.parametrize("unit", ["percent", "persons"])
def test_total_attractiveness_by_definition(run_kind: Kind, unit: Any) -> None:
    run = fake_run(run_kind)
    population = run["constant_data"].dataset["population"]
    weight = population / 100 if unit == "persons" else 1.0
    residential = attractiveness(run, unit=unit)
    known = residential["path"].isel(chain=0, draw=0, drop=True).notnull()
    found = attractiveness(run, kind="total", unit=unit)
    expected = {name: (weight * v).where(known) for name, v in brought(run).items()}
    same(found["residential"], residential["attractiveness"])
    same(found["business_effect"], expected["all"].mean("year"))
    same(found["same_year_effect"], expected["same"].mean("year"))
    same(found["three_year_effect"], expected["three"].mean("year"))
    same(found["attractiveness"], found["residential"] + found["business_effect"])
    same(found["path"], residential["path"] + expected["all"])
    assert float(abs(found["business_effect"].where(known.any("year"), drop=True)).min()) > 0


def test_total_attractiveness_of_groups_is_weighted_by_population() -> None:
    run = fake_run("joint")
    constant = run["constant_data"].dataset
    county, population = constant["county_name"], constant["population"]
    effect = (population * brought(run)["all"]).groupby(county).sum()
    expected = (effect / population.groupby(county).sum()).rename(county_name="group")
    found = attractiveness(run, kind="total", group="county_name", first=2008, last=2010)
    period = {"year": slice(2008, 2010)}
    same(found["business_effect"], expected.sel(period).mean("year").sel(group=found["group"]))


@pytest.mark.parametrize("run_kind", RUNS)
@pytest.mark.parametrize("options", [{}, {"unit": "persons"}, {"group": "county_name"}])
def test_growth_of_population_with_jobs_split(run_kind: Kind, options: dict[str, Any]) -> None:
    run = fake_run(run_kind)
    found = decompose(run, **options)
    total = found["decomposition"].sum("component", skipna=False)
    known = found["observed_growth"].notnull()
    assert float(abs(total - found["observed_growth"]).max()) < 1e-9
    assert bool((total.notnull().all(("chain", "draw")) == known).all())
    names = found["component"].values.tolist()
    assert {"own_jobs_structure", "own_jobs_attractiveness", "own_jobs_other"} <= set(names)
    assert ("own_jobs_noise" in names) == (run_kind == "joint")
    assert not set(LAGS.values()) & set(names)


@pytest.mark.parametrize("run_kind", RUNS)
def test_the_parts_of_own_jobs_by_definition(run_kind: Kind) -> None:
    run = fake_run(run_kind)
    found = decompose(run)["decomposition"]
    observed = run["observed_data"].dataset["net_migration_rate"].notnull()
    rest = 0.0 * found.isel(component=0, drop=True)
    for term in LAGS.values():
        effect = run["posterior"].dataset["beta"].sel(term=term, drop=True)
        rest = rest + (
            effect * run["constant_data"].dataset["factors"].sel(term=term, drop=True)
        ).where(observed).mean("year")
    for part in ("structure", "attractiveness", "noise"):
        expected = through_jobs(run, part).where(observed).mean("year")
        rest = rest - expected
        if f"own_jobs_{part}" in found["component"]:
            same(found.sel(component=f"own_jobs_{part}", drop=True), expected)
    same(found.sel(component="own_jobs_other", drop=True), rest)


def test_nothing_is_left_where_all_jobs_are_explained() -> None:
    run = fake_run("joint", excluded=(), unobserved=())
    found = decompose(run, first=2008, places=["00101", "00102"])["decomposition"]
    assert float(abs(found.sel(component="own_jobs_other")).max()) < 1e-9
    early = decompose(run, last=2006)["decomposition"]
    assert float(abs(early.sel(component="own_jobs_other")).max()) > 1e-3


def test_places_asked_for_do_not_change_what_the_parts_are_relative_to() -> None:
    run = fake_run("joint")
    whole = decompose(run)
    some = decompose(run, places=["00105", "00101"])
    same(some["decomposition"], whole["decomposition"].sel(place=["00105", "00101"]))


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake_run("joint", places=40)
    whole = [decompose(run), attractiveness(run, kind="total", group="county_name")]
    monkeypatch.setattr(sums, "_BLOCK_BYTES", 8 * 100 * 7 * own_jobs._HELD * 3)
    parts = [decompose(run), attractiveness(run, kind="total", group="county_name")]
    for one, other in zip(whole, parts, strict=True):
        xr.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("run_kind", RUNS)
@pytest.mark.parametrize("unit", ["percent", "jobs"])
def test_growth_of_jobs_by_definition(run_kind: Kind, unit: Any) -> None:
    run = fake_run(run_kind)
    for kind in JOBS[run_kind]:
        equation = equation_of(run, kind)
        posterior, constant = equation["posterior"].dataset, equation["constant_data"].dataset
        of = parts(run, kind)
        weight = constant["jobs_before"] / 100 if unit == "jobs" else 1.0
        found = decompose(run, of="jobs", kind=kind, unit=unit)

        def expected(term: xr.DataArray, of=of, weight=weight) -> xr.DataArray:
            like = 0.0 * of["structure"]
            return (weight * (term + like)).where(of["growth"].notnull()).mean("year")

        terms = {"national_level": posterior["alpha"]}
        for term in JOBS_TERMS if run_kind == "joint" else ():
            effect = posterior["beta"].sel(term=term, drop=True)
            terms[term] = effect * constant["factors"].sel(term=term, drop=True)
        terms[f"{kind}_attractiveness"] = of["attractiveness"]
        if run_kind == "joint":
            terms["noise"] = of["noise"]
        assert found["component"].values.tolist() == list(terms)
        for name, values in terms.items():
            same(found["decomposition"].sel(component=name, drop=True), expected(values))
        gap = found["decomposition"].sum("component", skipna=False) - found["observed_growth"]
        assert float(abs(gap).max()) < 1e-9
        growth = (weight * of["growth"]).mean("year")
        same(found["observed_growth"], growth)
        assert found.attrs["units"] == f"{'jobs' if unit == 'jobs' else 'percent of jobs'} per year"
        groups = decompose(run, of="jobs", kind=kind, unit=unit, group="county_name")
        gap = groups["decomposition"].sum("component") - groups["observed_growth"]
        assert float(abs(gap).max()) < 1e-9


@pytest.mark.parametrize("model", ["published_2017", "pyramid_2010"])
def test_a_fitted_run(model: str) -> None:
    country = attraktiv.simulate_country(places=20, years=8, seed=1)
    run = attraktiv.fit(model, country.panel, seed=1, draws=25, chains=2, progress=False)
    questions: list[dict[str, Any]] = [{}, {"unit": "persons"}, {"group": "region_name"}]
    for options in questions:
        found = decompose(run, **options)
        gap = found["decomposition"].sum("component", skipna=False) - found["observed_growth"]
        assert float(abs(gap).max()) < 1e-9
    for kind in kinds_of(run)[1:]:
        found = decompose(run, kind=kind, unit="jobs", group="region_name")
        gap = found["decomposition"].sum("component", skipna=False) - found["observed_growth"]
        assert float(abs(gap).max()) < 1e-9
    total = attractiveness(run, kind="total")
    same(total["attractiveness"], total["residential"] + total["business_effect"])
    assert float(abs(total["business_effect"]).max()) > 0


@pytest.mark.parametrize(
    ("run_kind", "options", "message"),
    [
        ("dynamic", {"of": "jobs"}, "no equation of jobs.*--of population"),
        ("joint", {"of": "people"}, "Growth of 'people' is not split; valid are 'population'"),
        ("joint", {"of": "population", "kind": "business"}, "--of jobs --kind business"),
        ("joint", {"kind": "visit"}, "no visit attractiveness; it has residential and business"),
        ("pyramid", {"of": "jobs"}, "business and visit attractiveness.*--kind business"),
        ("joint", {"of": "jobs", "unit": "persons"}, r"'jobs' \(jobs per year\).*--unit jobs"),
        ("joint", {"unit": "jobs"}, r"'persons' \(persons per year\).*--unit persons"),
    ],
)
def test_growth_that_cannot_be_split(run_kind: Kind, options: dict[str, Any], message: str) -> None:
    with pytest.raises(RunError, match=message):
        decompose(fake_run(run_kind), **options)


def test_a_run_of_jobs_alone_has_the_growth_of_jobs_only() -> None:
    alone = equation_of(fake_run("joint"), "business")
    assert decompose(alone).attrs["of"] == "jobs"
    with pytest.raises(RunError, match=r"no equation of migration, .*--of jobs"):
        decompose(alone, of="population")
    with pytest.raises(RunError, match=r"no total attractiveness: .*--kind business"):
        attractiveness(alone, kind="total")
    with pytest.raises(RunError, match=r"'jobs' \(jobs per year\)"):
        attractiveness(alone, unit="persons")
