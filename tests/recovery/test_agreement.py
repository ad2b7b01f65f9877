"""The two engines draw from the same posterior."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import xarray as xr
from tests.recovery.agreement import HEAD, compare, joined, verdict

import attraktiv
from attraktiv.panels import SimulatedCountry


@pytest.fixture(scope="module")
def country() -> SimulatedCountry:
    return attraktiv.simulate_country(places=40, years=8, seed=3, ages=False)


@pytest.mark.parametrize(
    "model",
    [
        "hierarchical_static",
        pytest.param("hierarchical_dynamic", marks=pytest.mark.slow),
        pytest.param("hierarchical_spatial", marks=pytest.mark.slow),
        pytest.param("joint_2026", marks=pytest.mark.slow),
    ],
)
def test_collapsed_and_nuts_agree_within_monte_carlo_error(
    country: SimulatedCountry, model: str
) -> None:
    years = country.panel["year"].values
    # a joint model asks for growth before the first year
    first = int(years[1] if model == "joint_2026" else years[0])
    options: dict[str, Any] = {"first": first, "seed": 5}
    one = attraktiv.fit(model, country.panel, engine="collapsed", draws=1000, **options)
    two = attraktiv.fit(model, country.panel, engine="nuts", draws=2000, tune=1000, **options)
    assert one.attrs["engine"] == "collapsed"
    table = compare(one, two)
    # Of some sixty (static), four hundred (dynamic) or seven hundred (joint) numbers, many of
    # them dependent, the largest standard normal one lies below 4.5 but for a few runs in a
    # thousand.
    assert table["z"].abs().max() < 4.5
    assert (table["z"].abs() > 2).mean() < 0.2
    assert table["ratio"].between(0.8, 1.25).all()


def nuts(r_hat: float) -> xr.DataTree:
    figures = {"r_hat": ("parameter", [1.0, r_hat]), "ess_bulk": ("parameter", [900.0, 150.0])}
    return xr.DataTree.from_dict({"diagnostics": xr.Dataset(figures)})


@pytest.mark.parametrize(
    ("largest", "r_hat", "said", "unsaid"),
    [
        (2.5, 1.005, "none differs", "converged"),
        (2.5, 1.03, "proves little", "some differ"),
        (6.0, 1.005, "some differ", "converged"),
        (6.0, 1.03, "may be theirs", "none differs"),
    ],
)
def test_the_verdict_follows_from_the_figures(
    largest: float, r_hat: float, said: str, unsaid: str
) -> None:
    words = verdict(pd.DataFrame({"z": [0.1, -largest, 1.0]}), nuts(r_hat))
    assert said in words
    assert unsaid not in words
    assert "sample size 150" in words


def test_a_section_takes_the_place_of_the_one_of_its_heading() -> None:
    first = joined(HEAD, "## one\n\nold\n")
    both = joined(first, "## two\n\nother\n")
    new = joined(both, "## one\n\nnew\n")
    assert new == HEAD + "\n## one\n\nnew\n\n## two\n\nother\n"
