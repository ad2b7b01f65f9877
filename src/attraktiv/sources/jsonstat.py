"""JSON-stat2: a cube of numbers, in which a number that is not there says why.

Answers of metadata and of data have the same form; the former without values.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from attraktiv.errors import IngestError

VALUE: Final = "value"
STATUS: Final = "status"

MISSING: Final = frozenset({".", "..", "...", ":"})
"""Not applicable, missing (new and old sign), confidential: whatever number stands beside."""
ZERO: Final = "-"
"""In older tables: nothing to count, which is zero."""

_MOST_CELLS = 50_000_000  # none of the services gives as many in one answer


@dataclass(frozen=True)
class Codelist:
    """Another set of codes for a variable: a grouping, or a part of them."""

    id: str
    label: str


@dataclass(frozen=True)
class Variable:
    """One dimension of a cube.

    Attributes
    ----------
    code, label : str
        What the service and what people call it.
    categories : dict
        Label by code, in the order of the cube.
    eliminable : bool
        Whether a question may leave it out; only metadata say so of the table.
    codelists : tuple of Codelist
        What else it can be divided into.
    """

    code: str
    label: str
    categories: dict[str, str]
    eliminable: bool
    codelists: tuple[Codelist, ...]


@dataclass(frozen=True)
class Cube:
    """A table, or a part of it.

    Attributes
    ----------
    label, updated : str
        Title, and when the service last changed the table.
    variables : tuple of Variable
        In the order of the axes.
    roles : dict
        Codes of variables by role: ``time``, ``geo``, ``metric``.
    values : numpy.ndarray
        float64, one axis for each variable; NaN where there is no number. Empty of metadata.
    status : dict
        Symbol by flat index of the cells that have one.
    """

    label: str
    updated: str
    variables: tuple[Variable, ...]
    roles: dict[str, tuple[str, ...]]
    values: np.ndarray
    status: dict[int, str]

    def frame(self) -> pd.DataFrame:
        """Give a row for each cell.

        Returns
        -------
        pandas.DataFrame
            A column of codes for each variable, ``value`` (float64, NaN where missing) and
            ``status`` (the symbol, empty where there is none).
        """
        shape = self.values.shape
        columns: dict[str, Any] = {}
        for axis, variable in enumerate(self.variables):
            each = math.prod(shape[axis + 1 :])
            index: Any = np.tile(np.repeat(np.arange(shape[axis]), each), math.prod(shape[:axis]))
            codes = pd.Index(list(variable.categories), dtype=object)
            columns[variable.code] = pd.Categorical.from_codes(index, categories=codes)
        columns[VALUE] = self.values.ravel()
        status = np.full(self.values.size, "", dtype=object)
        for cell, symbol in self.status.items():
            status[cell] = symbol
        columns[STATUS] = status
        return pd.DataFrame(columns)


def read_cube(content: bytes, origin: str, *, values: bool = True) -> Cube:
    r"""Read a JSON-stat2 dataset.

    Parameters
    ----------
    content : bytes
        The answer.
    origin : str
        What it is called in messages.
    values : bool
        Whether there must be numbers; metadata have none.

    Returns
    -------
    Cube

    Raises
    ------
    IngestError
        If it is not a dataset whose parts agree with each other; the message says which do not.

    Notes
    -----
    Mathematical details: cells stand row by row, the last variable varying fastest. With sizes
    :math:`s_0 … s_n` the cell of the indices :math:`i_0 … i_n` is number
    :math:`\sum_k i_k \prod_{l>k} s_l`.
    """
    try:
        return _cube(_object(content), values)
    except _WrongError as error:
        raise IngestError(
            f"{origin} is not a JSON-stat2 dataset as documented: {error}. No part of it is "
            "used. If it was damaged on its way, --refresh (refresh=True) fetches it anew."
        ) from None


class _WrongError(Exception):
    """What is wrong with an answer."""


def _object(content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _WrongError(f"it cannot be read as JSON ({error})") from None


def _no_constant(word: str) -> float:
    raise _WrongError(f"{word} is not a number")


def _cube(raw: Any, wants_values: bool) -> Cube:
    raw = _typed(raw, dict, "the answer")
    if raw.get("class", "dataset") != "dataset":
        raise _WrongError(f"its class is {raw['class']!r}, not 'dataset'")
    ids = [_typed(item, str, "id") for item in _typed(raw.get("id"), list, "id")]
    sizes = [_typed(item, int, "size") for item in _typed(raw.get("size"), list, "size")]
    if len(ids) != len(sizes) or len(set(ids)) != len(ids):
        raise _WrongError(f"id has {ids} and size {sizes}")
    too_many = wants_values and math.prod(sizes) > _MOST_CELLS
    if any(size < 0 for size in sizes) or too_many:
        raise _WrongError(f"size is {sizes}")
    dimensions = _typed(raw.get("dimension"), dict, "dimension")
    variables = tuple(
        _variable(code, _typed(dimensions.get(code), dict, f"dimension {code}"), size)
        for code, size in zip(ids, sizes, strict=True)
    )
    cells = math.prod(sizes)
    status = _status(raw.get("status"), cells) if wants_values else {}
    values = np.empty(0)  # a whole table may have more cells than there is room for
    if wants_values:
        values = _with_status(_values(raw.get("value"), cells), status).reshape(sizes)
    return Cube(
        label=_text(raw.get("label")),
        updated=_text(raw.get("updated")),
        variables=variables,
        roles=_roles(raw.get("role"), ids),
        values=values,
        status=status,
    )


def _typed(value: Any, kind: type, what: str) -> Any:
    if type(value) is not kind:
        raise _WrongError(f"{what} is {_short(value)}, not {kind.__name__}")
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _variable(code: str, raw: Mapping[str, Any], size: int) -> Variable:
    category = _typed(raw.get("category"), dict, f"category of {code}")
    labels = category.get("label") or {}
    labels = _typed(labels, dict, f"labels of {code}")
    codes = _codes(category.get("index", list(labels)), code)
    if len(codes) != size:
        raise _WrongError(f"{code} has {len(codes)} categories and the size {size}")
    extension = raw.get("extension")
    extension = extension if isinstance(extension, dict) else {}
    return Variable(
        code=code,
        label=_text(raw.get("label")) or code,
        categories={item: _text(labels.get(item)) or item for item in codes},
        eliminable=extension.get("elimination") is True,
        codelists=_codelists(extension.get("codelists", extension.get("codeLists"))),
    )


def _codes(index: Any, code: str) -> list[str]:
    """Give codes in their order; an index is a list of codes, or a position for each code."""
    if isinstance(index, list):
        codes = [_typed(item, str, f"a code of {code}") for item in index]
        if len(set(codes)) != len(codes):
            raise _WrongError(f"a code of {code} stands twice")
        return codes
    index = _typed(index, dict, f"index of {code}")
    positions = [_typed(item, int, f"a position of {code}") for item in index.values()]
    if sorted(positions) != list(range(len(positions))):
        raise _WrongError(f"the positions of {code} are not 0 to {len(positions) - 1}")
    return sorted(index, key=index.__getitem__)


def _codelists(raw: Any) -> tuple[Codelist, ...]:
    if not isinstance(raw, list):
        return ()
    return tuple(
        Codelist(item["id"], _text(item.get("label")))
        for item in raw
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    )


def _roles(raw: Any, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    raw = _typed(raw if raw is not None else {}, dict, "role")
    roles = {}
    for role, codes in raw.items():
        codes = [_typed(code, str, f"role {role}") for code in _typed(codes, list, f"role {role}")]
        if not set(codes) <= set(ids):
            raise _WrongError(f"role {role} names {codes}, which id does not have")
        roles[role] = tuple(codes)
    return roles


def _position(key: Any, cells: int, what: str) -> int:
    if not isinstance(key, str) or not key.isdecimal() or not key.isascii() or len(key) > 12:
        raise _WrongError(f"{what} has the key {_short(key)}")
    if int(key) >= cells:
        raise _WrongError(f"{what} has the key {key}, and there are {cells} cells")
    return int(key)


def _values(raw: Any, cells: int) -> np.ndarray:
    if isinstance(raw, dict):  # only the cells that have a number
        values = np.full(cells, np.nan)
        for key, number in raw.items():
            values[_position(key, cells, "value")] = _number(number)
        return values
    raw = _typed(raw, list, "value")
    if len(raw) != cells:
        raise _WrongError(f"value has {len(raw)} numbers, and size means {cells} cells")
    return np.array([_number(number) for number in raw], dtype=np.float64)


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        raise _WrongError(f"a value is {_short(value)}, not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _WrongError("a value is larger than a number can be")
    return number


def _status(raw: Any, cells: int) -> dict[int, str]:
    """Give symbols by cell; a single text is that of every cell."""
    if raw is None:
        return {}
    if isinstance(raw, str):
        return dict.fromkeys(range(cells), raw) if raw else {}
    if isinstance(raw, list):
        if len(raw) != cells:
            raise _WrongError(f"status has {len(raw)} symbols, and size means {cells} cells")
        found = dict(enumerate(raw))
    else:
        raw = _typed(raw, dict, "status")
        found = {_position(key, cells, "status"): symbol for key, symbol in raw.items()}
    return {
        cell: _typed(symbol, str, "a status")
        for cell, symbol in found.items()
        if symbol is not None
    }


def _with_status(values: np.ndarray, status: Mapping[int, str]) -> np.ndarray:
    """Take out numbers that a symbol says are none; a dash is a zero."""
    for cell, symbol in status.items():
        if symbol in MISSING:
            values[cell] = np.nan
        elif symbol == ZERO and np.isnan(values[cell]):
            values[cell] = 0.0
    return values
