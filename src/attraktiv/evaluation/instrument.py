"""How migration responds to jobs of the same year, with industry mix as the instrument.

Jobs bring people and people bring jobs, in the same year too. Industry mix moves the growth of a
place's jobs and has no other business with its migration, so what migration makes of that part of
job growth is the response to jobs.

Mathematical details
--------------------
On the cells that the equations of migration and of jobs have in common, with h_it the growth of
the place's own jobs, x_it the other factors of migration, s_it industry mix and levels for years,

    m_it = α_t + β h_it + x_it'δ + ε_it,      h_it = ν_t + π s_it + x_it'ζ + v_it

- least squares: β̂ is off by Cov(h⊥, ε)/Var(h⊥), h⊥ what x and the levels leave of h;
- two-stage least squares: s for h, consistent where Cov(s⊥, ε) = 0;
- strength of instruments Z: with Q an orthonormal basis of Z⊥ and ψ_i the influence of place i on
  Q'h, the effective F = |Q'h|² / (c Σ |ψ_i|²) (Montiel Olea & Pflueger 2013, *J. Business &
  Economic Statistics*); with one instrument it is the F clustered by place. The share of h⊥ that
  they explain is |Q'h|²/|h⊥|².

Covariances are clustered by place, with the correction G/(G−1) · (n−1)/(n−q) of
:mod:`attraktiv.engines.least_squares`. F above 10 is the convention; with one instrument a
t-ratio of 1.96 has its 5% only above 104.7 (Lee, McCrary, Moreira & Porter 2022, *American
Economic Review*).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.effects.intervals import check_interval
from attraktiv.effects.terms import factor_names, is_residual
from attraktiv.engines.least_squares import regressors
from attraktiv.errors import RunError
from attraktiv.evaluation.cells import cells
from attraktiv.evaluation.clustered import left_over, regress
from attraktiv.evaluation.comparison import estimate
from attraktiv.evaluation.shrinkage import ESTIMATES
from attraktiv.model import parse_formula
from attraktiv.specs import of_sector, sector_of
from attraktiv.store import equation_of, kinds_of

WEAK, EXACT = 10.0, 104.7
LEAST_SQUARES, TWO_STAGE, POSTERIOR = "least squares", "two-stage least squares", "posterior"
SAME_YEAR, WITH_LAGS = "same year", "with lags"
_SAMPLE = (names.CHAIN, names.DRAW)
_UNITS = {"units": "persons per job"}


def simultaneous(run: xr.DataTree) -> str | None:
    """Return the kind of the equation of jobs whose jobs are a same-year factor of migration.

    Parameters
    ----------
    run : xarray.DataTree

    Returns
    -------
    str or None
        None where the run has no two such equations.
    """
    kinds = kinds_of(run)
    if kinds[0] != names.RESIDENTIAL:
        return None
    factors = factor_names(run)
    return next((kind for kind in kinds[1:] if _own_growth(run, kind) in factors), None)


def job_response(run: xr.DataTree, *, prob: float = 0.8) -> xr.Dataset:
    """Say how migration responds to jobs of the same year, and how that is known.

    Parameters
    ----------
    run : xarray.DataTree
        Of a model with an equation of migration, own job growth of the same year among its
        factors, and an equation of these jobs. Least squares use its data alone.
    prob : float
        Probability of the equal-tailed bands.

    Returns
    -------
    xarray.Dataset
        ``job_response``, ``migrants_per_100_jobs`` (estimator, span, estimate),
        ``job_response_se`` (estimator, span): of own job growth of the same year, and summed with
        its lags; persons per job, which are percentage points of population per percentage point
        of own job growth. Estimators are ``least squares``; ``two-stage least squares``, where the
        jobs have an industry mix that is no factor of migration; ``posterior`` of a joint run.
        ``first_stage_f``, ``partial_r2`` (instruments): of industry mix, and of all factors that
        only the equation of jobs has. Of a joint run with a correlation of the noise
        ``correlation_noise`` (estimate) and ``prob_positive``. attrs: ``growth``, the factor;
        ``instrument``, industry mix or empty; ``cells``, ``places``, ``first``, ``last`` of the
        regressions.

    Raises
    ------
    RunError
        The run has no two such equations, or no cell in common.
    InputError
        ``prob`` is not between 0 and 1.
    """
    check_interval(prob, "eti")
    kind = simultaneous(run)
    if kind is None:
        raise RunError(
            f"The run of {run.attrs['model']} does not explain jobs and migration of one year: "
            f"it has {' and '.join(kinds_of(run))} attractiveness, and needs an equation of "
            "migration with own job growth and one of these jobs. Fit a model that has both: "
            "attraktiv fit joint_2026 PANEL"
        )
    common = _Common.of(run, kind)
    found = {LEAST_SQUARES: common.response(None, prob)}
    if common.instrument:
        found[TWO_STAGE] = common.response(common.instrument, prob)
    out = {}
    if not is_residual(run):
        found[POSTERIOR] = _posterior(run, common.spans(), prob)
        posterior = run[names.POSTERIOR].to_dataset()
        if names.CORRELATION_NOISE in posterior:
            correlation = posterior[names.CORRELATION_NOISE]
            out[names.CORRELATION_NOISE] = estimate(correlation, prob)
            out[names.PROB_POSITIVE] = (correlation > 0).mean(_SAMPLE)
    response = xr.concat(list(found.values()), dim=names.ESTIMATOR)
    per_100 = (100.0 * response[names.JOB_RESPONSE]).assign_attrs(units=names.PERSONS)
    return xr.merge(
        [
            response.assign_coords({names.ESTIMATOR: list(found)}),
            common.strength(),
            per_100.to_dataset(name=names.MIGRANTS_PER_100_JOBS),
            out,
        ],
    ).assign_attrs(
        model=run.attrs["model"],
        kind=kind,
        growth=common.growth,
        instrument=common.instrument or "",
        cells=len(common.y),
        places=common.size,
        first=int(common.years[0]),
        last=int(common.years[-1]),
        prob=prob,
    )


@dataclass(frozen=True)
class _Common:
    """The cells that both equations have, as rows.

    Attributes
    ----------
    growth, instrument : str
        Own job growth; industry mix, None where it is no instrument.
    terms : list of str
        Factors of migration: the first columns of `w`, levels of years follow.
    scale : (terms,) float
    w : (n, q) float
    y : (n,) float
    excluded : dict of str to (n,) float
        Factors that only the equation of jobs has.
    owner : (n,) int
        Place of each row.
    size : int
        Number of places.
    years : (t,) int
    """

    growth: str
    instrument: str | None
    terms: list[str]
    scale: np.ndarray
    w: np.ndarray
    y: np.ndarray
    excluded: dict[str, np.ndarray]
    owner: np.ndarray
    size: int
    years: np.ndarray

    @classmethod
    def of(cls, run: xr.DataTree, kind: str) -> _Common:
        """Lay the cells out."""
        jobs = equation_of(run, kind)
        growth, mix = _own_growth(run, kind), _industry_mix(run, kind)
        terms = factor_names(run)
        others = [term for term in factor_names(jobs) if term not in terms]
        data, of_jobs = xr.align(cells(run), cells(jobs), join="inner", exclude=[names.TERM])
        known = data[names.USED] & of_jobs[names.USED] & ~_missing(data, growth)
        if mix in others:
            known = known & ~_missing(of_jobs, mix)
        if not bool(known.any()):
            raise RunError(
                f"The run of {run.attrs['model']} has no place and year in which migration, "
                f"{growth} and {mix} are all known. Fit it to years in which they are: "
                "attraktiv fit … --from YEAR --until YEAR"
            )
        _, w, y, place, year = regressors(data.assign({names.USED: known}))
        factors = of_jobs[names.FACTORS].transpose(names.PLACE, names.YEAR, names.TERM)
        excluded = {term: factors.sel({names.TERM: term}).values[place, year] for term in others}
        present, owner = np.unique(place, return_inverse=True)
        return cls(
            growth,
            mix if mix in others else None,
            terms,
            data[names.SCALE].values,
            w,
            y,
            excluded,
            owner,
            present.size,
            data[names.YEAR].values[np.unique(year)],
        )

    def spans(self) -> dict[str, list[str]]:
        """Terms that each span sums."""
        lags = [term for term in self.terms if _is_lag(term, self.growth)]
        return {SAME_YEAR: [self.growth], WITH_LAGS: [self.growth, *lags]}

    def response(self, instrument: str | None, prob: float) -> xr.Dataset:
        """Regress migration, by least squares or with the instrument for own job growth."""
        from scipy.stats import norm

        at = self.terms.index(self.growth)
        z = None
        if instrument is not None:
            z = self.w.copy()
            z[:, at] = self.excluded[instrument]
        b, influence = regress(self.w, self.y, self.owner, self.size, z)
        means, errors = [], []
        for summed in self.spans().values():
            weight = np.zeros(len(b))
            for term in summed:
                weight[self.terms.index(term)] = 1.0 / self.scale[self.terms.index(term)]
            means.append(float(weight @ b))
            errors.append(np.sqrt(self._correction(len(b)) * ((influence @ weight) ** 2).sum()))
        half = norm.ppf(0.5 + prob / 2.0) * np.array(errors)
        bands = np.stack([means, means - half, means + half], axis=1)
        return _response(list(self.spans()), bands, np.array(errors))

    def strength(self) -> xr.Dataset:
        """Effective F and explained share: of industry mix alone, and of all that is excluded."""
        sets = {} if self.instrument is None else {self.instrument: [self.instrument]}
        if self.excluded:
            sets[" + ".join(self.excluded)] = list(self.excluded)
        found = [self._strength(which) for which in sets.values()]
        f, share = np.array(found).reshape(-1, 2).T
        return xr.Dataset(
            {
                names.FIRST_STAGE_F: (names.INSTRUMENTS, f),
                names.PARTIAL_R2: (names.INSTRUMENTS, share, {"units": "share"}),
            },
            {names.INSTRUMENTS: np.array(list(sets), dtype=object)},
        )

    def _strength(self, which: list[str]) -> tuple[float, float]:
        at = self.terms.index(self.growth)
        rest, growth = np.delete(self.w, at, axis=1), self.w[:, at]
        instruments = np.column_stack([self.excluded[term] for term in which])
        basis = np.linalg.qr(left_over(instruments, rest))[0]
        w = np.hstack([basis, rest])
        b, influence = regress(w, growth, self.owner, self.size)
        k = len(which)
        explained = float((b[:k] ** 2).sum())
        chance = self._correction(w.shape[1]) * float((influence[:, :k] ** 2).sum())
        return explained / chance, explained / float((left_over(growth, rest) ** 2).sum())

    def _correction(self, q: int) -> float:
        n = len(self.y)
        return self.size / (self.size - 1) * (n - 1) / (n - q)


def _posterior(run: xr.DataTree, spans: dict[str, list[str]], prob: float) -> xr.Dataset:
    beta = run[names.POSTERIOR].to_dataset()[names.BETA_ORIGINAL]
    drawn = [beta.sel({names.TERM: summed}).sum(names.TERM) for summed in spans.values()]
    bands = np.stack([estimate(d, prob).values for d in drawn])
    return _response(list(spans), bands, np.array([float(d.std()) for d in drawn]))


def _response(spans: list[str], bands: np.ndarray, errors: np.ndarray) -> xr.Dataset:
    return xr.Dataset(
        {
            names.JOB_RESPONSE: ((names.SPAN, names.ESTIMATE), bands, _UNITS),
            names.JOB_RESPONSE_SE: (names.SPAN, errors, _UNITS),
        },
        {names.SPAN: spans, names.ESTIMATE: list(ESTIMATES)},
    )


def _own_growth(run: xr.DataTree, kind: str) -> str:
    """The factor of migration that is the outcome of the equation, in percent of population."""
    return f"own_{equation_of(run, kind).attrs['outcome']}"


def _industry_mix(run: xr.DataTree, kind: str) -> str:
    sector = sector_of(str(equation_of(run, kind).attrs["outcome"]))
    return of_sector(names.INDUSTRY_MIX, sector or "")


def _is_lag(term: str, of: str) -> bool:
    (parsed,) = parse_formula(term)
    return parsed.label.startswith("lag(") and parsed.variables == (of,)


def _missing(data: xr.Dataset, term: str) -> xr.DataArray:
    return data[names.FACTOR_MISSING].sel({names.TERM: term}, drop=True)
