"""Whole persons when a place is divided."""

from __future__ import annotations

import numpy as np

from attraktiv.sources.borders.persons import divide, seats


def test_a_small_part_gets_its_first_person_at_half_a_share():
    # the second and third place reach half a person at 3.3 persons, the large one two and a half
    # at 3.6: a rule that waits for whole shares would give the large place all three
    assert seats(3, np.array([0.7, 0.15, 0.15])).tolist() == [0, 0, 1]


def test_nobody_to_divide_is_nobody():
    assert divide(np.array([], dtype=np.int64), np.array([0.5, 0.5])).shape == (0, 2)
    assert divide(np.array([0, 0]), np.array([0.5, 0.5])).tolist() == [[0, 0], [0, 0]]
