"""Which codes a classification has in which years, and how they changed."""

from __future__ import annotations

import pandas as pd

from attraktiv.errors import IngestError
from attraktiv.panels.faults import listed
from attraktiv.sources.klass.answers import (
    BASE,
    MUNICIPALITIES,
    Fetch,
    dates_of,
    days_of,
    items_of,
    text_of,
)


def municipalities(fetch: Fetch, from_year: int, to_year: int) -> pd.DataFrame:
    """Give the municipalities that were in use in some years.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    from_year, to_year : int
        Years, both included, by their 1 January.

    Returns
    -------
    pandas.DataFrame
        As :func:`codes`: what :func:`attraktiv.mapping_from_changes` takes as ``codes``.

    Raises
    ------
    IngestError
        As :func:`codes`.
    """
    return codes(fetch, MUNICIPALITIES, from_year, to_year)


def codes(fetch: Fetch, classification: int, from_year: int, to_year: int) -> pd.DataFrame:
    """Give the codes of a classification that were in use in some years.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    classification : int
        Number of the classification, such as 131.
    from_year, to_year : int
        Years, both included, by their 1 January.

    Returns
    -------
    pandas.DataFrame
        ``code`` and ``name`` (text), ``valid_from`` and ``valid_to`` (dates; the first day on
        which the code is not valid any more, later than ``to_year`` or missing where it still was),
        sorted. A code that changed its name has a row for each name.

    Raises
    ------
    IngestError
        If the answer is not what KLASS documents, or holds no code.
    """
    url = f"{BASE}classifications/{classification}/codes"
    items = items_of(
        fetch, url, days_of(from_year, to_year), "codes", ("code", "name", "validFrom")
    )
    frame = pd.DataFrame(
        {
            "code": [text_of(item, "code", url) for item in items],
            "name": [text_of(item, "name", url) for item in items],
            "valid_from": dates_of(
                (item.get("validFromInRequestedRange") or item["validFrom"] for item in items), url
            ),
            "valid_to": dates_of(
                (item.get("validToInRequestedRange") or item.get("validTo") for item in items), url
            ),
        }
    )
    if frame.empty:
        raise IngestError(
            f"{url}: no code was in use from {from_year} to {to_year}. Ask for years after the "
            "first version of the classification and not after its last."
        )
    if frame["valid_from"].isna().any():
        codes_ = frame["code"][frame["valid_from"].isna()]
        raise IngestError(
            f"{url}: validFrom is null of {listed(codes_)}. Every code begins on a day; KLASS has "
            "changed, and no part of the answer is used."
        )
    return frame.drop_duplicates().sort_values(["code", "valid_from"], ignore_index=True)


def changes(
    fetch: Fetch, from_year: int, to_year: int, classification: int = MUNICIPALITIES
) -> pd.DataFrame:
    """Give the changes of codes that lie between the stocks of two years.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    from_year, to_year : int
        Changes after 1 January of the one, up to and on 1 January of the other.
    classification : int
        131, the municipalities, by default.

    Returns
    -------
    pandas.DataFrame
        ``old_code``, ``old_name``, ``new_code``, ``new_name`` (text) and ``date``, sorted: what
        :func:`attraktiv.mapping_from_changes` takes. A code that changed its name alone leads to
        itself. Where a code is divided KLASS does not say in which shares: the column ``weight``
        is for you to state. Empty if nothing changed.

    Raises
    ------
    IngestError
        If the answer is not what KLASS documents.
    InputError
        If the years are in the wrong order.
    """
    url = f"{BASE}classifications/{classification}/changes"
    # On 1 January of the first year the stock has the change already.
    span = {**days_of(from_year, to_year), "from": f"{from_year}-01-02"}
    wanted = {
        "old_code": "oldCode",
        "old_name": "oldName",
        "new_code": "newCode",
        "new_name": "newName",
        "date": "changeOccurred",
    }
    if from_year == to_year:
        return pd.DataFrame(columns=list(wanted), dtype=object)
    items = items_of(fetch, url, span, "codeChanges", tuple(wanted.values()))
    frame = pd.DataFrame(
        {column: [text_of(item, key, url) for item in items] for column, key in wanted.items()},
        dtype=object,
    ).assign(date=dates_of((item["changeOccurred"] for item in items), url))
    order = ["date", "old_code", "new_code"]
    return frame.drop_duplicates().sort_values(order, ignore_index=True)
