"""Does screening keep its rates? ``make screening-table`` writes docs/screening-rates.md."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.evaluation import screen
from attraktiv.evaluation.screening import NO, RATE, ROPE, UNCLEAR, YES
from attraktiv.panels import simulate_country

PLACES, YEARS = 60, 12
#: Effect of one standard deviation, percentage points. A lasting factor is an attribute of places.
EFFECTS = {
    "lasting_noise": 0.0,
    "changing_noise": 0.0,
    "lasting_driver": 0.4,
    "changing_driver": 0.2,
}
MODELS = {"hierarchical_dynamic": 24, "book_2023": 100}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "screening-rates.md"
TEXT = """# Rates of screening

How often does [screening](screening.md) find a driver that was planted, and how often does it
accept noise? Each simulated country has {places} places and {years} years, and four proposed
factors with random values, screened together: two that do nothing, and two that were planted. A
*lasting* factor is the same in all years of a place; a *changing* one is drawn anew each year.

Stated rate: at most {rate:.0%} false among the accepted. The region of practical equivalence is
±{rope} percentage points per standard deviation. *Tail* is the share of countries whose uncorrected
tail probability is below {rate:.0%}: for noise it should be {rate:.0%} or less, up to the chance of
so few countries. The answer asks more than the tail, an effect that is not too small to matter, so
that noise gets a `yes` less often. A panel of this size is too small to say `no`.

{tables}

`make screening-table` writes this page.
"""


def proposed(seed: int) -> xr.Dataset:
    """A simulated country with four more factors, two of which act on net migration."""
    panel = simulate_country(places=PLACES, years=YEARS, ages=False, seed=seed).panel
    rng = np.random.default_rng([seed, 11])
    cells = (panel.sizes[names.PLACE], panel.sizes[names.YEAR])
    rate = np.zeros(cells)
    for name, effect in EFFECTS.items():
        lasting = name.startswith("lasting")
        values = rng.standard_normal(cells[:1] if lasting else cells)
        dims = (names.PLACE,) if lasting else (names.PLACE, names.YEAR)
        panel = panel.assign({name: (dims, values)})
        rate += effect * (values[:, None] if lasting else values)
    people = panel[names.POPULATION].transpose(names.PLACE, names.YEAR).values
    moved = panel[names.NET_MIGRATION].transpose(names.PLACE, names.YEAR).values
    return panel.assign(
        net_migration=((names.PLACE, names.YEAR), moved + np.round(rate * people / 100.0))
    )


def screened(model: str, seed: int) -> pd.DataFrame:
    """One row for each factor of one country."""
    found = screen(model, proposed(seed), list(EFFECTS), seed=seed, progress=False)
    columns = [names.TAIL, names.TAIL_ADJUSTED, names.BELONGS, names.ELPD_DIFFERENCE]
    table = found[columns].to_dataframe()[columns]
    effect = found[names.COEFFICIENT].sel({names.ESTIMATE: "mean"}).values
    return table.assign(country=seed, effect=effect).reset_index()


def rates(model: str, countries: int, first: int = 1) -> pd.DataFrame:
    """Rows of :func:`screened` for several countries."""
    return pd.concat(
        [screened(model, seed) for seed in range(first, first + countries)], ignore_index=True
    )


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Shares of answers, one row for each factor."""
    rows = []
    for factor, planted in EFFECTS.items():
        part = found[found[names.FACTOR] == factor]
        answers = {a: float((part[names.BELONGS] == a).mean()) for a in (YES, NO, UNCLEAR)}
        rows.append(
            {
                "factor": factor.replace("_", " "),
                "planted": planted,
                "found": part["effect"].mean(),
                **answers,
                "tail": float((part[names.TAIL] <= RATE).mean()),
                "elpd": part[names.ELPD_DIFFERENCE].mean(),
            }
        )
    return pd.DataFrame(rows)


def table(model: str, found: pd.DataFrame) -> str:
    """Markdown of one model."""
    head = (
        f"`{model}`, {found['country'].nunique()} countries:\n\n"
        "| factor | planted | mean effect found | yes | no | unclear | tail | mean elpd change |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(
        f"| {row.factor} | {row.planted:.1f} | {row.found:.2f} | {row.yes:.0%} | {row.no:.0%} | "
        f"{row.unclear:.0%} | {row.tail:.0%} | {row.elpd:+.1f} |"
        for row in summary(found).itertuples()
    )


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the countries")
    share = parser.parse_args().share
    tables = [
        table(model, rates(model, max(2, round(share * countries))))
        for model, countries in MODELS.items()
    ]
    PAGE.write_text(
        TEXT.format(places=PLACES, years=YEARS, rate=RATE, rope=ROPE, tables="\n\n".join(tables)),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
