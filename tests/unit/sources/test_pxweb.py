"""How a PxWeb service is asked, and what its answers must be."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standin import server
from tests.standin.server import PX, Standin
from tests.unit.sources.conftest import SERVICE

from attraktiv.errors import IngestError, RefusedError
from attraktiv.sources import Client, pxweb
from attraktiv.sources.pxweb import ask, most_cells, parts, read_table

REGIONS = {"Region": ["0103", "0141"], "ContentsCode": ["Folkemengde"], "Tid": ["2009", "2010"]}


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=4), limit=st.integers(1, 300))
def test_parts_cover_every_cell_once_and_keep_the_limit(sizes: list[int], limit: int) -> None:
    selection = {f"V{k}": [f"c{n}" for n in range(size)] for k, size in enumerate(sizes)}
    found = list(parts(selection, limit))
    assert all(math.prod(map(len, part.values())) <= limit for part in found)
    cells: set[tuple[str, ...]] = set()
    for part in found:
        grid: list[tuple[str, ...]] = [()]
        for values in part.values():
            grid = [(*cell, value) for cell in grid for value in values]
        assert cells.isdisjoint(grid)
        cells.update(grid)
    assert len(cells) == math.prod(sizes)


def test_a_table_is_what_its_metadata_say(client: Client) -> None:
    table = read_table(client, SERVICE, "06913", "no")
    assert [v.code for v in table.cube.variables] == ["Region", "ContentsCode", "Tid"]
    assert [v.eliminable for v in table.cube.variables] == [True, False, False]
    assert table.cube.roles["metric"] == ("ContentsCode",)
    assert table.cube.variables[0].codelists[0].id == "agg_Storfjord"


def test_a_codelist_gives_its_own_codes(client: Client) -> None:
    table = read_table(client, SERVICE, "06913", "no", {"Region": "agg_Storfjord"})
    assert list(table.cube.variables[0].categories) == ["K-0141"]
    frame, _ = ask(client, table, {**REGIONS, "Region": ["K-0141"]}, 1000)
    whole, _ = ask(
        client,
        read_table(client, SERVICE, "06913", "no"),
        {**REGIONS, "Region": ["0141", "0105", "0106"]},
        1000,
    )
    assert frame.groupby("Tid")["value"].sum().equals(whole.groupby("Tid")["value"].sum())


def test_the_case_of_a_codelist_counts(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"Non-existent codelist.*--refresh"):
        read_table(client, SERVICE, "06913", "no", {"Region": "AGG_storfjord"})


def test_signs_stay_apart_from_zero(client: Client) -> None:
    table = read_table(client, SERVICE, "06913", "no")
    frame, _ = ask(client, table, REGIONS, 1000)
    value, status = (
        frame.set_index(["Region", "Tid"])[column].to_dict() for column in ("value", "status")
    )
    assert value["0141", "2009"] > 0
    assert status["0141", "2009"] == ""
    # the service says of a code that is gone that it is not applicable, or writes a zero
    assert status["0141", "2010"] == "." or value["0141", "2010"] == 0
    assert (status["0141", "2010"] == ".") == math.isnan(value["0141", "2010"])


def test_long_questions_are_posted_and_get_the_same(
    client: Client, standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LONGEST_PATH", 420)  # both limits are a fifth: so is the country
    monkeypatch.setattr(pxweb, "LONGEST_URL", 400)
    table = read_table(client, SERVICE, "07459", "no")
    ages = list(next(v for v in table.cube.variables if v.code == "Alder").categories)
    question = {"Region": ["0101"], "ContentsCode": ["Personer1"], "Tid": ["2010"], "Alder": ages}
    short, _ = ask(client, table, {**question, "Alder": ages[:5]}, 10_000)
    many = {**question, "Region": list(table.cube.variables[0].categories)}
    long, _ = ask(client, table, many, 10_000)
    assert [method for method, _ in standin.requests] == ["GET", "GET", "POST"]
    assert all(len(path) <= 420 for _, path in standin.requests)
    mine = long[(long["Region"] == "0101") & long["Alder"].isin(ages[:5])]
    assert list(mine["value"]) == list(short["value"])


def test_a_url_that_is_too_long_is_said_to_be_nowhere(client: Client) -> None:
    """The trap that posting avoids: nothing in the answer speaks of the length."""
    with pytest.raises(RefusedError, match="answers 404"):
        client.get(f"{SERVICE}/tables/06913/data", {"valueCodes[Tid]": "2010" * 600})


def test_the_same_code_twice_is_asked_once(client: Client) -> None:
    table = read_table(client, SERVICE, "06913", "no")
    frame, _ = ask(client, table, {**REGIONS, "Tid": ["2010", "2010"]}, 1000)
    assert len(frame) == 2


def test_a_limit_that_is_lower_than_was_said_is_found(client: Client, standin: Standin) -> None:
    limit = most_cells(client, SERVICE)
    standin.max_cells = 3
    table = read_table(client, SERVICE, "06913", "no")
    frame, snapshots = ask(client, table, REGIONS, limit)
    assert len(frame) == 4
    assert len(snapshots) == 2


@pytest.mark.parametrize(
    ("selection", "title"),
    [
        ({"Region": ["9999"], "ContentsCode": ["Folkemengde"], "Tid": ["2010"]}, "value"),
        ({"Land": ["1"], "ContentsCode": ["Folkemengde"], "Tid": ["2010"]}, "variable"),
        ({"Region": ["0101"], "ContentsCode": ["Folkemengde"]}, "mandantory"),
        ({"Region": ["0101)"], "ContentsCode": ["Folkemengde"], "Tid": ["2010"]}, "Illegal"),
    ],
)
def test_a_refusal_says_what_it_means(selection: dict, title: str, client: Client) -> None:
    table = read_table(client, SERVICE, "06913", "no")
    with pytest.raises(
        RefusedError, match=rf"Table 06913: the service answers 400 .*{title}.*: \w+"
    ):
        ask(client, table, selection, 1000)


def test_a_table_that_is_gone_is_named_with_where_to_look(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"Table 12345: .* no such table.*tables\?query="):
        read_table(client, SERVICE, "12345", "no")


def test_parts_of_two_editions_are_not_put_together(client: Client, standin: Standin) -> None:
    table = read_table(client, SERVICE, "06913", "no")
    ask(client, table, {**REGIONS, "Region": ["0103"]}, 2)  # kept, as by a run that was stopped
    standin.updated = "2026-03-01T07:00:00Z"
    with pytest.raises(IngestError, match=r"a part of it is of 2026-02-25.*another of 2026-03-01"):
        ask(client, table, REGIONS, 2)


def test_metadata_of_a_table_of_any_size_can_be_read(client: Client, standin: Standin) -> None:
    raw = json.loads(client.get(f"{SERVICE}/tables/06913/metadata").content)
    codes = [str(n) for n in range(40_000)]
    for variable in ("Region", "Tid"):
        raw["dimension"][variable]["category"] = {"index": codes}
    raw["size"] = [40_000, len(raw["dimension"]["ContentsCode"]["category"]["index"]), 40_000]
    standin.changed[f"{PX}/tables/06913/metadata"] = json.dumps(raw).encode()
    table = read_table(client, SERVICE, "06913", "no")
    assert len(table.cube.variables[0].categories) == 40_000


def test_an_answer_to_another_question_is_not_used(client: Client, standin: Standin) -> None:
    table = read_table(client, SERVICE, "06913", "no")
    other, snapshots = ask(client, table, {**REGIONS, "Region": ["0103"]}, 1000)
    assert len(other) == 2
    standin.changed[f"{PX}/tables/06913/data"] = snapshots[0].content
    with pytest.raises(IngestError, match=r"in Region, 0141 is missing and nothing was not"):
        ask(client, table, REGIONS, 1000)


def test_a_service_that_does_not_say_its_limit_is_none(client: Client, standin: Standin) -> None:
    standin.changed[f"{PX}/config"] = json.dumps({"maxDataCells": "many"}).encode()
    with pytest.raises(IngestError, match=r"maxDataCells is 'many'"):
        most_cells(client, SERVICE)
