"""Screening: a driver is found, noise is not, and tries are counted."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import false_discovery_control, t
from tests.unit.evaluation.conftest import model

from attraktiv.engines import fit
from attraktiv.errors import DesignError, InputError, PanelError
from attraktiv.evaluation import screen
from attraktiv.evaluation.densities import score_places

BASE = model("base", "own_job_growth", year_effect="fixed")


@pytest.fixture(scope="module")
def proposed(country: xr.Dataset) -> xr.Dataset:
    rng = np.random.default_rng(7)
    cells = (country.sizes["place"], country.sizes["year"])
    driver, noise = rng.standard_normal(cells), rng.standard_normal(cells)
    people = country["population"].values
    return country.assign(
        driver=(("place", "year"), driver),
        noise_of_year=(("place", "year"), noise),
        net_migration=country["net_migration"] + 0.6 * driver * people / 100,
    )


@pytest.fixture(scope="module")
def found(proposed: xr.Dataset) -> xr.Dataset:
    factors = ["driver", "noise_of_year", "lag(driver, 1)"]
    return screen(BASE, proposed, factors, seed=1, progress=False)


def test_the_driver_belongs_and_the_noise_does_not(found: xr.Dataset) -> None:
    assert found["belongs"].sel(factor="driver").item() == "yes"
    assert found["belongs"].sel(factor="noise_of_year").item() != "yes"
    assert found["elpd_difference"].sel(factor="driver") > 3
    assert found["coefficient"].sel(factor="driver", estimate="mean") == pytest.approx(0.6, abs=0.2)


def test_the_effect_is_that_of_a_fit(found: xr.Dataset, proposed: xr.Dataset) -> None:
    runs = [
        fit(model("base", factors, year_effect="fixed"), proposed, seed=1, progress=False)
        for factors in ("own_job_growth", "own_job_growth + driver")
    ]
    beta = runs[1]["posterior"].to_dataset()["beta"].sel(term="driver")
    of = found.sel(factor="driver")
    assert of["coefficient"].sel(estimate="mean").item() == pytest.approx(beta.mean().item())
    assert of["prob_equivalent"].item() == pytest.approx(float((abs(beta) < 0.05).mean()))
    z = abs(beta.mean().item()) / beta.std().item()
    assert of["tail"].item() == pytest.approx(2 * t.sf(z, 18))
    before, after = (float(score_places(run)["elpd"].sum()) for run in runs)
    assert of["elpd_difference"].item() == pytest.approx(after - before)


def test_tries_are_corrected_for(found: xr.Dataset) -> None:
    expected = false_discovery_control(found["tail"].values)
    assert found["tail_adjusted"].values == pytest.approx(expected)
    assert (found["tail_adjusted"] >= found["tail"]).all()


def test_gaps_are_counted(found: xr.Dataset) -> None:
    # all 18 places that are known in the first year lack the year before it
    assert found["factor_missing"].values.tolist() == [0, 0, 18]


def test_an_effect_inside_a_wide_region_is_none(proposed: xr.Dataset) -> None:
    found = screen(BASE, proposed, ["noise_of_year"], rope=5.0, seed=1, progress=False)
    assert found["belongs"].values.tolist() == ["no"]
    assert found["tail_adjusted"].values == pytest.approx(found["tail"].values)


def test_a_factor_of_the_model_is_tried_by_leaving_it_out(proposed: xr.Dataset) -> None:
    both = model("both", "own_job_growth + driver", year_effect="fixed")
    with pytest.raises(InputError, match=r"has the factor driver already.*--without 'driver'"):
        screen(both, proposed, ["driver"])
    found = screen(both, proposed, ["driver"], without=["driver"], seed=1, progress=False)
    assert found["belongs"].values.tolist() == ["yes"]


def test_a_bayesian_model_is_screened_too(proposed: xr.Dataset) -> None:
    spec = model("static", "own_job_growth", place_effect="static")
    found = screen(spec, proposed, ["driver"], seed=1, progress=False)
    assert found["belongs"].values.tolist() == ["yes"]
    assert found["attractiveness_change"].sizes == {"factor": 1, "place": 19}


def test_what_cannot_be_screened_is_refused(proposed: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"no factor to screen.*--factor education"):
        screen(BASE, proposed, [])
    with pytest.raises(PanelError, match=r"unknown covariate 'driwer'. Did you mean driver"):
        screen(BASE, proposed, ["driwer"])
    with pytest.raises(InputError, match="driver is given twice"):
        screen(BASE, proposed, ["driver", "driver"])
    with pytest.raises(InputError, match=r"names 2 factors; give each apart"):
        screen(BASE, proposed, ["driver + centrality"])
    with pytest.raises(InputError, match=r"number above zero.*--rope 0.05"):
        screen(BASE, proposed, ["driver"], rope=0)
    with pytest.raises(DesignError, match=r"--without driver: the model base has no such factor"):
        screen(BASE, proposed, ["driver"], without=["driver"])
    with pytest.raises(DesignError, match="no factor at all"):
        screen(BASE, proposed, ["driver"], without=["own_job_growth"])
