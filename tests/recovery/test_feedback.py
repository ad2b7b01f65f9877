"""Where jobs and migration have a common cause, the industry mix tells what jobs do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from tests.recovery import feedback_joint
from tests.recovery.feedback import COUNTRIES as KINDS
from tests.recovery.feedback import FIRST_STAGE, LEAST_SQUARES, TWO_STAGES, measure
from tests.recovery.feedback_joint import (
    CORRELATION,
    ETA,
    JOINT,
    LAMBDA,
    NAIVE,
    SAME_YEAR,
    measure_joint,
    section,
)

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


def rows(width: float, countries: int = 200) -> pd.DataFrame:
    """Errors that are `width` times what normal posteriors of deviation 0.05 say."""
    rng = np.random.default_rng(4)
    z = width * rng.standard_normal(countries)
    joint = pd.DataFrame({"seed": np.arange(countries) + 1, "error": 0.05 * z, "deviation": 0.05})
    joint["inner"] = 2 * norm.cdf(np.abs(z)) - 1
    parts = [joint.assign(model=JOINT, quantity=q, truth=0.5) for q in (SAME_YEAR, CORRELATION)]
    parts.append(parts[0].assign(model=NAIVE, error=0.2 + joint["error"], inner=1.0))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("width", "said"), [(1.0, "Right bands would do so"), (1.6, "too narrow"), (0.5, "too wide")]
)
def test_what_is_said_of_bands_follows_from_the_counts(width: float, said: str) -> None:
    text = section([rows(width)], PLACES, YEARS)
    assert said in text
    assert "The naive estimate of the effect in the same year is too high, by 0.20" in text
    assert ("within the" in text) == (width == 1.0)


def test_countries_that_are_kept_are_not_fitted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[int] = []

    def one(country: object, seed: int, models: tuple[str, ...]) -> list[dict[str, object]]:
        fitted.append(seed)
        return [{"seed": seed, "model": models[0], "error": 0.5}]

    monkeypatch.setattr(feedback_joint, "rows_of", one)
    kind, table = KINDS["and the noise is correlated 0.5"], tmp_path / "kept.csv"
    measure_joint(kind, 2, 6, 5, table=table)
    found = measure_joint(kind, 3, 6, 5, table=table)
    assert fitted == [1, 2, 3]
    assert list(found["seed"]) == list(pd.read_csv(table)["seed"]) == [1, 2, 3]
