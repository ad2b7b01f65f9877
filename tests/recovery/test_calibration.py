"""Ranks of true values among an engine's draws are uniform; those of a wrong one are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from tests.recovery.calibration import collapsed, page, tables
from tests.recovery.calibration.ranks import (
    ABOUT,
    FAILURE,
    KEPT,
    METHOD,
    SIMULATION,
    complete,
    inside_band,
    p_value,
)

SIMULATIONS = 100
#: A small panel, so that some can be fitted in every test run.
PANELS, PLACES, YEARS = 8, 8, 4
LIMIT = 0.01


def narrow(draws: np.ndarray) -> np.ndarray:
    """A posterior whose standard deviation is 0.7 of what it should be."""
    mean = draws.mean(axis=0)
    return mean + 0.7 * (draws - mean)


def spread_p(table: pd.DataFrame) -> float:
    """Small if truths lie too far out, or too far in, among the draws: t test over panels.

    A rank as a quantile of the standard normal has mean square one if the posterior is right,
    and 1/s² if its deviation is s of what it should be. Panels are independent of each other.
    """
    uniform = special.ndtri((np.arange(KEPT + 1) + 0.5) / (KEPT + 1))
    score = (uniform[complete(table).to_numpy()] ** 2).mean(axis=1) - (uniform**2).mean()
    return float(stats.ttest_1samp(score, 0.0).pvalue)


def outside(table: pd.DataFrame, prob: float) -> list[str]:
    ranks = complete(table)
    return [str(label) for label in ranks if not inside_band(ranks[label].to_numpy(), prob)]


@pytest.fixture(scope="module")
def small_fits() -> list[list[collapsed.Fit]]:
    return [list(collapsed.fits(m, range(PANELS), PLACES, YEARS)) for m in page.MODELS]


def test_ranks_in_small_panels_are_as_they_should_be(
    small_fits: list[list[collapsed.Fit]],
) -> None:
    found = [pd.DataFrame([collapsed.row(fit) for fit in fits]) for fits in small_fits]
    assert all((table[FAILURE] == "").all() for table in found)
    assert [outside(table, 0.999) for table in found] == [[], []]
    assert spread_p(_all(found)) > LIMIT


def test_ranks_among_too_narrow_draws_are_found_out(
    small_fits: list[list[collapsed.Fit]],
) -> None:
    found = [pd.DataFrame([collapsed.row(fit, narrow) for fit in fits]) for fits in small_fits]
    assert spread_p(_all(found)) < LIMIT


def _all(found: list[pd.DataFrame]) -> pd.DataFrame:
    """Both models' panels, with the scalars that both have."""
    return pd.concat(found, join="inner", ignore_index=True)


@pytest.mark.parametrize(
    ("scale", "shift", "right"), [(1.0, 0.0, True), (0.7, 0.0, False), (1.0, 0.5, False)]
)
def test_a_wrong_posterior_leaves_the_band(scale: float, shift: float, right: bool) -> None:
    rng = np.random.default_rng(1)
    truth = rng.standard_normal(500)
    data = truth + rng.standard_normal(500)
    deviation = np.sqrt(0.5)
    mean = data / 2 + shift * deviation
    draws = mean[:, None] + scale * deviation * rng.standard_normal((500, KEPT))
    ranks = (draws < truth[:, None]).sum(axis=1)
    assert inside_band(ranks, 0.99) is right
    assert (p_value(ranks) > 0.001) is right


def test_a_band_holds_uniform_ranks_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    held = [inside_band(rng.integers(0, KEPT + 1, 100), 0.95) for _ in range(1000)]
    assert 0.93 < np.mean(held) < 0.97


@pytest.mark.slow
@pytest.mark.parametrize("model", page.MODELS)
def test_ranks_stay_inside_simultaneous_bands(model: str) -> None:
    table = pd.DataFrame(collapsed.rows(model, 0, SIMULATIONS))
    assert (table[FAILURE] != "").sum() <= SIMULATIONS // 20
    # some thirty scalars, many of them dependent: each band holds all of its ranks with
    # probability 0.999
    assert outside(table, 0.999) == []


def rows_of_three(model: str, first: int, simulations: int) -> list[dict[str, Any]]:
    """Stand-in for an engine: fails on the third simulation and dies on what is over six."""
    if first >= 6:
        raise RuntimeError("killed")
    return [
        dict(zip(ABOUT, (i, "importance", "", np.nan, 1.0), strict=True)) | {"tau": i}
        if i != 2
        else dict(zip(ABOUT, (i, "none", "no mode", np.nan, 0.0), strict=True))
        for i in range(first, first + simulations)
    ]


def rows_of_the_rest(model: str, first: int, simulations: int) -> list[dict[str, Any]]:
    """Goes on where the other died, and must not be asked for what is there."""
    assert first >= 6
    return [
        dict(zip(ABOUT, (i, "importance", "", np.nan, 1.0), strict=True)) | {"tau": i}
        for i in range(first, first + simulations)
    ]


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    folders = {"tables": tmp_path / "kept", "unfinished": tmp_path / "growing"}
    how: dict[str, Any] = {"at_once": 3, "processes": 1, **folders}
    with pytest.raises(RuntimeError, match="killed"):
        tables.fill(rows_of_three, "collapsed", "m", 8, **how)
    path = tables.fill(rows_of_the_rest, "collapsed", "m", 8, **how)
    table = tables.read(path)
    assert list(table[SIMULATION]) == list(range(8))
    assert list(table.loc[table[FAILURE] != "", SIMULATION]) == [2]
    assert list(complete(table)["tau"]) == [0, 1, 3, 4, 5, 6, 7]
    assert not list(folders["unfinished"].rglob("*.csv"))


def study(ranks: np.ndarray) -> page.Study:
    """A study of τ, among whose ranks one is missing because the engine gave up."""
    table = pd.DataFrame({SIMULATION: range(len(ranks)), METHOD: "importance", FAILURE: ""})
    table["tau"] = pd.array(ranks, dtype="Int64")
    table.loc[0, [FAILURE, METHOD]] = "the chains disagree", "metropolis"
    table.loc[0, "tau"] = pd.NA
    return page.Study("collapsed", page.MODELS[0], table)


def test_the_page_says_what_is_outside_and_how_often_the_engine_gave_up() -> None:
    rng = np.random.default_rng(3)
    wrong = page.page([study(rng.integers(0, 60, 200))])
    assert "Outside the 99 % band: τ." in wrong
    assert "1 times the engine gave up: the chains disagree." in wrong
    assert "| 200 | 1 | 1 | 1 | 1 (0.1) | 1 (0.0) |" in wrong
    right = page.page([study(rng.integers(0, KEPT + 1, 200))])
    assert "All 1 scalars stay inside the 99 % band." in right


def test_the_chart_has_a_panel_for_each_scalar_and_marks_those_outside() -> None:
    drawn = page.chart(study(np.random.default_rng(3).integers(0, 60, 200))).to_dict()
    (data,) = drawn["datasets"].values()
    assert {row["scalar"] for row in data} == {"τ"}
    assert {row["inside"] for row in data} == {False}
    assert len(data) == len(range(0, KEPT, 2))  # every other rank


def test_the_page_is_in_step_with_the_tables() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(list(page.studies()))
