"""How a service with PxWebApi v2 is asked.

The metadata of a table come first; every code of a question is one that they list. A question
that would have more cells than the service gives in one answer is asked in parts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pandas as pd

from attraktiv.errors import IngestError, RefusedError
from attraktiv.panels.faults import listed
from attraktiv.sources.client import Client
from attraktiv.sources.jsonstat import STATUS, VALUE, Cube, read_cube
from attraktiv.sources.snapshots import Snapshot

LONGEST_URL: Final = 2000
"""A little longer, and the answer is 404 instead of data."""

_TOO_MANY: Final = "too many cells selected"
_AGAIN = "The table changed while it was asked for: run again with --refresh (refresh=True)."
_MEANING: Final = {
    "non-existent table": (
        "there is no such table. It may have been closed or replaced: look for its successor at "
        "{service}/tables?query=WORDS, and correct the id in the recipe."
    ),
    "non-existent page": "there is no such page of tables.",
    "non-existent variable": f"a variable of its metadata is not there any more. {_AGAIN}",
    "non-existent value": f"a code of its metadata is not there any more. {_AGAIN}",
    "non-existent codelist": f"a codelist of its metadata is not there any more. {_AGAIN}",
    "missing selection for mandantory variable": (
        "it wants a variable that its metadata call optional. Name it in the recipe, under "
        "`total` or `add_up`."
    ),
    "illegal selection expression": "it reads a code as an expression. Take that code out.",
    _TOO_MANY: "one cell is too many.",
}

Selection = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Table:
    """A table as its metadata describe it.

    Attributes
    ----------
    service, id, language : str
        Where it is, and the language of its labels.
    cube : Cube
        Its variables; no values.
    codelists : dict
        Variable → codelist that divides it here.
    snapshot : Snapshot
        What said so.
    """

    service: str
    id: str
    language: str
    cube: Cube
    codelists: dict[str, str]
    snapshot: Snapshot

    @property
    def url(self) -> str:
        """Address of the table."""
        return f"{self.service}/tables/{self.id}"


def most_cells(client: Client, service: str) -> int:
    """Ask how many cells an answer may have, those that are empty included.

    Raises
    ------
    IngestError
        If the service does not say.
    """
    url = f"{service}/config"
    found = json.loads(client.get(url).content)
    cells = found.get("maxDataCells") if isinstance(found, dict) else None
    if type(cells) is not int or cells < 1:
        raise IngestError(
            f"{url} does not say how many cells an answer may have (maxDataCells is {cells!r}). "
            "Is the address in the recipe that of a service with PxWebApi version 2?"
        )
    return cells


def read_table(
    client: Client,
    service: str,
    table: str,
    language: str,
    codelists: Mapping[str, str] | None = None,
) -> Table:
    """Read the metadata of a table.

    Parameters
    ----------
    client : Client
    service, table, language : str
        Address of the service, id of the table, language of the labels.
    codelists : mapping, optional
        Variable → id of the codelist whose codes it shall have.

    Returns
    -------
    Table

    Raises
    ------
    IngestError
        If the service refuses, or answers something else.
    """
    given = dict(codelists or {})
    params = {"lang": language, **{f"codelist[{code}]": lst for code, lst in given.items()}}
    try:
        snapshot = client.get(f"{service}/tables/{table}/metadata", params)
    except RefusedError as error:
        raise _explained(error, service, table) from None
    cube = read_cube(snapshot.content, f"The metadata of table {table}", values=False)
    return Table(service, table, language, cube, given, snapshot)


def ask(
    client: Client, table: Table, selection: Selection, limit: int, *, sparse: bool = False
) -> tuple[pd.DataFrame, list[Snapshot]]:
    """Ask for cells of a table, in as many questions as it takes.

    Parameters
    ----------
    client : Client
    table : Table
    selection : mapping
        Variable → codes. A variable that is left out is summed by the service.
    limit : int
        How many cells an answer may have.
    sparse : bool
        Leave out cells that are zero or without a number: of pairs most are.

    Returns
    -------
    frame : pandas.DataFrame
        As :meth:`~attraktiv.sources.jsonstat.Cube.frame`.
    snapshots : list of Snapshot
        The answers.

    Raises
    ------
    IngestError
        If the service refuses, or an answer is not what was asked for.
    """
    # The same code twice makes the service fail without a word.
    wanted = {code: tuple(dict.fromkeys(values)) for code, values in selection.items()}
    frames, snapshots, stamps = [], [], []
    for snapshot, part in _answers(client, table, wanted, limit):
        cube = read_cube(snapshot.content, f"The answer for table {table.id}")
        _is_what_was_asked(cube, table, part)
        stamps.append(cube.updated)
        if cube.updated != stamps[0]:
            raise IngestError(
                f"Table {table.id} was updated while it was asked for: a part of it is of "
                f"{stamps[0] or 'no known time'}, another of {cube.updated or 'no known time'}. "
                "They do not belong together: fetch all of it anew: --refresh (refresh=True)."
            )
        frame = cube.frame()
        if sparse:
            frame = frame[(frame[VALUE] != 0) & frame[VALUE].notna() | (frame[STATUS] != "")]
        frames.append(frame.astype(dict.fromkeys(part, object)))
        snapshots.append(snapshot)
    return pd.concat(frames, ignore_index=True), snapshots


def parts(selection: Selection, limit: int) -> Iterator[dict[str, tuple[str, ...]]]:
    """Divide a question into such as have at most so many cells.

    Mathematical details: the variable with the most codes is cut into pieces of
    ``limit // rest`` codes, where ``rest`` is the number of cells for one code of it; where even
    one code has too many cells, each of its codes is divided further.
    """
    wanted = {code: tuple(values) for code, values in selection.items()}
    cells = math.prod(map(len, wanted.values()))
    longest = max(wanted, key=lambda code: len(wanted[code]), default=None)
    if longest is None or cells <= limit or len(wanted[longest]) == 1:
        yield wanted
        return
    codes = wanted[longest]
    size = max(1, limit // (cells // len(codes)))
    for start in range(0, len(codes), size):
        yield from parts({**wanted, longest: codes[start : start + size]}, limit)


def _answers(
    client: Client, table: Table, wanted: Selection, limit: int
) -> Iterator[tuple[Snapshot, Selection]]:
    for part in parts(wanted, limit):
        cells = math.prod(map(len, part.values()))
        try:
            yield _answer(client, table, part), part
        except RefusedError as error:
            if error.title.casefold() != _TOO_MANY or cells == 1:
                raise _explained(error, table.service, table.id) from None
            # the limit is lower than the service said: halve until it is not
            yield from _answers(client, table, part, max(1, cells // 2))


def _answer(client: Client, table: Table, part: Selection) -> Snapshot:
    url = f"{table.url}/data"
    params = {"lang": table.language, "outputFormat": "json-stat2"}
    asked = {
        **params,
        **{f"valueCodes[{code}]": ",".join(values) for code, values in part.items()},
        **{f"codelist[{code}]": table.codelists[code] for code in part if code in table.codelists},
    }
    length = len(str(httpx.URL(url, params=asked)))
    if length <= LONGEST_URL and not any("," in value for vs in part.values() for value in vs):
        return client.get(url, asked)
    selection: list[dict[str, Any]] = []
    for code, values in part.items():
        one: dict[str, Any] = {"variableCode": code, "valueCodes": list(values)}
        if code in table.codelists:
            one["codelist"] = table.codelists[code]
        selection.append(one)
    return client.post(url, {"selection": selection}, params)


def _is_what_was_asked(cube: Cube, table: Table, part: Selection) -> None:
    """See that an answer has the variables and codes that were asked for, and no others."""
    found = {variable.code: set(variable.categories) for variable in cube.variables}
    for code in found.keys() | part.keys():
        missing = set(part.get(code, ())) - found.get(code, set())
        foreign = found.get(code, set()) - set(part.get(code, ()))
        if missing or foreign or code not in found:
            raise IngestError(
                f"The answer for table {table.id} is not what was asked for: in {code}, "
                f"{listed(sorted(missing)) or 'nothing'} is missing and "
                f"{listed(sorted(foreign)) or 'nothing'} was not asked for. {_AGAIN}"
            )


def _explained(error: RefusedError, service: str, table: str) -> RefusedError:
    """Say what a refusal means for a table."""
    meaning = _MEANING.get(error.title.casefold())
    if meaning is None and error.status == 403:
        meaning = "the table is not open to everybody, or not through this service."
    if meaning is None:
        meaning = (
            f"this is not documented. See whether {service}/tables/{table}/metadata opens in a "
            "browser, and whether the id in the recipe is right."
        )
    return RefusedError(
        f"Table {table}: the service answers {error.status} {error.title}".rstrip()
        + ": "
        + meaning.format(service=service),
        status=error.status,
        title=error.title,
    )
