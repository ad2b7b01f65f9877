"""Questions and their answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.unit.runs import JOBS_TERMS, TERMS, Kind, fake_run

from attraktiv.effects import attractiveness, bands, prob_greater, ranking
from attraktiv.errors import InputError, RunError
from attraktiv.queries import attractiveness_table, query
from attraktiv.store import open_run, write_run

NUMBERS = ["mean", "median", "lower", "upper"]
LAST = ["variable", "unit", "observed", *NUMBERS, "prob", "interval"]


@pytest.fixture(scope="module")
def run() -> xr.DataTree:
    return fake_run()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(fake_run(), tmp_path_factory.mktemp("runs") / "run")


def test_observed_stands_beside_modelled(run: xr.DataTree) -> None:
    (row,) = query(run, "net_migration_rate", places=["00103"], years=[2008], prob=0.9).itertuples()
    posterior = run["posterior"].dataset.sel(place="00103", year=2008)
    factors = run["constant_data"].dataset["factors"].sel(place="00103", year=2008)
    expected = posterior["alpha"] + (factors * posterior["beta"]).sum("term")
    expected = expected + posterior["theta"] + posterior["u"]
    band = bands(expected, 0.9)
    for name in NUMBERS:
        assert getattr(row, name) == pytest.approx(float(band[name]))
    observed = run["observed_data"].dataset["net_migration_rate"].sel(place="00103", year=2008)
    assert row.observed == pytest.approx(float(observed))
    assert (row.name, row.year, row.prob, row.interval) == ("Ærfugl", 2008, 0.9, "eti")
    assert row.unit == "percent of population per year"


def test_the_answer_says_that_the_noise_is_left_out(run: xr.DataTree) -> None:
    assert "without the year's noise" in query(run, "net_migration_rate").attrs["note"]


@pytest.mark.parametrize("kind", ["least-squares", "yearly"])
def test_least_squares_shows_the_fitted_value(kind: Kind) -> None:
    frame = query(fake_run(kind), "net_migration_rate", places=["00101"])
    assert "fitted value" in frame.attrs["note"]
    assert (frame["upper"] > frame["lower"]).all()
    residual = query(fake_run(kind), "attractiveness", places=["00101"])
    np.testing.assert_allclose(frame["mean"] + residual["mean"], frame["observed"])


def test_a_run_with_another_outcome_is_asked_for_that() -> None:
    run = fake_run()
    outcome = "net_domestic_migration_rate"
    node = run["observed_data"].to_dataset().rename(net_migration_rate=outcome)
    domestic = xr.DataTree.from_dict(
        {f"/{k}": node if k == "observed_data" else v.to_dataset() for k, v in run.items()}
    )
    domestic.attrs = run.attrs | {"outcome": outcome}
    found = query(domestic, outcome).drop(columns="variable")
    pd.testing.assert_frame_equal(
        found, query(run, "net_migration_rate").drop(columns="variable"), check_exact=True
    )
    noisy = "attractiveness_with_noise"
    pd.testing.assert_frame_equal(query(domestic, noisy), query(run, noisy))
    with pytest.raises(RunError, match=f"no variable 'net_migration_rate'.* {outcome}"):
        query(domestic, "net_migration_rate")


def test_yearly_coefficients_have_a_row_for_each_year_and_term() -> None:
    run = fake_run("yearly")
    frame = query(run, "beta")
    assert list(frame.columns[:2]) == ["year", "term"]
    assert frame[["year", "term"]].to_numpy().tolist() == [
        [year, term] for year in range(2006, 2012) for term in TERMS
    ]
    beta = run["posterior"].to_dataset()["beta"]
    expected = beta.mean(("chain", "draw"), skipna=False)
    np.testing.assert_allclose(frame["mean"], expected.values.ravel())
    assert frame["mean"].isna().tolist().index(True) == len(TERMS)
    assert query(run, "beta", years=[2007])["mean"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize("kind", ["dynamic", "static", "grouped", "least-squares", "yearly"])
def test_every_variable_of_every_run_can_be_asked_for(kind: Kind) -> None:
    tree = fake_run(kind)
    stored = {str(name) for node in tree.children.values() for name in node.data_vars}
    for variable in stored | {"attractiveness", "attractiveness_with_noise", "lasting"}:
        frame = query(tree, variable)
        assert list(frame.columns[-len(LAST) :]) == LAST, variable
        assert len(frame) > 0
        assert frame[["observed", "mean"]].notna().any(axis=None), variable


@pytest.mark.parametrize(
    ("variable", "leading"),
    [
        ("tau", []),
        ("alpha", ["year"]),
        ("beta", ["term"]),
        ("theta", ["place", "name"]),
        ("u", ["place", "name", "year"]),
        ("factors", ["place", "name", "year", "term"]),
        ("r_hat", ["parameter"]),
    ],
)
def test_columns_follow_the_dims(run: xr.DataTree, variable: str, leading: list[str]) -> None:
    assert list(query(run, variable).columns) == [*leading, *LAST]


def test_draws_of_a_variable(run: xr.DataTree) -> None:
    frame = query(run, "beta", prob=0.5, kind="hdi")
    band = bands(run["posterior"].dataset["beta"], 0.5, "hdi")
    assert frame["term"].tolist() == list(TERMS)
    for name in NUMBERS:
        np.testing.assert_allclose(frame[name], band[name])
    assert frame["observed"].isna().all()
    assert set(frame["unit"]) == {"percentage points per standard deviation"}


def test_what_has_no_distribution_is_observed(run: xr.DataTree) -> None:
    frame = query(run, "population", places=["Oslo"])
    np.testing.assert_allclose(frame["observed"], run["constant_data"].dataset["population"][0])
    assert frame[NUMBERS].isna().all(axis=None)
    assert query(run, "county_name", places=["Oslo"])["observed"].tolist() == ["Ytre"]


def test_a_group_of_the_run_can_be_named(run: xr.DataTree) -> None:
    frame = query(run, "observed_data/net_migration_rate", places=["Oslo"])
    assert frame["mean"].isna().all()
    assert frame["observed"].notna().all()


def test_all_places_come_in_the_order_of_their_alphabet(run: xr.DataTree) -> None:
    names = ["Bergen", "Oslo", "Våler", "Våler", "Zakkestad", "Ærfugl", "Øygarden", "Ås", "Aasen"]
    assert query(run, "theta")["name"].tolist() == names
    frame = query(run, "u")
    assert frame["name"].unique().tolist() == list(dict.fromkeys(names))
    np.testing.assert_allclose(
        frame[frame["name"] == "Ås"]["mean"],
        run["posterior"].dataset["u"].mean(("chain", "draw"))[1],
    )


def test_asked_for_places_and_years_come_as_asked(run: xr.DataTree) -> None:
    frame = query(run, "attractiveness", places=["Ås", "00101"], years=[2009, 2007])
    asked = [("00102", 2009), ("00102", 2007), ("00101", 2009), ("00101", 2007)]
    assert list(zip(frame["place"], frame["year"], strict=True)) == asked
    level = attractiveness(run)["path"].mean(("chain", "draw"))
    expected = [float(level.sel(place=p, year=y)) for p, y in asked]
    np.testing.assert_allclose(frame["mean"], expected)


def test_attractiveness_of_a_static_run_is_the_same_each_year() -> None:
    frame = query(fake_run("static"), "attractiveness", places=["Oslo"])
    assert frame["mean"].nunique() == 1
    assert len(frame) == 6


def test_groups(run: xr.DataTree) -> None:
    frame = query(run, "attractiveness", group="county_name", years=[2008], places=["Øst"])
    level = attractiveness(run, group="county_name")["path"].sel(group="Øst", year=2008)
    assert frame["group"].tolist() == ["Øst"]
    assert frame["mean"].tolist() == pytest.approx([float(level.mean())])
    assert query(run, "lasting", group="county_name").shape[0] == 3


def test_a_stored_run_gives_the_same_answers(stored: Path, run: xr.DataTree) -> None:
    opened = open_run(stored)
    for variable in ("net_migration_rate", "theta", "tau", "lasting", "name"):
        one, other = query(opened, variable), query(run, variable)
        pd.testing.assert_frame_equal(one, other, rtol=1e-5, check_dtype=False)


def test_only_what_is_asked_for_is_read(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    as_array = xr.backends.zarr.ZarrArrayWrapper.__getitem__

    def counted(self: object, key: object) -> np.ndarray:
        values = as_array(self, key)  # type: ignore[arg-type]
        read.append(np.asarray(values).size)
        return values

    monkeypatch.setattr(xr.backends.zarr.ZarrArrayWrapper, "__getitem__", counted)
    query(open_run(stored), "u", places=["00103"], years=[2008])
    assert max(read) == 100  # the draws of one cell


@pytest.mark.parametrize(
    ("variable", "arguments", "message"),
    [
        ("tetha", {}, r"no variable 'tetha'. Did you mean .*theta\? It has net_migration_rate"),
        ("zzz", {}, "posterior: alpha, beta, .*observed_data: net_migration_rate; constant_data"),
        ("posterior/name", {}, "no variable 'posterior/name'"),
        ("u", {"years": [1999]}, "'u' has no year 1999: it has 2006–2011"),
        ("net_migration_rate", {"years": [2025]}, "no year 2025: it was fitted to 2006–2011"),
        ("theta", {"years": [2008]}, "'theta' does not differ between years"),
        ("lasting", {"years": [2008]}, "'lasting' does not differ between years"),
        ("alpha", {"places": ["Oslo"]}, "'alpha' does not differ between places"),
        ("theta", {"places": ["Olso"]}, r"no place 'Olso'; .*Near matches: Oslo \(00101\)"),
        ("theta", {"places": ["VÅLER"]}, r"2 places: 00107 \(Våler\), 00108 \(Våler\)"),
        ("theta", {"group": "county_name"}, "'theta' cannot be summed over groups; attractiveness"),
        ("attractiveness", {"group": "fylke"}, "cannot be grouped by 'fylke'"),
    ],
)
def test_what_cannot_be_asked(
    run: xr.DataTree, variable: str, arguments: dict, message: str
) -> None:
    with pytest.raises(RunError, match=message):
        query(run, variable, **arguments)


def test_an_equation_of_jobs_is_asked_by_its_kind() -> None:
    run = fake_run("joint")
    equation = run["business/posterior"].to_dataset()
    beta = query(run, "business/beta")
    assert beta["term"].tolist() == list(JOBS_TERMS)
    np.testing.assert_allclose(beta["mean"], equation["beta"].mean(("chain", "draw")))
    assert set(beta["variable"]) == {"business/beta"}
    (row,) = query(run, "business/job_growth", places=["Oslo"], years=[2008]).itertuples()
    observed = run["business/observed_data"].dataset["job_growth"].sel(place="00101", year=2008)
    assert row.observed == pytest.approx(float(observed))
    assert row.unit == "percent of jobs per year"
    level = (equation["theta"] + equation["u"]).sel(place="00101", year=2008)
    (row,) = query(run, "business/attractiveness", places=["Oslo"], years=[2008]).itertuples()
    assert row.mean == pytest.approx(float(level.mean()))
    assert row.unit == "percent of jobs per year"
    grouped = query(run, "business/lasting", group="county_name")
    assert "weighted by jobs" in grouped.attrs["note"]
    same = query(run, "business/posterior/theta").drop(columns="variable")
    pd.testing.assert_frame_equal(same, query(run, "business/theta").drop(columns="variable"))


def test_total_attractiveness_of_places_and_groups() -> None:
    run = fake_run("joint")
    path = attractiveness(run, kind="total")["path"].mean(("chain", "draw"))
    frame = query(run, "total_attractiveness", places=["Ås"], years=[2010, 2008])
    expected = [float(path.sel(place="00102", year=year)) for year in (2010, 2008)]
    np.testing.assert_allclose(frame["mean"], expected)
    assert set(frame["unit"]) == {"percent of population per year"}
    of_groups = attractiveness(run, kind="total", group="county_name")["path"]
    found = query(run, "total_attractiveness", group="county_name", years=[2008])
    np.testing.assert_allclose(found["mean"], of_groups.sel(year=2008).mean(("chain", "draw")))


@pytest.mark.parametrize(
    ("kind", "variable", "message"),
    [
        ("joint", "business/thta", "no variable 'business/thta'. Did you mean .*business/theta"),
        ("pyramid", "thta", "other equations are business/VARIABLE and visit/VARIABLE"),
        ("pyramid", "visit/beta", "'visit/beta' has no numbers: .* example visit/alpha"),
        ("dynamic", "business/beta", "no variable 'business/beta'"),
        ("dynamic", "total_attractiveness", "no variable 'total_attractiveness'"),
    ],
)
def test_what_equations_lack(kind: Kind, variable: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        query(fake_run(kind), variable)


def test_a_band_that_is_none(run: xr.DataTree) -> None:
    with pytest.raises(InputError, match="probability of a band is 90"):
        query(run, "tau", prob=90)


def test_the_table_is_the_parts_put_together(run: xr.DataTree) -> None:
    frame = attractiveness_table(run, top=3, versus="Oslo", prob=0.9, interval="hdi")
    draws = attractiveness(run)
    level = draws["attractiveness"]
    assert frame["mean"].is_monotonic_decreasing
    indexed = frame.set_index("place")
    order = {"place": indexed.index.to_numpy()}
    np.testing.assert_allclose(indexed["upper"], bands(level, 0.9, "hdi")["upper"].sel(order))
    lasting = bands(draws["lasting"], 0.9, "hdi")["mean"].sel(order)
    np.testing.assert_allclose(indexed["lasting_mean"], lasting)
    ranks = ranking(level, 3, prob=0.9, kind="hdi").sel(order)
    for name in ranks:
        np.testing.assert_allclose(indexed[str(name)], ranks[name])
    beats = prob_greater(level, "00102", "00101")
    assert indexed.loc["00102", "prob_above_versus"] == pytest.approx(beats)
    assert indexed.index[indexed["prob_above_versus"].isna()].tolist() == ["00101"]
    assert indexed["from_prior"][indexed["from_prior"]].index.tolist() == ["00104"]


def test_ranks_are_among_all_places(run: xr.DataTree) -> None:
    whole = attractiveness_table(run, group=None).set_index("place")
    some = attractiveness_table(run, places=["Ås", "Oslo"]).set_index("place")
    pd.testing.assert_frame_equal(some, whole.loc[some.index])


def test_the_table_of_groups(run: xr.DataTree) -> None:
    frame = attractiveness_table(run, group="county_name", unit="persons", versus="Øst")
    assert set(frame["group"]) == {"Ytre", "Indre", "Øst"}
    assert set(frame["unit"]) == {"persons per year"}
    assert frame["prob_above_versus"].isna().sum() == 1
    (row,) = attractiveness_table(run, group="county_name", places=["indre"]).itertuples()
    assert row.group == "Indre"


def test_the_table_of_a_kind_shows_what_the_kind_has() -> None:
    run = fake_run("joint")
    business = attractiveness_table(run, kind="business")
    assert {"jobs", "lasting_mean"} <= set(business)
    assert "population" not in business
    total = attractiveness_table(run, kind="total")
    assert {"population", "residential_mean", "business_effect_lower"} <= set(total)
    assert {"same_year_effect_mean", "three_year_effect_upper"} <= set(total)
    assert not {"jobs", "lasting_mean"} & set(total)
    np.testing.assert_allclose(
        total["mean"], total["residential_mean"] + total["business_effect_mean"]
    )


def test_places_without_a_residual_come_last() -> None:
    frame = attractiveness_table(fake_run("least-squares"))
    assert frame["place"].iloc[-1] == "00104"
    assert np.isnan(frame["mean"].iloc[-1])
    assert np.isnan(frame["rank_mean"].iloc[-1])
