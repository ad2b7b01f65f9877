"""A run of several equations: each as a run of its own, in memory and on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr
from tests.unit.runs import fake_run

from attraktiv.errors import RunError
from attraktiv.store import equation_of, kinds_of, open_run, with_equations, write_run


@pytest.fixture
def run() -> xr.DataTree:
    first, second = fake_run("dynamic", places=4), fake_run("static", places=4, seed=9)
    second.attrs = {"outcome": "job_growth", "kind": "business"}
    tree = with_equations({"residential": first, "business": second})
    tree.attrs = first.attrs | tree.attrs
    return tree


def test_the_first_equation_is_the_run_itself(run: xr.DataTree) -> None:
    assert kinds_of(run) == ("residential", "business")
    assert equation_of(run, "residential") is run
    assert run.attrs["kind"] == "residential"


def test_another_equation_is_in_the_layout_of_a_run(run: xr.DataTree) -> None:
    found = equation_of(run, "business")
    assert {"posterior", "observed_data", "constant_data"} <= set(found.children)
    assert (found.attrs["outcome"], found.attrs["kind"]) == ("job_growth", "business")
    assert found.attrs["panel_hash"] == run.attrs["panel_hash"]
    own = fake_run("static", places=4, seed=9)["posterior"].to_dataset()
    xr.testing.assert_identical(found["posterior"].to_dataset(), own)


def test_a_run_that_says_nothing_is_of_migration() -> None:
    run = fake_run("static")
    assert kinds_of(run) == ("residential",)
    with pytest.raises(RunError, match=r"no business attractiveness; it has residential: --kind"):
        equation_of(run, "business")


def test_equations_survive_the_disk(run: xr.DataTree, tmp_path: Path) -> None:
    path = write_run(run, tmp_path / "run")
    again = open_run(path)
    assert kinds_of(again) == kinds_of(run)
    for kind in kinds_of(run):
        before, after = equation_of(run, kind), equation_of(again, kind)
        assert after.attrs["outcome"] == before.attrs["outcome"]
        for group in before.children:
            if group in kinds_of(run):
                continue
            expected = before[group].to_dataset()
            xr.testing.assert_allclose(
                after[group].to_dataset()[sorted(map(str, expected.data_vars))], expected
            )


def test_a_missing_file_of_another_equation_is_found_out(run: xr.DataTree, tmp_path: Path) -> None:
    path = write_run(run, tmp_path / "run")
    (path / "business" / "posterior" / "tau" / "zarr.json").unlink()
    with pytest.raises(RunError, match="not a whole run: the group 'business' has"):
        open_run(path)
