"""docs/schema.md lists every name of attraktiv.names, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from attraktiv import names
from attraktiv.panels import COVARIATES


def in_module() -> set[str]:
    return {value for key, value in vars(names).items() if key.isupper() and isinstance(value, str)}


def in_docs(root: Path) -> dict[str, list[str]]:
    """Names by section of the page."""
    text = (root / "docs" / "schema.md").read_text(encoding="utf-8")
    titles = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return {
        section.splitlines()[0]: re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)
        for section in titles
    }


def test_the_page_lists_the_names_of_the_module(root: Path) -> None:
    on_page = {name for section in in_docs(root).values() for name in section}
    assert on_page == in_module()


def test_no_name_is_listed_twice_in_a_section(root: Path) -> None:
    for section, listed in in_docs(root).items():
        assert len(listed) == len(set(listed)), section


def test_every_row_has_a_meaning_and_its_section_s_columns(root: Path) -> None:
    text = (root / "docs" / "schema.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        rows = [line for line in section.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
        assert {len(row) for row in cells} == {len(cells[0])}, section
        assert all(all(row) for row in cells), section


def test_the_page_on_panel_folders_lists_every_derived_covariate(root: Path) -> None:
    text = (root / "docs" / "panel-folder.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (`.*?) \| (.*?) \|", text.split("## Derived covariates")[1], re.MULTILINE
    )
    listed = {name: unit for first, unit in rows for name in re.findall(r"`(\w+)`", first)}
    assert listed == {name: covariate.units for name, covariate in COVARIATES.items()}
