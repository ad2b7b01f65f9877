"""The prior of a spatial field: its scale, its parts, its islands."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.errors import DesignError
from attraktiv.model.field import field_of
from attraktiv.specs import Equation


def panel(places: list[str], pairs: list[tuple[str, str]]) -> xr.Dataset:
    ends = np.array(pairs, dtype=object).reshape(-1, 2)
    return xr.Dataset(
        {
            names.BORDER_PLACE: (names.BORDER, ends[:, 0]),
            names.BORDER_NEIGHBOUR: (names.BORDER, ends[:, 1]),
        },
        coords={names.PLACE: np.array(places, dtype=object)},
    )


ROW = [("a", "b"), ("b", "c"), ("c", "d")]


def covariance(places: list[str], pairs: list[tuple[str, str]]) -> xr.DataArray:
    field = field_of(panel(places, pairs))
    return xr.DataArray(
        np.linalg.inv(field.precision), coords=[field.places, field.places], dims=["one", "other"]
    )


def test_a_typical_place_has_standard_deviation_one() -> None:
    found = covariance(list("dbac"), ROW)
    variance = np.diagonal(found.values)
    # the level of the part adds 1e-4 / 4
    assert np.exp(np.log(variance - 2.5e-5).mean()) == pytest.approx(1.0, abs=1e-9)
    # the middle of a row is tied more firmly than its ends
    assert found.sel(one="b", other="b") < found.sel(one="a", other="a")


def test_neighbours_go_together_and_more_than_the_ends() -> None:
    found = covariance(list("abcd"), ROW)
    assert found.sel(one="a", other="b") > found.sel(one="a", other="d")


def test_each_part_has_its_level_at_zero_and_an_island_is_on_its_own() -> None:
    found = covariance(list("abcdefg"), [*ROW, ("e", "f")])
    for part in (list("abcd"), list("ef")):
        level = found.sel(one=part, other=part).mean()
        assert float(level) == pytest.approx(1e-4 / len(part), rel=1e-6)
    assert float(found.sel(one="g", other="g")) == 1.0
    assert (found.sel(one="g").drop_sel(other="g") == 0).all()
    assert float(np.abs(found.sel(one=list("abcd"), other=list("efg"))).max()) < 1e-12


def test_the_root_gives_the_covariance() -> None:
    field = field_of(panel(list("abcde"), ROW))
    root = field.root()
    np.testing.assert_allclose(root @ root.T, np.linalg.inv(field.precision), atol=1e-10)


def test_a_panel_without_borders_is_refused_with_the_mend() -> None:
    country = attraktiv.simulate_country(places=20, years=4, ages=False).panel
    bare = country.drop_dims(names.BORDER)
    with pytest.raises(DesignError, match=r"spatial field.*neighbours\.csv.*hierarchical_dynamic"):
        attraktiv.build_design(attraktiv.load_spec("hierarchical_spatial"), bare)


def test_two_ways_to_share_are_one_too_many() -> None:
    spec = attraktiv.load_spec("hierarchical_spatial")
    raw = spec.migration.model_dump() | {"groups": "region"}
    with pytest.raises(ValueError, match="two ways for places to share"):
        Equation.model_validate(raw)


def test_the_engines_draw_from_the_same_field() -> None:
    import pymc as pm
    from tests.unit.engines.collapsed.dense import random_problem

    from attraktiv.model.pymc_model import model_of

    country = attraktiv.simulate_country(places=12, years=5, ages=False).panel
    spec = attraktiv.load_spec("hierarchical_spatial")
    design = attraktiv.build_design(spec, country)
    with model_of(design):
        prior = pm.sample_prior_predictive(4000, var_names=["gamma", "sigma_gamma"], random_seed=1)
    found = prior["prior"].to_dataset()
    scaled = (found["gamma"] / found["sigma_gamma"]).values.reshape(-1, 12)
    assert design.field is not None
    expected = np.linalg.inv(design.field.precision)
    np.testing.assert_allclose(np.cov(scaled.T), expected, atol=0.15)
    assert random_problem("hierarchical_spatial", places=4, years=2, factors=1, field=True).field
