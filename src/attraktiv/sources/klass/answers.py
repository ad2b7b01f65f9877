"""Ask KLASS, and see that the answer is what it documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import pandas as pd

from attraktiv.errors import IngestError, InputError
from attraktiv.panels.faults import listed

BASE: Final = "https://data.ssb.no/api/klass/v1/"
MUNICIPALITIES: Final = 131

Fetch = Callable[[str, Mapping[str, str]], bytes]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?", re.ASCII)


def days_of(from_year: int, to_year: int) -> dict[str, str]:
    """Give the days asked for; the last of them is not included.

    Raises
    ------
    InputError
        If the years are in the wrong order.
    """
    if from_year > to_year:
        raise InputError(
            f"the years {from_year} to {to_year} are in the wrong order; KLASS refuses such a "
            f"span. Ask from {to_year} to {from_year}."
        )
    return {"from": f"{from_year}-01-01", "to": f"{to_year}-01-02"}


def answer_of(fetch: Fetch, url: str, params: Mapping[str, str]) -> dict[str, Any]:
    """Fetch one object.

    Raises
    ------
    IngestError
        If the answer is not a JSON object.
    """
    body = fetch(url, params)
    try:
        answer = json.loads(body.decode("utf-8"))
    except ValueError:
        begins = body[:60].decode("utf-8", errors="replace").strip()
        raise IngestError(
            f"{url}: the answer is not JSON; it begins with {begins!r}. KLASS answers with JSON "
            "where the header Accept: application/json is sent; otherwise, and while it is being "
            "updated, with other text. Try again later."
        ) from None
    if not isinstance(answer, dict):
        raise IngestError(
            f"{url}: the answer is a JSON {type(answer).__name__}, not an object. KLASS has "
            "changed, or this is not KLASS."
        )
    return answer


def items_of(
    fetch: Fetch, url: str, params: Mapping[str, str], key: str, fields: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Fetch a list of objects and see that each has what is documented.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    url : str
    params : mapping of str to str
    key : str
        Where the list stands in the answer.
    fields : tuple of str
        What each object has.

    Raises
    ------
    IngestError
        If the list, or a field of an object, is not there.
    """
    answer = answer_of(fetch, url, params)
    items = answer.get(key)
    if not isinstance(items, list):
        raise IngestError(
            f"{url}: the answer has no list {key!r}; found {listed(sorted(answer)) or 'nothing'}. "
            "KLASS has changed, or the address leads elsewhere."
        )
    for number, item in enumerate(items, start=1):
        lacks = [field for field in fields if not isinstance(item, dict) or field not in item]
        if lacks:
            raise IngestError(
                f"{url}: number {number} of {key!r} has no {listed(lacks)}; each has "
                f"{listed(fields)}. KLASS has changed; no part of the answer is used."
            )
    return items


def text_of(item: dict[str, Any], key: str, url: str) -> str:
    """Give a text of an answer.

    Raises
    ------
    IngestError
        If it is not text, or empty.
    """
    value = item[key]
    if not isinstance(value, str) or not value:
        raise IngestError(
            f"{url}: {key} is {value!r} in {json.dumps(item, ensure_ascii=False)[:200]}. Codes, "
            "names and dates are text that is not empty; no part of the answer is used."
        )
    return value


def dates_of(values: Iterable[Any], url: str) -> pd.Series:
    """Read dates of an answer; null is a date that is not known.

    Raises
    ------
    IngestError
        If a value is not a date.
    """
    # a number would be read as time since 1970, and an empty list as no date
    found = list(values)
    texts = [v if isinstance(v, str) and _DATE.fullmatch(v) else None for v in found]
    dates = pd.to_datetime(
        pd.Series(texts, dtype=object), errors="coerce", format="ISO8601", utc=True
    ).dt.tz_localize(None)
    wrong = [
        repr(value)
        for value, no in zip(found, dates.isna(), strict=True)
        if no and value is not None
    ]
    if wrong:
        raise IngestError(
            f"{url}: {listed(dict.fromkeys(wrong))} is not a date, such as "
            '"2020-01-01". KLASS has changed; no part of the answer is used.'
        )
    return dates
