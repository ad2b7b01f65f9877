"""What a border moved is no migration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from attraktiv.errors import BorderError
from attraktiv.sources.borders import (
    balance_splits,
    migration_of_moves,
    pairs_to_borders,
    take_out_transfers,
    to_borders,
)

FLOWS = pd.DataFrame({"place": ["A", "B", "C"], "year": 2019, "net_migration": [-70, 90, 5]})
MOVED = pd.DataFrame({"from_place": ["A"], "to_place": ["B"], "year": [2019], "persons": [80]})


def test_a_transfer_is_taken_out_of_migration():
    found = take_out_transfers(FLOWS, MOVED)
    assert found["boundary_transfer"].tolist() == [-80, 80, 0]
    assert found["net_migration"].tolist() == [10, 10, 5]
    assert found["net_migration"].sum() == FLOWS["net_migration"].sum()


def test_a_source_that_counts_moves_alone_keeps_its_migration():
    found = take_out_transfers(FLOWS.assign(boundary_transfer=1), MOVED, counted_in=())
    assert found["boundary_transfer"].tolist() == [-79, 81, 1]
    assert found["net_migration"].equals(FLOWS["net_migration"])


def test_a_transfer_inside_a_place_moves_nobody():
    found = take_out_transfers(FLOWS, MOVED.assign(to_place="A"))
    assert found["boundary_transfer"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("transfers", "message"),
    [
        (MOVED.assign(persons=-80), r"persons is -80\.0"),
        (MOVED.assign(to_place="X"), r"place X, year 2019 is not among the figures"),
        (MOVED.drop(columns="persons"), r"transfers: no column persons"),
    ],
)
def test_what_is_wrong_with_transfers_is_named(transfers, message):
    with pytest.raises(BorderError, match=message):
        take_out_transfers(FLOWS, transfers)


def test_what_a_fixed_split_errs_by_is_no_migration():
    mapping = pd.DataFrame(
        [("O", 2018, "S", 0.5), ("O", 2018, "N", 0.5), ("O", 2019, "S", 0.5), ("O", 2019, "N", 0.5)]
        + [(place, 2020, place, 1.0) for place in "NS"],
        columns=["code", "year", "place", "weight"],
    )
    rows = [("O", 2018, 100, 2, 4), ("O", 2019, 106, 2, 2), ("N", 2020, 30, 1, 1)]
    counts = ["population", "natural_increase", "net_migration"]
    frame = pd.DataFrame([*rows, ("S", 2020, 80, 0, 0)], columns=["code", "year", *counts])
    found = balance_splits(to_borders(frame, mapping, counts)[0], mapping)
    transfer = found.set_index(["place", "year"])["boundary_transfer"]
    # each half of 106 had one birth and one migrant more: 55 were expected in each
    assert transfer["N", 2019] == -25
    assert transfer["S", 2019] == 25
    assert (transfer.drop([("N", 2019), ("S", 2019)]) == 0).all()


def test_where_nothing_was_divided_there_is_no_transfer():
    frame = FLOWS.assign(population=100, natural_increase=0)
    mapping = pd.DataFrame({"code": FLOWS["place"], "year": 2019, "place": FLOWS["place"]})
    found = balance_splits(frame, mapping.assign(weight=1.0))
    assert (found["boundary_transfer"] == 0).all()


def test_a_move_between_merged_codes_is_no_migration():
    moves = pd.DataFrame(
        [("A", "B", 2019, 10), ("A", "C", 2019, 4), ("C", "B", 2019, 1)],
        columns=["from_place", "to_place", "year", "persons"],
    )
    mapping = pd.DataFrame(
        {"code": ["A", "B", "C"], "year": 2019, "place": ["M", "M", "C"], "weight": 1.0}
    )
    merged = pairs_to_borders(moves, mapping, ["persons"], pair=("from_place", "to_place"))
    found = migration_of_moves(merged)
    assert found.to_numpy().tolist() == [["C", 2019, 4, 1, 3], ["M", 2019, 1, 4, -3]]
    before = migration_of_moves(moves)
    assert np.isclose(before["in_migration"].sum() - found["in_migration"].sum(), 10)
