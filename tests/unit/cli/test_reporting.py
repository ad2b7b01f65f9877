"""The command that writes a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.reports.country import told_run
from typer.testing import Result

from attraktiv.store import write_run

Call = Callable[..., Result]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(told_run(ages=False), tmp_path_factory.mktemp("run") / "run")


def test_a_report_on_a_place(call: Call, stored: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.md"
    asked = ("report", stored, "--place", "Øygarden", "--out", out)
    result = call(*asked)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"Report: {out}" in " ".join(result.stdout.split())
    text = out.read_text(encoding="utf-8")
    assert "## Øygarden" in text
    assert "## Metoden i korte ord" in text
    again = call(*asked)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert call(*asked, "--force", "--language", "en").exit_code == 0
    assert "## The method in plain words" in out.read_text(encoding="utf-8")


def test_what_is_wrong_is_said_in_a_paragraph(call: Call, stored: Path, tmp_path: Path) -> None:
    nowhere = call("report", tmp_path / "none", "--out", tmp_path / "a.html")
    assert nowhere.exit_code == 2
    assert nowhere.stderr.startswith("Error: There is no run at")
    unknown = call("report", stored, "--out", tmp_path / "a.html", "--place", "Narnia")
    assert unknown.exit_code == 2
    assert "The run has no place 'Narnia'" in unknown.stderr
    assert "Traceback" not in unknown.stderr
    assert list(tmp_path.iterdir()) == []
