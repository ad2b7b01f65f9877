"""Runs side by side: what is compared, what is refused, what is said beside the numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from attraktiv.errors import InputError, RunError
from attraktiv.evaluation import compare
from attraktiv.evaluation.densities import score_cells, score_places
from attraktiv.evaluation.stability import stability


@pytest.fixture(scope="module")
def found(classical: xr.DataTree, bayesian: xr.DataTree) -> xr.Dataset:
    return compare([classical, bayesian], progress=False)


def test_densities_are_sums_and_differences(
    found: xr.Dataset, classical: xr.DataTree, bayesian: xr.DataTree
) -> None:
    for criterion, score in (("cell", score_cells), ("place", score_places)):
        of = found.sel(criterion=criterion)
        totals = [float(score(run)["elpd"].sum()) for run in (classical, bayesian)]
        assert of["elpd"].values == pytest.approx(totals)
        assert of["elpd_difference"].values == pytest.approx([0.0, totals[1] - totals[0]])
        by_place = of["elpd_of_place"]
        assert by_place.sum("place").values == pytest.approx(totals)
        less = (by_place.isel(run=1) - by_place.isel(run=0)).values
        expected = np.sqrt(less.size) * less.std(ddof=1)
        assert float(of["elpd_difference_se"][1]) == pytest.approx(expected)
    assert found["scored"].values.tolist() == [7 * 19 - 2, 19]


def test_everything_is_in_one_dataset(found: xr.Dataset) -> None:
    assert found["run"].values.tolist() == ["classical", "bayesian"]
    assert found["coefficient"].sizes == {"run": 2, "term": 3, "estimate": 3}
    for name in ("explained", "slope_mean", "reliability", "rank_change", "elpd_of_place"):
        assert name in found
    assert "top_returning" not in found
    assert json.loads(found.attrs["classical"]) == [True, False]


def test_notes_say_what_is_missing_and_what_is_doubtful(found: xr.Dataset) -> None:
    notes = " ".join(json.loads(found.attrs["notes"]))
    assert "--panel PANEL" in notes
    assert "takes the cells of a place as independent" in notes
    bad = int(found["pareto_bad"].sel(criterion="place", run="bayesian"))
    assert bool(bad) == ("of 19 places (highest" in notes)


def test_factors_of_one_run_alone_are_missing_in_the_other(classical: xr.DataTree) -> None:
    other = classical.copy()
    for group in ("posterior", "constant_data"):
        kept = classical[group].to_dataset().isel(term=[0, 2])
        other[group] = xr.DataTree(kept)
    found = compare([classical, other], progress=False)
    assert found["run"].values.tolist() == ["classical", "classical 2"]
    assert found["term"].values.tolist() == ["own_job_growth", "centrality", "share_20_39"]
    assert np.isnan(found["coefficient"].isel(run=1).sel(term="centrality")).all()


def test_places_with_other_cells_have_no_density_of_the_whole(classical: xr.DataTree) -> None:
    other = classical.copy()
    data = classical["constant_data"].to_dataset()
    cell = (data["place"] == "0105") & (data["year"] == 2008)
    other["constant_data"] = xr.DataTree(data.assign(used=data["used"] & ~cell))
    found = compare([classical, other], progress=False)
    assert found["scored"].values.tolist() == [7 * 19 - 3, 18]
    assert "18 of 19 places" in found.attrs["notes"]


def test_with_the_panel_later_years_and_halves_are_added(
    classical: xr.DataTree, country: xr.Dataset
) -> None:
    found = compare([classical, classical], country, origins=2, top=5, progress=False)
    assert found["criterion"].values.tolist() == ["cell", "place", "future", "future_carried"]
    assert found["scored"].values.tolist() == [131, 19, 38, 38]
    assert found["elpd_difference"].values == pytest.approx(0.0)
    assert 0 <= float(found["top_returning"][0]) <= 1
    assert "2010, 2011" in found.attrs["notes"]


def changed(run: xr.DataTree, **attrs: object) -> xr.DataTree:
    other = run.copy()
    other.attrs = {**run.attrs, **attrs}
    return other


def test_what_cannot_be_compared_is_refused(
    classical: xr.DataTree, bayesian: xr.DataTree, country: xr.Dataset
) -> None:
    with pytest.raises(RunError, match="two runs or more, found 1"):
        compare([classical])
    with pytest.raises(RunError, match="fitted to another panel"):
        compare([classical, changed(bayesian, panel_hash="0")])
    with pytest.raises(RunError, match="fitted to another outcome"):
        compare([classical, changed(bayesian, outcome="net_domestic_migration_rate")])
    with pytest.raises(RunError, match="is not the one that the runs were fitted to"):
        compare([classical, bayesian], country.isel(place=slice(5)))
    with pytest.raises(InputError, match="origins is 0; valid is a whole number from 1 up"):
        compare([classical, bayesian], origins=0)
    with pytest.raises(InputError, match=r"no part of a league table of 19 places.*--top 4"):
        compare([classical, bayesian], country, origins=1, top=19)


def test_runs_without_a_common_cell_are_refused(classical: xr.DataTree) -> None:
    data = classical["constant_data"].to_dataset()
    early = changed(classical)
    early["constant_data"] = xr.DataTree(data.assign(used=data["used"] & (data["year"] < 2008)))
    late = changed(classical)
    late["constant_data"] = xr.DataTree(data.assign(used=data["used"] & (data["year"] > 2008)))
    with pytest.raises(RunError, match=r"no place and year took part in all of them"):
        compare([early, late])


def test_stability_of_halves_that_agree_and_of_opposites() -> None:
    values = np.arange(10.0)
    for other, expected in ((values, (1.0, 1.0)), (-values, (0.0, -1.0))):
        two = xr.Dataset({"attractiveness": (("half", "place"), np.stack([values, other]))})
        assert stability(two, 3) == pytest.approx(expected)
