"""How often do the bands hold the truth? ``make coverage-table`` writes docs/coverage.md."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.panels import Departures, SimulatedCountry

MODEL = "hierarchical_dynamic"
PROBABILITIES = (0.5, 0.8, 0.95)
COUNTRIES = {
    "as the model assumes": Departures(),
    "Student-t noise, 3 degrees of freedom": Departures(t3_noise=True),
    "a national shock of 3 standard deviations": Departures(national_shock=True),
    "autocorrelation 0.2 from the middle year on": Departures(rho_after=0.2),
    "neighbours alike in lasting attractiveness": Departures(spatial=True),
    "lasting attractiveness correlated 0.5 with centrality": Departures(centrality_correlation=0.5),
}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
INTRODUCTION = """# Do the bands hold what they promise?

The share of true values that lie in the equal-tailed band of the stated probability, over
{countries} simulated countries of {places} places and {years} years for each row, fitted with
`{model}`. In the first table simulator and model share their assumptions, and the shares
should be near the probability. The others break one assumption each; they carry no mark to pass,
and show what a band is worth where the model is wrong.

Attractiveness and the effects of the factors are what the model is for. How much of attractiveness
*lasts* is harder: every country here has the same τ, and a dozen years can hardly tell a lasting
difference from a path that persists, so the prior draws τ towards zero and the bands of the lasting
part are a little narrow. They would be exact on average over countries drawn from the prior.

`make coverage-table` writes this page.
"""


def quantities(run: xr.DataTree, truth: xr.Dataset) -> dict[str, tuple[xr.DataArray, xr.DataArray]]:
    """Draws and truth of each quantity that the table reports, by name."""
    posterior = run[names.POSTERIOR].to_dataset()
    moving = truth[names.THETA] + truth[names.U]
    return {
        "attractiveness of a year": (posterior[names.THETA] + posterior[names.U], moving),
        "attractiveness of the period": (
            (posterior[names.THETA] + posterior[names.U]).mean(names.YEAR),
            moving.mean(names.YEAR),
        ),
        "lasting attractiveness": (posterior[names.THETA], truth[names.THETA]),
        "effects of the factors": (posterior[names.BETA_ORIGINAL], truth[names.BETA]),
    }


def share_held(draws: xr.DataArray, truth: xr.DataArray, prob: float) -> float:
    """Share of true values inside their equal-tailed band."""
    tail = (1 - prob) / 2
    dims = (names.CHAIN, names.DRAW)
    low, high = (draws.quantile(q, dims).drop_vars("quantile") for q in (tail, 1 - tail))
    true = truth.sel({dim: low[dim] for dim in low.dims})
    return float(((low <= true) & (true <= high)).mean())


def shares(country: SimulatedCountry, seed: int) -> Iterator[tuple[str, float, float]]:
    """Fit a country; give each quantity and probability with the share of truths held."""
    run = attraktiv.fit(MODEL, country.panel, seed=seed)
    for quantity, (draws, truth) in quantities(run, country.truth).items():
        for prob in PROBABILITIES:
            yield quantity, prob, share_held(draws, truth, prob)


def measure(kind: str, countries: int, places: int, years: int) -> pd.DataFrame:
    """Shares held in ``countries`` countries of one kind; columns are probabilities."""
    rows: list[tuple[str, float, float]] = []
    for seed in range(1, countries + 1):
        country = attraktiv.simulate_country(
            places=places, years=years, seed=seed, ages=False, departures=COUNTRIES[kind]
        )
        rows += shares(country, seed)
    table = pd.DataFrame(rows, columns=["quantity", "prob", "share"])
    return table.pivot_table(index="quantity", columns="prob", values="share", sort=False)


def page(countries: int, places: int, years: int) -> str:
    """Write the page of the documentation."""
    head = ["quantity", *(f"{prob:.0%} band" for prob in PROBABILITIES)]
    parts = [
        INTRODUCTION.format(countries=countries, places=places, years=years, model=MODEL),
    ]
    for kind in COUNTRIES:
        table = measure(kind, countries, places, years)
        rows = [
            [str(quantity), *(f"{share:.1%}" for share in held)]
            for quantity, held in zip(table.index, table.to_numpy(), strict=True)
        ]
        lines = [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]
        parts.append(f"## {kind[0].upper()}{kind[1:]}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", type=int, default=20)
    parser.add_argument("--places", type=int, default=60)
    parser.add_argument("--years", type=int, default=12)
    PAGE.write_text(page(**vars(parser.parse_args())), encoding="utf-8")
