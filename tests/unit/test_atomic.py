"""A writer that is killed leaves the old run, or none, and never a half one."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.runs import fake_run

from attraktiv import atomic
from attraktiv.errors import InputError, RunError
from attraktiv.store import append_group, open_run, write_run

ROOT = Path(__file__).resolve().parents[2]
MID_WRITE = """
    from attraktiv.store import runs
    runs.seal = stop
"""
BETWEEN_RENAMES = """
    from pathlib import Path
    rename = Path.rename
    def once(path, target):
        if ".writing-" in path.name and any(path.parent.glob(".*.replaced-*")):
            stop()
        return rename(path, target)
    Path.rename = once
"""


def kill_writer(path: Path, where: str) -> None:
    """Start a writer of ``path``, and kill it where it has been made to wait."""
    code = f"""
    import sys, time
    sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "src")!r}]
    def stop(*_):
        print("waiting", flush=True)
        time.sleep(600)
    {textwrap.indent(textwrap.dedent(where), "    ").strip()}
    from attraktiv.store import write_run
    from tests.unit.runs import fake_run
    write_run(fake_run("static"), {str(path)!r}, force=True)
    """
    code = textwrap.dedent(code)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"waiting\n"
        writer.send_signal(signal.SIGKILL)


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert hidden(tmp_path) == []


def test_killed_in_mid_write_there_is_no_run_and_the_next_write_cleans_up(folder: Path) -> None:
    kill_writer(folder / "run", MID_WRITE)
    (left,) = hidden(folder)
    with pytest.raises(RunError, match="There is no run"):
        open_run(folder / "run")
    with pytest.raises(RunError, match="not part of a run"):
        open_run(left)
    write_run(fake_run(), folder / "run")
    assert open_run(folder / "run").attrs["model"] == "hierarchical_dynamic"


def test_killed_in_mid_write_the_old_run_still_opens(folder: Path) -> None:
    path = write_run(fake_run(), folder / "run")
    kill_writer(path, MID_WRITE)
    assert open_run(path).attrs["model"] == "hierarchical_dynamic"
    write_run(fake_run("static"), path, force=True)


def test_killed_between_the_renames_the_old_run_comes_back(folder: Path) -> None:
    path = write_run(fake_run(), folder / "run")
    kill_writer(path, BETWEEN_RENAMES)
    assert not path.exists()
    assert open_run(path).attrs["model"] == "hierarchical_dynamic"
    write_run(fake_run(), path, force=True)


def test_an_error_or_ctrl_c_in_mid_write_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_run(fake_run(), folder / "run")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("attraktiv.store.runs.seal", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_run(fake_run("static"), path, force=True)
    with pytest.raises(KeyboardInterrupt):
        append_group(path, "scores", fake_run()["diagnostics"].to_dataset())
    assert open_run(path).attrs["model"] == "hierarchical_dynamic"


def test_the_old_run_is_put_back_if_the_new_one_cannot_take_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_run(fake_run(), folder / "run")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if ".writing-" in self.name:
            raise OSError("no space")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="no space"):
        write_run(fake_run("static"), path, force=True)
    monkeypatch.undo()
    assert open_run(path).attrs["model"] == "hierarchical_dynamic"


def test_a_run_that_another_process_wrote_meanwhile_is_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "run"
    flush = atomic._flush

    def other_writer(temporary: Path) -> None:
        monkeypatch.setattr(atomic, "_flush", flush)
        write_run(fake_run("static"), path)

    monkeypatch.setattr(atomic, "_flush", other_writer)
    with pytest.raises(InputError, match="was written by another process"):
        write_run(fake_run(), path)
    assert open_run(path).attrs["model"] == "hierarchical_static"


def test_a_living_writer_and_other_machines_are_left_alone(tmp_path: Path) -> None:
    living = atomic._hidden(tmp_path, "run", "writing")
    elsewhere = tmp_path / ".run.writing-another-host-123-abcd"
    for path in (living, elsewhere):
        path.mkdir()
    write_run(fake_run(), tmp_path / "run")
    assert living.exists()
    assert elsewhere.exists()
