"""What could run code in a store is found before it is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from attraktiv.codecs import risky_arrays


@pytest.fixture
def store(tmp_path: Path) -> Path:
    data = xr.Dataset({"x": ("i", np.arange(3.0)), "name": ("i", ["Ås", "Bø", "Å"])})
    data.to_zarr(tmp_path / "store", consolidated=False, zarr_format=3)
    return tmp_path / "store"


def test_plain_arrays_are_not_risky(store: Path) -> None:
    assert list(risky_arrays(store)) == []


@pytest.mark.parametrize(
    "codecs",
    [
        [{"name": "numcodecs.pickle"}],
        ["numcodecs.pickle"],
        [{"name": "sharding_indexed", "configuration": {"codecs": [{"name": "numcodecs.pickle"}]}}],
    ],
)
def test_a_codec_of_objects_is_found(store: Path, codecs: list) -> None:
    file = store / "x" / "zarr.json"
    content = json.loads(file.read_bytes())
    file.write_text(json.dumps({**content, "codecs": codecs}), encoding="utf-8")
    assert list(risky_arrays(store)) == [(store / "x", "numcodecs.pickle")]


def test_an_array_of_version_2_is_found(store: Path) -> None:
    (store / "old").mkdir()
    (store / "old" / ".zarray").write_text("{}", encoding="utf-8")
    assert list(risky_arrays(store)) == [(store / "old", "zarr version 2")]


def test_damaged_metadata_is_an_error(store: Path) -> None:
    (store / "x" / "zarr.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        list(risky_arrays(store))
