"""Runs that are neither normal nor pooled: Student-t noise, yearly coefficients, other groups."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from scipy import integrate, stats
from tests.unit.evaluation.conftest import model

from attraktiv.effects import attractiveness
from attraktiv.effects.terms import structure
from attraktiv.engines import fit
from attraktiv.engines.least_squares import regressors
from attraktiv.errors import InputError
from attraktiv.evaluation import compare, hindcast, screen
from attraktiv.evaluation.cells import cells, draws, residuals
from attraktiv.evaluation.densities import place_log_density, score_cells, score_places
from attraktiv.evaluation.futures import score_year
from attraktiv.evaluation.refits import refitted
from attraktiv.evaluation.variance import explained

NU = 4.0


def replaced(run: xr.DataTree, **groups: xr.Dataset) -> xr.DataTree:
    """The run with other groups."""
    other = run.copy()
    other.attrs = {**run.attrs, "model": f"{run.attrs['model']}_changed"}
    for name, dataset in groups.items():
        other[name] = xr.DataTree(dataset)
    return other


def with_tails(run: xr.DataTree) -> xr.DataTree:
    """The run as if its noise were Student-t: what is computed from it is no longer normal."""
    posterior = run["posterior"].to_dataset()
    nu = xr.full_like(posterior["sigma"], NU)
    return replaced(run, posterior=posterior.assign(nu=nu))


@pytest.fixture(scope="module")
def static(country: xr.Dataset) -> xr.DataTree:
    return fit(model("static", place_effect="static"), country, seed=1, progress=False)


@pytest.fixture(scope="module")
def yearly(country: xr.Dataset) -> xr.DataTree:
    return fit(model("yearly", year_effect="fixed", yearly=True), country, seed=1, progress=False)


def notes(found: xr.Dataset) -> str:
    return " ".join(json.loads(found.attrs["notes"]))


def test_the_density_of_a_place_has_the_tails_of_its_noise(static: xr.DataTree) -> None:
    run = with_tails(static)
    data, draw = cells(run), 17
    i = list(data["place"].values).index("0102")  # a place that lacks years
    of = run["posterior"].to_dataset().isel(chain=0, draw=draw)
    used = data["used"].values[i]
    r = residuals(run)[draw, i, used]
    v = float(of["sigma"]) ** 2 + float(of["phi"]) * data["flow_variance"].values[i, used]
    sd, tau = np.sqrt(v), float(of["tau"])

    def integrand(theta: float) -> float:
        noise = stats.t.pdf((r - theta) / sd, NU) / sd
        return float(noise.prod() * stats.norm.pdf(theta, 0.0, tau))

    expected = np.log(integrate.quad(integrand, -10 * tau, 10 * tau, epsabs=0)[0])
    assert place_log_density(run)[draw, i] == pytest.approx(expected, abs=1e-5)


def test_a_later_year_has_the_tails_of_its_noise(static: xr.DataTree, country: xr.Dataset) -> None:
    before = refitted(static, country, 2005, 2010)
    odd = country["place"] == "0110"
    jumped = country["net_migration"] + xr.where(odd, 0.3 * country["population"], 0.0)
    later = country.assign(net_migration=jumped)
    normal, student = (score_year(r, later, False) for r in (before, with_tails(before)))
    assert np.isfinite(student.values).all()
    assert float(student.sel(place="0110")) > float(normal.sel(place="0110")) + 20


def test_a_run_with_tails_is_compared(static: xr.DataTree, classical: xr.DataTree) -> None:
    found = compare([classical, static, with_tails(static)], progress=False)
    assert np.isfinite(found["elpd"].values).all()
    of_place = found["elpd"].sel(criterion="place").values
    assert of_place[1] != of_place[2]
    noise = found["noise_sd"].values
    assert noise[2] == pytest.approx(noise[1] * np.sqrt(NU / (NU - 2.0)))
    assert (found["reliability"].values[2] < found["reliability"].values[1]).all()


def test_tails_and_a_path_have_no_density_of_places(
    classical: xr.DataTree, bayesian: xr.DataTree, country: xr.Dataset
) -> None:
    found = compare([bayesian, with_tails(bayesian), classical], progress=False)
    assert np.isfinite(found["elpd"].sel(criterion="cell").values).all()
    place = found.sel(criterion="place")
    assert np.isfinite(place["elpd"].values).tolist() == [True, False, True]
    assert np.isfinite(place["elpd_difference"].values).tolist() == [True, False, True]
    assert float(place["elpd"][0]) == pytest.approx(float(score_places(bayesian)["elpd"].sum()))
    assert int(place["scored"]) == 19
    assert "bayesian_changed has no density of whole places: its noise is Student-t" in notes(found)


def test_a_run_without_a_density_is_still_the_first(
    classical: xr.DataTree, bayesian: xr.DataTree
) -> None:
    place = compare([with_tails(bayesian), classical], progress=False).sel(criterion="place")
    assert np.isfinite(place["elpd"].values).tolist() == [False, True]
    assert not np.isfinite(place["elpd_difference"].values).any()


def test_yearly_coefficients_are_compared_by_their_mean(
    classical: xr.DataTree, yearly: xr.DataTree
) -> None:
    found = compare([classical, yearly], progress=False)
    beta = yearly["posterior"]["beta"].mean(("chain", "draw", "year"))
    mean = found["coefficient"].sel(run="yearly", estimate="mean")
    assert mean.values == pytest.approx(beta.values)
    assert "effects here are their means over the years" in notes(found)
    whole = attractiveness(yearly)["attractiveness"].mean(("chain", "draw"))
    there = found["attractiveness"].sel(run="yearly", estimate="mean")
    assert there.values == pytest.approx(whole.sel(place=there["place"].values).values, abs=1e-6)


def test_the_structure_of_yearly_coefficients_is_explained(yearly: xr.DataTree) -> None:
    data = cells(yearly)
    shares = explained(yearly, data["used"])
    assert shares.sum("component").values == pytest.approx(1.0)
    y = data["outcome"].values
    centred = y - np.nanmean(y)
    fitted = yearly["constant_data"].to_dataset()["fitted"].values
    of_factors = structure(yearly, np.flatnonzero(fitted), slice(None))[5]
    of_factors = of_factors - draws(yearly, "alpha", "year")[5]
    expected = np.nansum(centred * of_factors) / np.nansum(centred**2)
    assert float(shares.sel(component="structure")[5]) == pytest.approx(expected)


def test_the_density_of_a_cell_is_that_of_yearly_coefficients(yearly: xr.DataTree) -> None:
    data = cells(yearly)
    _, w, y, place, year = regressors(data, yearly=True)
    row = int(np.flatnonzero((place == 4) & (year == 3))[0])
    kept = np.arange(y.size) != row
    inverse = np.linalg.inv(w[kept].T @ w[kept])
    beta = inverse @ w[kept].T @ y[kept]
    df = kept.sum() - w.shape[1]
    s2 = float(((y[kept] - w[kept] @ beta) ** 2).sum() / df)
    scale = np.sqrt(s2 * (1.0 + w[row] @ inverse @ w[row]))
    expected = stats.t.logpdf(y[row], df, loc=w[row] @ beta, scale=scale)
    assert float(score_cells(yearly)["elpd"][4, 3]) == pytest.approx(expected)


def test_yearly_coefficients_know_no_later_year(
    classical: xr.DataTree, yearly: xr.DataTree, country: xr.Dataset
) -> None:
    found = compare([classical, yearly], country, origins=1, top=5, progress=False)
    later = found.sel(criterion=["future", "future_carried"])
    assert np.isfinite(later["elpd"].values).tolist() == [[True, False]] * 2
    assert later["scored"].values.tolist() == [19, 19]
    assert np.isfinite(found["top_returning"].values).all()
    assert "yearly has no density of later years: every year has coefficients" in notes(found)
    alone = compare([yearly, yearly], country, origins=1, top=5, progress=False)
    assert alone["criterion"].values.tolist() == ["cell", "place"]


def test_yearly_coefficients_are_neither_screened_nor_hindcast(country: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"one effect of a factor.*attraktiv screen book_2023 PA"):
        screen("book_2023_yearly", country, ["log(population)"], progress=False)
    splits = ["2005:2008/2009:2011"]
    pooled = r"attraktiv hindcast hierarchical_static PANEL --split … --classical book_2023\."
    with pytest.raises(InputError, match=rf"the later years have no coeff.*{pooled}"):
        hindcast("hierarchical_static", country, splits, classical="book_2023_yearly")
    with pytest.raises(InputError, match=r"no attractiveness.*--classical book_2023\."):
        hindcast("book_2023_yearly", country, splits)
    own = model("own", "own_job_growth + log(population)", year_effect="fixed", yearly=True)
    with pytest.raises(InputError, match=r"Write yearly = false in a copy"):
        screen(own, country, ["centrality"], progress=False)


def test_each_place_may_be_its_own_group(bayesian: xr.DataTree, classical: xr.DataTree) -> None:
    """As a spatial field is stored: the lasting part under γ, each place its own group."""
    posterior = bayesian["posterior"].to_dataset()
    lasting = posterior["theta"].rename(place="group").drop_vars("group", errors="ignore")
    codes = posterior["place"].values
    field = posterior.drop_vars(["theta", "tau", "gamma", "group"]).assign(
        gamma=lasting.assign_coords(group=codes), sigma_gamma=posterior["tau"]
    )
    constant = bayesian["constant_data"].to_dataset()
    run = replaced(
        bayesian, posterior=field, constant_data=constant.assign(group_of_place=("place", codes))
    )
    plain = replaced(bayesian, posterior=posterior.drop_vars(["gamma", "sigma_gamma", "group"]))
    found = compare([plain, run, classical], progress=False)
    assert json.loads(found.attrs["classical"]) == [False, False, True]
    for name in ("attractiveness", "reliability", "explained"):
        one, other = (found[name].isel(run=i).values for i in (0, 1))
        assert one == pytest.approx(other, rel=1e-5, abs=1e-6), name
    assert np.isfinite(found["elpd"].values).all()
