from __future__ import annotations

import pytest

from attraktiv.progress import progress


def test_nothing_is_written_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    with progress("counting", total=2) as update:
        update()
        update(1, text="nearly there")
    assert capfd.readouterr() == ("", "")


def test_a_terminal_sees_the_bar_on_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes any stream for a terminal
    monkeypatch.setenv("TERM", "xterm")
    with progress("counting", total=2) as update:
        update(2, text="nearly there")
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "nearly there" in shown.err


@pytest.mark.parametrize("terminal", [True, False])
def test_an_error_passes_through(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    with pytest.raises(KeyboardInterrupt), progress("counting"):
        raise KeyboardInterrupt
