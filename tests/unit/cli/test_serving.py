"""The command serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import Call
from tests.unit.runs import fake_run

from attraktiv.store import write_run


def test_it_listens_on_this_machine_alone(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda app, **options: heard.update(options, app=app))
    path = write_run(fake_run(), tmp_path / "run")
    result = call("serve", path, "--port", 8765)
    assert result.exit_code == 0, result.output
    assert (heard["host"], heard["port"]) == ("127.0.0.1", 8765)
    assert "http://127.0.0.1:8765/" in result.stderr
    assert heard["app"].title == "attraktiv"


def test_a_folder_that_is_no_run_is_refused(call: Call, tmp_path: Path) -> None:
    result = call("serve", tmp_path)
    assert result.exit_code == 2
    assert "is not a run" in result.stderr.replace("\n", " ")
