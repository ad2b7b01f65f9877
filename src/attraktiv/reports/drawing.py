"""The look that all charts share, and writing them to files without a browser.

A chart is an Altair chart, that is JSON: a test can read what it shows, and a page can
embed it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attraktiv.errors import InputError
from attraktiv.words import number_locale

if TYPE_CHECKING:
    import altair as alt

#: Okabe and Ito (2008): told apart by the colour-blind too, and in this order.
COLOURS: Final = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#F0E442",
    "#000000",
)
#: What cannot be told from average, and lines of reference.
GREY: Final = "#8C8C8C"
FORMATS: Final = (".png", ".svg", ".json")

_FONT = "DejaVu Sans, Noto Sans, Helvetica, Arial, sans-serif"
_PIXELS = 2.0  # of a PNG for each of the chart's own


def specification(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, with the common fonts and colours.

    Parameters
    ----------
    chart
        Any Altair chart.

    Returns
    -------
    dict
        Plain JSON.
    """
    axis = {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal"}
    look = {
        "background": "white",
        "font": _FONT,
        "axis": {**axis, "gridColor": "#E5E5E5", "domainColor": GREY, "tickColor": GREY},
        "legend": axis,
        "header": {"labelFontSize": 12, "titleFontSize": 12},
        "title": {"fontSize": 14, "anchor": "start", "subtitleFontSize": 12, "offset": 12},
        "view": {"stroke": None},
        "range": {"category": list(COLOURS)},
    }
    found: dict[str, Any] = _as_json({**chart.to_dict(), "config": look})
    return found


def svg(chart: alt.TopLevelMixin, language: str = "en") -> str:
    """Return a chart as SVG, with the common look.

    Parameters
    ----------
    chart
        Any Altair chart.
    language
        How its numbers are written: ``nb`` or ``en``.
    """
    import vl_convert

    text = json.dumps(specification(chart), ensure_ascii=False)
    return vl_convert.vegalite_to_svg(text, format_locale=number_locale(language))


def draw(
    chart: alt.TopLevelMixin, path: str | Path, *, language: str = "en", force: bool = False
) -> Path:
    """Write a chart to a file; the suffix says how.

    Parameters
    ----------
    chart
        Any Altair chart; the common look is put on it.
    path
        A file ending in ``.png``, ``.svg`` or ``.json`` (Vega-Lite).
    language
        How its numbers are written: ``nb`` or ``en``.
    force
        Replace a file that is there.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        Another suffix, or a file that is there without `force`.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"A chart is written as {', '.join(FORMATS)}, found {path.name!r}. "
            f"Write for example {path.stem}.png"
        )
    if path.exists() and not force:
        raise InputError(f"{path} is there already. Choose another name, or replace it: --force")
    if suffix == ".svg":
        path.write_text(svg(chart, language), encoding="utf-8")
        return path
    text = json.dumps(specification(chart), ensure_ascii=False)
    if suffix == ".json":
        path.write_text(text, encoding="utf-8")
        return path
    import vl_convert

    picture = vl_convert.vegalite_to_png(text, scale=_PIXELS, format_locale=number_locale(language))
    path.write_bytes(picture)
    return path


def _as_json(value: Any) -> Any:
    """Return a value in which what is not known is null: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
