"""The client: patience, pace and snapshots."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import httpx
import pytest
from tests.standin.country import Published
from tests.standin.server import Standin
from tests.unit.sources.conftest import SERVICE

from attraktiv.errors import IngestError, RefusedError
from attraktiv.sources import Client
from attraktiv.sources.client import ATTEMPTS
from attraktiv.sources.pace import Pace

CONFIG = f"{SERVICE}/config"


@pytest.mark.parametrize("fault", ["500", "502", "503", "504", "cut", "broken", "html"])
def test_what_passes_is_tried_again(
    fault: str, standin: Standin, client: Client, pauses: list[float]
) -> None:
    standin.faults.extend([fault, fault])
    assert json.loads(client.get(CONFIG).content)["maxDataCells"] == standin.max_cells
    assert len(standin.requests) == 3
    assert pauses == [1.0, 2.0]


def test_a_slow_answer_is_an_answer(standin: Standin, client: Client, pauses: list[float]) -> None:
    standin.faults.append("slow")
    client.get(CONFIG)
    assert pauses == []


def test_too_many_requests_are_waited_for_as_the_service_says(
    standin: Standin, client: Client, pauses: list[float]
) -> None:
    standin.faults.append("429")
    client.get(CONFIG)
    assert 1.0 in pauses  # retry-after of the stand-in
    assert len(standin.requests) == 2


def test_patience_ends_with_what_happened_and_what_to_do(
    standin: Standin, client: Client, pauses: list[float]
) -> None:
    standin.faults.extend(["503"] * ATTEMPTS)
    with pytest.raises(IngestError, match=r"it answers 503.*run the same command again"):
        client.get(CONFIG)
    assert len(standin.requests) == ATTEMPTS
    assert sum(pauses) == 2 ** (ATTEMPTS - 1) - 1


def test_nobody_at_the_other_end(tmp_path: Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    transport = httpx.MockTransport(refuse)
    with (
        Client(tmp_path, transport=transport, sleep=lambda _: None) as client,
        pytest.raises(IngestError, match=r"the connection failed: ConnectError no route"),
    ):
        client.get(CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_not_tried_again(standin: Standin, client: Client) -> None:
    with pytest.raises(RefusedError) as caught:
        client.get(f"{SERVICE}/tables/99999/metadata")
    assert (caught.value.status, caught.value.title) == (404, "Non-existent table")
    assert len(standin.requests) == 1


def test_navigation_does_not_exist(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"answers 404"):
        client.get(f"{SERVICE}/navigation")


def test_a_snapshot_has_query_time_and_hash_and_answers_the_next_time(
    standin: Standin, client: Client, tmp_path: Path
) -> None:
    first = client.get(f"{SERVICE}/tables", {"query": "folkemengde Ås"})
    again = client.get(f"{SERVICE}/tables", {"query": "folkemengde Ås"})
    assert again == first
    assert len(standin.requests) == 1
    assert first.sha256 == hashlib.sha256(first.content).hexdigest()
    assert json.loads(first.query) == {"method": "GET", "query": "folkemengde Ås"}
    (record,) = (tmp_path / "kept").rglob("*.json")
    assert json.loads(record.read_text(encoding="utf-8"))["time"] == first.time


def test_refresh_adds_a_snapshot_and_changes_none(
    standin: Standin, client: Client, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    client.get(CONFIG)
    before = {path: path.read_bytes() for path in kept.rglob("*.*")}
    standin.max_cells = 77
    with Client(kept, refresh=True, transport=standin.transport()) as anew:
        fresh = anew.get(CONFIG)
        assert anew.get(CONFIG) == fresh  # once in the life of a client
    assert json.loads(fresh.content)["maxDataCells"] == 77
    assert {path: path.read_bytes() for path in before} == before
    assert len(list(kept.rglob("*.json"))) == 2
    assert client.get(CONFIG) == fresh  # the latest counts


@pytest.mark.parametrize("change", ["content", "record", "gone", "other"])
def test_a_damaged_snapshot_is_named(change: str, client: Client, tmp_path: Path) -> None:
    client.get(CONFIG)
    (record,) = (tmp_path / "kept").rglob("*.json")
    body = record.with_suffix(".body")
    if change == "content":
        body.write_bytes(body.read_bytes() + b" ")
    elif change == "record":
        record.write_text("[]")
    elif change == "other":
        record.write_text(record.read_text().replace("/config", "/tables"))
    else:
        body.unlink()
    with pytest.raises(IngestError, match=r"is damaged or was changed.*--refresh"):
        client.get(CONFIG)


def test_what_a_killed_writer_left_is_no_snapshot(
    standin: Standin, client: Client, tmp_path: Path
) -> None:
    client.get(CONFIG)
    (record,) = (tmp_path / "kept").rglob("*.json")
    record.unlink()  # it is written last
    client.get(CONFIG)
    assert len(standin.requests) == 2


def test_a_folder_that_cannot_be_written_is_named(standin: Standin, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    with (
        Client(place, transport=standin.transport()) as client,
        pytest.raises(IngestError, match=r"cannot be kept in .*--snapshots"),
    ):
        client.get(CONFIG)


def test_the_pace_is_that_of_the_headers(published: Published, tmp_path: Path) -> None:
    """The real server counts in the real clock; the client's clock stands still between pauses."""
    now = [0.0]
    told: list[str] = []
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    with (
        Standin(published, calls=5) as running,
        Client(
            tmp_path,
            transport=running.transport(),
            clock=lambda: now[0],
            sleep=sleep,
            tell=told.append,
        ) as client,
    ):
        for number in range(5):
            client.get(f"{SERVICE}/tables", {"query": str(number)})
        assert pauses == []
        running.calls = 1000  # a window has passed there too
        client.get(f"{SERVICE}/tables", {"query": "more"})
    assert pauses == [60.0]
    assert "waiting 60 s: the service's rate limit" in told


def test_never_more_calls_in_a_window_than_the_policy_allows() -> None:
    now = [0.0]
    calls: list[float] = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(lambda: now[0], sleep, lambda _: None)
    for number in range(200):
        pace.wait_for_turn()
        calls.append(now[0])
        now[0] += 0.1 * (number % 7)
        pace.learn({"x-ratelimit-policy": "40;w=60s", "x-ratelimit-remaining": "9"})
    for start in calls:
        assert sum(start <= call < start + 60 for call in calls) <= 40


def test_nothing_remaining_is_waited_for_though_we_asked_little() -> None:
    waited: list[float] = []
    pace = Pace(lambda: 10.0, waited.append, lambda _: None)
    pace.wait_for_turn()
    pace.learn({"x-ratelimit-policy": "40;w=60s", "x-ratelimit-remaining": "0"})
    pace.wait_for_turn()
    assert waited == [60.0]
