"""Charts of a comparison show its runs and places."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from attraktiv.errors import InputError
from attraktiv.reports.comparisons import draw_comparison, effects, ranks, shrinkage


@pytest.fixture
def found() -> xr.Dataset:
    """Thirty places in two runs; the second ranks them the other way round."""
    rng = np.random.default_rng(1)
    mean = np.linspace(1, -1, 30)
    rank = np.arange(1.0, 31.0)
    return xr.Dataset(
        {
            "coefficient": (("run", "term", "estimate"), rng.normal(size=(2, 2, 3))),
            "attractiveness": (
                ("run", "place", "estimate"),
                np.stack([mean, -0.5 * mean])[:, :, None] + np.array([0, -0.1, 0.1]),
            ),
            "rank": (("run", "place"), np.stack([rank, rank[::-1]])),
            "population": ("place", np.geomspace(500, 300_000, 30)),
            "name": ("place", [f"Ås {i}" for i in range(30)]),
        },
        coords={
            "run": ["classical", "bayesian"],
            "term": ["own_job_growth", "centrality"],
            "estimate": ["mean", "lower", "upper"],
            "place": [f"{i:04d}" for i in range(30)],
        },
        attrs={"first": 2006, "last": 2016, "panel_title": "Ødeland"},
    )


def rows(chart: object) -> list[dict]:
    """All rows of a chart's data."""
    specification = chart.to_dict()  # type: ignore[attr-defined]
    return [row for data in specification["datasets"].values() for row in data]


def test_effects_show_each_factor_of_each_run(found: xr.Dataset) -> None:
    shown = {(row["run"], row["term"]) for row in rows(effects(found)) if "term" in row}
    runs, terms = ("classical", "bayesian"), ("own_job_growth", "centrality")
    assert shown == {(run, term) for run in runs for term in terms}


def test_a_factor_that_a_run_lacks_is_not_drawn(found: xr.Dataset) -> None:
    gap = (found["run"] == "classical") & (found["term"] == "centrality")
    shown = rows(effects(found.assign(coefficient=found["coefficient"].where(~gap))))
    assert ("classical", "centrality") not in {(r.get("run"), r.get("term")) for r in shown}


def test_shrinkage_shows_every_place_and_names_few(found: xr.Dataset) -> None:
    chart = shrinkage(found)
    sizes = sorted(len(data) for data in chart.to_dict()["datasets"].values())
    assert sizes[0] == 2  # the line of no change
    assert 3 <= sizes[1] <= 10
    assert sizes[2] == 30


def test_ranks_show_the_highest_of_either_run(found: xr.Dataset) -> None:
    shown = rows(ranks(found))
    assert {row["name"] for row in shown} == {f"Ås {i}" for i in range(30)}
    assert {row["change"] for row in shown} == {"up", "down"}


def test_charts_become_files(found: xr.Dataset, tmp_path: Path) -> None:
    paths = draw_comparison(found, tmp_path / "charts", suffix=".json")
    assert [path.name for path in paths] == ["effects.json", "shrinkage.json", "ranks.json"]
    assert "Ødeland, 2006–2016" in json.loads(paths[0].read_text("utf-8"))["title"]["subtitle"]
    with pytest.raises(InputError, match="--force"):
        draw_comparison(found, tmp_path / "charts", suffix=".json")
