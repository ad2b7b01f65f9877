"""Screening finds planted drivers and accepts noise no more often than it says."""

from __future__ import annotations

import pytest
from scipy.stats import binom
from tests.recovery.screening import rates

from attraktiv.evaluation.screening import RATE, YES

#: By chance alone a right rate fails once in a thousand times.
_SURE = 0.999


def check(model: str, countries: int) -> None:
    found = rates(model, countries)
    noise = found["factor"].str.endswith("noise")
    accepted = int((found.loc[noise, "belongs"] == YES).sum())
    assert accepted <= binom.ppf(_SURE, int(noise.sum()), RATE)
    assert (found.loc[~noise, "belongs"] == YES).mean() >= 0.9


def test_the_rates_of_a_regression() -> None:
    check("book_2023", 6)


@pytest.mark.slow
def test_the_rates_of_the_hierarchical_model() -> None:
    check("hierarchical_dynamic", 20)
