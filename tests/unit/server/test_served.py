"""What is opened at the start, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import zarr
from tests.unit.runs import fake_run

from attraktiv.errors import InputError, RunError
from attraktiv.server import running
from attraktiv.server.served import open_served
from attraktiv.store import write_run


def test_runs_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    paths = [write_run(fake_run(), tmp_path / parent / "a run.zarr") for parent in ("x", "y")]
    assert list(open_served(paths, None).runs) == ["a-run", "a-run-2"]


@pytest.mark.parametrize("broken", ["missing", "group", "half", "foreign", "text"])
def test_what_is_no_run_is_refused_in_words(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "run"
    if broken in ("group", "half"):
        write_run(fake_run(), path)
    if broken == "group":
        shutil.rmtree(path / "posterior")
    elif broken == "half":
        chunks = [
            file for file in (path / "posterior" / "theta" / "c").rglob("*") if file.is_file()
        ]
        chunks[0].unlink()
    elif broken == "foreign":
        zarr.create_group(path, attributes={"title": "somebody else's"})
    elif broken == "text":
        path.write_text("not a run", encoding="utf-8")
    messages = {
        "missing": "There is no run at",
        "group": "the group 'posterior' is missing",
        "half": "is not a whole run",
        "foreign": "did not write",
        "text": "is a file, not a run",
    }
    with pytest.raises(RunError, match=messages[broken]):
        open_served([path], None)


def test_a_panel_of_another_country_is_refused(tmp_path: Path, panel_folder: Path) -> None:
    path = write_run(fake_run(places=12), tmp_path / "run")
    with pytest.raises(RunError, match=r"place '0011\d', which .* lacks \(3 of 12 places\)"):
        open_served([path], panel_folder)


def test_no_run_is_refused() -> None:
    with pytest.raises(InputError, match="attraktiv serve RUN"):
        open_served([], None)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'fastapi and uvicorn.*pip install "attraktiv\[serve\]"'):
        running.require_installed()


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="--port 8000"):
        running.serve("run", port=70000)
