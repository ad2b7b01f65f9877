"""Numbers as a language writes them."""

from __future__ import annotations

import math
from typing import Any, Final

from attraktiv.words.wording import require_language

#: What stands where nothing is known.
MISSING: Final = "–"
_MINUS, _NO_BREAK = "\u2212", "\u00a0"
#: Between thousands, and before decimals.
_MARKS: Final = {"nb": (_NO_BREAK, ","), "en": (",", ".")}


def number(value: float, language: str, decimals: int = 0, *, signed: bool = False) -> str:
    """Return a number as a language writes it, on one line.

    Parameters
    ----------
    value
        Any; what is not finite is a dash.
    language
        ``nb``: decimal comma and a no-break space between thousands. ``en``: decimal point and
        a comma. Minus is a minus sign in both.
    decimals
        Digits after the mark.
    signed
        Whether a positive number has a plus. Zero has no sign.

    Returns
    -------
    str

    Raises
    ------
    InputError
        An unknown language.

    Examples
    --------
    >>> number(-0.42, "nb", 1), number(1234.5, "en", 1)
    ('−0,4', '1,234.5')
    """
    require_language(language)
    if not math.isfinite(value):
        return MISSING
    thousands, mark = _MARKS[language]
    rounded = round(float(value), decimals)
    digits = f"{abs(rounded):,.{decimals}f}".translate({ord(","): thousands, ord("."): mark})
    if rounded == 0:
        return digits  # never −0
    return f"{_MINUS if rounded < 0 else '+' if signed else ''}{digits}"


def percent(share: float, language: str, decimals: int = 0) -> str:
    """Return a share of one in percent, with the sign as a language writes it.

    Parameters
    ----------
    share
        Of one: 0.8 is 80 percent. A probability that rounding would call certain or impossible
        is said to be above or below what can be shown.
    language, decimals
        As for :func:`number`.

    Examples
    --------
    >>> percent(0.8, "en"), percent(0.9999, "en")
    ('80%', '>99%')
    """
    sign = f"{_NO_BREAK}%" if language == "nb" else "%"
    if not math.isfinite(share):
        return MISSING
    least = 10.0**-decimals
    points = 100 * share
    if 100 - least / 2 <= points < 100:
        return f">{number(100 - least, language, decimals)}{sign}"
    if 0 < points <= least / 2:
        return f"<{number(least, language, decimals)}{sign}"
    return number(points, language, decimals) + sign


def number_locale(language: str) -> dict[str, Any]:
    """Return how a language writes numbers, in the form of d3-format: for charts.

    Parameters
    ----------
    language
        ``nb`` or ``en``.

    Returns
    -------
    dict
        Plain JSON.

    Raises
    ------
    InputError
        An unknown language.
    """
    require_language(language)
    thousands, mark = _MARKS[language]
    return {
        "decimal": mark,
        "thousands": thousands,
        "grouping": [3],
        "currency": ["", ""],
        "minus": _MINUS,
    }
