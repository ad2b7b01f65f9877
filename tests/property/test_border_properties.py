"""What holds of every change of borders: nobody is lost, and the way does not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attraktiv.sources.borders import (
    compose_mappings,
    mapping_from_changes,
    migration_of_moves,
    pairs_to_borders,
    parts_to_borders,
    take_out_transfers,
    to_borders,
)
from attraktiv.sources.borders.mapping import of_years
from attraktiv.sources.borders.persons import divide, seats

YEARS = (2019, 2020, 2024)
# A history takes a while to map; the two laws of whole persons get the full number of examples.
FEW = settings(max_examples=25)
LETTERS = "ABCDEÆØÅ"
SHARES = st.lists(st.integers(1, 20), min_size=1, max_size=4)


@st.composite
def steps(draw: st.DrawFn, before: list[str], year: int, *, divided: bool) -> pd.DataFrame:
    """Every code becomes one or, if divided, up to three of the codes after."""
    after = [f"{letter}{year}" for letter in LETTERS[: draw(st.integers(1, 5))]]
    after += draw(st.lists(st.sampled_from(before), unique=True, max_size=2))
    rows = []
    for code in before:
        most = min(3, len(after)) if divided else 1
        to = draw(st.lists(st.sampled_from(after), unique=True, min_size=1, max_size=most))
        parts = [draw(st.integers(1, 9)) for _ in to]
        rows += [
            (code, new, f"{year}-01-01", part / sum(parts))
            for new, part in zip(to, parts, strict=True)
        ]
    return pd.DataFrame(rows, columns=["old_code", "new_code", "date", "weight"])


@st.composite
def histories(draw: st.DrawFn, *, divided: bool = True) -> pd.DataFrame:
    """Changes in 2020 and in 2024."""
    start = [f"{letter}" for letter in LETTERS[: draw(st.integers(1, 6))]]
    first = draw(steps(start, 2020, divided=divided))
    second = draw(steps(sorted(first["new_code"].unique()), 2024, divided=divided))
    return pd.concat([first, second], ignore_index=True)


@st.composite
def countries(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Persons by code, sex and flow in 2019, before the changes, and the changes."""
    changes = draw(histories())
    old = sorted(changes.loc[changes["date"] == "2020-01-01", "old_code"].unique())
    rows = [
        (code, 2019, sex, draw(st.integers(0, 5000)), draw(st.integers(-300, 300)))
        for code in old
        for sex in draw(st.lists(st.sampled_from(["f", "m"]), unique=True, min_size=1))
    ]
    columns = ["code", "year", "sex", "population", "net_migration"]
    return pd.DataFrame(rows, columns=columns), changes


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=0, atol=1e-12)


@FEW
@given(changes=histories(), target=st.sampled_from(YEARS[1:]))
def test_weights_sum_to_one(changes, target):
    mapping = mapping_from_changes(changes, target, from_year=2019)
    rows = of_years(mapping, range(2019, target + 1))
    total = rows.groupby(["code", "year"])["weight"].sum()
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)
    assert set(rows["year"]) == set(range(2019, target + 1))
    own = rows[rows["year"] == target]
    assert (own["code"] == own["place"]).all()


@FEW
@given(changes=histories())
def test_two_steps_are_the_same_as_one(changes):
    at_once = of_years(mapping_from_changes(changes, 2024), [2019])
    to_2020 = mapping_from_changes(changes, 2020)
    in_two = compose_mappings(to_2020, mapping_from_changes(changes, 2024), 2020)
    same(of_years(in_two, [2019]), at_once)


@FEW
@given(changes=histories(divided=False), data=st.data())
def test_figures_brought_in_two_steps_are_the_same_where_nothing_is_divided(changes, data):
    old = sorted(changes.loc[changes["date"] == "2020-01-01", "old_code"].unique())
    persons = data.draw(st.lists(st.integers(0, 9999), min_size=len(old), max_size=len(old)))
    frame = pd.DataFrame({"code": old, "year": 2019, "population": persons})
    mapping = mapping_from_changes(changes, 2024)
    at_once, _ = to_borders(frame, mapping, ["population"])
    first, _ = to_borders(frame, mapping_from_changes(changes, 2020), ["population"])
    # the figures of 2019 now stand in the borders of 2020
    again = first.rename(columns={"place": "code"}).assign(year=2020)
    in_two, _ = to_borders(again, mapping, ["population"])
    pd.testing.assert_frame_equal(in_two.assign(year=2019), at_once)


@FEW
@given(country=countries())
def test_persons_are_conserved_in_every_cell(country):
    frame, changes = country
    counts = ["population", "net_migration"]
    found, _ = to_borders(frame, mapping_from_changes(changes, 2024), counts, by=["sex"])
    before = frame.groupby("sex")[counts].sum()
    after = found.groupby("sex")[counts].sum()
    pd.testing.assert_frame_equal(after, before)
    assert (found.dtypes[counts] == np.int64).all()
    assert (found["population"] >= 0).all()


@FEW
@given(country=countries())
def test_jobs_with_fractions_are_conserved(country):
    frame, changes = country
    jobs = frame[["code", "year", "sex"]].assign(jobs=frame["population"] + 0.25)
    found, _ = to_borders(jobs, mapping_from_changes(changes, 2024), ["jobs"], by=["sex"])
    np.testing.assert_allclose(found["jobs"].sum(), jobs["jobs"].sum(), rtol=1e-12)


@FEW
@given(country=countries())
def test_cells_are_divided_like_their_total(country):
    frame, changes = country
    mapping = mapping_from_changes(changes, 2024)
    cells, _ = to_borders(
        frame[["code", "year", "sex", "population"]], mapping, ["population"], by=["sex"]
    )
    totals = frame.groupby(["code", "year"])["population"].sum().reset_index()
    found, _ = to_borders(totals, mapping, ["population"])
    of_cells = cells.groupby(["place", "year"])["population"].sum().reset_index()
    pd.testing.assert_frame_equal(of_cells, found)


@FEW
@given(country=countries(), data=st.data())
def test_order_does_not_matter(country, data):
    frame, changes = country
    shuffled = [
        table.iloc[data.draw(st.permutations(range(len(table))))] for table in (frame, changes)
    ]
    counts = ["population", "net_migration"]
    mapping = mapping_from_changes(changes, 2024)
    same(mapping_from_changes(shuffled[1], 2024), mapping)
    back = mapping.iloc[data.draw(st.permutations(range(len(mapping))))]
    one = to_borders(frame, mapping, counts, by=["sex"])
    other = to_borders(shuffled[0], back, counts, by=["sex"])
    for expected, found in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(found, expected)


@FEW
@given(
    codes=st.lists(st.text("0123456789ÆØÅ", min_size=1, max_size=4), unique=True, min_size=1),
    data=st.data(),
)
def test_without_changes_nothing_changes(codes, data):
    persons = data.draw(st.lists(st.integers(-9, 9999), min_size=len(codes), max_size=len(codes)))
    frame = pd.DataFrame({"code": codes, "year": 2020, "persons": persons})
    nothing = pd.DataFrame(columns=["old_code", "new_code", "date"], dtype=object)
    valid = pd.DataFrame({"code": codes, "valid_from": "2000-01-01", "valid_to": None})
    mapping = mapping_from_changes(nothing, 2024, valid, from_year=2010)
    found, report = to_borders(frame, mapping, ["persons"])
    expected = frame.rename(columns={"code": "place"}).sort_values("place", ignore_index=True)
    pd.testing.assert_frame_equal(found, expected)
    assert report.empty


@given(total=st.integers(0, 400), shares=SHARES)
def test_one_person_more_takes_nobody_back(total, shares):
    weights = np.array(shares) / sum(shares)
    more, fewer = seats(total + 1, weights), seats(total, weights)
    np.testing.assert_array_equal(more[:total], fewer)
    if len(shares) <= 3:  # with three places or fewer Webster keeps to the share rounded up or down
        held = np.bincount(fewer, minlength=len(shares))
        assert (np.abs(held - total * weights) < 1 + 1e-9).all()


@given(counts=st.lists(st.integers(-50, 50), max_size=12), shares=SHARES)
def test_a_division_keeps_each_cell_and_its_sign(counts, shares):
    counts = np.array(counts, dtype=np.int64)
    parts = divide(counts, np.array(shares) / sum(shares))
    np.testing.assert_array_equal(parts.sum(axis=1), counts)
    assert (parts * np.sign(counts)[:, None] >= 0).all()


@FEW
@given(changes=histories(), data=st.data())
def test_moves_are_conserved_and_net_migration_sums_to_zero(changes, data):
    old = sorted(changes.loc[changes["date"] == "2020-01-01", "old_code"].unique())
    pairs = data.draw(
        st.lists(st.tuples(*[st.sampled_from(old)] * 2), unique=True, min_size=1, max_size=8)
    )
    moves = pd.DataFrame(pairs, columns=["from_place", "to_place"]).assign(year=2019)
    moves["persons"] = data.draw(
        st.lists(st.integers(1, 99), min_size=len(pairs), max_size=len(pairs))
    )
    mapping = mapping_from_changes(changes, 2024)
    found = pairs_to_borders(moves, mapping, ["persons"], pair=("from_place", "to_place"))
    assert found["persons"].sum() == moves["persons"].sum()
    flows = migration_of_moves(found)
    assert flows["net_domestic_migration"].sum() == 0
    assert flows["in_migration"].sum() <= moves["persons"].sum()


@FEW
@given(data=st.data())
def test_a_transfer_is_nobody_s_migration_in_the_country(data):
    places = list("ABÆØ")
    frame = pd.DataFrame(
        {
            "place": places,
            "year": 2019,
            "net_migration": data.draw(st.lists(st.integers(-99, 99), min_size=4, max_size=4)),
        }
    )
    ends = data.draw(st.lists(st.tuples(*[st.sampled_from(places)] * 2), min_size=1, max_size=5))
    transfers = pd.DataFrame(ends, columns=["from_place", "to_place"]).assign(year=2019)
    transfers["persons"] = data.draw(
        st.lists(st.integers(0, 500), min_size=len(ends), max_size=len(ends))
    )
    found = take_out_transfers(frame, transfers)
    assert found["boundary_transfer"].sum() == 0
    assert found["net_migration"].sum() == frame["net_migration"].sum()
    both = found["net_migration"] + found["boundary_transfer"]
    pd.testing.assert_series_equal(both, frame["net_migration"].astype(float), check_names=False)


@FEW
@given(country=countries(), data=st.data())
def test_halves_of_migration_sum_to_it_in_every_place(country, data):
    frame, changes = country
    numbers = st.integers(-300, 300)
    home = data.draw(st.lists(numbers, min_size=len(frame), max_size=len(frame)))
    halves = frame[["code", "year", "sex"]].assign(home=home)
    halves["abroad"] = frame["net_migration"] - halves["home"]
    mapping = mapping_from_changes(changes, 2024)
    parts = ["home", "abroad"]
    found, report = parts_to_borders(halves, mapping, parts, parts, by=["sex"])
    whole, of_whole = to_borders(
        frame.drop(columns="population"), mapping, ["net_migration"], by=["sex"]
    )
    both = found["home"] + found["abroad"]
    pd.testing.assert_series_equal(both, whole["net_migration"], check_names=False)
    pd.testing.assert_frame_equal(
        found.groupby("sex")[parts].sum(), halves.groupby("sex")[parts].sum()
    )
    assert (found.dtypes[parts] == np.int64).all()
    pd.testing.assert_frame_equal(report, of_whole)


def test_a_half_that_is_missing_leaves_none():
    halves = pd.DataFrame({"code": ["X", "Y"], "year": 2019, "home": [np.nan, 3.0], "abroad": 5.0})
    mapping = pd.DataFrame({"code": ["X", "Y"], "year": 2019, "place": ["X", "Y"], "weight": 1.0})
    found, _ = parts_to_borders(halves, mapping, ["home", "abroad"], ["home", "abroad"])
    assert found.set_index("place")["abroad"].to_dict() == pytest.approx(
        {"X": np.nan, "Y": 5.0}, nan_ok=True
    )
    assert np.isnan(found["home"].iloc[0])
