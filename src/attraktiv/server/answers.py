"""What was computed once is kept, and few things are computed at the same time."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd

from attraktiv.server.forms import MEDIA, Form, as_file, as_json

_FRAMES, _BODIES = 64 * 2**20, 64 * 2**20  # bytes that are kept
_WORKERS = 2  # questions that are computed at the same time: each may take hundreds of megabytes


@dataclass(frozen=True)
class Body:
    """An answer as it is sent.

    Attributes
    ----------
    content, media, etag
        Bytes; their type; a mark that is the same for the same bytes.
    """

    content: bytes
    media: str
    etag: str


def body(content: bytes, media: str) -> Body:
    """Return an answer with its mark; weak, for it may be compressed on its way."""
    return Body(content, media, f'W/"{hashlib.sha256(content).hexdigest()[:32]}"')


class Kept[V]:
    """The values used last, up to a number of bytes."""

    def __init__(self, most: int, size: Callable[[V], int]) -> None:
        self._most, self._size = most, size
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self.held = 0

    def get(self, key: Hashable) -> V | None:
        """Return a value if it is still there."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value, and let go of those used longest ago."""
        if key in self._values:
            self.held -= self._size(self._values.pop(key))
        if self._size(value) > self._most:
            return
        self._values[key] = value
        self.held += self._size(value)
        while self.held > self._most:
            _, oldest = self._values.popitem(last=False)
            self.held -= self._size(oldest)


class Answers:
    """Answers by question: computed once, beside the loop that talks to browsers."""

    def __init__(self) -> None:
        self._frames = Kept[pd.DataFrame](
            _FRAMES, lambda frame: int(frame.memory_usage(deep=True).sum())
        )
        self._bodies = Kept[Body](_BODIES, lambda one: len(one.content))
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="question")
        self._asked: dict[Hashable, asyncio.Future[pd.DataFrame]] = {}

    async def rows(
        self,
        question: Hashable,
        compute: Callable[[], pd.DataFrame],
        form: Form,
        offset: int,
        limit: int,
    ) -> Body:
        """Return rows of the answer to a question.

        Parameters
        ----------
        question
            What tells it from every other question.
        compute
            Answers it.
        form, offset, limit
            How it is written; which rows, of JSON.
        """
        key = (question, form, offset, limit)
        found = self._bodies.get(key)
        if found is None:
            frame = await self._frame(question, compute)
            write = as_json if form == "json" else as_file
            arguments = (frame, offset, limit) if form == "json" else (frame, form)
            loop = asyncio.get_running_loop()
            content = await loop.run_in_executor(self._workers, write, *arguments)
            found = body(content, MEDIA[form])
            self._bodies.put(key, found)
        return found

    async def _frame(self, question: Hashable, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        found = self._frames.get(question)
        if found is not None:
            return found
        if question in self._asked:  # somebody is waiting for the same already
            return await asyncio.shield(self._asked[question])
        task = asyncio.ensure_future(
            asyncio.get_running_loop().run_in_executor(self._workers, compute)
        )
        self._asked[question] = task
        task.add_done_callback(lambda done: self._settle(question, done))
        return await asyncio.shield(task)

    def _settle(self, question: Hashable, done: asyncio.Future[pd.DataFrame]) -> None:
        self._asked.pop(question, None)
        if not done.cancelled() and done.exception() is None:
            self._frames.put(question, done.result())
