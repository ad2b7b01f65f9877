"""The style of a report can be read: contrast as WCAG 2.2 (AA) asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attraktiv import reports
from attraktiv.reports.standing import COLOUR_OF

STYLE = (Path(reports.__file__).parent / "style.css").read_text(encoding="utf-8")
VARIABLES = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", STYLE))


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("ink", [*(VARIABLES[one] for one in ("ink", "soft", "blue")), "#5f6872"])
@pytest.mark.parametrize("paper", ["#ffffff", "#f2f5f8", "#fff1e6"])
def test_text_stands_out(ink: str, paper: str) -> None:
    assert ink in STYLE
    assert paper in STYLE or paper == "#ffffff"
    assert contrast(ink, paper) >= 4.5


@pytest.mark.parametrize("colour", COLOUR_OF.values())
def test_what_is_drawn_stands_out(colour: str) -> None:
    assert contrast(colour.lower(), "#ffffff") >= 3
