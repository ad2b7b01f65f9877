"""What each municipality belongs to: a class of centrality, a county, an economic region."""

from __future__ import annotations

from typing import Final

import pandas as pd

from attraktiv import names
from attraktiv.errors import IngestError, InputError
from attraktiv.panels.faults import listed
from attraktiv.sources.klass.answers import (
    BASE,
    MUNICIPALITIES,
    Fetch,
    answer_of,
    dates_of,
    days_of,
    items_of,
    text_of,
)

CENTRALITY: Final = 128
COUNTIES: Final = 104
ECONOMIC_REGIONS: Final = 108

# A number says nothing of itself: the name of the classification shows that it is the one meant.
WORD_OF: Final = {COUNTIES: "fylke", ECONOMIC_REGIONS: "økonomisk"}


def centrality(fetch: Fetch, year: int) -> pd.DataFrame:
    """Give the class of centrality of each municipality of a year.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    year : int
        Municipalities and classes of 1 January. There are classes from 2008, and new ones from
        2018, 2020 and 2024.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name`` (text) and ``centrality_class`` (1 most central … 6 least), sorted.

    Raises
    ------
    IngestError
        If the answer is not what KLASS documents, or gives a municipality two classes.
    InputError
        If there are no classes in that year.

    Notes
    -----
    The classification of centrality itself (128) holds the six classes and no municipality, and
    ``correspondsAt`` answers with nothing for this pair. The map is ``corresponds`` of the
    municipalities (131) with 128, over a span of days: it gives every pair that was valid on one
    of them, with the days, from which those of 1 January are taken.
    """
    found = corresponding(fetch, CENTRALITY, year)
    numbers = pd.to_numeric(found["target"], errors="coerce")
    wrong = numbers.isna() | (numbers < 1)
    if wrong.any():
        raise IngestError(
            f"centrality of {year}: class {listed(map(repr, found['target'][wrong]))}; classes are "
            'two digits, "01" to "06". KLASS may have a new edition of classification '
            f"{CENTRALITY}: look there what its codes are."
        )
    result = found[["code", "name"]].copy()
    result["centrality_class"] = numbers.astype(int).to_numpy()
    return result


def counties(fetch: Fetch, year: int, classification: int = COUNTIES) -> pd.DataFrame:
    """Give the county of each municipality of a year.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    year : int
        As of 1 January.
    classification : int
        Number of the classification of counties.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``county`` and ``county_name`` (text), sorted by ``code``.

    Raises
    ------
    IngestError, InputError
        As :func:`centrality`, and if the classification is not one of counties.
    """
    return _regions(fetch, year, classification, COUNTIES, "county")


def economic_regions(
    fetch: Fetch, year: int, classification: int = ECONOMIC_REGIONS
) -> pd.DataFrame:
    """Give the economic region of each municipality of a year.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    year : int
        As of 1 January.
    classification : int
        Number of the classification of economic regions.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``economic_region`` and ``economic_region_name`` (text), sorted by
        ``code``.

    Raises
    ------
    IngestError, InputError
        As :func:`centrality`, and if the classification is not one of economic regions.
    """
    return _regions(fetch, year, classification, ECONOMIC_REGIONS, "economic_region")


def corresponding(fetch: Fetch, classification: int, year: int) -> pd.DataFrame:
    """Give what each municipality of a year belongs to in another classification.

    Parameters
    ----------
    fetch : callable
        ``fetch(url, params) -> bytes``.
    classification : int
        Number of the other classification.
    year : int
        As of 1 January.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``name``, ``target`` and ``target_name`` (text), a row for each municipality,
        sorted by ``code``.

    Raises
    ------
    IngestError
        If the answer is not what KLASS documents, or gives a municipality two targets.
    InputError
        If no municipality belongs to anything in it that year.
    """
    url = f"{BASE}classifications/{MUNICIPALITIES}/corresponds.json"
    params = {"targetClassificationId": str(classification), **days_of(year, year)}
    keys = ("sourceCode", "sourceName", "targetCode", "targetName")
    items = items_of(fetch, url, params, "correspondenceItems", keys)
    columns = ("code", "name", "target", "target_name")
    frame = pd.DataFrame(
        {
            column: [text_of(item, key, url) for item in items]
            for column, key in zip(columns, keys, strict=True)
        },
        dtype=object,
    )
    day = pd.Timestamp(year, 1, 1)
    begins = dates_of((item.get("validFrom") for item in items), url)
    ends = dates_of((item.get("validTo") for item in items), url)
    frame = frame[~(begins > day) & ~(ends <= day)].drop_duplicates()
    if frame.empty:
        raise InputError(
            f"{url}: no municipality corresponds to classification {classification} on 1 January "
            f"{year}. KLASS may have no such table for that year; ask for a year from which the "
            "classification has a version (of centrality 2008, 2018, 2020 and 2024)."
        )
    twice = frame[frame.duplicated("code", keep=False)].sort_values(["code", "target"])
    if len(twice):
        pairs = zip(twice["code"], twice["target"], strict=True)
        raise IngestError(
            f"{url}: a municipality belongs to more than one code of classification "
            f"{classification} on 1 January {year}: {listed(f'{c} → {t}' for c, t in pairs)}. "
            "Each belongs to one; the answer is not one of a single day."
        )
    return frame.sort_values("code", ignore_index=True)


def _regions(fetch: Fetch, year: int, classification: int, meant: int, column: str) -> pd.DataFrame:
    url = f"{BASE}classifications/{classification}"
    answer = answer_of(fetch, url, {})
    name = answer.get("name")
    if not isinstance(name, str) or WORD_OF[meant] not in name.casefold():
        raise InputError(
            f"{url} is called {name!r}, which is not a classification of "
            f"{column.replace('_', ' ')} ({WORD_OF[meant]!r} is not in the name). Look up its "
            "number in KLASS and give it as classification=NUMBER, or in a recipe under [borders] "
            f"as numbers = {{ {column} = NUMBER }}."
        )
    found = corresponding(fetch, classification, year)
    return found.rename(columns={"target": column, "target_name": f"{column}_{names.NAME}"})
