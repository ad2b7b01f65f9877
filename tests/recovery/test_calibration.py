"""Ranks of true values among the collapsed engine's draws are uniform."""

from __future__ import annotations

import pytest
from tests.recovery.calibration import calibrate, inside_band

SIMULATIONS = 100


@pytest.mark.slow
@pytest.mark.parametrize("model", ["hierarchical_static", "hierarchical_dynamic"])
def test_ranks_stay_inside_simultaneous_bands(model: str) -> None:
    ranks, failures = calibrate(model, SIMULATIONS)
    assert failures <= SIMULATIONS // 20
    # some thirty scalars, many of them dependent: each band holds all of its ranks with
    # probability 0.999
    outside = [label for label, values in ranks.items() if not inside_band(values, 0.999)]
    assert outside == []
