"""Tables of text that fit a terminal."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_GAP = "  "
_LEAST = 8
MISSING = "–"


@dataclass(frozen=True)
class Column:
    """A column of a table: numbers stand right, text stands left and may be shortened."""

    header: str
    cells: Sequence[str]
    text: bool = False

    @property
    def width(self) -> int:
        """Characters of the widest cell."""
        return max(map(len, (self.header, *self.cells)))


def text_table(columns: Sequence[Column], *, width: int | None = None) -> list[str]:
    """Return the lines of a table, header and rule first, no wider than the terminal.

    Parameters
    ----------
    columns
        Of equal length. Text columns give way, the widest first, down to eight characters.
    width
        Characters of a line; by default those of the terminal.
    """
    room = shutil.get_terminal_size().columns if width is None else width
    widths = [column.width for column in columns]
    while sum(widths) + len(_GAP) * (len(columns) - 1) > room:
        yielding = [i for i, column in enumerate(columns) if column.text and widths[i] > _LEAST]
        if not yielding:
            break
        widths[max(yielding, key=lambda i: widths[i])] -= 1
    rows = zip(*(column.cells for column in columns), strict=True)
    lines = [_line([column.header for column in columns], columns, widths)]
    lines.append(_GAP.join("-" * w for w in widths))
    return lines + [_line(row, columns, widths) for row in rows]


def ends(count: int, limit: int) -> list[int]:
    """Return the rows of a long table that are shown: so many, half of them from below."""
    if count <= limit:
        return list(range(count))
    below = limit // 2
    return [*range(limit - below), *range(count - below, count)]


def mark_gap(lines: list[str], count: int, limit: int) -> None:
    """Put a line of dots into a table, after its header and rule, where rows are left out."""
    if count > limit:
        lines.insert(2 + limit - limit // 2, "…")


def numbers(values: Iterable[float], decimals: int) -> list[str]:
    """Return numbers with so many decimals; a dash where there is none."""
    return [number(value, decimals) for value in values]


def number(value: float, decimals: int) -> str:
    """Return one number; zero has no sign."""
    if not math.isfinite(value):
        return MISSING
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def plus_minus(mean: float, error: float, decimals: int) -> str:
    """Return a number and its standard error; a dash where there is none."""
    if not math.isfinite(mean):
        return MISSING
    return f"{number(mean, decimals)} ± {number(error, decimals)}"


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    parts = [
        _shortened(cell, w).ljust(w) if column.text else cell.rjust(w)
        for cell, column, w in zip(cells, columns, widths, strict=True)
    ]
    return _GAP.join(parts).rstrip()


def _shortened(cell: str, width: int) -> str:
    return cell if len(cell) <= width else cell[: width - 1] + "…"
