"""Charts take the common look and become files."""

from __future__ import annotations

import json
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from attraktiv.errors import InputError
from attraktiv.reports.drawing import COLOURS, draw, specification


def chart() -> alt.Chart:
    table = pd.DataFrame({"place": ["Ås", "Øyer"], "value": [1.0, 2.0]})
    return alt.Chart(table).mark_bar().encode(x="value:Q", y="place:N")


def test_every_chart_has_the_common_colours() -> None:
    assert specification(chart())["config"]["range"]["category"] == list(COLOURS)


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<svg"), (".json", b"{")]
)
def test_a_chart_becomes_a_file(tmp_path: Path, suffix: str, start: bytes) -> None:
    written = draw(chart(), tmp_path / f"chart{suffix}")
    assert written.read_bytes().startswith(start)


def test_norwegian_letters_are_kept(tmp_path: Path) -> None:
    draw(chart(), tmp_path / "chart.json")
    text = (tmp_path / "chart.json").read_text(encoding="utf-8")
    assert "Øyer" in json.dumps(json.loads(text), ensure_ascii=False)


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.png"):
        draw(chart(), tmp_path / "chart.gif")


def test_a_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    path.write_text("kept", encoding="utf-8")
    with pytest.raises(InputError, match="--force"):
        draw(chart(), path)
    assert path.read_text(encoding="utf-8") == "kept"
    draw(chart(), path, force=True)
    assert path.read_text(encoding="utf-8").startswith("<svg")
