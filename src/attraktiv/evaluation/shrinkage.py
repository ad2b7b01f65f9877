"""What a run makes of each place, and why it differs from what another run says.

Mathematical details
--------------------
For a period, with a the attractiveness and ε the noise of a year,

    posterior − classical residual = [ (a + ε) − classical residual ]   other structure
                                   + [ a − (a + ε) ]                    shrinkage

means over years and draws. Why a place is shrunk as it is: its reliability

    R_i = Var(ā_i) / (Var(ā_i) + Var(ε̄_i)),    Var(ε̄_i) = Σ_t (σ² + φ v_it + s²_it) / T_i²
    Var(ā_i) = σ_γ² + τ² + σ_u²/(1−ρ²) · Σ_st ρ^|s−t| / T_i²

over its T_i known years at the posterior means of the variances; with Student-t noise Var(ε̄_i) is
ν/(ν − 2) times that, at the posterior mean of ν. v_it falls with population, so
small places, and those with few years, keep the least. Were the structure known, a place alone and
its years alike, the posterior mean would be R_i times its mean a + ε.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects import attractiveness, bands
from attraktiv.effects.terms import is_residual
from attraktiv.effects.units import base_of
from attraktiv.evaluation.cells import cells, noise_scale2, parameter
from attraktiv.names import ATTRACTIVENESS, ATTRACTIVENESS_WITH_NOISE, PLACE

ESTIMATES = ("mean", "lower", "upper")
_PERCENTAGE_POINTS = {"units": names.PERCENTAGE_POINTS}


def places(
    runs: Sequence[xr.DataTree], labels: Sequence[str], shared: xr.DataArray, prob: float
) -> xr.Dataset:
    """Attractiveness of each place in each run, its rank, and how much it was shrunk.

    Parameters
    ----------
    runs : sequence of xarray.DataTree
        The first is the one that the others are compared with.
    labels : sequence of str
        Their names, the coordinate ``run``.
    shared : xarray.DataArray
        Which cells count, (place, year).
    prob : float
        Probability of the equal-tailed bands.

    Returns
    -------
    xarray.Dataset
        Over the places that all runs fitted: ``attractiveness`` (run, place, estimate),
        ``attractiveness_with_noise``, ``rank``, ``rank_change``, ``other_structure``,
        ``shrinkage``, ``reliability``, ``noise_sd`` (run, place; the last two NaN for least
        squares), ``years_known``, ``population`` and ``name`` (place).
    """
    from scipy.stats import rankdata

    first, last = int(shared[names.YEAR][0]), int(shared[names.YEAR][-1])
    codes = [str(code) for code in shared[PLACE].values]
    base = base_of(runs[0])
    parts = []
    for run in runs:
        drawn = attractiveness(run, places=codes, first=first, last=last, with_path=False)
        found = bands(drawn[ATTRACTIVENESS], prob)
        noisy = drawn[ATTRACTIVENESS_WITH_NOISE].mean((names.CHAIN, names.DRAW))
        trusted = (PLACE, np.full(len(codes), np.nan))
        part = xr.Dataset(
            {
                ATTRACTIVENESS: (
                    (names.ESTIMATE, PLACE),
                    np.stack([found[name].values for name in ESTIMATES]),
                ),
                ATTRACTIVENESS_WITH_NOISE: (PLACE, noisy.values),
                names.RANK: (PLACE, rankdata(-found["mean"].values)),
                names.RELIABILITY: trusted,
                names.NOISE_SD: trusted,
            }
        )
        if not is_residual(run):
            reliability, noise = _reliability(run, codes, shared)
            part = part.assign(
                {names.RELIABILITY: (PLACE, reliability), names.NOISE_SD: (PLACE, noise)}
            )
        parts.append(part)
    out = xr.concat(parts, dim=names.RUN).assign_coords(
        {names.RUN: list(labels), PLACE: codes, names.ESTIMATE: list(ESTIMATES)}
    )
    mean = out[ATTRACTIVENESS].sel({names.ESTIMATE: "mean"}, drop=True)
    noisy = out[ATTRACTIVENESS_WITH_NOISE]
    reference = {names.RUN: 0}
    out = out.assign(
        {
            names.RANK_CHANGE: out[names.RANK].isel(reference, drop=True) - out[names.RANK],
            names.OTHER_STRUCTURE: noisy - noisy.isel(reference, drop=True),
            names.SHRINKAGE: mean - noisy,
            names.YEARS_KNOWN: (PLACE, shared.sum(names.YEAR).values),
            # of an equation of jobs the size of a place is its jobs
            names.POPULATION: (PLACE, drawn[base.name].values, {"units": base.counted}),
            names.NAME: (PLACE, drawn[names.NAME].values),
        }
    )
    for name in (
        ATTRACTIVENESS,
        ATTRACTIVENESS_WITH_NOISE,
        names.OTHER_STRUCTURE,
        names.SHRINKAGE,
        names.NOISE_SD,
    ):
        out[name].attrs = dict(_PERCENTAGE_POINTS)
    return out.transpose(names.RUN, PLACE, names.ESTIMATE)


def _reliability(
    run: xr.DataTree, codes: Sequence[str], shared: xr.DataArray
) -> tuple[np.ndarray, np.ndarray]:
    """R and the standard deviation of the mean noise, (place,)."""
    years = shared[names.YEAR].values
    data = cells(run).sel({PLACE: list(codes), names.YEAR: years})
    on = shared.transpose(PLACE, names.YEAR).values.astype(float)
    count = on.sum(axis=1)
    noise = np.where(on > 0, noise_scale2(run, data).mean(axis=0), 0.0).sum(axis=1) / count**2
    if names.NU in run[names.POSTERIOR].data_vars:
        nu = parameter(run, names.NU).mean()
        noise = noise * nu / (nu - 2.0)

    rho = parameter(run, names.RHO).mean()
    innovation = (parameter(run, names.SIGMA_U) ** 2).mean()
    lasting = sum((parameter(run, n) ** 2).mean() for n in (names.SIGMA_GAMMA, names.TAU))
    apart = np.abs(years[:, None] - years)
    path = innovation / (1.0 - rho**2) * rho**apart
    signal = lasting + np.einsum("it,ts,is->i", on, path, on) / count**2
    return signal / (signal + noise), np.sqrt(noise)
