from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest
import xarray as xr
import zarr

from attraktiv.errors import PanelError
from attraktiv.panels import read_panel, write_panel
from attraktiv.sources import panel as panel_verb


@pytest.fixture
def panel(commuting):
    (commuting / "population_by_age.csv").write_text(
        "place,year,sex,age,population\n0101,2010,male,10,7\n"
    )
    return read_panel(commuting)


@pytest.fixture
def store(panel, tmp_path):
    path = tmp_path / "PANEL.zarr"
    write_panel(panel, path)
    return path


def test_round_trip(panel, store):
    found = read_panel(store)
    xr.testing.assert_identical(found, panel)
    assert {n: v.dtype for n, v in found.variables.items()} == {
        n: v.dtype for n, v in panel.variables.items()
    }


def test_ages_can_stay_on_disk(panel, store):
    found = read_panel(store, ages_on_disk=True)
    assert not found["population_by_age"].variable._in_memory
    assert found["population"].variable._in_memory
    xr.testing.assert_identical(found, panel)


def test_nothing_is_left_beside(store):
    assert [path.name for path in store.parent.iterdir() if path.name.startswith(".")] == []
    assert os.stat(store).st_mode & 0o777 == 0o777 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_verb_reads_and_builds(commuting, tmp_path):
    built = panel_verb(commuting, out=tmp_path / "P.zarr")
    xr.testing.assert_identical(read_panel(tmp_path / "P.zarr"), built)
    with pytest.raises(PanelError, match="already exists"):
        panel_verb(commuting, out=tmp_path / "P.zarr")
    panel_verb(commuting, out=tmp_path / "P.zarr", force=True)


def test_existing_store_needs_force(panel, store):
    with pytest.raises(PanelError, match=r"already exists. Give another path, or --force"):
        write_panel(panel, store)
    write_panel(panel.assign_attrs(title="Newer"), store, force=True)
    assert read_panel(store).attrs["title"] == "Newer"


def test_force_replaces_panels_only(panel, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("x")
    with pytest.raises(PanelError, match="is not a built panel, so it is not replaced"):
        write_panel(panel, tmp_path / "letters", force=True)
    assert (tmp_path / "letters" / "dear.txt").exists()


def test_failure_leaves_the_old_store_as_it_was(panel, store, monkeypatch):
    def fail(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(xr.Dataset, "to_zarr", fail)
    with pytest.raises(KeyboardInterrupt):
        write_panel(panel, store, force=True)
    monkeypatch.undo()
    xr.testing.assert_identical(read_panel(store), panel)
    assert [path.name for path in store.parent.iterdir() if path.name.startswith(".")] == []


def test_place_that_cannot_be_written(panel, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PanelError, match="cannot be written"):
        write_panel(panel, tmp_path / "file" / "PANEL.zarr")


def test_foreign_store_is_refused(tmp_path):
    xr.Dataset({"x": ("t", [1.0])}).to_zarr(tmp_path / "x.zarr", consolidated=False)
    with pytest.raises(PanelError, match=r"not a built panel .*does not say which format"):
        read_panel(tmp_path / "x.zarr")


def test_run_is_no_panel(tmp_path):
    zarr.open_group(tmp_path / "run", mode="w", attributes={"attraktiv_format": "run/1"})
    with pytest.raises(PanelError, match="its format is 'run/1'"):
        read_panel(tmp_path / "run")


def test_changed_store_is_refused(store):
    zarr.open_array(store / "jobs", mode="r+")[0, 0] = 12345.0
    with pytest.raises(PanelError, match="damaged or was changed after it was built"):
        read_panel(store)


def test_damaged_store_is_refused(store):
    chunk = next(path for path in (store / "jobs" / "c").rglob("*") if path.is_file())
    chunk.write_bytes(b"garbage")
    with pytest.raises(PanelError, match="cannot be read"):
        read_panel(store)


def test_store_without_metadata_of_an_array_is_refused(store):
    (store / "jobs" / "zarr.json").write_text("{")
    with pytest.raises(PanelError, match="is not valid JSON"):
        read_panel(store)


def test_store_without_years_is_refused(store):
    shutil.rmtree(store / "year")
    with pytest.raises(PanelError, match=r"lacks the dimension place or year|damaged"):
        read_panel(store)


@pytest.mark.parametrize("codec", ["numcodecs.pickle", "numcodecs.json2"])
def test_pickled_objects_are_refused(store, codec):
    metadata = store / "jobs" / "zarr.json"
    content = json.loads(metadata.read_text())
    content["codecs"][0] = {"name": codec, "configuration": {}}
    metadata.write_text(json.dumps(content))
    with pytest.raises(PanelError, match=f"'jobs' is stored with the codec '{codec}'.*pickled"):
        read_panel(store)


def test_pickles_of_version_2_are_refused(store):
    (store / "jobs" / ".zarray").write_text("{}")
    with pytest.raises(PanelError, match="zarr version 2"):
        read_panel(store)


def test_codec_inside_a_shard_is_looked_at(store):
    metadata = store / "jobs" / "zarr.json"
    content = json.loads(metadata.read_text())
    inner = {"codecs": [{"name": "numcodecs.pickle"}], "index_codecs": ["crc32c"]}
    content["codecs"] = [{"name": "sharding_indexed", "configuration": inner}]
    metadata.write_text(json.dumps(content))
    with pytest.raises(PanelError, match=r"numcodecs.pickle"):
        read_panel(store)


def test_hash_is_written_of_what_is_written(panel, tmp_path):
    changed = panel.assign(jobs=panel["jobs"] + 1)
    write_panel(changed, tmp_path / "x.zarr")
    np.testing.assert_array_equal(read_panel(tmp_path / "x.zarr")["jobs"], changed["jobs"])
