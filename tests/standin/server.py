"""A PxWeb service and a classification service on the loopback, as they are documented to behave.

Nothing of the client is used here: what both misunderstand alike no test would find.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx
import numpy as np
from tests.standin.country import CHANGES, Published
from tests.standin.tables import UPDATED, StandinTable, StandinVariable, tables

PX = "/api/pxwebapi/v2"
KLASS = "/api/klass/v1"
LONGEST_PATH = 2100
CLASSES = (925, 870, 775, 670, 565)
"""The least index of centrality of each class but the last."""
OPTION = re.compile(r"(\w+)\[(\w+)\]")
CALL = re.compile(r"\[?(top|bottom|from|to|range)\(([^)]*)\)\]?", re.IGNORECASE)


class Problem(Exception):
    """An answer that is no data."""

    def __init__(self, status: int, title: str | None) -> None:
        super().__init__(title)
        self.status, self.title = status, title


class Standin:
    """A running stand-in; a context manager.

    ``faults`` is a queue: each request takes one and fails in that way, until it is empty.
    ``requests`` remembers method and path of each.
    """

    def __init__(self, published: Published, *, max_cells: int = 3000, calls: int = 1000) -> None:
        self.published = published
        self.tables = tables(published)
        self.max_cells, self.calls, self.window = max_cells, calls, 60
        self.faults: deque[str] = deque()
        self.requests: list[tuple[str, str]] = []
        self.updated = UPDATED
        self.changed: dict[str, bytes] = {}  # an answer in place of that of a path or url
        self._times: deque[float] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def transport(self) -> httpx.BaseTransport:
        """Reach the stand-in under the address of the service it stands for."""
        return Detour(self.port)

    def remaining(self) -> int:
        """Count a call; below zero it is one too many."""
        now = time.monotonic()
        while self._times and now - self._times[0] > self.window:
            self._times.popleft()
        if len(self._times) >= self.calls:
            return -1
        self._times.append(now)
        return self.calls - len(self._times)

    def answer(self, method: str, target: str, body: bytes) -> Any:
        """Answer a request, or raise a Problem."""
        if method == "GET" and len(target) > LONGEST_PATH:
            raise Problem(404, None)
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if path.startswith(KLASS):
            return self._klass(path.removeprefix(KLASS), query)
        if not path.startswith(PX):
            raise Problem(404, None)
        parts = path.removeprefix(PX).lower().strip("/").split("/")
        match parts:
            case ["config"]:
                return {
                    "apiVersion": "2.3.2",
                    "maxDataCells": self.max_cells,
                    "maxCallsPerTimeWindow": 0,
                    "timeWindow": 0,
                }
            case ["tables"]:
                found = [{"id": t.id, "label": t.label} for t in self.tables.values()]
                return {"language": "no", "tables": found, "page": {"totalElements": len(found)}}
            case ["tables", id_, *rest] if rest in ([], ["metadata"], ["data"]):
                if id_ not in self.tables:
                    raise Problem(404, "Non-existent table")
                if rest == ["data"]:
                    return self._data(self.tables[id_], method, query, body)
                lists = {k[9:-1]: v for k, v in query.items() if k.startswith("codelist[")}
                return self._metadata(self.tables[id_], lists)
            case ["codelists", _]:
                return self._codelist(path.rsplit("/", 1)[1])
        raise Problem(404, None)

    def _codelist(self, id_: str) -> Any:
        for table in self.tables.values():
            for variable in table.variables:
                if id_ in variable.codelists:  # their case counts
                    values = [
                        {"code": code, "label": code, "valueMap": parts}
                        for code, parts in variable.codelists[id_].items()
                    ]
                    return {"id": id_, "type": "Aggregation", "values": values}
        raise Problem(404, "Non-existent codelist")

    def _metadata(self, table: StandinTable, lists: dict[str, str]) -> Any:
        variables = [_with_list(v, lists.get(v.code)) for v in table.variables]
        return {**self._head(table, variables, metadata=True), "value": []}

    def _head(
        self, table: StandinTable, variables: list[StandinVariable], *, metadata: bool
    ) -> Any:
        dimension = {}
        for v in variables:
            extension: dict[str, Any] = {"elimination": v.eliminable if metadata else False}
            if metadata:
                extension["codelists"] = [
                    {"id": name, "label": name, "type": "Aggregation"} for name in v.codelists
                ]
            index = {code: k for k, code in enumerate(v.categories)}
            category = {"index": index, "label": v.categories}
            dimension[v.code] = {"label": v.label, "category": category, "extension": extension}
        there = {v.code for v in variables}
        return {
            "version": "2.0",
            "class": "dataset",
            "label": table.label,
            "source": "Statistisk sentralbyrå",
            "updated": self.updated,
            "id": [v.code for v in variables],
            "size": [len(v.categories) for v in variables],
            "dimension": dimension,
            "role": {role: [code] for role, code in table.roles.items() if code in there},
        }

    def _data(self, table: StandinTable, method: str, query: dict[str, str], body: bytes) -> Any:
        asked, lists = _asked(table, method, query, body)
        chosen = []
        for k, v in enumerate(table.variables):
            if v.code not in asked:
                if not v.eliminable:
                    raise Problem(400, "Missing selection for mandantory variable")
                continue
            divided = _with_list(v, lists.get(v.code))
            chosen.append((k, v, divided, _expanded(divided, asked[v.code])))
        if int(np.prod([len(codes) for *_, codes in chosen])) > self.max_cells:
            raise Problem(400, "Too many cells selected")
        values, signs = _taken(table, chosen)
        variables = [
            StandinVariable(v.code, v.label, {c: d.categories[c] for c in codes})
            for _, v, d, codes in chosen
        ]
        numbers = [None if np.isnan(value) else int(value) for value in values.ravel()]
        status = {str(n): sign for n, sign in enumerate(signs.ravel()) if sign}
        head = self._head(table, variables, metadata=False)
        return {**head, "value": numbers, **({"status": status} if status else {})}

    def _klass(self, path: str, query: dict[str, str]) -> Any:
        names, spans = self.published.names, self.published.spans
        first, last = min(self.published.years), max(self.published.years)
        match path.strip("/").split("/"):
            case ["classifications", number] if number in ("104", "108"):
                word = {"104": "Fylkesinndeling", "108": "Økonomiske regioner"}[number]
                return {"name": f"Standard for {word.lower()}"}
            case ["classifications", "131", "codes"]:
                found = []
                for code, name in names.items():
                    a, b = spans.get(code, (first, last))
                    end = f"{b + 1}-01-01" if b < last else None
                    start = "1990-01-01" if a == first else f"{a}-01-01"
                    found.append({"code": code, "name": name, "validFrom": start, "validTo": end})
                return {"codes": found}
            case ["classifications", "131", "changes"]:
                return {
                    "codeChanges": [
                        {
                            "oldCode": old,
                            "oldName": names[old],
                            "newCode": new,
                            "newName": names[new],
                            "changeOccurred": day,
                        }
                        for old, new, day in CHANGES
                        if query["from"] <= day < query["to"]
                    ]
                }
            case ["classifications", "131", "corresponds.json"]:
                target = self._target(query["targetClassificationId"])
                return {
                    "correspondenceItems": [
                        {
                            "sourceCode": code,
                            "sourceName": name,
                            "targetCode": target(code),
                            "targetName": "Østre",
                            "validFrom": "1990-01-01",
                            "validTo": None,
                        }
                        for code, name in names.items()
                        if code not in spans or spans[code][1] == last
                    ]
                }
        raise Problem(404, None)

    def _target(self, classification: str) -> Callable[[str], str]:
        """Say to which code of a classification a municipality belongs."""
        if classification != "128":
            return lambda code: {"104": "01", "108": "01001"}[classification]
        places = self.published.country.tables.places
        index = dict(zip(places["place"], places["centrality"], strict=True))
        return lambda code: f"{1 + sum(index[code] < limit for limit in CLASSES):02}"


class Detour(httpx.BaseTransport):
    """Sends what goes to any host to a port of the loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._real = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return self._real.handle_request(request)

    def close(self) -> None:
        self._real.close()


def _with_list(variable: StandinVariable, codelist: str | None) -> StandinVariable:
    if codelist is None:
        return variable
    if codelist not in variable.codelists:
        raise Problem(400, "Non-existent codelist")
    codes = {code: f"Gruppe {code}" for code in variable.codelists[codelist]}
    return StandinVariable(
        variable.code, variable.label, codes, variable.eliminable, None, variable.codelists
    )


def _asked(
    table: StandinTable, method: str, query: dict[str, str], body: bytes
) -> tuple[dict[str, list[str]], dict[str, str]]:
    known = {v.code.lower(): v.code for v in table.variables}
    asked: dict[str, list[str]] = {}
    lists: dict[str, str] = {}
    if method == "POST":
        items = [
            (i["variableCode"], i["valueCodes"], i.get("codelist"))
            for i in json.loads(body)["selection"]
        ]
    else:
        values = {
            m[2]: v
            for k, v in query.items()
            if (m := OPTION.fullmatch(k)) and m[1].lower() == "valuecodes"
        }
        given = {
            m[2]: v
            for k, v in query.items()
            if (m := OPTION.fullmatch(k)) and m[1].lower() == "codelist"
        }
        # a comma divides values, but not inside brackets
        items = [(k, re.findall(r"\[[^\]]*\]|[^,]+", v), given.get(k)) for k, v in values.items()]
    if not items:
        raise Problem(400, "Non-existent value")
    for code, values_, codelist in items:
        if code.lower() not in known:
            raise Problem(400, "Non-existent variable")
        if len({v.lower() for v in values_}) < len(values_):
            raise Problem(500, None)
        asked[known[code.lower()]] = values_
        if codelist:
            lists[known[code.lower()]] = codelist
    return asked, lists


def _expanded(variable: StandinVariable, wanted: list[str]) -> list[str]:
    """Give the codes that codes and expressions name, in the order of the variable."""
    codes = list(variable.categories)
    lower = {code.lower(): code for code in codes}
    found: set[str] = set()
    for value in wanted:
        call = CALL.fullmatch(value)
        if call:
            name, given = call[1].lower(), [item.strip() for item in call[2].split(",")]
            try:
                if name in ("top", "bottom"):
                    n, off = int(given[0]), int(given[1]) if len(given) > 1 else 0
                    line = codes[::-1] if name == "top" else codes
                    found |= set(line[off : off + n])
                else:
                    at = [codes.index(item) for item in given]
                    low = at[0] if name in ("from", "range") else 0
                    high = at[-1] if name in ("to", "range") else len(codes) - 1
                    found |= set(codes[low : high + 1])
            except (ValueError, IndexError):
                raise Problem(400, "Illegal selection expression") from None
        elif re.match(r"\w+\(", value) or value.endswith(")"):
            raise Problem(400, "Illegal selection expression")
        elif "*" in value or "?" in value:
            form = re.escape(value).replace(r"\*", ".*").replace(r"\?", ".")
            found |= {code for code in codes if re.fullmatch(form, code, re.IGNORECASE)}
        elif value.lower() in lower:
            found.add(lower[value.lower()])
        else:
            raise Problem(400, "Non-existent value")
    return [code for code in codes if code in found]


def _taken(table: StandinTable, chosen: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Take the cells, and sum what is left out or grouped."""
    values = table.values
    signs = np.full(values.shape, "", dtype=object)
    for cell, sign in table.signs.items():
        signs[cell] = sign
    by_axis = {k: (v, d, codes) for k, v, d, codes in chosen}
    for axis in reversed(range(values.ndim)):
        variable = table.variables[axis]
        own = list(variable.categories)
        if axis in by_axis:
            _, divided, codes = by_axis[axis]
            if divided is not variable:
                lists = next(x for x in variable.codelists.values() if set(codes) <= set(x))
                groups = [[own.index(c) for c in lists[code] if c in own] for code in codes]
                values = np.stack([np.nansum(values.take(g, axis), axis) for g in groups], axis)
                signs = np.full(values.shape, "", dtype=object)
            else:
                at = [own.index(code) for code in codes]
                values, signs = values.take(at, axis), signs.take(at, axis)
        elif variable.total is not None:
            at_total = own.index(variable.total)
            values, signs = values.take(at_total, axis), signs.take(at_total, axis)
        else:
            values = np.nansum(values, axis)
            signs = np.full(values.shape, "", dtype=object)
    return values, signs


def _handler(standin: Standin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Be silent."""

        def do_GET(self) -> None:
            self._respond("GET", b"")

        def do_POST(self) -> None:
            self._respond("POST", self.rfile.read(int(self.headers.get("content-length", 0))))

        def _respond(self, method: str, body: bytes) -> None:
            standin.requests.append((method, self.path))
            fault = standin.faults.popleft() if standin.faults else ""
            remaining = standin.remaining()
            if fault == "429" or remaining < 0:
                return self._send(429, b"", retry_after="1")
            if fault.isdecimal():
                return self._send(int(fault), b"")
            if fault == "html":
                return self._send(200, b"<html>closed for an update</html>", remaining=remaining)
            if fault == "slow":
                time.sleep(0.2)
            if fault == "cut":
                self.close_connection = True
                self.connection.close()
                return None
            try:
                changed = standin.changed.get(
                    self.path, standin.changed.get(urlsplit(self.path).path)
                )
                if changed is not None:
                    content = changed
                else:
                    content = json.dumps(standin.answer(method, self.path, body)).encode()
            except Problem as problem:
                told = {"type": "Parameter error", "title": problem.title, "status": problem.status}
                empty = problem.title is None
                return self._send(
                    problem.status, b"" if empty else json.dumps(told).encode(), problem=True
                )
            if fault == "broken":  # fewer bytes than announced
                self.send_response(200)
                self.send_header("content-length", str(len(content) + 100))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
                return None
            return self._send(200, content, remaining=remaining)

        def _send(
            self,
            status: int,
            content: bytes,
            *,
            remaining: int = 0,
            retry_after: str = "",
            problem: bool = False,
        ) -> None:
            self.send_response(status)
            self.send_header(
                "content-type", "application/problem+json" if problem else "application/json"
            )
            self.send_header("content-length", str(len(content)))
            self.send_header("x-ratelimit-limit", str(standin.calls))
            self.send_header("x-ratelimit-policy", f"{standin.calls};w={standin.window}s")
            self.send_header(
                "x-ratelimit-remaining", str(max(0, remaining) if status == 200 else 1)
            )
            if retry_after:
                self.send_header("retry-after", retry_after)
            self.end_headers()
            self.wfile.write(content)

    return Handler
