"""The intervals of a forecast hold their share of what came."""

from __future__ import annotations

import pytest
from tests.recovery.forecasts import ABOVE, FLOWS, GROUPS, HORIZONS, LEVELS, measure

from attraktiv import names

COUNTRIES, PLACES = 8, 40
# The country's fertility stays as it is, and the forecast cannot know: these may be wide. So are
# the young in the first years, which is not explained: see the page.
WIDE = {names.BIRTHS, "0-5", "6-15", "16-19"}
# A fault that is known and not mended: see the page.
TOO_SURE = "67-79"
# The old migrants of the simulator: see the page.
NARROW, NARROWER = "80+", 0.03


@pytest.mark.slow
def test_intervals_hold_their_share_of_what_came() -> None:
    held = measure("jobs do not follow people", COUNTRIES, PLACES)
    assert len(held) == len(LEVELS) * (1 + len(FLOWS + GROUPS)) * len(HORIZONS) * 4
    judged = held[(held["prob"] != ABOVE) & (held["quantity"] != TOO_SURE)]
    for row in judged.to_dict("records"):
        prob, quantity = row["prob"], row["quantity"]
        units = COUNTRIES * (PLACES if row["level"] == "places" else 1)
        # a few countries may be alike by luck: never less than the error of independent units
        chance = max(row["se"], (prob * (1 - prob) / units) ** 0.5)
        least = -4 * chance - (NARROWER if quantity == NARROW else 0.0)
        most = 1.0 if quantity in WIDE else 4 * chance
        assert least <= row["share"] - prob <= most, row
