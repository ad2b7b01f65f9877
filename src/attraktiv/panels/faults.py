"""Collect what is wrong with a panel, so that one error names all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from attraktiv.errors import PanelError

SHOWN_FAULTS = 10
SHOWN_CELLS = 5


class Faults:
    """A list of faults that becomes one :class:`~attraktiv.errors.PanelError`.

    Parameters
    ----------
    where : str
        The folder, store or table that is read; it opens the message.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self._messages: list[str] = []

    def add(self, message: str) -> None:
        """Note one fault; ``message`` is one or more whole sentences."""
        self._messages.append(message)

    def __len__(self) -> int:
        return len(self._messages)

    def error(self) -> PanelError:
        """Give the error that names the faults: the first ten, then their count."""
        shown = self._messages[:SHOWN_FAULTS]
        if len(self._messages) == 1:
            body = shown[0]
        else:
            body = f"{len(self._messages)} faults. " + " ".join(
                f"({number}) {message}" for number, message in enumerate(shown, start=1)
            )
        if len(self._messages) > len(shown):
            body += f" And {len(self._messages) - len(shown)} more."
        return PanelError(f"{self.where}: {body}")

    def raise_any(self) -> None:
        """Raise the collected faults, if there are any.

        Raises
        ------
        PanelError
            If at least one fault was noted.
        """
        if self._messages:
            raise self.error()


def listed(items: Iterable[object], shown: int = SHOWN_CELLS) -> str:
    """Join items with commas; past ``shown`` of them only count the rest.

    Examples
    --------
    >>> listed(["a", "b", "c"], shown=2)
    'a, b and 1 more'
    """
    texts = [str(item) for item in items]
    text = ", ".join(texts[:shown])
    return text if len(texts) <= shown else f"{text} and {len(texts) - shown} more"


def cells(
    frame: pd.DataFrame, rows: np.ndarray | pd.Series, keys: Sequence[str], column: str | None
) -> str:
    """Name the rows of a table by their keys, with the value found in ``column``.

    Examples
    --------
    >>> table = pd.DataFrame({"place": ["01"], "year": [2001], "jobs": ["x"]})
    >>> cells(table, np.array([True]), ["place", "year"], "jobs")
    "place 01, year 2001: 'x'"
    """
    found = frame.loc[np.asarray(rows, dtype=bool)]
    names = []
    for line, row in zip(found.index[:SHOWN_CELLS], found.to_dict("records"), strict=False):
        key = ", ".join(f"{key} {_plain(row[key])}" for key in keys if key in row)
        value = "" if column is None else f": {_value(row[column])}"
        names.append(f"{key or f'line {line + 2}'}{value}")
    text = "; ".join(names)
    return text if len(found) <= SHOWN_CELLS else f"{text}; and {len(found) - SHOWN_CELLS} more"


def _plain(value: Any) -> str:
    """Write a key; a whole number loses its decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "(empty)" if pd.isna(value) else str(value)


def _value(value: object) -> str:
    """Write a value as it was found: text in quotes, numbers short."""
    if isinstance(value, str):
        return repr(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
