"""Where jobs and migration have a common cause, the industry mix tells what jobs do."""

from __future__ import annotations

import pytest
from tests.recovery.feedback import COUNTRIES as KINDS
from tests.recovery.feedback import FIRST_STAGE, LEAST_SQUARES, TWO_STAGES, measure
from tests.recovery.feedback_joint import ETA, JOINT, LAMBDA, SAME_YEAR, measure_joint

COUNTRIES, PLACES, YEARS = 12, 60, 12


def test_least_squares_errs_where_the_noise_is_correlated_and_two_stages_do_not() -> None:
    table = measure("and the noise is correlated 0.5", COUNTRIES, PLACES, YEARS)
    truth = table["truth"].iloc[0]
    found = {method: rows["estimate"] for method, rows in table.groupby("method")}
    assert found[FIRST_STAGE].median() > 10
    plain, staged = found[LEAST_SQUARES], found[TWO_STAGES]
    assert plain.min() > truth + 0.1
    middle, margin = float(staged.mean()), 4 * staged.std() / COUNTRIES**0.5
    assert middle == pytest.approx(truth, abs=margin)
    assert middle + margin < plain.mean()


@pytest.mark.slow
def test_bands_of_the_joint_model_hold_both_directions() -> None:
    kind = KINDS["and the noise is correlated 0.5"]
    table = measure_joint(kind, 1, PLACES, YEARS, (JOINT,)).set_index("quantity")
    assert (table.loc[[LAMBDA, ETA, SAME_YEAR], "inner"] < 0.99).all()
