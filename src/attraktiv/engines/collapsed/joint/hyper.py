"""ψ of two equations: the parameters of each, and the correlations between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attraktiv import names
from attraktiv.engines.collapsed.hyper import Array, Hyper
from attraktiv.engines.collapsed.joint import passes
from attraktiv.names import of_equation
from attraktiv.specs import CORRELATIONS, PARAMETER_SUPPORT, Equation, Prior


@dataclass(frozen=True)
class JointHyper(Hyper):
    """Names and priors of the sampled parameters of both equations, in order."""

    @classmethod
    def joint(
        cls, equations: tuple[Equation, Equation], correlations: Mapping[str, Prior]
    ) -> JointHyper:
        """The parameters of each equation, then the correlations that have a prior."""
        priors = {
            of_equation(name, kind): prior
            for kind, equation in zip(names.JOINT, equations, strict=True)
            for name, prior in Hyper.of(equation).priors.items()
        }
        given = {name: correlations[name] for name in CORRELATIONS if name in correlations}
        return cls(priors | given)

    def values(self, x: Array) -> dict[str, Array]:
        """ψ on its own scale for each row of `x`; correlations without a prior are 0."""
        out = super().values(x)
        out.setdefault(of_equation(names.RHO_ALPHA, names.BUSINESS), np.zeros(len(x)))
        for name in CORRELATIONS:
            out.setdefault(name, np.zeros(len(x)))
        return out

    def kernel_rows(self, psi: dict[str, Array]) -> Array:
        """ψ as the kernels read it, see :mod:`.passes`; zero where the model has none."""
        rows = np.zeros((len(psi[names.SIGMA]), passes.COLUMNS))

        def of(name: str) -> tuple[Array, Array]:
            zero = np.zeros(len(rows))
            first, second = (psi.get(of_equation(name, kind), zero) for kind in names.JOINT)
            return first, second

        for name, correlation, columns in (
            (
                names.TAU,
                names.CORRELATION_LASTING,
                (passes.THETA_00, passes.THETA_01, passes.THETA_11),
            ),
            (names.SIGMA_U, names.CORRELATION_PATH, (passes.S_00, passes.S_01, passes.S_11)),
        ):
            first, second = of(name)
            rows[:, columns] = np.stack(
                [first**2, psi[correlation] * first * second, second**2], axis=1
            )
        rows[:, (passes.RHO_0, passes.RHO_1)] = np.stack(of(names.RHO), axis=1)
        rows[:, (passes.SIGMA2_0, passes.SIGMA2_1)] = np.stack(of(names.SIGMA), axis=1) ** 2
        rows[:, (passes.PHI_0, passes.PHI_1)] = np.stack(of(names.PHI), axis=1)
        rows[:, passes.NOISE] = psi[names.CORRELATION_NOISE]
        return rows


def of_one(psi: Mapping[str, Array], kind: str) -> dict[str, Array]:
    """The parameters of one equation, under the names of a model of one equation."""
    named = {name: of_equation(name, kind) for name in PARAMETER_SUPPORT}
    return {name: psi[own] for name, own in named.items() if own in psi}
