"""Answers as files."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from attraktiv.server.forms import as_file, as_json, safe_cells

HOSTILE = ["=1+1", "+47", "-cmd", "@SUM(A1)", "\t=1", "\r=1"]


def frame(names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": [f"{i:04d}" for i in range(len(names))],
            "name": names,
            "unit": "persons",
            "mean": np.linspace(-1.5, 1, len(names)),
        }
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_spreadsheet_computes_no_text(name: str) -> None:
    text = as_file(frame([name, "Ås"]), "csv").decode()
    read = pd.read_csv(io.StringIO(text, newline=""), dtype={"place": str})
    assert read["name"].tolist() == [f"'{name}", "Ås"]
    assert read["mean"].tolist() == [-1.5, 1]  # a number with a minus sign stays one


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_no_text_cell_starts_as_a_formula(names: list[str]) -> None:
    safe = safe_cells(frame(names))["name"].tolist()
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in safe)
    assert all(cell in (name, f"'{name}") for cell, name in zip(safe, names, strict=True))


def test_missing_is_null_and_letters_stay_letters() -> None:
    one = frame(["Ærøy"]).assign(mean=np.nan, lower=np.inf)
    one.attrs["note"] = 'said "so"'
    answer = json.loads(as_json(one, 0, 10))
    assert answer["rows"][0]["name"] == "Ærøy"
    assert answer["rows"][0]["mean"] is None
    assert answer["note"] == 'said "so"'


def test_netcdf_is_labelled() -> None:
    dataset = xr.open_dataset(io.BytesIO(as_file(frame(["Å", "Øy"]), "netcdf")), engine="scipy")
    assert dataset["mean"].dims == ("place",)
    assert dataset["name"].astype(str).values.tolist() == ["Å", "Øy"]
    assert dataset.attrs["unit"] == "persons"
