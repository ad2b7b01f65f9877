"""Questions to statistical services: at their pace, patiently, and each answered once.

An answer is kept as a snapshot before it is used, so that what was fetched is never fetched
again, whatever happens to the process.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from attraktiv.errors import IngestError, RefusedError
from attraktiv.sources.pace import Pace
from attraktiv.sources.snapshots import Snapshot, keep, newest

ATTEMPTS = 7
FIRST_PAUSE_S = 1.0
"""Before the second attempt; twice as long before each later one."""

_PASSING = frozenset({408, 500, 502, 503, 504})
_TOO_MANY = 429
_TIMEOUT = httpx.Timeout(120.0, connect=20.0)
_AGAIN = "What was fetched so far is kept: run the same command again to go on from there."


def _silent(text: str) -> None:
    """Stand in for a progress line where nobody looks."""


class Client:
    """Asks services that answer in JSON; a context manager.

    Parameters
    ----------
    snapshots : Path
        Folder of snapshots.
    refresh : bool
        Ask anew where a snapshot is there; once in the life of a client.
    transport : httpx.BaseTransport, optional
        How to reach a service, for example through a proxy.
    tell : callable
        Is given a line for the person who waits.
    clock, sleep : callable
        Seconds that only grow; waits for so many seconds.
    """

    def __init__(
        self,
        snapshots: Path,
        refresh: bool = False,
        transport: httpx.BaseTransport | None = None,
        *,
        tell: Callable[[str], None] = _silent,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder, self._refresh = snapshots, refresh
        self._pace = Pace(clock, sleep, tell)
        self._tell = tell
        self._asked: set[tuple[str, str]] = set()
        self._http = httpx.Client(
            transport=transport,
            timeout=_TIMEOUT,
            follow_redirects=True,
            headers={"accept": "application/json", "user-agent": "attraktiv"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, url: str, params: Mapping[str, str] | None = None) -> Snapshot:
        """Ask with a GET.

        Parameters
        ----------
        url : str
            Without the query.
        params : mapping
            The query.

        Returns
        -------
        Snapshot
            The answer: JSON.

        Raises
        ------
        RefusedError
            If the service says that the question is wrong.
        IngestError
            If it cannot be reached, or goes on failing.
        """
        given = dict(params or {})
        return self._answer("GET", url, given, self._http.build_request("GET", url, params=given))

    def post(
        self, url: str, content: Mapping[str, Any], params: Mapping[str, str] | None = None
    ) -> Snapshot:
        """Ask with a POST of JSON; otherwise as :meth:`get`."""
        given = dict(params or {})
        request = self._http.build_request("POST", url, params=given, json=dict(content))
        return self._answer("POST", url, {**given, "json": content}, request)

    def _answer(
        self, method: str, url: str, asked: Mapping[str, Any], request: httpx.Request
    ) -> Snapshot:
        query = json.dumps({"method": method, **asked}, sort_keys=True, ensure_ascii=False)
        if not self._refresh or (url, query) in self._asked:
            found = newest(self._folder, url, query)
            if found is not None:
                return found
        content = self._fetch(request)
        self._asked.add((url, query))
        return keep(self._folder, url, query, content)

    def _fetch(self, request: httpx.Request) -> bytes:
        failure = ""
        for attempt in range(ATTEMPTS):
            if failure:
                pause = FIRST_PAUSE_S * 2 ** (attempt - 1)
                self._pace.pause(pause, f"{failure} (attempt {attempt + 1} of {ATTEMPTS})")
            self._pace.wait_for_turn()
            self._tell(f"asking {request.url.host} {request.url.path}")
            try:
                answer = self._http.send(request)
            except (httpx.TransportError, httpx.DecodingError, httpx.TooManyRedirects) as error:
                failure = f"the connection failed: {type(error).__name__} {error}".strip()
                continue
            self._pace.learn(answer.headers)
            if answer.status_code == _TOO_MANY:
                self._pace.pause_after_refusal(answer.headers)
                failure = "it answers 429, too many requests"
            elif answer.status_code in _PASSING:
                failure = f"it answers {answer.status_code}"
            elif not answer.is_success:
                raise _refusal(answer, request)
            elif not _is_json(answer.content):
                failure = f"its answer is not JSON but {answer.content[:40]!r}"
            else:
                return answer.content
        raise IngestError(
            f"{request.url.host} did not answer {request.url.path} in {ATTEMPTS} attempts: "
            f"{failure}. The service may be busy, closed for an update, or out of reach from "
            f"here. {_AGAIN}"
        )


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _refusal(answer: httpx.Response, request: httpx.Request) -> RefusedError:
    """Name what a service says is wrong; it says so in ``title``, of its own kind of problem."""
    try:
        problem = json.loads(answer.content)
    except (ValueError, RecursionError):
        problem = {}
    title = problem.get("title") if isinstance(problem, dict) else None
    title = title if isinstance(title, str) else ""
    said = f"{answer.status_code} {title}".strip()
    return RefusedError(
        f"{request.url.host} refuses {request.url.path}: it answers {said}.",
        status=answer.status_code,
        title=title,
    )
