"""From cells to a table, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from attraktiv.backtests import pit_histogram, scores
from attraktiv.errors import InputError
from attraktiv.evaluation.bootstrap import find_blocks


def test_crps_is_the_mean_over_places_in_percent(found: xr.Dataset) -> None:
    table = scores(found)
    places = ((found["level"] == "place") & ~found["excluded"]).values
    of = found.sel(quantity="population", horizon=2)
    percent = 100 * of["crps"] / of["base"]
    for name in ("trend", "cohort_method"):
        expected = float(percent.sel(forecaster=name).values[:, places].mean())
        row = table[(table["forecaster"] == name) & (table["horizon"] == 2)]
        assert row["crps"].item() == pytest.approx(expected, rel=1e-5)
        assert row["cells"].item() == 2 * places.sum()


def test_errors_and_coverage_are_those_of_the_quantiles(found: xr.Dataset) -> None:
    table = scores(found, by="origin", horizons=(3,))
    places = ((found["level"] == "place") & ~found["excluded"]).values
    of = found.sel(quantity="population", horizon=3, forecaster="no_change", origin=2013)
    came = of["observed"].values[places]
    low, middle, high = (
        of["predicted_quantile"].sel(quantile=q).values[places] for q in (0.1, 0.5, 0.9)
    )
    row = table[(table["forecaster"] == "no_change") & (table["origin"] == 2013)].iloc[0]
    off = middle / came - 1
    assert row["mape"] == pytest.approx(100 * np.abs(off).mean(), rel=1e-5)
    assert row["median_ape"] == pytest.approx(100 * np.median(np.abs(off)), rel=1e-5)
    assert row["bias"] == pytest.approx(100 * off.mean(), rel=1e-5)
    assert row["weighted_ape"] == pytest.approx(
        100 * np.abs(middle - came).sum() / came.sum(), rel=1e-5
    )
    assert row["coverage_80"] == pytest.approx(((came >= low) & (came <= high)).mean())
    below, above = np.maximum(low - came, 0), np.maximum(came - high, 0)
    interval = (high - low) + 10 * (below + above)
    base = of["base"].values[places]
    assert row["interval_score_80"] == pytest.approx((100 * interval / base).mean(), rel=1e-4)
    assert row["width_80"] == pytest.approx((100 * (high - low) / base).mean(), rel=1e-5)


def test_who_is_compared_with_itself_differs_by_nothing(found: xr.Dataset) -> None:
    table = scores(found, against="no_change")
    own = table[table["forecaster"] == "no_change"]
    assert (own[["difference", "difference_lower", "difference_upper"]] == 0).all(axis=None)
    assert (own["skill"] == 0).all()
    other = table[table["forecaster"] == "trend"].set_index("horizon")
    reference = own.set_index("horizon")["crps"]
    np.testing.assert_allclose(other["difference"], other["crps"] - reference, rtol=1e-6)
    np.testing.assert_allclose(other["skill"], 1 - other["crps"] / reference, rtol=1e-6)
    assert (other["difference_lower"] <= other["difference_upper"]).all()


def test_a_difference_that_is_everywhere_the_same_is_sure(found: xr.Dataset) -> None:
    base = found["base"].sel(quantity="population")
    crps = found["crps"].copy(deep=True)
    population = crps.sel(forecaster="no_change", quantity="population")
    crps.loc[{"forecaster": "trend", "quantity": "population"}] = population - 0.02 * base
    row = scores(found.assign(crps=crps), against="no_change", by="origin", horizons=(1,))
    row = row[row["forecaster"] == "trend"]
    for column in ("difference", "difference_lower", "difference_upper"):
        np.testing.assert_allclose(row[column], -2.0, atol=1e-3)


def test_a_file_is_compared_on_its_own_cells(found: xr.Dataset) -> None:
    everywhere, there = scores(found, horizons=(1,)), scores(found, on="official", horizons=(1,))
    assert "official" not in set(everywhere["forecaster"])
    assert "official" in set(there["forecaster"])
    assert (there["cells"] * 2 == everywhere["cells"].iloc[0]).all()
    assert there.loc[there["forecaster"] == "official", "coverage_80"].isna().all()


def test_sizes_are_in_order_and_hold_every_cell(found: xr.Dataset) -> None:
    table = scores(found, by="size")
    assert table.drop_duplicates("size")["cells"].sum() == scores(found).drop_duplicates(
        "horizon")["cells"].sum()  # fmt: skip
    numbers = [int(label.split("–")[0].replace(",", "").split()[-1]) for label in
               table["size"].unique() if "or more" not in label]  # fmt: skip
    assert numbers == sorted(numbers)


def test_a_column_of_numbers_is_put_into_classes(found: xr.Dataset) -> None:
    table = scores(found, by="centrality", horizons=(1,))
    assert table["centrality"].nunique() == 5


def test_sums_have_scores_too(found: xr.Dataset) -> None:
    table = scores(found, level="nation", horizons=(1,))
    assert (table["cells"] == 2).all()


def test_places_are_drawn_by_the_first_column_that_groups_them(
    found: xr.Dataset, country: xr.Dataset
) -> None:
    assert found.attrs["blocks"] == find_blocks(country, None)[0]
    # a store lists its variables in no order, and none may matter
    turned = found[sorted(map(str, found.data_vars), reverse=True)]
    pd.testing.assert_frame_equal(scores(turned), scores(found))


def test_pit_is_a_share_of_everybody(found: xr.Dataset) -> None:
    table = pit_histogram(found)
    total = table.groupby(["forecaster", "horizon"])["share"].sum()
    np.testing.assert_allclose(total, 1.0)
    assert "official" not in set(table["forecaster"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"quantity": "dogs"}, "--quantity dogs"),
        ({"level": "street"}, "--level street"),
        ({"by": "mood"}, "--by mood"),
        ({"against": "nobody"}, "--against nobody"),
        ({"horizons": (99,)}, "--horizon 99"),
        ({"quantity": "net_migration"}, "trend does not forecast this quantity"),
    ],
)
def test_what_the_backtest_lacks_is_refused(
    found: xr.Dataset, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        scores(found, **asked)
