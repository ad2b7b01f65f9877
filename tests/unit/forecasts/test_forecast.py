"""A run is continued: identities, scenarios, repeatability, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.forecasts.conftest import HORIZON, ORIGIN

import attraktiv
from attraktiv.errors import ForecastError, PanelError, RunError
from attraktiv.store import write_run

SAMPLE = ("chain", "draw")


def test_the_origin_is_known(continued: xr.Dataset, country: xr.Dataset) -> None:
    start = continued.population.sel(year=ORIGIN)
    known = country.population.sel(year=ORIGIN).astype("f4")
    assert bool((start == known).all())
    assert list(continued.year.values) == list(range(ORIGIN, ORIGIN + HORIZON + 1))
    assert continued.attrs["origin"] == ORIGIN


def test_people_balance_in_every_draw(continued: xr.Dataset) -> None:
    change = continued.population.shift(year=-1) - continued.population
    flows = continued.births - continued.deaths + continued.net_migration
    worst = float(abs(change - flows).max())
    assert worst < 1e-6 * float(continued.population.max())
    assert bool(continued.births.isel(year=-1).isnull().all())


def test_ages_and_groups_add_up(continued: xr.Dataset) -> None:
    for parts, dims in (("population_by_age_group", ["age_group"]),
                        ("population_by_age", ["sex", "age"])):  # fmt: skip
        total = continued[parts].sum(dims)
        np.testing.assert_allclose(
            total.transpose(*continued.population.dims), continued.population, rtol=1e-5
        )


def test_the_groups_of_ages_are_those_of_planners(continued: xr.Dataset) -> None:
    by_age = continued.population_by_age.sum("sex")
    for label, ages in {"0-5": (0, 5), "20-66": (20, 66), "80+": (80, 200)}.items():
        np.testing.assert_allclose(
            continued.population_by_age_group.sel(age_group=label, drop=True),
            by_age.sel(age=slice(*ages)).sum("age").transpose(
                *continued.population.dims
            ),
            rtol=1e-5,
        )  # fmt: skip


def test_scenarios_come_in_their_order_and_differ_by_what_is_stored(continued: xr.Dataset) -> None:
    assert list(continued.scenario.values) == ["continued", "low", "neutral", "high"]
    last = continued.population.isel(year=-1)
    assert bool((last.sel(scenario="low") <= last.sel(scenario="neutral")).all())
    assert bool((last.sel(scenario="neutral") <= last.sel(scenario="high")).all())
    difference = last - last.sel(scenario="continued")
    np.testing.assert_allclose(continued.population_difference.isel(year=-1), difference, atol=2e-3)


def test_scenarios_share_their_chance(continued: xr.Dataset) -> None:
    of_level = continued.population.isel(year=-1).sel(scenario="high").std(SAMPLE)
    apart = continued.population.isel(year=-1)
    difference = (apart.sel(scenario="high") - apart.sel(scenario="neutral")).std(SAMPLE)
    assert float((difference / of_level).median()) < 0.7


def test_other_scenarios_change_no_number(
    run: xr.DataTree, country: xr.Dataset, continued: xr.Dataset
) -> None:
    alone = attraktiv.forecast(run, country, HORIZON, seed=2, progress=False)
    again = alone.population.values[0] == continued.population.values[0]
    assert again.all()
    assert "population_by_age" not in alone


def test_whole_persons(run: xr.DataTree, country: xr.Dataset, continued: xr.Dataset) -> None:
    whole = attraktiv.forecast(run, country, HORIZON, seed=2, whole=True, progress=False)
    for name in ("population", "births", "deaths", "net_migration"):
        values = whole[name].values[np.isfinite(whole[name].values)]
        assert (values == np.round(values)).all()
    one, other = (f.population.isel(scenario=0, year=-1) for f in (whole, continued))
    error = np.sqrt(float((one.var(SAMPLE) + other.var(SAMPLE)).max()) / one.draw.size)
    assert float(abs(one.mean(SAMPLE) - other.mean(SAMPLE)).max()) < 4 * error


def test_stored_in_the_run_and_read_again(
    run: xr.DataTree, country: xr.Dataset, continued: xr.Dataset, tmp_path: Path
) -> None:
    path = write_run(run, tmp_path / "run")
    attraktiv.forecast(path, country, HORIZON, seed=2, progress=False)
    stored = attraktiv.open_run(path)["forecast"].to_dataset()
    np.testing.assert_array_equal(stored.population[0], continued.population[0])
    assert stored.population.dtype == np.float32
    with pytest.raises(RunError, match="already holds a result 'forecast'"):
        attraktiv.forecast(path, country, HORIZON, progress=False)
    attraktiv.forecast(path, country, 1, seed=2, force=True, progress=False)
    assert attraktiv.open_run(path)["forecast"].sizes["year"] == 2


def test_a_forecast_that_is_killed_leaves_the_run(
    run: xr.DataTree, country: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_run(run, tmp_path / "run")

    def stop(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("attraktiv.forecasts.blocks.simulate", stop)
    with pytest.raises(KeyboardInterrupt):
        attraktiv.forecast(path, country, HORIZON, seed=2, progress=False)
    assert "forecast" not in attraktiv.open_run(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


def test_jobs_follow_from_another_run(
    linked: xr.DataTree, jobs: xr.DataTree, country: xr.Dataset
) -> None:
    found = attraktiv.forecast(linked, country, HORIZON, jobs=jobs, seed=2, progress=False)
    assert bool((found.jobs.isel(year=slice(0, -1)) >= 0).all())
    at_origin = country.jobs.sel(year=ORIGIN - 1)
    first = found.jobs.isel(scenario=0, year=0)
    assert float(abs(first.mean(SAMPLE) / at_origin - 1).max()) < 0.15
    # a year of the fit stands in for a mix that nothing in the forecast makes
    assert "industry_mix" in found.attrs["factors_drawn_from_known_years"]
    assert "own_job_growth" not in found.attrs["factors_drawn_from_known_years"]


def test_more_jobs_bring_people(
    linked: xr.DataTree, jobs: xr.DataTree, country: xr.Dataset, tmp_path: Path
) -> None:
    place = str(country.place.values[0])
    plant = tmp_path / "plant.toml"
    plant.write_text(
        f'[[edit]]\nvariable = "jobs"\nplaces = ["{place}"]\nfrom = {ORIGIN}\n'
        f"until = {ORIGIN}\nadd = 500\n",
        "utf-8",
    )
    found = attraktiv.forecast(
        linked, country, HORIZON, jobs=jobs, scenarios=(plant,), seed=2, progress=False
    )
    more = found.jobs.sel(scenario="plant") - found.jobs.sel(scenario="continued")
    np.testing.assert_allclose(more.sel(place=place, year=ORIGIN), 500, rtol=1e-3)
    people = found.population_difference.sel(scenario="plant", place=place, year=ORIGIN + 1)
    assert float(people.mean()) > 0


def test_edits_of_births_deaths_and_the_nation(
    run: xr.DataTree, country: xr.Dataset, tmp_path: Path
) -> None:
    place = str(country.place.values[2])
    files = {
        "births": 'variable = "fertility"\ntimes = 2.0\n',
        "deaths": f'variable = "mortality"\ntimes = 2.0\nplaces = ["{place}"]\n',
        "nation": 'variable = "national_immigration"\nadd = 1200\n',
        "liked": f'variable = "attractiveness"\nplaces = ["{place}"]\nadd = 2.0\n',
    }
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(f"[[edit]]\n{text}", "utf-8")
    (tmp_path / "held.toml").write_text(
        f"hold_national_total = true\n[[edit]]\n{files['liked']}", "utf-8"
    )
    found = attraktiv.forecast(
        run, country, 1, seed=2, progress=False,
        scenarios=[tmp_path / f"{name}.toml" for name in (*files, "held")],
    )  # fmt: skip
    base = found.sel(scenario="continued").isel(year=0)
    births = found.births.sel(scenario="births").isel(year=0).mean() / base.births.mean()
    assert float(births) == pytest.approx(2.0, rel=0.02)
    deaths = (found.deaths.sel(scenario="deaths").isel(year=0) / base.deaths).mean(SAMPLE)
    assert float(deaths.sel(place=place)) == pytest.approx(2.0, rel=0.1)
    np.testing.assert_allclose(deaths.drop_sel(place=place), 1.0, rtol=1e-5)
    more = found.population_difference.isel(year=1).sum("place")
    np.testing.assert_allclose(more.sel(scenario="nation"), 1200.0, rtol=1e-3)
    liked = found.population_difference.isel(year=1).sel(scenario="liked", place=place)
    expected = 0.02 * float(country.population.sel(year=ORIGIN, place=place))
    np.testing.assert_allclose(liked, expected, rtol=0.02)
    np.testing.assert_allclose(more.sel(scenario="held"), 0.0, atol=0.5)


def test_the_nation_is_that_of_a_projection(
    run: xr.DataTree, country: xr.Dataset, tmp_path: Path
) -> None:
    now = float(country.population.sel(year=ORIGIN).sum())
    rows = [
        f"{ORIGIN + h},{variant},{now * (1 + rate * h):.1f}"
        for h in range(1, HORIZON + 1)
        for variant, rate in (("high", 0.02), ("low", -0.01))
    ]
    file = tmp_path / "nation.csv"
    file.write_text("\n".join(["year,variant,population", *rows]), "utf-8")
    found = attraktiv.forecast(run, country, HORIZON, national=file, seed=2, progress=False)
    total = found.population.isel(scenario=0, year=-1).sum("place", dtype=np.float64)
    wanted = [now * (1 + rate * HORIZON) for rate in (0.02, -0.01)]
    nearest = np.abs(total.values.ravel()[:, None] / np.array(wanted) - 1)
    assert nearest.min(axis=1).max() < 1e-5
    assert (nearest.argmin(axis=1) == 0).mean() == pytest.approx(0.5)
    one = attraktiv.forecast(run, country, HORIZON, national=f"{file}:low", seed=2, progress=False)
    total = one.population.isel(scenario=0, year=-1).sum("place", dtype=np.float64)
    np.testing.assert_allclose(total, wanted[1], rtol=1e-5)
    with pytest.raises(PanelError, match="no variant 'middle'; it has high, low"):
        attraktiv.forecast(run, country, 1, national=f"{file}:middle", progress=False)
    with pytest.raises(PanelError, match=f"on 1 January {ORIGIN + HORIZON + 1}"):
        attraktiv.forecast(run, country, HORIZON + 1, national=file, progress=False)


def test_without_ages_natural_increase_has_a_model_of_its_own(country: xr.Dataset) -> None:
    bare = country.drop_vars("population_by_age").drop_dims(["sex", "age"], errors="ignore")
    run = attraktiv.fit(
        "hierarchical_static", bare, last=ORIGIN - 1, draws=50, seed=1, progress=False,
        without=("own_job_growth", "neighbour_job_growth"),
    )  # fmt: skip
    found = attraktiv.forecast(run, bare, HORIZON, seed=2, progress=False)
    assert "births" not in found
    change = found.population.shift(year=-1) - found.population
    flows = found.natural_increase + found.net_migration
    assert float(abs(change - flows).max()) < 1e-6 * float(found.population.max())
    rate = 100 * found.natural_increase.isel(year=0) / found.population.isel(year=0)
    known = 100 * (country.natural_increase / country.population).sel(
        year=slice(ORIGIN - 5, ORIGIN - 1)
    ).mean("year")
    # partial pooling may draw a place away from its last years, within what a year may bring
    sample = ("scenario", *SAMPLE)
    assert float((abs(rate.mean(sample) - known) / rate.std(sample)).max()) < 2.0
    # what nothing in the forecast makes is drawn from the years of the fit
    assert "share_20_39" in found.attrs["factors_drawn_from_known_years"]


def test_a_classical_run_carries_its_residual_on(country: xr.Dataset) -> None:
    run = attraktiv.fit(
        "structural_2013", country, last=ORIGIN - 1, draws=50, seed=1, progress=False,
        without=("own_job_growth",),
    )  # fmt: skip
    found = attraktiv.forecast(
        run, country, HORIZON, scenarios=("neutral",), seed=2, progress=False
    )
    assert bool(np.isfinite(found.population).all())
    difference = found.population_difference.isel(year=-1).sel(scenario="neutral")
    assert float(abs(difference.mean(SAMPLE)).max()) > 0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        ({"horizon": 0}, "horizon is 0 years; valid is 1 or more"),
        ({"draws": 10_000}, "--draws 10000: the run has 200"),
        ({"seed": -1}, "valid is a whole number from 0 up"),
        ({"scenarios": ("gloomy",)}, "no scenario 'gloomy': it is neither a file nor one of"),
    ],
)
def test_calls_that_are_refused(
    run: xr.DataTree, country: xr.Dataset, call: dict[str, object], match: str
) -> None:
    arguments: dict[str, Any] = {"horizon": 1, "progress": False, **call}
    with pytest.raises(ForecastError, match=match):
        attraktiv.forecast(run, country, **arguments)


def test_another_panel_is_refused(run: xr.DataTree) -> None:
    other = attraktiv.simulate_country(places=12, years=12, seed=4).panel
    with pytest.raises(ForecastError, match="fitted to another panel"):
        attraktiv.forecast(run, other, 1, progress=False)


def test_a_run_of_jobs_alone_is_refused(jobs: xr.DataTree, country: xr.Dataset) -> None:
    with pytest.raises(ForecastError, match="explains jobs alone"):
        attraktiv.forecast(jobs, country, 1, progress=False)


def test_jobs_that_no_factor_uses_are_refused(
    run: xr.DataTree, jobs: xr.DataTree, country: xr.Dataset
) -> None:
    with pytest.raises(ForecastError, match="has no growth of these jobs among its factors"):
        attraktiv.forecast(run, country, 1, jobs=jobs, progress=False)
