"""Columns of places.csv that classifications and recipes give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attraktiv.errors import IngestError, RefusedError, SourceWarning
from attraktiv.sources import Recipe, load_recipe
from attraktiv.sources.attributes import with_attributes, with_stand_ins
from attraktiv.sources.klass.answers import Fetch
from attraktiv.sources.recipes import Borders

PLACES = pd.DataFrame({"place": ["0101", "0102"], "name": ["Ås", "Ø"]})


def classification(name: str, *, items: list[tuple[str, str]] | None = None) -> str:
    pairs = [
        {"sourceCode": code, "sourceName": code, "targetCode": to, "targetName": to}
        for code, to in items or []
    ]
    return json.dumps({"name": name, "correspondenceItems": pairs})


def service(answers: Mapping[str, str]) -> Fetch:
    """Answer to each classification's number, wherever in the question it stands."""

    def fetch(url: str, params: Mapping[str, str]) -> bytes:
        number = params.get("targetClassificationId", url.rsplit("/", 1)[-1])
        if number not in answers:
            raise RefusedError(f"it refuses {number}: 404", status=404)
        return answers[number].encode()

    return fetch


BOTH = [("0101", "01"), ("0102", "02")]
COUNTIES = classification("Standard for fylkesinndeling", items=BOTH)
ALL = Borders(classifications="klass", attributes=("centrality_class", "county"))


def test_an_attribute_whose_classification_is_not_the_one_meant_is_left_out() -> None:
    fetch = service({"128": classification("", items=BOTH), "104": classification("Land")})
    with pytest.warns(SourceWarning, match=r"county is left out.*numbers = { county = NUMBER }"):
        found, notes = with_attributes(PLACES, ALL, fetch, 2024)
    assert list(found) == ["place", "name", "centrality_class"]
    assert len(notes) == 1


def test_the_number_of_a_classification_can_be_stated() -> None:
    borders = ALL.model_copy(update={"numbers": {"county": 999}})
    fetch = service({"128": classification("", items=BOTH), "999": COUNTIES})
    found, notes = with_attributes(PLACES, borders, fetch, 2024)
    assert found["county"].tolist() == ["01", "02"]
    assert notes == ()


def test_one_that_is_refused_is_left_out_and_a_broken_answer_is_an_error() -> None:
    with pytest.warns(SourceWarning, match=r"centrality_class is left out.*404"):
        found, _ = with_attributes(PLACES, ALL, service({"104": COUNTIES}), 2024)
    assert list(found) == ["place", "name", "county", "county_name"]
    with pytest.raises(IngestError, match="not JSON"):
        with_attributes(PLACES, ALL, service({"128": "<html>"}), 2024)


@pytest.fixture
def recipe() -> Recipe:
    return load_recipe("ssb")


def classes(*numbers: float) -> pd.DataFrame:
    return pd.DataFrame({"place": [f"{n:04}" for n in range(len(numbers))]}).assign(
        centrality_class=numbers
    )


def test_a_number_stands_in_for_each_class(recipe: Recipe) -> None:
    found, notes = with_stand_ins(classes(1, 6), recipe, [])
    values = recipe.stand_in["centrality"].values
    assert found["centrality"].tolist() == [values["1"], values["6"]]
    assert "centrality is told by centrality_class alone" in notes[0]


def test_nothing_stands_in_for_what_is_given_or_cannot_be_told(recipe: Recipe) -> None:
    found, notes = with_stand_ins(classes(1, 6), recipe, ["centrality"])
    assert "centrality" not in found
    assert notes == []
    with pytest.warns(SourceWarning, match=r"no number for centrality_class 7.*--places"):
        found, _ = with_stand_ins(classes(1, 7), recipe, [])
    assert "centrality" not in found


def test_a_place_without_a_class_has_no_number(recipe: Recipe) -> None:
    with pytest.warns(SourceWarning, match="centrality_class is not known of 0001"):
        found, notes = with_stand_ins(classes(1, np.nan), recipe, [])
    assert np.isnan(found["centrality"].iloc[1])
    assert len(notes) == 2


@pytest.mark.real_data
def test_the_numbers_of_norway_are_the_means_of_the_index(recipe: Recipe, real_data: Path) -> None:
    places = pd.read_csv(real_data / "norway" / "places.csv", dtype={"place": str})
    means = places.groupby("centrality_class")["centrality"].mean().round()
    stated = recipe.stand_in["centrality"].values
    assert {str(c): mean for c, mean in means.items()} == pytest.approx(stated, abs=0.5)
