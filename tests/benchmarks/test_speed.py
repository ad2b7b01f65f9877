"""How long the main steps take, on a panel of Norwegian size; ``make bench``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import attraktiv
from attraktiv.panels import SimulatedCountry

PLACES, YEARS = 357, 22


@pytest.fixture(scope="module")
def country() -> SimulatedCountry:
    return attraktiv.simulate_country(places=PLACES, years=YEARS, seed=1, ages=False)


@pytest.mark.slow
def test_help_comes_at_once(benchmark: Any) -> None:
    command = [sys.executable, "-c", "from attraktiv.cli import main; main()", "--help"]
    benchmark(subprocess.run, command, check=True, capture_output=True)
    if benchmark.stats is not None:  # None where benchmarks are off
        assert benchmark.stats.stats.min < 0.4


@pytest.mark.slow
def test_read_a_folder(benchmark: Any, tmp_path: Path) -> None:
    attraktiv.simulate(tmp_path / "country", places=PLACES, years=YEARS, seed=1)
    benchmark.pedantic(attraktiv.read_panel, (tmp_path / "country",), rounds=3)


@pytest.mark.slow
def test_least_squares(benchmark: Any, country: SimulatedCountry) -> None:
    benchmark.pedantic(attraktiv.fit, ("book_2023", country.panel), rounds=3, warmup_rounds=1)


@pytest.mark.slow
def test_hierarchical_dynamic(benchmark: Any, country: SimulatedCountry) -> None:
    arguments = {"args": ("hierarchical_dynamic", country.panel), "kwargs": {"seed": 1}}
    benchmark.pedantic(attraktiv.fit, **arguments, rounds=1)
