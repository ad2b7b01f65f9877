"""What was computed once is kept, within bounds."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attraktiv.errors import RunError
from attraktiv.server.answers import Answers, Kept


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=40))
def test_what_is_kept_stays_within_its_bound(puts: list[tuple[int, int]]) -> None:
    kept = Kept[bytes](20, len)
    for key, size in puts:
        kept.put(key, b"x" * size)
        assert kept.get(key) == b"x" * size
        assert kept.held <= 20
        assert kept.held == sum(len(kept.get(k) or b"") for k in range(6))


def test_what_is_larger_than_the_bound_is_not_kept() -> None:
    kept = Kept[bytes](5, len)
    kept.put("a", b"xx")
    kept.put("a", b"x" * 9)
    assert kept.get("a") is None
    assert kept.held == 0


def test_what_was_used_last_stays() -> None:
    kept = Kept[bytes](2, len)
    kept.put("a", b"x")
    kept.put("b", b"x")
    kept.get("a")
    kept.put("c", b"x")
    assert (kept.get("a"), kept.get("b")) == (b"x", None)


def test_a_question_asked_by_many_is_answered_once_and_few_at_a_time() -> None:
    lock = threading.Lock()
    running, most, calls = 0, 0, 0

    def compute() -> pd.DataFrame:
        nonlocal running, most, calls
        with lock:
            running, calls = running + 1, calls + 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return pd.DataFrame({"mean": [1.0]})

    async def ask() -> list[bytes]:
        answers = Answers()
        asked = [answers.rows(i % 4, compute, "json", 0, 10) for i in range(40)]
        return [found.content for found in await asyncio.gather(*asked)]

    assert len(set(asyncio.run(ask()))) == 1
    assert calls == 4
    assert most <= 2


def test_what_fails_is_asked_again() -> None:
    outcomes: Iterator[RunError | pd.DataFrame] = iter(
        [RunError("not now"), pd.DataFrame({"mean": [1.0]})]
    )

    def compute() -> pd.DataFrame:
        outcome = next(outcomes)
        if isinstance(outcome, RunError):
            raise outcome
        return outcome

    async def ask() -> bytes:
        answers = Answers()
        with pytest.raises(RunError, match="not now"):
            await answers.rows("q", compute, "json", 0, 10)
        return (await answers.rows("q", compute, "json", 0, 10)).content

    assert b'"mean":1.0' in asyncio.run(ask())
