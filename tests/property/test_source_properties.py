"""Answers of any shape: read as they are meant, or refused; never a wrong panel."""

from __future__ import annotations

import copy
import json
import math
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.standin.country import Published, publish
from tests.standin.server import Standin
from tests.unit.sources.conftest import OTHER

import attraktiv
from attraktiv.errors import AttraktivError, AttraktivWarning, IngestError
from attraktiv.sources import client as client_module
from attraktiv.sources.jsonstat import MISSING, read_cube

TEXT = st.text(max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CODES = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4, unique=True)
NUMBERS = st.none() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, Any]:
    """Sound datasets in every form that the format allows."""
    ids = draw(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3, unique=True))
    codes = [draw(CODES) for _ in ids]
    cells = math.prod(map(len, codes))
    values: Any = draw(st.lists(NUMBERS, min_size=cells, max_size=cells))
    if draw(st.booleans()):
        values = {str(k): v for k, v in enumerate(values) if v is not None}
    signs = st.sampled_from([".", "..", ":", "-", "*"])
    status = draw(st.dictionaries(st.integers(0, cells - 1).map(str), signs, max_size=4))
    dimension = {}
    for id_, own in zip(ids, codes, strict=True):
        index: Any = own if draw(st.booleans()) else {code: k for k, code in enumerate(own)}
        dimension[id_] = {"category": {"index": index}}
    return {
        "class": "dataset",
        "id": ids,
        "size": [len(own) for own in codes],
        "dimension": dimension,
        "value": values,
        "status": status,
    }


@given(raw=datasets())
def test_every_cell_stands_where_its_codes_say(raw: dict[str, Any]) -> None:
    frame = read_cube(json.dumps(raw).encode(), "it").frame()
    sizes, values = raw["size"], raw["value"]
    for row in frame.to_dict("records"):
        cell = 0
        for id_, size in zip(raw["id"], sizes, strict=True):
            index = raw["dimension"][id_]["category"]["index"]
            here = index.index(row[id_]) if isinstance(index, list) else index[row[id_]]
            cell = cell * size + here
        number = values[cell] if isinstance(values, list) else values.get(str(cell))
        sign = raw["status"].get(str(cell), "")
        assert row["status"] == sign
        if sign in MISSING or (number is None and sign != "-"):
            assert math.isnan(row["value"])
        else:
            assert row["value"] == (number or 0)


@given(raw=JSON)
def test_anything_else_is_refused_in_one_paragraph(raw: Any) -> None:
    with pytest.raises(IngestError) as caught:
        read_cube(json.dumps(raw).encode(), "The answer")
    assert "\n" not in str(caught.value)


@given(content=st.binary(max_size=200))
def test_bytes_are_refused_too(content: bytes) -> None:
    with pytest.raises(IngestError):
        read_cube(content, "The answer")


@given(raw=datasets(), data=st.data())
def test_a_dataset_with_one_thing_wrong_is_read_or_refused(
    raw: dict[str, Any], data: st.DataObject
) -> None:
    broken = mutated(raw, data)
    try:
        cube = read_cube(json.dumps(broken).encode(), "The answer")
    except IngestError:
        return
    assert cube.values.shape == tuple(len(v.categories) for v in cube.variables)
    assert np.isfinite(cube.values[~np.isnan(cube.values)]).all()


def mutated(raw: Any, data: st.DataObject) -> Any:
    """Take one thing out of a tree, or put something else in its place."""
    result = copy.deepcopy(raw)
    here = result
    while True:
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return result
        key = data.draw(st.sampled_from(keys[:40]), label="key")
        inner = here[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans(), label="deeper"):
            here = inner
            continue
        if data.draw(st.booleans(), label="delete"):
            del here[key]
        else:
            here[key] = data.draw(JSON, label="instead")
        return result


@pytest.fixture(scope="module")
def published() -> Published:
    return publish()


@pytest.fixture(scope="module")
def standin(published: Published) -> Iterator[Standin]:
    with Standin(published) as running:
        yield running


def spoilt(content: bytes, kind: str, data: st.DataObject) -> bytes:
    """An answer that is cut off, or other bytes in its place."""
    at = data.draw(st.integers(0, len(content) - 1), label="at")
    return content[:at] if kind == "cut" else data.draw(st.binary(max_size=30))


def empty_target(folder: Path) -> Path:
    """Where to ingest, with nothing there that an earlier example left."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(folder / "out-snapshots", ignore_errors=True)
    return out


@pytest.fixture(scope="module")
def whole(standin: Standin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "whole"
    attraktiv.ingest(OTHER, folder, transport=standin.transport())
    return folder


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_fuzzed_service_never_gives_a_wrong_panel(
    data: st.DataObject,
    standin: Standin,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Figures that the service got wrong nobody can know; all else is noticed, or does no harm."""
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.0)
    answers = sorted(
        {path for _, path in standin.requests if "/tables/" in path or path.endswith("/config")}
    )
    target = data.draw(st.sampled_from(answers), label="answer")
    raw = standin.answer("GET", target, b"")
    figures = {key: raw.pop(key) for key in ("value", "status") if key in raw}
    kind = data.draw(st.sampled_from(["tree", "cut", "bytes"]), label="kind")
    if kind == "tree":
        broken = mutated(raw, data)
        content = json.dumps({**broken, **figures} if isinstance(broken, dict) else broken).encode()
    else:
        content = spoilt(json.dumps({**raw, **figures}).encode(), kind, data)
    out = empty_target(tmp_path)
    standin.changed = {target: content}
    try:
        attraktiv.ingest(OTHER, out, transport=standin.transport())
    except AttraktivError:
        assert not out.exists()
    else:
        assert (out / "panel.csv").read_bytes() == (whole / "panel.csv").read_bytes()
    finally:
        standin.changed = {}


def read_text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def bordered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe whose places are brought to the borders of the last year."""
    text = OTHER.read_text(encoding="utf-8").replace("first_year = 2010", "first_year = 2007", 1)
    borders = '[borders]\nclassifications = "klass"\nattributes = ["centrality_class", "county"]\n'
    flows = 'net_migration = "Netto.*"\n'
    text = text.replace(flows, f'{flows}natural_increase = "Fødselsoverskudd"\n', 1)
    recipe = tmp_path_factory.mktemp("recipe") / "bordered.toml"
    recipe.write_text(text.replace("[[table]]", f"{borders}\n[[table]]", 1), encoding="utf-8")
    return recipe


@pytest.fixture(scope="module")
def in_borders(standin: Standin, bordered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("borders") / "whole"
    attraktiv.ingest(bordered, folder, transport=standin.transport())
    return folder


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_fuzzed_classifications_never_give_a_wrong_panel(
    data: st.DataObject,
    standin: Standin,
    bordered: Path,
    in_borders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a word the panel is the true one; what is left out, or doubtful, is told."""
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(client_module, "ATTEMPTS", 2)
    target = data.draw(
        st.sampled_from(sorted({path for _, path in standin.requests if "/klass/" in path})),
        label="answer",
    )
    raw = standin.answer("GET", target, b"")
    kind = data.draw(st.sampled_from(["tree", "shape", "cut", "bytes"]), label="kind")
    if kind in ("tree", "shape"):
        broken = mutated(raw, data) if kind == "tree" else data.draw(JSON, label="shape")
        content = json.dumps(broken).encode()
    else:
        content = spoilt(json.dumps(raw).encode(), kind, data)
    out = empty_target(tmp_path)
    standin.changed = {target: content}
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", AttraktivWarning)
            attraktiv.ingest(bordered, out, transport=standin.transport())
    except AttraktivError:
        assert not out.exists()
    else:
        figures, true = (read_text(folder / "panel.csv") for folder in (out, in_borders))
        if told:
            people, all_people = (f.astype({"population": int}) for f in (figures, true))
            total = people.groupby("year")["population"].sum()
            assert (total <= all_people.groupby("year")["population"].sum()[total.index]).all()
        else:
            pd.testing.assert_frame_equal(figures, true)
            # how a place is called, and where it belongs, nobody can know better than the service
            if kind != "tree":
                assert (out / "places.csv").read_bytes() == (in_borders / "places.csv").read_bytes()
