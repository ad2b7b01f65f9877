"""Hindcasts: the formulas against plain loops, and what known countries must show."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import attraktiv
from attraktiv.errors import InputError
from attraktiv.evaluation import persistence
from attraktiv.panels import Parameters, simulate_country

NOTHING, OWN_MEAN, REGRESSION, RESIDUAL, POSTERIOR = persistence.PREDICTORS
MODEL = "hierarchical_dynamic"
SPLIT = "2005:2010/2012:2014"
EARLY, LATER = range(2005, 2011), range(2012, 2015)
HOLED = "0105"


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    """Thirty places; one is excluded, one lacks a later year, one an earlier year."""
    panel = simulate_country(places=30, years=10, ages=False, seed=5).panel
    place, year = panel["place"], panel["year"]
    unknown = ((place == HOLED) & (year == 2013)) | ((place == "0107") & (year == 2006))
    return panel.assign(
        net_migration=panel["net_migration"].where(~unknown),
        excluded=place == "0103",
        block=("place", np.array([f"b{i % 7}" for i in range(30)], dtype=object)),
    )


@pytest.fixture(scope="module")
def found(panel: xr.Dataset) -> xr.Dataset:
    result = attraktiv.hindcast(MODEL, panel, [SPLIT], blocks="block", seed=1, progress=False)
    return result.isel(split=0)


@pytest.fixture(scope="module")
def run(panel: xr.Dataset) -> xr.DataTree:
    return attraktiv.fit(MODEL, panel, first=2005, last=2010, seed=1, progress=False)


def rates(panel: xr.Dataset) -> dict[str, dict[int, float]]:
    """Known rates of the places compared, by place and year."""
    table = 100 * panel["net_migration"] / panel["population"]
    places = [p for p in panel["place"].values if p not in (HOLED, "0103")]
    return {
        place: {
            int(y): float(table.sel(place=place, year=y))
            for y in table["year"].values
            if np.isfinite(table.sel(place=place, year=y))
        }
        for place in places
    }


def centred_means(values: dict[str, dict[int, float]], years: range) -> dict[str, float]:
    """Mean over years of each place's value less the mean of the year's known values."""
    level = {y: np.mean([v[y] for v in values.values() if y in v]) for y in years}
    means = {p: np.mean([v[y] - level[y] for y in years if y in v]) for p, v in values.items()}
    return {p: m - np.mean(list(means.values())) for p, m in means.items()}


def assert_is(found: xr.Dataset, predictor: str, expected: dict[str, float]) -> None:
    predicted = found["predicted"].sel(predictor=predictor).dropna("place").to_series()
    assert predicted.to_dict() == pytest.approx(expected, abs=1e-9)


def test_what_is_compared(found: xr.Dataset, panel: xr.Dataset) -> None:
    expected = centred_means(rates(panel), LATER)
    assert found["observed"].dropna("place").to_series().to_dict() == pytest.approx(expected)
    assert int(found["places"]) == 28
    assert int(found["blocks"]) == 7


def test_nothing_and_the_own_mean(found: xr.Dataset, panel: xr.Dataset) -> None:
    assert_is(found, NOTHING, dict.fromkeys(rates(panel), 0.0))
    assert_is(found, OWN_MEAN, centred_means(rates(panel), EARLY))


def test_the_regression_and_its_residual(
    found: xr.Dataset, panel: xr.Dataset, run: xr.DataTree
) -> None:
    factors = run["constant_data"].to_dataset()["factors"]
    observed = run["observed_data"].to_dataset()["net_migration_rate"]
    cells = [
        (p, y)
        for p in observed["place"].values
        for y in EARLY
        if np.isfinite(observed.sel(place=p, year=y))
    ]
    x = np.array([factors.sel(place=p, year=y).values for p, y in cells])
    w = np.column_stack([x, *[[float(y == year) for _, y in cells] for year in EARLY]])
    y = np.array([float(observed.sel(place=p, year=y)) for p, y in cells])
    b = np.linalg.solve(w.T @ w, w.T @ y)
    residual: dict[str, list[float]] = {}
    for (place, _), e in zip(cells, y - w @ b, strict=True):
        residual.setdefault(place, []).append(e)
    later = attraktiv.model.later_factors(
        run["constant_data"].to_dataset(), panel, years=LATER, until=2010
    )
    structure = {
        p: float((later.sel(place=p).values @ b[: x.shape[1]]).mean()) for p in rates(panel)
    }
    carried = {p: structure[p] + np.mean(residual[p]) for p in structure}
    for predictor, prediction in ((REGRESSION, structure), (RESIDUAL, carried)):
        mean = np.mean(list(prediction.values()))
        assert_is(found, predictor, {p: v - mean for p, v in prediction.items()})


def test_the_posterior_lets_its_path_die_out(
    found: xr.Dataset, panel: xr.Dataset, run: xr.DataTree
) -> None:
    draws = run["posterior"].to_dataset().stack(s=("chain", "draw"))
    later = attraktiv.model.later_factors(
        run["constant_data"].to_dataset(), panel, years=LATER, until=2010
    )
    total = xr.zeros_like(later["place"], dtype=float)
    for year in LATER:
        structure = (later.sel(year=year) * draws["beta"]).sum("term")
        path = draws["rho"] ** (year - 2010) * draws["u"].sel(year=2010)
        total = total + (structure + draws["theta"] + path).mean("s") / len(LATER)
    expected = {p: float(total.sel(place=p)) for p in rates(panel)}
    mean = np.mean(list(expected.values()))
    predicted = found["predicted"].sel(predictor=POSTERIOR).dropna("place").to_series().to_dict()
    assert predicted == pytest.approx({p: v - mean for p, v in expected.items()}, abs=1e-6)


def test_errors_are_root_mean_squares_over_places(found: xr.Dataset) -> None:
    for predictor in persistence.PREDICTORS:
        pairs = zip(
            found["predicted"].sel(predictor=predictor).values,
            found["observed"].values,
            strict=True,
        )
        squares = [(p - o) ** 2 for p, o in pairs if np.isfinite(o)]
        rmse = (sum(squares) / len(squares)) ** 0.5
        at = found.sel(predictor=predictor)
        assert float(at["rmse"]) == pytest.approx(rmse)
        excess = rmse - float(found["rmse"].sel(predictor=POSTERIOR))
        assert float(at["difference"]) == pytest.approx(excess)
        assert at["rmse_lower"] < at["rmse"] < at["rmse_upper"]
    assert float(found["difference_upper"].sel(predictor=POSTERIOR)) == 0.0


# Countries whose truth is known ---------------------------------------------------------


def errors_of(parameters: Parameters) -> dict[str, float]:
    """Errors without the factors that attractiveness itself moves."""
    country = simulate_country(places=120, years=12, ages=False, seed=4, parameters=parameters)
    found = attraktiv.hindcast(
        MODEL,
        country.panel,
        ["2007:2011/2012:2016"],
        without=["share_20_39", "population"],
        seed=1,
        progress=False,
    )
    return dict(zip(persistence.PREDICTORS, found["rmse"].values[0].tolist(), strict=True))


def test_where_attractiveness_lasts_the_posterior_beats_the_regression() -> None:
    rmse = errors_of(Parameters(tau=0.6, sigma_u=0.05, phi=0.3))
    assert rmse[POSTERIOR] < 0.5 * rmse[REGRESSION]
    assert rmse[POSTERIOR] < 1.05 * rmse[RESIDUAL] < 0.5 * rmse[REGRESSION]


def test_where_there_is_none_the_residual_harms_and_the_posterior_knows() -> None:
    rmse = errors_of(Parameters(tau=0.0, sigma_u=0.0))
    assert rmse[RESIDUAL] > 1.2 * rmse[REGRESSION]
    assert rmse[POSTERIOR] == pytest.approx(rmse[REGRESSION], rel=0.05)


# Growth of jobs -------------------------------------------------------------------------


def test_a_model_of_jobs_is_judged_by_job_growth(panel: xr.Dataset) -> None:
    mix = np.random.default_rng(1).normal(size=panel["jobs"].shape)
    panel = panel.assign(industry_mix=(panel["jobs"].dims, mix))
    ours, theirs = (
        attraktiv.hindcast(
            "business_2026",
            panel,
            ["2006:2010/2012:2014"],
            classical=classical,
            seed=1,
            progress=False,
        ).isel(split=0)
        for classical in (None, "business_2017")
    )
    jobs = panel["jobs"].sel(place=[p for p in panel["place"].values if p != "0103"])
    growth = 100 * (jobs / jobs.shift(year=1) - 1)
    mean = growth.sel(year=list(LATER)).mean("year")
    expected = (mean - mean.mean()).to_series().to_dict()
    assert ours["observed"].dropna("place").to_series().to_dict() == pytest.approx(expected)
    assert ours["observed"].attrs["units"] == "percent of jobs per year"
    assert ours.attrs["outcome"] == "job_growth"
    # the same factors by least squares: its own regression is the classical model's
    np.testing.assert_array_equal(ours["rmse"], theirs["rmse"])


# Choices, and what is refused -----------------------------------------------------------


def test_the_same_seed_gives_the_same(panel: xr.Dataset, found: xr.Dataset) -> None:
    again = attraktiv.hindcast(MODEL, panel, SPLIT, blocks="block", seed=1, progress=False)
    xr.testing.assert_identical(again.isel(split=0), found)
    assert again.attrs["seed"] == 1


def test_another_regression_changes_the_regression_alone(
    panel: xr.Dataset, found: xr.Dataset
) -> None:
    other = attraktiv.hindcast(
        MODEL, panel, [SPLIT], classical="book_2023", blocks="block", seed=1, progress=False
    ).isel(split=0)
    same = other["rmse"] == found["rmse"]
    assert same.sel(predictor=[NOTHING, OWN_MEAN, POSTERIOR]).all()
    assert not same.sel(predictor=[REGRESSION, RESIDUAL]).any()
    assert other.attrs["classical"] == "book_2023"
    assert found.attrs["classical"] == f"the factors of {MODEL}"


def test_a_factor_left_out_is_left_out_of_both(panel: xr.Dataset, found: xr.Dataset) -> None:
    other = attraktiv.hindcast(
        "hierarchical_static", panel, [SPLIT], without=["centrality"], seed=1, progress=False
    ).isel(split=0)
    assert float(other["rmse"].sel(predictor=REGRESSION)) != float(
        found["rmse"].sel(predictor=REGRESSION)
    )


@pytest.mark.parametrize(
    ("without", "asked", "column", "blocks"),
    [
        ([], None, "block", 7),  # `region` has two values only
        ([], "place", "place", 28),
        ([], "region", None, None),
        (["block"], None, "place", 28),
    ],
)
def test_what_the_blocks_are(
    panel: xr.Dataset, without: list[str], asked: str | None, column: str | None, blocks: int | None
) -> None:
    def call() -> xr.Dataset:
        data = panel.drop_vars(without)
        return attraktiv.hindcast(
            "hierarchical_static", data, [SPLIT], blocks=asked, seed=1, progress=False
        )

    if column is None:
        with pytest.raises(InputError, match=r"in 2 blocks.*at least 5.*--blocks COLUMN"):
            call()
        return
    found = call()
    assert found.attrs["block_column"] == column
    assert found["blocks"].values.tolist() == [blocks]


def test_places_of_an_unknown_block_are_not_put_together(panel: xr.Dataset) -> None:
    holed = panel.assign(block=panel["block"].where(panel["block"] != "b0", ""))
    found = attraktiv.hindcast(
        "hierarchical_static", holed, [SPLIT], blocks="block", seed=1, progress=False
    )
    unknown = int((holed["block"].where(found["observed"][0].notnull()) == "").sum())
    assert unknown > 1
    assert found["blocks"].values.tolist() == [6 + unknown]


def test_several_splits_stand_in_their_order(panel: xr.Dataset, found: xr.Dataset) -> None:
    labels = ["2006:2009/2010:2011", SPLIT]
    both = attraktiv.hindcast(MODEL, panel, labels, blocks="block", seed=1, progress=False)
    assert both["split"].values.tolist() == labels
    assert both["places"].values.tolist() == [29, 28]
    np.testing.assert_array_equal(both["rmse"].sel(split=SPLIT), found["rmse"])


def test_a_classical_model_has_nothing_that_persists(panel: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"book_2023 has no attractiveness.*--classical book_2023"):
        attraktiv.hindcast("book_2023", panel, [SPLIT])


def test_a_regression_must_be_one(panel: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"hierarchical_static is not a regression.*book_2023"):
        attraktiv.hindcast(MODEL, panel, [SPLIT], classical="hierarchical_static")


def test_an_unknown_column_of_blocks_is_refused(panel: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"--blocks blok: .* no such column.*region, .*block"):
        attraktiv.hindcast("hierarchical_static", panel, [SPLIT], blocks="blok", progress=False)


def test_too_few_places_are_refused(panel: xr.Dataset) -> None:
    unknown = (panel["year"] == 2013) & ~panel["place"].isin(["0101", "0102"])
    few = panel.assign(net_migration=panel["net_migration"].where(~unknown))
    with pytest.raises(InputError, match=r"compares 2 places.*known in every later year"):
        attraktiv.hindcast("hierarchical_static", few, [SPLIT], progress=False)


def test_the_splits_are_checked_before_anything_is_fitted(panel: xr.Dataset) -> None:
    with pytest.raises(InputError, match="outside the panel"):
        attraktiv.hindcast(MODEL, panel, [SPLIT, "2005:2010/2012:2040"])


def test_the_probability_is_checked(panel: xr.Dataset) -> None:
    with pytest.raises(InputError, match="probability of a band is 80"):
        attraktiv.hindcast(MODEL, panel, [SPLIT], prob=80)


# The Norwegian panel --------------------------------------------------------------------


@pytest.mark.real_data
def test_in_norway_the_carried_residual_is_worse_than_the_regression(norway: xr.Dataset) -> None:
    """Nothing predicted has the error 0.605 on this panel, whatever the model."""
    found = attraktiv.hindcast(MODEL, norway, ["2006:2011/2012:2016"], seed=1, progress=False).isel(
        split=0
    )
    rmse = found["rmse"].to_series().to_dict()
    assert rmse[NOTHING] == pytest.approx(0.605, abs=0.001)
    assert rmse[RESIDUAL] - rmse[REGRESSION] == pytest.approx(0.10, abs=0.03)
    assert rmse[POSTERIOR] <= rmse[REGRESSION] + 0.005
    assert float(found["difference_lower"].sel(predictor=RESIDUAL)) > 0
    assert json.loads(json.dumps(found.attrs))["block_column"] == "economic_region"
