"""A report on the Norwegian panel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import xarray as xr

import attraktiv
from attraktiv.errors import PanelWarning
from attraktiv.words import text


@pytest.mark.real_data
def test_all_municipalities_are_in_the_report(
    norway: xr.Dataset, real_data: Path, tmp_path: Path
) -> None:
    run = attraktiv.fit("book_2023", norway, last=2015, progress=False)
    with pytest.warns(PanelWarning, match="population does not follow"):
        out = attraktiv.report(run, tmp_path / "report.html", panel=real_data / "norway")
    html = out.read_text(encoding="utf-8")
    table = html.split('id="all-places"')[1].split("</table>")[0]
    named = re.findall(r'<th scope="row">(.*?)(?: \*)?</th>', table)
    assert len(named) == norway.sizes["place"]
    assert named[0] == "Alstahaug"
    # Aarborte - Hattfjelldal stands where Å does
    last = [name for name in named if name.startswith(("Æ", "Ø", "Å", "Aa"))]
    assert {name[0] for name in last} >= {"Ø", "Å"}
    assert named[-len(last) :] == last
    letters = [name[0].replace("A", "Å") for name in last]
    assert letters == sorted(letters, key="ÆØÅ".index)
    assert "Kart over attraktivitet" in html
    # the panel is the one that was fitted
    assert text("report.panel_differs", "nb") not in html
