"""Two designs → the arrays of the collapsed engine, and the density of both equations.

Mathematical details
--------------------
The equations of migration (q = 0) and of jobs (q = 1) of a place are stacked:

    y_itq = α_qt + x_itq'β_q + d_q z_i + θ_iq + u_itq + ε_itq

with θ, u and ε correlated between the equations. Job growth may stand in x_it0, and the
past of both anywhere: the map from errors to data is unit triangular, so that its Jacobian is
one and the density is that of :mod:`..system`, with V_i of both equations' cells. z_i, the growth
before the first year, is one more factor of each. The global coefficients are those of the
first equation, (β, d, μ_α, α), then those of the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from attraktiv import names
from attraktiv.engines.collapsed.global_prior import global_prior
from attraktiv.engines.collapsed.hyper import Array
from attraktiv.engines.collapsed.joint.hyper import JointHyper, of_one
from attraktiv.engines.collapsed.joint.kernel import pair_gram
from attraktiv.engines.collapsed.joint.spectrum import CLASSES, PairSpectrum
from attraktiv.engines.collapsed.problem import Cells, laned
from attraktiv.engines.collapsed.spectrum import Residuals, Spectrum
from attraktiv.engines.collapsed.surrogate import Guide
from attraktiv.engines.collapsed.system import Evidence, System, cholesky, forward
from attraktiv.model import JointDesign
from attraktiv.specs import Equation, Prior


@dataclass(frozen=True)
class JointProblem(Evidence):
    """Fitted cells of both equations as arrays: N places, T years.

    Attributes
    ----------
    equations : (Equation, Equation)
    hyper : JointHyper
    outcome, used, flow, known : (N, T, 2) float
        As :class:`..problem.Cells`, the equations last.
    factors : tuple of (N, T, K) float
        Of each equation; the last is the growth before the first year.
    blocks : tuple of float
        The cells as :func:`.kernel.pair_gram` reads them.
    """

    equations: tuple[Equation, Equation]
    hyper: JointHyper
    outcome: Array
    used: Array
    flow: Array
    known: Array
    factors: tuple[Array, Array]
    blocks: tuple[Array, Array, Array, Array]

    @classmethod
    def of(cls, design: JointDesign) -> JointProblem:
        """Take the fitted cells of both designs."""
        both = (design.residential, design.business)
        joint = design.spec.equations.joint
        return cls.of_cells(
            (both[0].equation, both[1].equation),
            (Cells.of(both[0].fitted()), Cells.of(both[1].fitted())),
            design.fitted_initial(),
            {} if joint is None else joint.priors,
        )

    @classmethod
    def of_cells(
        cls,
        equations: tuple[Equation, Equation],
        cells: tuple[Cells, Cells],
        initial: Array,
        correlations: Mapping[str, Prior],
    ) -> JointProblem:
        """Stack the cells of two equations.

        Parameters
        ----------
        equations : (Equation, Equation)
        cells : (Cells, Cells)
            Of the same places and years.
        initial : (N,) float
            Growth before the first year.
        correlations : mapping of str to Prior
            A correlation without a prior is zero.
        """
        outcome, used, flow, known = (
            np.stack([getattr(one, name) for one in cells], axis=2)
            for name in ("outcome", "used", "flow", "known")
        )
        factors = tuple(
            np.concatenate([one.factors, (initial[:, None] * one.used)[..., None]], axis=2)
            for one in cells
        )
        widths = [f.shape[2] for f in factors]
        n_columns = sum(widths) + 3
        columns = np.zeros((*used.shape, n_columns))
        columns[:, :, 0, : widths[0]] = factors[0]
        columns[:, :, 1, widths[0] : sum(widths)] = factors[1]
        columns[..., sum(widths)] = outcome
        for q in range(2):
            columns[:, :, q, n_columns - 2 + q] = used[..., q]
        return cls(
            equations,
            JointHyper.joint(equations, correlations),
            outcome,
            used,
            flow,
            known,
            (factors[0], factors[1]),
            (laned(columns.transpose(0, 3, 1, 2)), laned(used), laned(flow), laned(known)),
        )

    @property
    def cells(self) -> int:
        """Number of cells in the fit."""
        return int(self.used.sum())

    @property
    def coefficients(self) -> int:
        """Number of global coefficients."""
        return sum(f.shape[2] + 1 + f.shape[1] for f in self.factors)

    def parts(self, kind: str) -> tuple[slice, int, slice]:
        """Where (β, d), μ_α and α of an equation stand among the global coefficients."""
        q = names.JOINT.index(kind)
        n_years = self.used.shape[1]
        low = q * (self.factors[0].shape[2] + 1 + n_years)
        mu = low + self.factors[q].shape[2]
        return slice(low, mu), mu, slice(mu + 1, mu + 1 + n_years)

    def system(self, psi: dict[str, Array]) -> System:
        """Precision and right-hand side of the global coefficients for each row of ψ."""
        log_det, zz, tt, tz = pair_gram(self.hyper.kernel_rows(psi), *self.blocks)
        rows, size, n_years = len(log_det), self.coefficients, self.used.shape[1]
        precision, rhs = np.zeros((rows, size, size)), np.zeros((rows, size))
        square, log_det_prior = zz[:, -1, -1].copy(), np.zeros(rows)
        for q, kind in enumerate(names.JOINT):
            factor, _, year = self.parts(kind)
            own = slice(factor.start, year.stop)
            sizes = (self.factors[q].shape[2], n_years, 0)
            one = global_prior(self.equations[q], sizes, None, of_one(psi, kind))
            precision[:, own, own], rhs[:, own] = one[0], one[1]
            square += one[2]
            log_det_prior += one[3]
        at = np.arange(size)
        factors = np.concatenate([at[self.parts(kind)[0]] for kind in names.JOINT])
        years = np.concatenate([at[self.parts(kind)[2]] for kind in names.JOINT])
        precision[:, factors[:, None], factors] += zz[:, :-1, :-1]
        precision[:, years[:, None], years] += tt
        precision[:, years[:, None], factors] += tz[:, :, :-1]
        precision[:, factors[:, None], years] += tz[:, :, :-1].transpose(0, 2, 1)
        rhs[:, factors] += zz[:, :-1, -1]
        rhs[:, years] += tz[:, :, -1]
        return System(cholesky(precision), rhs, square, log_det, log_det_prior)

    def guide(self, mode: Array) -> Guide:
        """What is known of the likelihood without computing it.

        Parameters
        ----------
        mode : (d,) float
            Of the posterior of ψ.
        """
        system = self.system(self.hyper.values(mode[None]))
        mean = solve_triangular(system.root[0], forward(system)[0], lower=True, trans="T")
        first, second = (self._spectrum(kind, mean) for kind in names.JOINT)
        spectrum = PairSpectrum(self.used, self.flow, self.known, first, second)
        psi_at = self.hyper.table()

        def guide(x: Array) -> tuple[Array, Array]:
            features, rough = spectrum(psi_at(x))
            return np.concatenate([x, features], axis=1), rough

        return guide

    def _spectrum(self, kind: str, mean: Array) -> Spectrum:
        """Waves of what is left of an equation's outcome given the global coefficients."""
        q = names.JOINT.index(kind)
        factor, mu, year = self.parts(kind)
        explained = self.factors[q] @ mean[factor] + mean[year]
        used = self.used[..., q]
        residuals = Residuals(
            (self.outcome[..., q] - explained) * used,
            mean[year] - mean[mu],
            np.empty(0),
            year.stop - factor.start - 1,
        )
        return Spectrum(used, self.flow[..., q], self.known[..., q], residuals, classes=CLASSES)
