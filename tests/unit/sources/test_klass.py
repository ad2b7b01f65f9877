"""Answers as KLASS documents them, with made-up content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from attraktiv.errors import IngestError, InputError
from attraktiv.sources import klass
from attraktiv.sources.borders import mapping_from_changes

BASE = "https://data.ssb.no/api/klass/v1/classifications/"


class Service:
    """Gives one answer to each address, and remembers what was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {BASE + key.replace("__", "/"): value for key, value in answers.items()}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, url: str, params: Mapping[str, str]) -> bytes:
        self.asked.append((url, dict(params)))
        answer = self.answers[url.removesuffix(".json")]
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def code(number: str, name: str, begins: str, ends: str | None = None, **more: Any) -> dict:
    return {
        "code": number,
        "parentCode": None,
        "level": "1",
        "name": name,
        "shortName": "",
        "presentationName": "",
        "validFrom": begins,
        "validTo": ends,
        "notes": "",
        **more,
    }


def change(old: str, new: str, day: str = "2020-01-01") -> dict:
    return {
        "oldCode": old,
        "oldName": f"Gamle {old}",
        "newCode": new,
        "newName": f"Nye {new}",
        "changeOccurred": day,
    }


def pair(source: str, target: str, begins: str | None, ends: str | None) -> dict:
    return {
        "sourceCode": source,
        "sourceName": f"Ås {source}",
        "targetCode": target,
        "targetName": f"Klasse {target}",
        "validFrom": begins,
        "validTo": ends,
    }


def correspondence(*pairs: dict) -> Service:
    return Service(**{"131__corresponds": {"correspondenceItems": list(pairs)}})


def test_codes_have_the_days_of_the_years_asked_for():
    service = Service(
        **{
            "131__codes": {
                "codes": [
                    code("3001", "Ærøy", "1950-01-01", "2020-01-01"),
                    code(
                        "0301",
                        "Øslo",
                        "1838-01-01",
                        validFromInRequestedRange="2019-01-01",
                        validToInRequestedRange="2024-01-02",
                    ),
                    code("3001", "Ærøy", "1950-01-01", "2020-01-01"),
                ]
            }
        }
    )
    found = klass.municipalities(service, 2019, 2024)
    assert service.asked == [
        (BASE + "131/codes", {"from": "2019-01-01", "to": "2024-01-02"}),
    ]
    assert found["code"].tolist() == ["0301", "3001"]
    assert found["name"].tolist() == ["Øslo", "Ærøy"]
    assert found["valid_from"].dt.year.tolist() == [2019, 1950]
    assert found["valid_to"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-02", "2020-01-01"]


def test_changes_are_those_between_two_stocks_and_a_renaming_stays():
    items = [change("0104", "3002"), change("0301", "0301"), change("0301", "0301")]
    service = Service(**{"131__changes": {"codeChanges": items}})
    found = klass.changes(service, 2019, 2024)
    assert service.asked == [(BASE + "131/changes", {"from": "2019-01-02", "to": "2024-01-02"})]
    assert found[["old_code", "new_code"]].to_numpy().tolist() == [["0104", "3002"], ["0301"] * 2]
    assert found["old_name"].tolist() == ["Gamle 0104", "Gamle 0301"]


def test_no_changes_is_an_empty_table():
    service = Service(**{"131__changes": {"codeChanges": []}})
    assert klass.changes(service, 2020, 2021).empty
    assert klass.changes(service, 2020, 2020).empty
    assert len(service.asked) == 1  # between a day and itself nothing is asked


def test_codes_and_changes_make_a_mapping():
    service = Service(
        **{
            "131__changes": {"codeChanges": [change("1141", "1103"), change("1142", "1103")]},
            "131__codes": {
                "codes": [
                    code("1103", "Stavanger", "1965-01-01"),
                    code("1141", "Finnøy", "1965-01-01", "2020-01-01"),
                    code("1142", "Rennesøy", "1965-01-01", "2020-01-01"),
                ]
            },
        }
    )
    mapping = mapping_from_changes(
        klass.changes(service, 2018, 2021),
        2021,
        klass.municipalities(service, 2018, 2021),
        from_year=2018,
        to_year=2021,
    )
    assert mapping[["code", "from_year", "to_year", "place"]].to_numpy().tolist() == [
        ["1103", 2018, 2021, "1103"],
        ["1141", 2018, 2019, "1103"],
        ["1142", 2018, 2019, "1103"],
    ]


def test_centrality_is_asked_of_the_municipalities_and_is_that_of_the_day():
    service = correspondence(
        pair("1124", "03", "2020-01-01", "2024-01-01"),
        pair("1124", "02", "2024-01-01", None),
        pair("0301", "01", "2020-01-01", None),
        pair("3002", "02", "2020-01-01", "2024-01-01"),
    )
    early, late = (klass.centrality(service, year) for year in (2023, 2024))
    url, params = service.asked[1]
    assert url == BASE + "131/corresponds.json"
    assert params == {"targetClassificationId": "128", "from": "2024-01-01", "to": "2024-01-02"}
    assert dict(zip(early["code"], early["centrality_class"], strict=True)) == {
        "0301": 1,
        "1124": 3,
        "3002": 2,
    }
    assert dict(zip(late["code"], late["centrality_class"], strict=True)) == {"0301": 1, "1124": 2}


def test_counties_and_regions_are_known_by_the_name_of_the_classification():
    service = correspondence(pair("0301", "03", None, None))
    service.answers[BASE + "104"] = {"name": "Standard for fylkesinndeling"}
    service.answers[BASE + "108"] = {"name": "Standard for økonomiske regioner"}
    found = klass.counties(service, 2024)
    assert found[["code", "county", "county_name"]].to_numpy().tolist() == [
        ["0301", "03", "Klasse 03"]
    ]
    assert klass.economic_regions(service, 2024)["economic_region"].tolist() == ["03"]
    service.answers[BASE + "104"] = {"name": "Standard for land"}
    with pytest.raises(InputError, match=r"'Standard for land'.*numbers = { county = NUMBER }"):
        klass.counties(service, 2024)


def test_no_class_of_centrality_names_the_years_there_are():
    with pytest.raises(InputError, match=r"no municipality corresponds.*2008, 2018, 2020 and 2024"):
        klass.centrality(correspondence(), 2001)
    only_later = correspondence(pair("0301", "01", "2024-01-01", None))
    with pytest.raises(InputError, match=r"no municipality corresponds"):
        klass.centrality(only_later, 2023)


def test_two_classes_on_one_day_are_an_error():
    service = correspondence(pair("1124", "03", None, None), pair("1124", "02", None, None))
    with pytest.raises(IngestError, match=r"more than one code.*1124 → 02, 1124 → 03"):
        klass.centrality(service, 2024)


def test_a_class_that_is_none_is_an_error():
    with pytest.raises(IngestError, match=r"class 'A'; classes are two digits"):
        klass.centrality(correspondence(pair("1124", "A", None, None)), 2024)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>Service Unavailable</html>", r"not JSON; it begins with '<html>Service"),
        (b"", r"not JSON; it begins with ''"),
        (b"\xff\xfe", r"not JSON"),
        ([], r"a JSON list, not an object"),
        ({}, r"no list 'codes'; found nothing"),
        ({"error": "No such classification"}, r"no list 'codes'; found error"),
        ({"codes": None}, r"no list 'codes'"),
        ({"codes": []}, r"no code was in use from 2019 to 2024"),
        ({"codes": ["0301"]}, r"number 1 of 'codes' has no code, name, validFrom"),
        ({"codes": [{"code": "0301"}]}, r"number 1 of 'codes' has no name, validFrom"),
        ({"codes": [code("", "Oslo", "2019-01-01")]}, r"code is ''"),
        ({"codes": [code(301, "Oslo", "2019-01-01")]}, r"code is 301"),  # type: ignore[arg-type]
        ({"codes": [code("0301", "Oslo", "01.01.2019")]}, r"'01\.01\.2019' is not a date"),
    ],
)
def test_an_answer_that_is_not_as_documented_is_never_used(answer, message):
    with pytest.raises(IngestError, match=message):
        klass.municipalities(Service(**{"131__codes": answer}), 2019, 2024)


def test_a_change_without_a_code_is_an_error():
    item = {**change("0104", "3002"), "newCode": None}
    with pytest.raises(IngestError, match=r"newCode is None"):
        klass.changes(Service(**{"131__changes": {"codeChanges": [item]}}), 2019, 2024)


def test_years_in_the_wrong_order_are_not_asked_for():
    service = Service()
    with pytest.raises(InputError, match=r"2024 to 2019 are in the wrong order"):
        klass.municipalities(service, 2024, 2019)
    assert not service.asked


def test_what_the_service_refuses_comes_through():
    def refuse(url: str, params: Mapping[str, str]) -> bytes:
        raise IngestError("429: too many calls")

    with pytest.raises(IngestError, match="429"):
        klass.municipalities(refuse, 2019, 2024)
