"""Texts of a report in its language, with numbers as it writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attraktiv import words

_LEAST = 1e-9


@dataclass(frozen=True)
class Phrases:
    """What a report says, in one language and with one probability of bands.

    Attributes
    ----------
    language
        ``nb`` or ``en``.
    prob
        Probability of the bands.
    """

    language: str
    prob: float

    def __call__(self, key: str, **values: object) -> str:
        """Return a text of the report; numbers among the values are whole."""
        said = {
            name: self.number(value) if isinstance(value, int) and not _is_year(name) else value
            for name, value in values.items()
        }
        return words.text(f"report.{key}", self.language, **said)

    @property
    def band(self) -> str:
        """The probability of the bands, in percent."""
        return words.percent(self.prob, self.language)

    def number(self, value: float, decimals: int = 0, *, signed: bool = False) -> str:
        """Return a number."""
        return words.number(value, self.language, decimals, signed=signed)

    def share(self, value: float) -> str:
        """Return a probability that was counted in draws, in percent: none is quite certain."""
        return words.percent(min(max(value, _LEAST), 1 - _LEAST), self.language)

    def to(self, lower: float, upper: float, decimals: int = 0, *, signed: bool = False) -> str:
        """Return a band."""
        ends = (self.number(end, decimals, signed=signed) for end in (lower, upper))
        return self("to", **dict(zip(("lower", "upper"), ends, strict=True)))

    def unit(self, unit: str) -> str:
        """Return a unit."""
        return words.unit_name(unit, self.language)

    def listed(self, parts: Sequence[str]) -> str:
        """Return a list in words."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self('and')} {parts[-1]}"


def capital(sentence: str) -> str:
    """Return a text with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]


def decimals_of(unit: str) -> int:
    """Return how many decimals a unit is shown with: two of percent, none of what is counted."""
    return 2 if unit.startswith("percent") else 0


def _is_year(name: str) -> bool:
    return name in ("first", "last", "year", "origin")
