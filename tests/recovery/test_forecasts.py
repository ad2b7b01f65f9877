"""The intervals of a forecast hold their share of what came."""

from __future__ import annotations

from itertools import product

import pytest
from tests.recovery.forecasts import FLOWS, GROUPS, HORIZONS, LEVELS, PROBABILITIES, measure

from attraktiv import names

COUNTRIES, PLACES = 8, 40
# The country's fertility stays as it is, and the forecast cannot know: these may be wide.
WIDE = {names.BIRTHS, "0-5"}
# The chance of deaths is shared by all ages, which is too little for the old: see the page.
NARROW, NARROWER = "80+", 0.08


@pytest.mark.slow
def test_intervals_hold_their_share_of_what_came() -> None:
    held = measure("jobs do not follow people", COUNTRIES, PLACES)
    quantities = (names.POPULATION, *FLOWS, *GROUPS)
    for level, quantity, horizon, prob in product(LEVELS, quantities, HORIZONS, PROBABILITIES):
        row = held.xs((level, quantity, horizon))
        units = COUNTRIES * (PLACES if level == "places" else 1)
        # a few countries may be alike by luck: never less than the error of independent units
        chance = max(row["se", prob], (prob * (1 - prob) / units) ** 0.5)
        off = row["mean", prob] - prob
        least = -4 * chance - (NARROWER if quantity == NARROW else 0.0)
        most = 1.0 if quantity in WIDE else 4 * chance
        assert least <= off <= most, (level, quantity, horizon, prob, off)
