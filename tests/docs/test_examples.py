"""The code in README and docs runs, and the commands shown there exist."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

import attraktiv

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# At the start of a line of a console block, or between backticks.
CONSOLE = re.compile(r"^```console\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|`)attraktiv ([a-z][\w-]*)([^`\n]*)", flags=re.MULTILINE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def has_python(path: Path) -> bool:
    return "```python" in path.read_text(encoding="utf-8")


def commands() -> list[tuple[str, str, str]]:
    """Each (page, command, option) that is shown; the option is empty for a bare command."""
    shown = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        inline = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        spans = re.findall(r"`[^`]+`", inline)
        for command, rest in COMMAND.findall("\n".join([*CONSOLE.findall(text), *spans])):
            options = re.findall(r"(?<!\w)--[a-z][a-z-]*", rest)
            shown |= {(name_of(page), command, option) for option in ["", *options]}
    return sorted(shown)


def captioned(page: Path) -> dict[str, str]:
    """Files that a page shows in full, by name."""
    blocks = re.findall(
        r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```",
        page.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    return dict(blocks)


@cache
def help_of(command: str) -> str:
    code = "import sys; from attraktiv.cli import main; sys.argv[0] = 'attraktiv'; main()"
    answer = subprocess.run(
        [sys.executable, "-c", code, command, "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
    )
    return answer.stdout if answer.returncode == 0 else ""


@pytest.mark.parametrize("page", [page for page in PAGES if has_python(page)], ids=name_of)
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(page)
    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize(("page", "command", "option"), commands())
def test_a_command_that_is_shown_exists(page: str, command: str, option: str) -> None:
    text = help_of(command)
    assert text, f"{page} shows `attraktiv {command}`, which is no command"
    assert not option or re.search(rf"{option}(?![\w-])", text), f"{page}: {command} {option}"


def test_the_panel_folder_that_is_shown_can_be_read(tmp_path: Path) -> None:
    files = captioned(ROOT / "docs" / "panel-folder.md")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    panel = attraktiv.read_panel(tmp_path)
    assert panel.sizes == {"place": 2, "year": 3}
    assert panel["county"].values.tolist() == ["01", "01"]
    growth = attraktiv.covariate(panel, "neighbour_job_growth").sel(place="0102", year=2016)
    assert growth.item() == pytest.approx(100 * (14110 - 14010) / 31037)
