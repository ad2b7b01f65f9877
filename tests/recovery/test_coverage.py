"""The bands of attractiveness and of the effects hold their share of truths."""

from __future__ import annotations

import pytest
from tests.recovery.coverage import PROBABILITIES, measure

COUNTRIES, PLACES, YEARS = 20, 60, 12


@pytest.mark.slow
def test_bands_hold_their_share_of_truths() -> None:
    held = measure("as the model assumes", COUNTRIES, PLACES, YEARS)
    # Wider for the effects: there are few of them, and they hang together within a country.
    for quantity, margin in (
        ("effects of the factors", 0.12),
        ("attractiveness of a year", 0.04),
        # The lasting part alone has no mark: see docs/coverage.md.
        ("attractiveness of the period", 0.05),
    ):
        for prob in PROBABILITIES:
            assert held.at[quantity, prob] == pytest.approx(prob, abs=margin), (quantity, prob)
