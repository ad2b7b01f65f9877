"""Which jobs an outcome is of, and formulas of a sector's."""

from __future__ import annotations

import pytest

from attraktiv.specs.sectors import of_sector, sector_of


@pytest.mark.parametrize(
    ("outcome", "sector"),
    [
        ("job_growth", ""),
        ("visit_job_growth", "visit"),
        ("high_tech_job_growth", "high_tech"),
        ("own_job_growth", None),
        ("own_visit_job_growth", None),
        ("national_job_growth", None),
        ("visit_local_job_growth", None),
        ("jobs", None),
        ("job_growth_rate", None),
        ("Visit_job_growth", None),
    ],
)
def test_the_sector_of_an_outcome(outcome: str, sector: str | None) -> None:
    assert sector_of(outcome) == sector


def test_a_formula_of_a_sector() -> None:
    formula = "own_job_growth + lag(own_job_growth, 1) + industry_mix + log(population)"
    assert of_sector(formula, "visit") == (
        "own_visit_job_growth + lag(own_visit_job_growth, 1) + visit_industry_mix + log(population)"
    )
    assert of_sector("neighbour_job_growth + local_job_growth", "visit") == (
        "neighbour_visit_job_growth + visit_local_job_growth"
    )
    # another sector's jobs stay its own
    assert of_sector("own_public_job_growth", "visit") == "own_public_job_growth"
