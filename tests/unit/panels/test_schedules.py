"""fertility.csv and mortality.csv of a panel folder."""

from __future__ import annotations

import pytest

from attraktiv.errors import PanelError
from attraktiv.panels.schedules import read_schedules

MORTALITY = "sex,age,rate\nfemale,0,0.002\nfemale,1,0.001\nmale,0,0.003\nmale,1,0.0015\n"


def test_both_are_read(tmp_path):
    (tmp_path / "fertility.csv").write_text("age,rate\n30,0.12\n29,0.11\n")
    (tmp_path / "mortality.csv").write_text(MORTALITY)
    found = read_schedules(tmp_path)
    assert found is not None
    assert found.fertility is not None
    assert found.mortality is not None
    assert found.fertility.sel(age=30).item() == 0.12
    assert found.mortality.sel(sex="male", age=1).item() == 0.0015


def test_either_may_be_absent(tmp_path):
    assert read_schedules(tmp_path) is None
    (tmp_path / "mortality.csv").write_text(MORTALITY)
    found = read_schedules(tmp_path)
    assert found is not None
    assert found.fertility is None


@pytest.mark.parametrize(
    ("stem", "text", "message"),
    [
        ("fertility", "age,rate\n30,12\n", "write 0.012 for 12 per thousand"),
        ("fertility", "age,rate\n30,-0.1\n", "outside 0 to 1"),
        ("fertility", "age,rate\n30,0.1\n30,0.2\n", "duplicate rows"),
        ("fertility", "age,rate\n30.5,0.1\n", "not a whole age"),
        ("fertility", "age,rate\n30,\n", "empty cells"),
        ("fertility", "age,rate\n30,0\n", "every rate is zero"),
        ("fertility", "age,births\n30,0.1\n", "missing column rate"),
        ("mortality", "sex,age,rate\nf,0,0.1\nm,1,0.1\n", "do not have the same ages"),
        ("mortality", 'sex,age,rate\nf,0,"0,1"\n', "decimal comma"),
    ],
)
def test_a_fault_is_named(tmp_path, stem, text, message):
    (tmp_path / f"{stem}.csv").write_text(text)
    with pytest.raises(PanelError, match=message):
        read_schedules(tmp_path)
