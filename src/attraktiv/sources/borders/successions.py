"""What becomes of each code at one change, and where each came from."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from attraktiv.errors import BorderError
from attraktiv.panels.faults import listed
from attraktiv.sources.borders.mapping import SUM_OF_WEIGHTS, WEIGHT
from attraktiv.sources.borders.periods import NEW, OLD

BACK: Final = "weight_back"


def succession(
    changes: pd.DataFrame,
    day: pd.Timestamp,
    before: frozenset[str],
    after: frozenset[str],
) -> pd.DataFrame:
    """Say for every code in use before a change which codes it has after it.

    Parameters
    ----------
    changes : pandas.DataFrame
        The changes of one day: ``old_code``, ``new_code``, ``weight`` and ``weight_back``, NaN
        where they are not stated.
    day : pandas.Timestamp
    before, after : frozenset of str
        Codes in use.

    Returns
    -------
    pandas.DataFrame
        The changes, and a row for each code that goes on as it was.

    Raises
    ------
    BorderError
        If a change names a code that is not in use, or a code ends without a successor.
    """
    date = f"{day:%Y-%m-%d}"
    for column, used, when in ((OLD, before, "before"), (NEW, after, "after")):
        unknown = sorted(set(changes[column]) - used)
        if unknown:
            raise BorderError(
                f"changes of {date}: {column} {listed(unknown)} is not in use {when} that day. A "
                "change leads from a code that is in use until then to one that is in use "
                "afterwards: take the row out, correct its date or code, or give the list of "
                "codes with the days on which they are valid."
            )
    others = before - set(changes[OLD])
    lost = sorted(others - after)
    if lost:
        raise BorderError(
            f"changes of {date}: {listed(lost)} is not in use any more, and no change says what "
            f"became of it. Add a row with old_code {lost[0]!r} and the new code."
        )
    # What is named as new and was there before takes in others and goes on itself.
    same = pd.DataFrame({OLD: sorted(others), NEW: sorted(others)}, dtype=object)
    rows = pd.concat([changes[[OLD, NEW]], same], ignore_index=True)
    stated = changes[[WEIGHT, BACK]].reset_index(drop=True)
    return rows.join(stated).astype({WEIGHT: float, BACK: float})


def shares(rows: pd.DataFrame, of: str, stated: str, day: pd.Timestamp) -> pd.DataFrame:
    """Give the share of each code that each of its counterparts has.

    Parameters
    ----------
    rows : pandas.DataFrame
        As :func:`succession`.
    of : {"old_code", "new_code"}
        The code that is divided: ``old_code`` towards later borders, ``new_code`` towards
        earlier ones.
    stated : {"weight", "weight_back"}
        The column of the shares.
    day : pandas.Timestamp

    Returns
    -------
    pandas.DataFrame
        ``old_code``, ``new_code`` and ``share``, which sums to one in each code.

    Raises
    ------
    BorderError
        If a code has several counterparts and their shares are not stated, or do not sum to one.
    """
    to = NEW if of == OLD else OLD
    alone = rows.groupby(of)[to].transform("size") == 1
    share = rows[stated].where(rows[stated].notna(), np.where(alone, 1.0, np.nan))
    date = f"{day:%Y-%m-%d}"
    unstated = sorted(rows.loc[share.isna(), of].unique())
    if unstated:
        first = rows.loc[rows[of] == unstated[0], to]
        raise BorderError(
            f"changes of {date}: {listed(unstated)} is divided, and the column {stated} does not "
            f"say how. State for {unstated[0]} the shares that belong to "
            f"{listed(sorted(first))}, above 0 and summing to 1, one in each row"
            + (f", with a row from {unstated[0]} to itself for what stays." if len(first) else ".")
        )
    total = share.groupby(rows[of]).sum()
    off = ((total - 1).abs() > SUM_OF_WEIGHTS) | (share <= 0).groupby(rows[of]).any()
    if off.any():
        found = listed(f"{value:g} of {code}" for code, value in total[off].items())
        raise BorderError(
            f"changes of {date}: the column {stated} is {found}. The shares of a code are above "
            "0 and sum to 1; leave out a row that gives nothing."
        )
    return rows[[OLD, NEW]].assign(share=share)
