"""Does a coefficient change over the years? For runs that estimate every year by itself.

Mathematical details
--------------------
With b_t the estimate of year t and s_t its standard error,

    b_t = c + d (t − t̄) + r_t,    Var r_t = k s_t²,

by least squares with weights 1/s_t². k is estimated from the spread of the b_t around the
line: it is 1 where they differ from it by sampling error alone, and more where a year has
its own effect, as years do. d is then tested against zero by Student's t with two degrees
of freedom fewer than there are years.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from attraktiv import names
from attraktiv.errors import RunError

_SAMPLE = (names.CHAIN, names.DRAW)
_LEAST_YEARS = 4
_LEVEL = 0.05


def coefficient_trend(run: xr.DataTree) -> pd.DataFrame:
    """Test each coefficient of a run that estimates every year by itself for a trend.

    Parameters
    ----------
    run : xarray.DataTree
        Of a model with ``yearly = true``, such as ``book_2023_yearly``.

    Returns
    -------
    pandas.DataFrame
        One row per term: ``term``, ``first``, ``last``, ``years`` (number of years with a
        coefficient), ``mean`` (weighted, percentage points per unit of the factor),
        ``slope`` (its change per year), ``standard_error`` of the slope, ``t``, and
        ``p``, two-sided. NaN where fewer than four years have a coefficient.

    Raises
    ------
    RunError
        If the years of the run share their coefficients.
    """
    posterior = run[names.POSTERIOR].to_dataset()
    if names.BETA not in posterior or names.YEAR not in posterior[names.BETA].dims:
        raise RunError(
            f"The years of this run of {run.attrs.get('model', 'a model')} share their "
            "coefficients, so there is no trend to test. Fit a model with yearly = true: "
            "attraktiv fit book_2023_yearly PANEL --out RUN."
        )
    beta = posterior[names.BETA_ORIGINAL].transpose(*_SAMPLE, names.YEAR, names.TERM)
    estimate = beta.mean(_SAMPLE, skipna=False).values
    error = beta.std(_SAMPLE, skipna=False).values
    years = beta[names.YEAR].values
    rows = [
        {"term": str(term)} | _line(years, estimate[:, k], error[:, k])
        for k, term in enumerate(beta[names.TERM].values)
    ]
    return pd.DataFrame(rows)


def trend_lines(run: xr.DataTree) -> tuple[str, ...]:
    """Say in a line for each factor of job growth whether its coefficient has a trend."""
    table = coefficient_trend(run)
    lines = []
    for row in table[table["term"].str.contains("job_growth")].to_dict("records"):
        if np.isnan(row["p"]):
            lines.append(f"Coefficient of {row['term']}: too few years to test for a trend.")
            continue
        verdict = "a trend" if row["p"] < _LEVEL else "no trend that can be told from chance"
        lines.append(
            f"Coefficient of {row['term']}, {row['first']}–{row['last']}, {row['years']} years: "
            f"mean {row['mean']:.3f}, change per year {row['slope']:+.4f} (standard error "
            f"{row['standard_error']:.4f}, p = {row['p']:.3f}): {verdict}."
        )
    return tuple(lines)


def _line(years: np.ndarray, estimate: np.ndarray, error: np.ndarray) -> dict[str, float]:
    from scipy import stats

    known = np.isfinite(estimate) & (error > 0)
    t, b, weight = years[known], estimate[known], error[known] ** -2.0
    n = int(known.sum())
    out: dict[str, float] = {
        "first": int(t[0]) if n else int(years[0]),
        "last": int(t[-1]) if n else int(years[-1]),
        "years": n,
        "mean": float(np.average(b, weights=weight)) if n else np.nan,
    }
    if n < _LEAST_YEARS:
        return out | dict.fromkeys(("slope", "standard_error", "t", "p"), np.nan)
    from_middle = t - np.average(t, weights=weight)
    spread = float(weight @ from_middle**2)
    slope = float(weight @ (from_middle * b)) / spread
    residual = b - out["mean"] - slope * from_middle
    standard_error = float(np.sqrt(weight @ residual**2 / (n - 2) / spread))
    ratio = slope / standard_error
    return out | {
        "slope": slope,
        "standard_error": standard_error,
        "t": ratio,
        "p": float(2.0 * stats.t.sf(abs(ratio), n - 2)),
    }
