"""NUTS on two equations: a short run has the layout of a run, and survives the store."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import attraktiv
from attraktiv.errors import AttraktivWarning
from attraktiv.model import build_designs, joint_design
from attraktiv.panels import simulate_country
from attraktiv.specs import CORRELATIONS, load_spec
from attraktiv.store import equation_of, kinds_of, write_run

FIRST, OUTSIDE = 2006, "0103"


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    panel = simulate_country(places=12, years=6, ages=False, seed=3).panel
    unknown = (panel["place"] == "0101") & (panel["year"] == 2008)
    return panel.assign(
        net_migration=panel["net_migration"].where(~unknown), excluded=panel["place"] == OUTSIDE
    )


@pytest.fixture(scope="module")
def run(panel: xr.Dataset) -> xr.DataTree:
    """Too short to be of use: what is asked of it is its layout."""
    return attraktiv.fit(
        "joint_2026",
        panel,
        engine="nuts",
        first=FIRST,
        seed=2,
        chains=2,
        draws=20,
        tune=30,
        progress=False,
    )


def test_each_equation_has_the_layout_of_a_run_of_its_own(
    run: xr.DataTree, panel: xr.Dataset
) -> None:
    assert run.attrs["engine"] == "nuts"
    assert kinds_of(run) == ("residential", "business")
    spec = load_spec("joint_2026")
    designs = build_designs(spec, panel, first=FIRST)
    initial = joint_design(designs, panel).initial
    assert initial.std() > 0.5
    for kind, design in designs.items():
        tree = equation_of(run, kind)
        posterior = tree["posterior"].to_dataset()
        tied = CORRELATIONS if kind == "residential" else ()
        assert set(posterior.data_vars) == {
            *spec.equation(kind).parameters,
            *("alpha", "beta_original", "initial", "theta", "u"),
            *tied,
        }
        assert posterior["beta"].dims == ("chain", "draw", "term")
        assert posterior["u"].sizes == {"chain": 2, "draw": 20, "place": 12, "year": 5}
        assert all(np.isfinite(values).all() for values in posterior.values())
        density = tree["log_likelihood"][design.equation.outcome]
        known = density.notnull().all(("chain", "draw"))
        np.testing.assert_array_equal(known, design.data["used"])
        np.testing.assert_array_equal(tree["constant_data"]["initial_growth"], initial)
    assert (np.abs(run["posterior"]["correlation_path"]) < 1.0).all()
    assert run["sample_stats"].sizes == {"chain": 2, "draw": 20}


def test_a_run_of_both_opens_as_it_was_written(run: xr.DataTree, tmp_path: Path) -> None:
    write_run(run, tmp_path / "run")
    with warnings.catch_warnings():
        # so short a run does not pass, and says so
        warnings.simplefilter("ignore", AttraktivWarning)
        opened = attraktiv.open_run(tmp_path / "run")
    assert json.loads(opened.attrs["kinds"]) == ["residential", "business"]
    for node in run.subtree:
        there, here = (tree.to_dataset().drop_attrs() for tree in (opened[node.path], node))
        # effects of places are stored in single precision
        single = {name: here[name].astype(np.float32) for name in ("theta", "u") if name in here}
        xr.testing.assert_identical(there, here.assign(single))
