"""What the classical model published, and what can be computed from it again.

The file is ``norway/raw/published_decomposition.csv`` of the data folder. It is read where it
lies and never copied: its publisher states no licence.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from attraktiv.specs import ModelSpec, load_spec

FILE = Path("norway", "raw", "published_decomposition.csv")
MUNICIPALITY, REGION, COUNTY = "municipality", "region", "county"
ATTRACTIVENESS = "residential_attractiveness"
# The covariate labour_market_integration is made of commuting; theirs is a contribution.
INTEGRATION = "labour_market_contribution"
FACTORS = (
    "own_growth_structure",
    "own_growth_attractiveness",
    "own_growth_public",
    "neighbour_growth",
    "size_effect",
    INTEGRATION,
)
STRUCTURE = (
    "immigration_contribution_pct",
    *FACTORS,
    "internal_labour_market_integration",
    "constant",
)
IDENTITIES = {
    "population growth": (
        "population_growth_pct",
        ("birth_surplus_pct", *STRUCTURE, ATTRACTIVENESS),
    ),
    "growth of private jobs": (
        "private_job_growth_pct",
        (
            "national_job_contribution",
            "industry_mix_effect",
            "population_effect",
            "business_attractiveness",
        ),
    ),
}
JOBS = "own_private_job_growth"
OWN_JOBS = (JOBS, f"lag({JOBS}, 1)", f"lag({JOBS}, 2)")
FROM_JOBS = (
    *OWN_JOBS,
    "own_growth_public",
    "neighbour_growth",
    "log(population)",
    INTEGRATION,
)


def read(data: Path) -> pd.DataFrame:
    """Read the published rows, ordered by level, code and year."""
    table = pd.read_csv(data / FILE, dtype={"code": str})
    table = table.rename(columns={"labour_market_integration": INTEGRATION})
    return table.sort_values(["level", "code", "year"], ignore_index=True)


def of_level(table: pd.DataFrame, level: str) -> pd.DataFrame:
    """Give the rows of one level."""
    return table[table["level"] == level].reset_index(drop=True)


def left_over(table: pd.DataFrame, identity: str) -> pd.Series:
    """Give what an identity leaves over, in whole hundredths like its terms."""
    total, parts = IDENTITIES[identity]
    return (table[total] - table[list(parts)].sum(axis=1)).round(2)


def off_by(table: pd.DataFrame, points: float) -> pd.DataFrame:
    """Name the rows in which population growth is off by so much or more, the worst first."""
    rows = table.assign(off=left_over(table, "population growth"))
    rows = rows[rows["off"].abs() >= points]
    return rows.sort_values("off", key=lambda off: -off.abs())


def regress(
    table: pd.DataFrame, outcome: str, factors: list[str], *, within_years: bool
) -> tuple[np.ndarray, np.ndarray, float]:
    """Least squares over rows with all factors known.

    Returns
    -------
    coefficients, errors, explained
        One for each factor, then the constant; standard errors clustered by place; share of
        the variance. Within years both sides are centred in each year first.
    """
    known = table.dropna(subset=[outcome, *factors])
    values = known[[outcome, *factors]]
    if within_years:
        values = values - values.groupby(known["year"]).transform("mean")
    x = np.column_stack([values[factors], np.ones(len(values))])
    y = values[outcome].to_numpy()
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ x.T @ y
    wrong = y - x @ coefficients
    scores = pd.DataFrame(x * wrong[:, None]).groupby(known["code"].to_numpy()).sum().to_numpy()
    covariance = inverse @ scores.T @ scores @ inverse
    return coefficients, np.sqrt(np.diag(covariance)), 1 - wrong.var() / y.var()


def with_lags(table: pd.DataFrame) -> pd.DataFrame:
    """Add last year's growth and business attractiveness in percent of population, lags 0–2."""
    by_place = table.groupby("code")
    jobs_before = table["private_jobs"] / (1 + table["private_job_growth_pct"] / 100)
    scale = jobs_before / table["population_1jan"]
    added = table.assign(
        last_growth=by_place["population_growth_pct"].shift(1),
        log_population=np.log(table["population_1jan"]),
        business_0=table["business_attractiveness"] * scale,
    )
    for lag in (1, 2):
        added[f"business_{lag}"] = added.groupby("code")["business_0"].shift(lag)
    return added


def migration_and_structure(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Net migration (growth less birth surplus) and structure, each (place, year)."""
    migration = table["population_growth_pct"] - table["birth_surplus_pct"]
    wide = table.assign(migration=migration, structure=table[list(STRUCTURE)].sum(axis=1))
    wide = wide.pivot(index="code", columns="year", values=["migration", "structure"])
    return wide["migration"].to_numpy(), wide["structure"].to_numpy()


def explained(migration: np.ndarray, structure: np.ndarray, years: int) -> float:
    """Share of the variance of means over so many consecutive years, the nation's level apart."""
    windows = np.lib.stride_tricks.sliding_window_view

    def centred_means(values: np.ndarray) -> np.ndarray:
        means = windows(values, years, axis=1).mean(axis=-1)
        return means - means.mean(axis=0)

    total = centred_means(migration)
    rest = total - centred_means(structure)
    return float(1 - (rest**2).sum() / (total**2).sum())


def over_places(
    figure: Callable[..., float], *arrays: np.ndarray, replications: int = 1000
) -> tuple[float, float]:
    """Give the 80 % interval of a figure when places are drawn again."""
    rng = np.random.default_rng(1)
    count = len(arrays[0])
    drawn = [
        figure(*(array[places] for array in arrays))
        for places in rng.integers(0, count, (replications, count))
    ]
    low, high = np.quantile(drawn, [0.1, 0.9])
    return float(low), float(high)


def with_factors(factors: tuple[str, ...], *, classical: bool) -> ModelSpec:
    """Give the hierarchical model, or the regression, with these factors."""
    spec = load_spec("book_2023" if classical else "hierarchical_dynamic")
    fields = spec.model_dump()
    fields["equations"]["migration"]["factors"] = " + ".join(factors)
    return ModelSpec.model_validate(fields | {"default": False})
