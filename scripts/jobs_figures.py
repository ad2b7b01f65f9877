"""What the published file and our equations say of jobs and people, as numbers.

Business attractiveness is what growth of private jobs leaves over: theirs in each year, its noise
included; ours split into what lasts (κ), what moves (w) and the noise of the year (e).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import published_figures as published
import xarray as xr

import attraktiv
from attraktiv import names
from attraktiv.evaluation import cells
from attraktiv.specs import ModelSpec, load_spec

SECTOR = "private"
THEIRS = "business_attractiveness"
LAGS = (1, 5, 10)
#: Private jobs at which the classes of places by size begin.
SIZES = (0, 500, 1000, 3000, 10000)
#: What the municipalities of the file lack of the joint model's factors.
LACKING = ("centrality", "share_20_39")


def of_the_jobs(model: str) -> ModelSpec:
    """Give a model of all jobs as one of private jobs."""
    return load_spec(model).with_sector(SECTOR)


def independent(spec: ModelSpec) -> ModelSpec:
    """Give a joint model whose noise of migration is independent of that of jobs."""
    fields = spec.model_dump()
    del fields["equations"]["joint"]["priors"][names.CORRELATION_NOISE]
    return ModelSpec.model_validate(fields)


def two_equations(factors: tuple[str, ...]) -> ModelSpec:
    """Give migration with these factors and private jobs, both by least squares."""
    fields = of_the_jobs("business_2017").model_dump()
    migration = {"outcome": names.NET_MIGRATION_RATE, "factors": " + ".join(factors)}
    fields["equations"]["migration"] = migration
    return ModelSpec.model_validate(fields)


def centred(rows: pd.DataFrame) -> np.ndarray:
    """Give their business attractiveness (place, year) less the mean of each year."""
    wide = rows.pivot(index="code", columns="year", values=THEIRS).to_numpy(float)
    return wide - wide.mean(axis=0)


def autocorrelation(values: np.ndarray, lag: int) -> float:
    """Correlate all values so many years apart."""
    return float(np.corrcoef(values[:, :-lag].ravel(), values[:, lag:].ravel())[0, 1])


def by_chance(values: np.ndarray) -> float:
    """By how much means would differ between places if no year had to do with another.

    Mathematical details
    --------------------
    The standard deviation s_W/√T, s²_W the mean variance within places and T the years. Where
    the means differ by less, the usual estimate of the variance between places is negative
    (Searle, Casella & McCulloch 1992, *Variance Components*).
    """
    return float((values.var(axis=1, ddof=1).mean() / values.shape[1]) ** 0.5)


def parts_of_a_mean(run: xr.DataTree, years: int) -> pd.DataFrame:
    """Say what the variance of a place's mean over so many years consists of, by the model.

    Parameters
    ----------
    run : xarray.DataTree
        Of the equation of jobs.
    years : int

    Returns
    -------
    pandas.DataFrame
        By code: ``lasting``, ``moving``, ``noise``, percentage points squared; means over the
        draws.

    Mathematical details
    --------------------
    τ², σ_u²/(1−ρ²) · Σ_st ρ^|s−t| / T², and (σ² + φ v_i)/T with v_i the mean of v_it.
    """
    tau, rho, sigma_u, sigma, phi = (
        cells.parameter(run, name)
        for name in (names.TAU, names.RHO, names.SIGMA_U, names.SIGMA, names.PHI)
    )
    apart = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    together = (rho[:, None, None] ** apart).sum(axis=(1, 2)) / years**2
    flows = cells.cells(run)[names.FLOW_VARIANCE].mean(names.YEAR)
    return pd.DataFrame(
        {
            "lasting": (tau**2).mean(),
            "moving": (sigma_u**2 / (1 - rho**2) * together).mean(),
            "noise": ((sigma**2).mean() + phi.mean() * flows.values) / years,
        },
        index=[str(code) for code in flows[names.PLACE].values],
    )


def by_size(run: xr.DataTree, rows: pd.DataFrame) -> pd.DataFrame:
    """Give what varies of theirs, and what by the model should, in classes of private jobs.

    Returns
    -------
    pandas.DataFrame
        By the jobs at which a class begins, then over all: ``places``; ``of_years`` and
        ``of_means``, the standard deviation of single years and of means over all years;
        ``years_implied`` and ``implied``, what they should be by the model; and the shares
        ``lasting``, ``moving`` and ``noise`` of the square of the last.
    """
    values = centred(rows)
    parts, of_one = (parts_of_a_mean(run, years) for years in (values.shape[1], 1))
    jobs = rows.groupby("code")["private_jobs"].mean().loc[parts.index]
    starts = pd.Series(np.array(SIZES)[np.searchsorted(SIZES, jobs, side="right") - 1], jobs.index)
    found = []
    for start in (*SIZES, None):
        of = np.full(len(jobs), True) if start is None else (starts == start).to_numpy()
        mean = parts[of].mean()
        found.append(
            {
                "places": int(of.sum()),
                "of_years": values[of].std(),
                "of_means": values[of].mean(axis=1).std(),
                "years_implied": of_one[of].mean().sum() ** 0.5,
                "implied": mean.sum() ** 0.5,
                **(mean / mean.sum()),
            }
        )
    return pd.DataFrame(found, index=[*SIZES, "all"])


def long_run(run: xr.DataTree, rows: pd.DataFrame) -> pd.DataFrame:
    """Put our lasting business attractiveness beside the mean of theirs, one row for each place.

    Returns
    -------
    pandas.DataFrame
        By code: ``name``, ``jobs`` (mean of the years), ``theirs``, ``ours``, ``lower``,
        ``upper`` (80 %).
    """
    kappa = run[names.POSTERIOR].to_dataset()[names.THETA]
    low, high = kappa.quantile([0.1, 0.9], dim=(names.CHAIN, names.DRAW))
    mean = kappa.mean((names.CHAIN, names.DRAW))
    codes = [str(code) for code in kappa[names.PLACE].values]
    table = pd.DataFrame({"ours": mean, "lower": low, "upper": high}, index=codes)
    by_code = rows.groupby("code")
    theirs = pd.Series(centred(rows).mean(axis=1), sorted(by_code.groups))
    of_place = {"name": by_code["name"].first(), "jobs": by_code["private_jobs"].mean()}
    return table.assign(theirs=theirs, **of_place)


def effects(run: xr.DataTree) -> pd.DataFrame:
    """Mean and 80 % interval of λ and η, by factor."""
    draws = run[names.POSTERIOR].to_dataset()[names.BETA_ORIGINAL]
    low, high = draws.quantile([0.1, 0.9], dim=(names.CHAIN, names.DRAW))
    mean = draws.mean((names.CHAIN, names.DRAW))
    return pd.DataFrame({"mean": mean, "lower": low, "upper": high}, index=draws[names.TERM].values)


def weighted_by_jobs(rows: pd.DataFrame) -> np.ndarray:
    """λ and η by least squares within years in which each place counts by its private jobs."""
    before = rows.groupby("code").shift(1)
    table = rows.assign(
        growth=100 * (rows["private_jobs"] / before["private_jobs"] - 1),
        last_growth=100 * (rows["population_1jan"] / before["population_1jan"] - 1),
        weight=before["private_jobs"],
    ).dropna()
    columns = ["growth", "industry_mix_effect", "last_growth"]
    weighted = table[columns].mul(table["weight"], axis=0).groupby(table["year"]).sum()
    level = weighted.div(table.groupby("year")["weight"].sum(), axis=0)
    values = table[columns].to_numpy() - level.loc[table["year"]].to_numpy()
    root = np.sqrt(table["weight"].to_numpy())[:, None]
    y, *x = (values * root).T
    return np.linalg.lstsq(np.stack(x, axis=1), y, rcond=None)[0]


def fitted(
    spec: ModelSpec,
    panel: xr.Dataset,
    years: tuple[int, int],
    *,
    seed: int,
    without: tuple[str, ...] = (),
    draws: int | None = None,
) -> xr.DataTree:
    """Fit, and stop where the fit does not pass its checks."""
    first, last = years
    run = attraktiv.fit(
        spec,
        panel,
        first=first,
        last=last,
        without=without,
        seed=seed,
        draws=draws,
        progress=False,
    )
    if run.attrs["verdict"] == "failed":
        raise RuntimeError(f"the fit of {run.attrs['model']} did not pass its checks")
    return run


def interval_over_places(values: np.ndarray, lag: int) -> tuple[float, float]:
    """80 % interval of the autocorrelation when places are drawn again."""
    return published.over_places(lambda drawn: autocorrelation(drawn, lag), values)
