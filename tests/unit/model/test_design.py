"""Designs: what is centred, what is counted, what is refused, and what changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.model.conftest import OUTSIDE, PLACES, YEARS
from tests.unit.specifications import lengthened, permuted, specification, widened

from attraktiv.errors import DesignError
from attraktiv.model import Design, build_design, describe_missing

IN = [place for place in PLACES if place != OUTSIDE]
EVERY_FACTOR = (
    "own_job_growth + lag(own_job_growth, 1) + neighbour_job_growth + centrality"
    " + log(population) + share:level"
)


def design(panel: xr.Dataset, factors: str = "level", **options: Any) -> Design:
    return build_design(specification(factors, groups="county"), panel, **options)


def without_values(panel: xr.Dataset, name: str, where: Callable[[xr.Dataset], Any]) -> xr.Dataset:
    return panel.assign({name: panel[name].where(~where(panel))})


# What a design holds -----------------------------------------------------------------------


def test_outcome_years_and_places(panel: xr.Dataset) -> None:
    data = design(panel).data
    # the last year has the population alone, so that nothing of it can be fitted
    assert data["year"].values.tolist() == list(YEARS[:-1])
    assert data["place"].values.tolist() == list(PLACES)
    expected = 100 * panel["net_migration"] / panel["population"]
    np.testing.assert_array_equal(data["outcome"].sel(place=IN), expected.sel(place=IN)[:, :-1])
    assert data["outcome"].dims == data["used"].dims == ("place", "year")
    assert data["factors"].dims == ("place", "year", "term")
    assert data["term"].values.tolist() == ["level"]
    assert data["term_units"].values.tolist() == ["share"]
    assert data["group_of_place"].values.tolist() == ["01", "01", "01", "02", "02"]
    assert data["name"].values.tolist() == panel["name"].values.tolist()


def test_centred_within_the_year_over_fitted_places_and_scaled_by_one_deviation(
    panel: xr.Dataset,
) -> None:
    panel = without_values(panel, "level", lambda p: (p["place"] == "0101") & (p["year"] == 2012))
    data = design(panel).data
    x = panel["level"].values[:, :-1]
    centre = [np.mean([v for v in x[:4, t] if np.isfinite(v)]) for t in range(6)]
    deviations = [x[i, t] - centre[t] for i in range(4) for t in range(6) if (i, t) != (0, 2)]
    scale = np.sqrt(np.mean(np.square(deviations)))
    np.testing.assert_allclose(data["centre"][:, 0], centre, rtol=1e-14)
    np.testing.assert_allclose(data["scale"], [scale], rtol=1e-14)
    expected = (x - centre) / scale
    expected[0, 2] = 0.0
    np.testing.assert_allclose(data["factors"][..., 0], expected, atol=1e-14)


def test_a_missing_factor_is_zero_and_counted(panel: xr.Dataset) -> None:
    panel = without_values(panel, "level", lambda p: (p["place"] < "0103") & (p["year"] == 2012))
    found = design(panel, "level + lag(own_job_growth, 1)")
    missing = found.data["factor_missing"]
    assert missing.sel(term="level").sum() == 2
    assert (found.data["factors"].where(missing, 0.0) == 0.0).all()
    # growth is not known in the first year, nor its lag in the second; four places are fitted
    assert json.loads(describe_missing(found)) == {"level": 2, "lag(own_job_growth, 1)": 8}
    assert found.data["used"].sel(place=IN).all()


def test_a_year_that_no_fitted_place_knows_is_missing_for_all(panel: xr.Dataset) -> None:
    panel = without_values(panel, "level", lambda p: (p["place"] != OUTSIDE) & (p["year"] == 2012))
    data = design(panel).data.sel(year=2012)
    assert data["centre"].isnull().all()
    assert data["factor_missing"].all()
    assert (data["factors"] == 0.0).all()


def test_drop_leaves_the_cell_out(panel: xr.Dataset) -> None:
    panel = without_values(panel, "level", lambda p: (p["place"] < "0103") & (p["year"] == 2012))
    found = design(panel, missing="drop")
    assert found.data["used"].sel(year=2012).values.tolist() == [False, False, True, True, False]
    assert found.data["outcome"].sel(year=2012, place=["0101", "0102"]).isnull().all()
    assert json.loads(describe_missing(found)) == {"level": 0}
    lagged = design(panel, "level + lag(own_job_growth, 1)", missing="drop")
    assert lagged.years.tolist() == [2012, 2013, 2014, 2015]
    assert lagged.options["missing"] == "drop"


def test_a_lag_reaches_before_the_first_fitted_year(panel: xr.Dataset) -> None:
    found = design(panel, "level + lag(level, 1)", first=2012)
    assert json.loads(describe_missing(found)) == {"level": 0, "lag(level, 1)": 0}
    np.testing.assert_array_equal(
        found.data["centre"].sel(year=2013, term="level"),
        found.data["centre"].sel(year=2014, term="lag(level, 1)"),
    )


def test_a_missing_outcome_drops_the_cell(panel: xr.Dataset) -> None:
    panel = without_values(
        panel, "net_migration", lambda p: (p["place"] == "0102") & (p["year"] == 2013)
    )
    data = design(panel).data
    assert not data["used"].sel(place="0102", year=2013)
    assert data["used"].sum() == 4 * 6 - 1
    assert data["fitted"].sel(place="0102")
    # its factor still counts in the year's mean
    level = panel["level"].sel(place=IN, year=2013)
    np.testing.assert_allclose(data["centre"].sel(year=2013)[0], level.mean(), rtol=1e-14)


def test_years_without_outcome_are_cut_at_the_ends_and_kept_inside(panel: xr.Dataset) -> None:
    panel = without_values(panel, "net_migration", lambda p: p["year"].isin([2010, 2012]))
    found = design(panel)
    assert found.years.tolist() == [2011, 2012, 2013, 2014, 2015]
    assert not found.data["used"].sel(year=2012).any()
    assert design(panel, first=2000, last=2014).years.tolist() == [2011, 2012, 2013, 2014]


# Places that are left out ------------------------------------------------------------------


def test_excluded_places_stay_in_the_data(panel: xr.Dataset) -> None:
    found = design(panel)
    assert found.data["fitted"].values.tolist() == [True, True, True, True, False]
    assert not found.data["used"].sel(place=OUTSIDE).any()
    assert found.data["outcome"].sel(place=OUTSIDE).isnull().all()
    assert (found.data["factors"].sel(place=OUTSIDE) != 0.0).any()
    assert found.fitted()["place"].values.tolist() == IN
    assert found.options == {"without": [], "exclude": None, "missing": "mean"}


def test_another_column_can_say_which_places_to_leave_out(panel: xr.Dataset) -> None:
    found = design(panel, exclude="remote")
    assert found.data["fitted"].values.tolist() == [True, True, True, False, True]
    assert found.options["exclude"] == "remote"
    assert design(panel, exclude="none").data["fitted"].all()


@pytest.mark.parametrize("column", ["gone", "centrality", "county", "population"])
def test_an_unknown_exclusion_is_refused(panel: xr.Dataset, column: str) -> None:
    with pytest.raises(DesignError, match=rf"--exclude {column}: .* columns here: remote; --excl"):
        design(panel, exclude=column)


# Factors that are left out -----------------------------------------------------------------


def test_without_a_variable_leaves_out_all_its_lags(panel: xr.Dataset) -> None:
    factors = "level + lag(level, 1) + level:share + centrality"
    assert design(panel, factors, without=["level"]).terms == ("centrality",)
    found = design(panel, factors, without=["lag(level, 1)", "level:share"])
    assert found.terms == ("level", "centrality")
    assert found.options["without"] == ["lag(level, 1)", "level:share"]
    assert found.data["factors"].shape == (5, 6, 2)


def test_without_every_factor(panel: xr.Dataset) -> None:
    found = design(panel, without=["level"])
    assert found.terms == ()
    assert found.data["factors"].shape == (5, 6, 0)
    assert describe_missing(found) == "{}"


def test_without_an_unknown_factor_is_refused(panel: xr.Dataset) -> None:
    with pytest.raises(DesignError, match=r"--without lag\(level, 2\): .* factors are level, lag"):
        design(panel, "level + lag(level, 1)", without=["lag(level, 2)"])


def test_a_left_out_factor_need_not_be_in_the_panel(panel: xr.Dataset) -> None:
    assert design(panel, "level + happiness", without=["happiness"]).terms == ("level",)


# What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factors", "name"),
    [("happiness", "happiness"), ("lag(lvel, 1)", "lvel"), ("own_private_job_growth",) * 2],
)
def test_a_factor_the_panel_lacks_is_refused_by_name(
    panel: xr.Dataset, factors: str, name: str
) -> None:
    message = rf"which this panel lacks: .*{name}.* attraktiv fit a_model PANEL --without {name}\."
    with pytest.raises(DesignError, match=message):
        design(panel, factors)


def test_a_factor_that_is_text_is_refused(panel: xr.Dataset) -> None:
    with pytest.raises(DesignError, match="factor county, which this panel lacks: county is text"):
        design(panel, "county")


def test_a_constant_factor_is_refused(panel: xr.Dataset) -> None:
    flat = panel.assign(level=panel["level"] * 0 + 0.1)
    with pytest.raises(DesignError, match=r"level is the same in every fitted .*--without level\."):
        design(flat)
    # the national level takes what differs between years alone
    yearly = panel.assign(level=panel["level"] * 0 + panel["year"])
    with pytest.raises(DesignError, match=r"lag\(level, 1\) is the same in every fitted place"):
        design(yearly, "lag(level, 1)")
    only_outside = panel.assign(level=panel["level"] * 0 + (panel["place"] == OUTSIDE))
    with pytest.raises(DesignError, match="level is the same in every fitted place"):
        design(only_outside)


def test_a_factor_that_is_never_known_is_refused(panel: xr.Dataset) -> None:
    empty = without_values(panel, "level", lambda p: p["year"] > 0)
    with pytest.raises(DesignError, match="level of the model a_model is missing in every place"):
        design(empty)
    early = without_values(panel, "level", lambda p: p["year"] > 2011)
    with pytest.raises(DesignError, match="level is missing in every fitted place and year"):
        design(early, first=2013)
    message = r"lag\(level, 9\) .*is missing in every place and year.*--without 'lag\(level, 9\)'"
    with pytest.raises(DesignError, match=message):
        design(panel, "lag(level, 9)")


def test_years_the_wrong_way_round(panel: xr.Dataset) -> None:
    with pytest.raises(DesignError, match="--from 2014 is after --until 2012"):
        design(panel, first=2014, last=2012)


def test_nothing_to_fit(panel: xr.Dataset) -> None:
    with pytest.raises(DesignError, match="no place has a known net_migration_rate between 2016 a"):
        design(panel, first=2016)
    with pytest.raises(DesignError, match=r"Nothing to fit: .* the first year and 2011"):
        design(panel, "level + lag(own_job_growth, 1)", last=2011, missing="drop")
    everywhere = panel.assign(remote=panel["remote"] | True)
    with pytest.raises(DesignError, match="Nothing to fit"):
        design(everywhere, exclude="remote")


def test_too_little_to_fit(panel: xr.Dataset) -> None:
    with pytest.raises(DesignError, match="Too little to fit: 4 places and 1 years"):
        design(panel, first=2012, last=2012)
    two = panel.assign(remote=panel["place"] > "0102")
    with pytest.raises(DesignError, match="Too little to fit: 2 places and 6 years"):
        design(two, exclude="remote")
    assert design(panel.isel(place=[0, 1, 2])).data["fitted"].sum() == 3


def test_a_group_column_the_panel_lacks(panel: xr.Dataset) -> None:
    with pytest.raises(DesignError, match=r"groups places by 'county', which .* columns are name"):
        design(panel.drop_vars("county"))


def test_an_outcome_the_panel_lacks(panel: xr.Dataset) -> None:
    spec = specification("level", outcome="net_domestic_migration_rate")
    message = r"explains net_domestic_migration_rate, which this panel lacks: .* no column net_dom"
    with pytest.raises(DesignError, match=message):
        build_design(spec, panel)


@pytest.mark.parametrize("column", ["used", "scale", "term", "group_of_place"])
def test_a_column_that_bears_a_name_of_the_design(panel: xr.Dataset, column: str) -> None:
    taken = panel.assign({column: ("place", np.arange(5.0))})
    with pytest.raises(DesignError, match=rf"places.csv has the column '{column}', .*Rename it"):
        design(taken)


def test_an_unknown_way_with_what_is_missing(panel: xr.Dataset) -> None:
    with pytest.raises(DesignError, match="missing is 'guess'; valid is mean or drop"):
        design(panel, missing="guess")


# The noise of a cell -----------------------------------------------------------------------


def test_flow_variance_from_the_turnover_of_the_specification(panel: xr.Dataset) -> None:
    spec = specification("level", turnover=0.05)
    found = build_design(spec, panel).data["flow_variance"]
    np.testing.assert_allclose(found, 1e4 * 0.05 / panel["population"].values[:, :-1], rtol=1e-15)


def test_flow_variance_from_the_places_own_turnover_where_known(panel: xr.Dataset) -> None:
    population = panel["population"]
    panel = panel.assign(in_migration=0.04 * population, out_migration=0.06 * population)
    panel["in_migration"].loc[{"place": "0102"}] = np.nan
    panel["in_migration"].loc[{"place": "0101", "year": 2012}] *= 4  # 0.16 in that one year
    found = design(panel).data["flow_variance"]
    rate = np.array([0.1 + 0.12 / 6, 0.09, 0.1, 0.1, 0.1])
    np.testing.assert_allclose(found, 1e4 * rate[:, None] / population[:, :-1], rtol=1e-14)


def test_measurement_error_is_carried(panel: xr.Dataset) -> None:
    error = np.arange(35.0).reshape(5, 7)
    error[1, 1] = np.nan
    found = design(panel.assign(measurement_sd=(("place", "year"), error))).data["measurement_sd"]
    error[1, 1] = 0.0
    np.testing.assert_array_equal(found, error[:, :-1])


# What changes nothing ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_places_changes_nothing(panel: xr.Dataset, seed: int) -> None:
    found = design(permuted(panel, seed), EVERY_FACTOR)
    xr.testing.assert_identical(found.fitted(), design(panel, EVERY_FACTOR).fitted())
    assert found.data["place"].values.tolist() == permuted(panel, seed)["place"].values.tolist()
    xr.testing.assert_identical(
        found.data.sel(place=list(PLACES)), design(panel, EVERY_FACTOR).data
    )


def test_places_and_years_without_data_change_nothing(panel: xr.Dataset) -> None:
    expected = design(panel, EVERY_FACTOR).fitted()
    wider = design(widened(panel), EVERY_FACTOR)
    xr.testing.assert_identical(wider.fitted(), expected)
    assert wider.data["fitted"].values.tolist() == [False, True, True, True, True, False, False]
    assert wider.data["factor_missing"].sel(place="9999", term="centrality").all()
    xr.testing.assert_identical(design(lengthened(panel), EVERY_FACTOR).fitted(), expected)
    both = lengthened(permuted(widened(panel)))
    xr.testing.assert_identical(design(both, EVERY_FACTOR).fitted(), expected)


def scrambled_after(panel: xr.Dataset, last: int) -> xr.Dataset:
    """The same panel up to a year, and nonsense that includes zeros after it."""
    later = panel["year"] > last
    rng = np.random.default_rng(8)
    changed = {
        str(name): values.copy(data=np.where(later, rng.integers(0, 2, values.shape), values))
        for name, values in panel.data_vars.items()
        if values.dims == ("place", "year")
    }
    return panel.assign(changed)


def test_what_comes_after_the_last_year_changes_nothing(panel: xr.Dataset) -> None:
    factors = EVERY_FACTOR + " + log(jobs) + sqrt(level)"
    expected = design(panel, factors, last=2013)
    found = design(scrambled_after(panel, 2013), factors, last=2013)
    xr.testing.assert_identical(found.data, expected.data)
    assert found.options == expected.options


def test_without_commuting_weights_come_from_jobs_not_after_the_last_year(
    panel: xr.Dataset,
) -> None:
    located = panel.assign(
        longitude=("place", np.arange(5.0)), latitude=("place", [60.0, 61, 60, 61, 60])
    )
    factors = "neighbour_job_growth"
    expected = design(located, factors, last=2013)
    found = design(scrambled_after(located, 2013), factors, last=2013)
    xr.testing.assert_identical(found.data, expected.data)
    assert not expected.data["term_look_ahead"].any()


def test_an_attribute_without_a_year_is_marked_as_look_ahead(panel: xr.Dataset) -> None:
    found = design(panel, "level + centrality", last=2013).data["term_look_ahead"]
    assert found.values.tolist() == [False, True]
    assert not design(panel, "level + centrality", last=2015).data["term_look_ahead"].any()


def test_the_panel_is_left_as_it_was(panel: xr.Dataset) -> None:
    before = panel.copy(deep=True)
    design(panel, EVERY_FACTOR)
    xr.testing.assert_identical(panel, before)
