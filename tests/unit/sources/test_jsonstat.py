"""JSON-stat2: what is read, and what is refused."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from attraktiv.errors import IngestError
from attraktiv.sources.jsonstat import read_cube


def dataset(**changes: Any) -> bytes:
    """A small dataset: two places, three years."""
    raw: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": "Folkemengde",
        "updated": "2026-02-25T07:00:00Z",
        "id": ["Region", "Tid"],
        "size": [2, 3],
        "dimension": {
            "Region": {
                "label": "region",
                "category": {
                    "index": {"1103": 1, "0301": 0},
                    "label": {"0301": "Oslo", "1103": "Ås"},
                },
                "extension": {"elimination": True, "codelists": [{"id": "agg_X", "label": "X"}]},
            },
            "Tid": {"category": {"index": ["2020", "2021", "2022"]}},
        },
        "role": {"time": ["Tid"], "geo": ["Region"]},
        "value": [1, 2, None, 0, 5.5, 6],
        "status": {"2": "..", "4": ":"},
    }
    raw.update(changes)
    return json.dumps({key: value for key, value in raw.items() if value != "gone"}).encode()


def test_the_last_variable_varies_fastest() -> None:
    cube = read_cube(dataset(status="gone", value=[1, 2, 3, 4, 5, 6]), "it")
    frame = cube.frame()
    assert list(frame["Region"]) == ["0301"] * 3 + ["1103"] * 3
    assert list(frame["Tid"]) == ["2020", "2021", "2022"] * 2
    assert list(frame["value"]) == [1, 2, 3, 4, 5, 6]


def test_no_number_is_no_zero_and_says_why() -> None:
    cube = read_cube(dataset(), "it")
    assert cube.values[1, 0] == 0
    assert np.isnan(cube.values[0, 2])
    assert np.isnan(cube.values[1, 1])  # confidential, whatever number stands beside
    assert list(cube.frame()["status"]) == ["", "", "..", "", ":", ""]


def test_a_dash_is_a_zero_and_a_star_a_number() -> None:
    cube = read_cube(dataset(value=[None, 2, 3, 4, 5, None], status={"0": "-", "1": "*"}), "it")
    assert cube.values[0, 0] == 0
    assert cube.values[0, 1] == 2
    assert np.isnan(cube.values[1, 2])


def test_labels_and_metadata() -> None:
    cube = read_cube(dataset(value=[]), "it", values=False)
    region, year = cube.variables
    assert region.categories == {"0301": "Oslo", "1103": "Ås"}
    assert year.categories == {"2020": "2020", "2021": "2021", "2022": "2022"}
    assert (region.eliminable, year.eliminable) == (True, False)
    assert region.codelists[0].id == "agg_X"


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"value": {"0": 7, "5": 8}}, [7, math.nan, math.nan, math.nan, math.nan, 8])],
)
def test_values_may_be_sparse(given: dict, expected: list[float]) -> None:
    cube = read_cube(dataset(status="gone", **given), "it")
    np.testing.assert_array_equal(cube.values.ravel(), expected)


@pytest.mark.parametrize("status", [[None, "..", None, "", ":", None], {"1": "..", "4": ":"}])
def test_status_may_be_a_list(status: Any) -> None:
    cube = read_cube(dataset(value=[1, 2, 3, 4, 5, 6], status=status), "it")
    assert np.flatnonzero(np.isnan(cube.values)).tolist() == [1, 4]


def test_one_status_is_that_of_all() -> None:
    assert np.isnan(read_cube(dataset(status=":"), "it").values).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class": "collection"}, "class is 'collection'"),
        ({"id": "gone"}, "id is None, not list"),
        ({"size": [2, 2]}, "Tid has 3 categories and the size 2"),
        ({"size": [2]}, "id has"),
        ({"size": [2, -3]}, "size is"),
        ({"size": [2, True]}, "size is True"),
        ({"size": [10**9, 10**9]}, "size is"),
        ({"value": [1, 2]}, "value has 2 numbers, and size means 6 cells"),
        ({"value": ["1", 2, 3, 4, 5, 6]}, "a value is '1', not a number"),
        ({"value": [True, 2, 3, 4, 5, 6]}, "a value is True, not a number"),
        ({"value": [10**400, 2, 3, 4, 5, 6]}, "larger than a number"),
        ({"value": {"6": 1}}, "key 6, and there are 6 cells"),
        ({"value": {"²": 1}}, "value has the key"),
        ({"status": {"x": ".."}}, "status has the key 'x'"),
        ({"status": {"9": ".."}}, "key 9"),
        ({"status": ["."]}, "status has 1 symbols"),
        ({"status": {"1": 3}}, "a status is 3"),
        ({"role": {"time": ["Aar"]}}, "role time names"),
        ({"dimension": {"Region": {}}}, "category of Region is None"),
        ({"id": ["Tid", "Tid"], "size": [3, 3]}, "id has"),
    ],
)
def test_what_does_not_agree_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(IngestError, match=f"The answer is not a JSON-stat2 .*{message}"):
        read_cube(dataset(**changes), "The answer")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"value": NaN}', b"[" * 100_000, b"\xff"])
def test_what_is_no_dataset_is_refused(content: bytes) -> None:
    with pytest.raises(IngestError, match="The answer is not a JSON-stat2 dataset"):
        read_cube(content, "The answer")
