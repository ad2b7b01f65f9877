"""The commands compare and screen: what they write, and that it fits a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
from tests.unit.cli.conftest import WIDTH, Call

import attraktiv


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A panel and two runs of it."""
    top = tmp_path_factory.mktemp("compared")
    attraktiv.simulate(top / "panel", places=24, years=7, seed=3)
    for model in ("structural_2013", "book_2023"):
        attraktiv.fit(model, top / "panel", out=top / model, seed=1, draws=200, progress=False)
    return top


def fits(text: str) -> bool:
    return all(len(line) <= WIDTH for line in text.splitlines())


def test_compare_fits_a_terminal_and_says_what_it_left_out(call: Call, folder: Path) -> None:
    result = call("compare", folder / "structural_2013", folder / "book_2023", "--limit", 6)
    assert result.exit_code == 0
    assert fits(result.stdout)
    for text in ("A  structural_2013", "B  book_2023", "Less A ± SE", "Rank", "--panel PANEL"):
        assert text in result.stdout
    table = result.stdout.split("highest and lowest in A")[1].splitlines()
    assert len(table[3 : table.index("", 3)]) == 6 + 1  # six places and the gap between them


def test_compare_writes_numbers_and_charts(call: Call, folder: Path, tmp_path: Path) -> None:
    runs = (folder / "structural_2013", folder / "book_2023")
    out, charts = tmp_path / "all.zarr", tmp_path / "charts"
    options = ("--panel", folder / "panel", "--origins", 1, "--top", 5)
    result = call("compare", *runs, *options, "--out", out, "--charts", charts)
    assert result.exit_code == 0
    assert "Top 5 returning" in result.stdout
    assert "a later year" in result.stdout
    stored = xr.open_zarr(out, consolidated=False)
    assert stored["elpd"].sizes == {"criterion": 4, "run": 2}
    assert stored["run"].values.tolist() == ["structural_2013", "book_2023"]
    assert sorted(p.name for p in charts.iterdir()) == ["effects.png", "ranks.png", "shrinkage.png"]
    again = call("compare", *runs, "--out", out)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert call("compare", *runs, "--out", out, "--force").exit_code == 0
    foreign = call("compare", *runs, "--out", charts, "--force")
    assert foreign.exit_code == 2
    assert "is no comparison, so it is never replaced" in " ".join(foreign.stderr.split())
    assert len(list(charts.iterdir())) == 3


def test_compare_refuses_one_run(call: Call, folder: Path) -> None:
    result = call("compare", folder / "book_2023")
    assert result.exit_code == 2
    assert "two runs or more" in result.stderr


def test_screen_answers_in_a_table_and_in_json(call: Call, folder: Path, tmp_path: Path) -> None:
    asked = ("screen", "book_2023", folder / "panel", "--factor", "log(population)")
    result = call(*asked, "--factor", "lag(own_job_growth, 1)")
    assert result.exit_code == 0
    assert fits(result.stdout)
    assert "Belongs" in result.stdout
    assert "corrected for the 2 tried" in " ".join(result.stdout.split())
    assert "lag(own_job_growth, 1) in 48" in " ".join(result.stdout.split())
    rows = json.loads(call(*asked, "--format", "json").stdout)
    assert [row["factor"] for row in rows] == ["log(population)"]
    assert rows[0]["belongs"] in ("yes", "no", "unclear")
    assert rows[0]["tail"] == rows[0]["tail_adjusted"]
    call(*asked, "--out", tmp_path / "screened.csv")
    assert len(pd.read_csv(tmp_path / "screened.csv")) == 1


def test_screen_refuses_an_unknown_factor(call: Call, folder: Path) -> None:
    result = call("screen", "book_2023", folder / "panel", "--factor", "educaton")
    assert result.exit_code == 2
    assert "unknown covariate 'educaton'" in " ".join(result.stderr.split())
