"""The page about other priors: what it changes, and what it says of the results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scripts.sensitivity_page import (
    ALTERNATIVES,
    AS_IT_IS,
    MODEL,
    SAME,
    Fit,
    changes,
    chart,
    conclusion,
    lasting_share,
    page,
    with_priors,
)

from attraktiv.errors import SpecError
from attraktiv.specs import ModelSpec, load_spec


def fit(tau: float = 0.1, move: float = 0.0, wider: float = 1.0) -> Fit:
    rng = np.random.default_rng(0)
    draws = pd.DataFrame(
        {
            "tau": np.abs(tau + 0.01 * rng.standard_normal(100)),
            "sigma_u": 0.25 + 0.01 * rng.standard_normal(100),
            "rho": 0.7 + 0.01 * rng.standard_normal(100),
            "sigma": 0.1 + 0.01 * rng.standard_normal(100),
            "phi": 2.5 + 0.1 * rng.standard_normal(100),
        }
    )
    mean = np.linspace(-1.0, 1.0, 21)
    mean[0] += move
    places = pd.DataFrame(
        {
            "name": [f"Ås {i}" for i in range(21)],
            "mean": mean,
            "lower": mean - 0.2 * wider,
            "upper": mean + 0.2 * wider,
        },
        index=pd.Index([f"{i:04d}" for i in range(21)], name="place"),
    )
    return Fit(draws, places)


@pytest.mark.parametrize("label", ALTERNATIVES)
def test_an_alternative_changes_the_priors_it_names_and_no_other(label: str) -> None:
    own = load_spec(MODEL)
    other = with_priors(own, ALTERNATIVES[label])
    before, after = own.migration.priors, other.migration.priors
    assert {name for name in before if before[name] != after[name]} == set(ALTERNATIVES[label])
    assert other.migration.factors == own.migration.factors


def test_an_impossible_prior_is_refused() -> None:
    wrong = {"tau": {"distribution": "normal", "mu": 0.0, "sigma": 1.0}}
    with pytest.raises((SpecError, ValueError), match="prior of tau"):
        with_priors(load_spec(MODEL), wrong)


def test_changes_are_those_of_the_place_that_moved() -> None:
    found = changes(fit(), fit(move=0.3, wider=1.5))
    assert found["change"] == pytest.approx(0.3)
    assert found["bands"] == pytest.approx(0.3 / 0.4)
    assert found["where"] == "Ås 0"
    assert found["width"] == pytest.approx(1.5)
    assert found["highest"] == 10
    assert found["ranks"] < 1.0


def test_the_share_that_lasts_is_a_ratio_of_variances() -> None:
    draws = pd.DataFrame({"tau": [0.3], "sigma_u": [0.3], "rho": [0.6]})
    assert lasting_share(draws).iloc[0] == pytest.approx(0.09 / (0.09 + 0.09 / 0.64))


def test_the_conclusion_follows_from_the_numbers() -> None:
    small = conclusion(fit(), {SAME: fit(), "τ other": fit(move=0.01)})
    large = conclusion(fit(), {SAME: fit(), "τ other": fit(tau=0.2, move=0.5)})
    assert "less than 0.05" in small
    assert "more than 0.05" in large
    assert "more than 0.50 percentage points per year (Ås 0, under *τ other*)" in large
    assert "τ by 0.0" in small
    assert "τ by 0.0" not in large


def test_the_page_has_a_row_for_each_set_of_priors() -> None:
    others = {SAME: fit(), "τ other": fit(tau=0.2)}
    text = page(fit(), others)
    for label in (AS_IT_IS, *others):
        assert text.count(f"\n| {label} | ") == 2
    drawn = chart({AS_IT_IS: fit(), **others}).to_dict()
    assert len(drawn["hconcat"]) == 5


def test_the_models_own_priors_are_not_among_the_alternatives() -> None:
    own: ModelSpec = load_spec(MODEL)
    assert all(with_priors(own, priors) != own for priors in ALTERNATIVES.values())
