"""Writing, opening and adding to runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from tests.unit.runs import Kind, fake_run

from attraktiv.errors import RunError
from attraktiv.store import append_group, open_run, refuse_existing, run_id, write_run

KINDS: tuple[Kind, ...] = ("dynamic", "static", "grouped", "least-squares", "yearly")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return write_run(fake_run(), tmp_path / "run")


def files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def edit(file: Path, **changes: object) -> None:
    content = json.loads(file.read_text())
    content.update(changes)
    file.write_text(json.dumps(content))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_what_is_opened(kind: Kind, tmp_path: Path) -> None:
    run = fake_run(kind)
    opened = open_run(write_run(run, tmp_path / "deep" / "run"))
    assert set(opened.children) == set(run.children)
    assert {k: v for k, v in opened.attrs.items() if k != "run_id"} == run.attrs
    for name, node in run.children.items():
        for variable, values in node.data_vars.items():
            found = opened[name].dataset[variable]
            assert found.dims == values.dims
            if values.dtype.kind == "f":
                np.testing.assert_allclose(found, values, rtol=1e-6)
            else:
                assert found.values.tolist() == values.values.tolist()
        assert opened[name].attrs == node.attrs


def test_norwegian_names_and_leading_zeros_survive(stored: Path) -> None:
    constant = open_run(stored)["constant_data"].dataset
    assert str(constant["name"].sel(place="00104").item()) == "Øygarden"


def test_draws_of_places_are_float32_and_other_numbers_keep_their_type(stored: Path) -> None:
    run = open_run(stored)
    assert (
        run["posterior"].dataset["theta"].dtype == run["posterior"].dataset["u"].dtype == np.float32
    )
    assert (
        run["posterior"].dataset["beta"].dtype
        == run["constant_data"].dataset["factors"].dtype
        == np.float64
    )


def test_one_place_lies_in_one_chunk_with_all_its_draws(tmp_path: Path) -> None:
    path = write_run(fake_run(places=100, draws=600), tmp_path / "run")
    chunks = zarr.open_array(path / "posterior" / "u", mode="r").chunks
    assert (chunks[0], chunks[1], chunks[3]) == (2, 600, 6)
    assert 1 < chunks[2] < 100


def test_opening_reads_no_draws(stored: Path) -> None:
    assert not open_run(stored)["posterior"].dataset["u"].variable._in_memory


def test_the_same_run_has_the_same_bytes(tmp_path: Path) -> None:
    one = files(write_run(fake_run(), tmp_path / "one"))
    other = files(write_run(fake_run(), tmp_path / "other"))
    assert one == other


def test_created_and_seconds_differ_in_the_root_only(tmp_path: Path) -> None:
    later = fake_run()
    later.attrs |= {"created": "2027-01-01T00:00:00+00:00", "seconds": 9.0}
    one = files(write_run(fake_run(), tmp_path / "one"))
    other = files(write_run(later, tmp_path / "other"))
    assert {name for name in one if one[name] != other[name]} == {"zarr.json"}


def test_an_opened_run_can_be_written_again(stored: Path, tmp_path: Path) -> None:
    again = write_run(open_run(stored), tmp_path / "again")
    assert files(again) == files(stored)


def test_an_existing_run_is_refused_and_replaced_with_force(stored: Path) -> None:
    other = fake_run("static")
    with pytest.raises(RunError, match=r"already exists.*replace it with --force"):
        write_run(other, stored)
    with pytest.raises(RunError, match="already exists"):
        refuse_existing(stored, force=False)
    write_run(other, stored, force=True)
    assert open_run(stored).attrs["model"] == "hierarchical_static"
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


def test_what_is_not_a_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_text("x")
    with pytest.raises(RunError, match="exists and is not a run, so it is not replaced"):
        write_run(fake_run(), tmp_path / "photos", force=True)
    assert (tmp_path / "photos" / "one.jpg").exists()


def test_a_tree_that_is_no_run_is_not_written(tmp_path: Path) -> None:
    run = fake_run()
    del run["observed_data"]
    run.attrs["attraktiv_format"] = "panel/1"
    with pytest.raises(
        RunError, match=r"'observed_data' is missing; its attribute attraktiv_format is 'panel/1'"
    ):
        write_run(run, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"There is no run at .*nowhere.*attraktiv fit MODEL PANEL"):
        open_run(tmp_path / "nowhere")


def test_a_file_and_a_foreign_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match="is a file, not a run"):
        open_run(tmp_path / "file")
    with pytest.raises(RunError, match=r"not a run: it holds no zarr.json"):
        open_run(tmp_path / "folder")


def test_a_foreign_store_a_panel_and_other_versions(stored: Path, tmp_path: Path) -> None:
    xr.Dataset({"a": ("x", [1.0])}).to_zarr(tmp_path / "foreign", consolidated=False)
    with pytest.raises(RunError, match="attraktiv did not write"):
        open_run(tmp_path / "foreign")
    for mark, said in (("panel/1", "is a built panel, not a run"), ("run/2", "run format 'run/2'")):
        edit(stored / "zarr.json", attributes={"attraktiv_format": mark})
        with pytest.raises(RunError, match=said):
            open_run(stored)
    (stored / "zarr.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        open_run(stored)


def test_zarr_version_2_is_refused(tmp_path: Path) -> None:
    zarr.open_group(tmp_path / "old", mode="w", zarr_format=2)
    with pytest.raises(RunError, match="zarr version 2 store"):
        open_run(tmp_path / "old")


def test_a_codec_that_could_run_code_is_refused(stored: Path) -> None:
    # as long as the original, so that the count of bytes does not give it away first
    file = stored / "posterior" / "tau" / "zarr.json"
    before = file.read_text()
    after = before.replace('"blosc"', '"pickl"')
    assert before != after
    file.write_text(after)
    with pytest.raises(RunError, match=r"posterior/tau uses the codec 'pickl'.*may run code"):
        open_run(stored)


@pytest.mark.parametrize("group", ["posterior", "observed_data", "constant_data"])
def test_a_missing_group(stored: Path, group: str) -> None:
    shutil.rmtree(stored / group)
    with pytest.raises(RunError, match=f"the group '{group}' is missing"):
        open_run(stored)


def test_a_copy_that_was_interrupted(stored: Path) -> None:
    chunk = next(path for path in (stored / "posterior" / "u" / "c").rglob("*") if path.is_file())
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:-10])
    with pytest.raises(RunError, match=r"not a whole run: the group 'posterior' has .* bytes"):
        open_run(stored)
    chunk.unlink()
    with pytest.raises(RunError, match="not a whole run: the group 'posterior' has"):
        open_run(stored)
    chunk.write_bytes(whole)
    open_run(stored)


def test_something_foreign_inside_a_run(stored: Path) -> None:
    (stored / "notes").mkdir()
    with pytest.raises(RunError, match="holds something that is not part of a run: 'notes'"):
        open_run(stored)


def test_a_result_is_added_once_and_replaced_with_force(stored: Path) -> None:
    result = xr.Dataset({"score": ("place", [1.0, 2.0])}, {"place": ["Å", "B"]})
    append_group(stored, "scores", result)
    opened = open_run(stored)["scores"]
    assert opened.dataset["place"].values.tolist() == ["Å", "B"]
    assert opened.attrs == {}
    with pytest.raises(RunError, match=r"already holds a result 'scores'.*--force"):
        append_group(stored, "scores", result)
    append_group(stored, "scores", result + 1, force=True)
    assert open_run(stored)["scores"].dataset["score"].values.tolist() == [2.0, 3.0]
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


@pytest.mark.parametrize("name", ["posterior", "../outside", "a b", ""])
def test_names_that_no_result_may_have(stored: Path, name: str) -> None:
    with pytest.raises(RunError, match="cannot be the name of a result"):
        append_group(stored, name, xr.Dataset(), force=True)


def test_a_result_of_another_run_is_refused(stored: Path) -> None:
    with pytest.raises(RunError, match="computed from another run"):
        append_group(stored, "scores", xr.Dataset(attrs={"run_id": "f" * 64}))


def test_identity_depends_on_what_was_asked_and_not_on_when() -> None:
    attrs = dict(fake_run().attrs)
    identity = run_id(attrs)
    assert len(identity) == 64
    laid_out = {"spec_json": json.dumps(json.loads(attrs["spec_json"]), indent=4)}
    assert run_id({**attrs, "created": "later", "seconds": 1e9, **laid_out}) == identity
    changes = {
        "spec_json": '{"id": "other"}',
        "panel_hash": "1" * 64,
        "first_year": 2007,
        "last_year": 2010,
        "options": '{"missing": "drop"}',
        "seed": 12,
        "engine": "collapsed",
        "attraktiv_version": "0.2.0",
    }
    others = {run_id({**attrs, key: value}) for key, value in changes.items()}
    assert len(others | {identity}) == len(changes) + 1


def test_the_identity_is_stored(stored: Path) -> None:
    run = open_run(stored)
    assert run.attrs["run_id"] == run_id(run.attrs) == run_id(fake_run().attrs)
