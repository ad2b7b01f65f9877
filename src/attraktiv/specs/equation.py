"""One equation of a model, of migration or of jobs: structure, noise and priors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_serializer, model_validator
from pydantic_core import PydanticCustomError

from attraktiv import names
from attraktiv.specs.priors import Normal, Positive, Prior

_UNIT = (-1.0, 1.0)
_POSITIVE = (0.0, math.inf)
_REAL = (-math.inf, math.inf)
#: Student-t noise must have a variance: with two degrees of freedom or fewer it has none.
_HAS_VARIANCE = (2.0, math.inf)

#: The values each parameter can take; a prior must stay inside.
PARAMETER_SUPPORT: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        names.BETA: _REAL,
        names.MU_ALPHA: _REAL,
        names.RHO_ALPHA: _UNIT,
        names.SIGMA_ALPHA: _POSITIVE,
        names.SIGMA_GAMMA: _POSITIVE,
        names.TAU: _POSITIVE,
        names.RHO: _UNIT,
        names.SIGMA_U: _POSITIVE,
        names.SIGMA: _POSITIVE,
        names.PHI: _POSITIVE,
        names.NU: _HAS_VARIANCE,
        names.CORRELATION_LASTING: _UNIT,
        names.CORRELATION_PATH: _UNIT,
        names.CORRELATION_NOISE: _UNIT,
    }
)

#: What a joint model may tie together, in order.
CORRELATIONS = (names.CORRELATION_LASTING, names.CORRELATION_PATH, names.CORRELATION_NOISE)

OUTCOMES: tuple[str, ...] = (
    names.NET_MIGRATION_RATE,
    names.NET_DOMESTIC_MIGRATION_RATE,
    names.NATURAL_INCREASE_RATE,
)

#: As `groups`: the panel's own regions, whatever their column is called.
AUTO_GROUPS = "auto"


def fault(message: str, *key: str) -> PydanticCustomError:
    """A fault that names the key it is about, so that the reader finds the line."""
    return PydanticCustomError("attraktiv", "{message}", {"message": message, "key": list(key)})


class Frozen(BaseModel):
    """What cannot be changed once it is made, and knows no other key than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Noise(Frozen):
    """The noise of one place and one year; never attractiveness.

    Mathematical details
    --------------------
    ε_it ~ N(0, V_it), V_it = σ² + φ v_it, v_it = 10⁴ c / pop_it in percentage points
    squared, c the gross turnover (in- plus out-migrants over population); of job growth
    v_it = 10⁴ c / jobs_i,t−1, c the jobs filled and left in a year over all jobs. φ = 1
    would be Poisson flows. Without `size_dependent` V is σ² everywhere. With `family`
    "student_t" ε_it / √V_it is Student-t with ν degrees of freedom.
    """

    family: Literal["normal", "student_t"] = "normal"
    size_dependent: bool = True
    turnover: Positive = 0.09


class Equation(Frozen):
    """One equation: outcome, structural factors, effects, noise and priors.

    Parameters
    ----------
    outcome : str
        The rate that is explained.
    outcome_otherwise : str, optional
        The rate that is explained where the panel lacks `outcome`.
    factors : str
        Structural factors as a formula of names and the transforms of
        :mod:`attraktiv.model.formula`.
    place_effect : {"none", "static", "ar1"}
        Attractiveness: left in the residual, lasting, or lasting plus a stationary
        AR(1) path.
    groups : str, optional
        Column of places.csv whose values share an effect (γ); "auto": the first text
        column that puts places together, which is the region of most panels.
    field : {"neighbours"}, optional
        A spatial field: γ of every place, drawn towards its neighbours'.
    year_effect : {"fixed", "independent", "ar1"}
        The national level: free (least squares), exchangeable, or an AR(1) around
        a mean.
    yearly : bool
        Classical models only: coefficients of their own for every year.
    noise : Noise
    priors : mapping of str to prior
        One for each parameter that the structure has, no more.
    """

    outcome: str
    outcome_otherwise: str | None = None
    factors: str
    place_effect: Literal["none", "static", "ar1"] = "none"
    groups: str | None = None
    field: Literal["neighbours"] | None = None
    year_effect: Literal["fixed", "independent", "ar1"] = "fixed"
    yearly: bool = False
    noise: Noise = Noise(size_dependent=False)
    priors: Annotated[Mapping[str, Prior], AfterValidator(MappingProxyType)] = Field(
        default_factory=lambda: MappingProxyType({})
    )

    @field_serializer("priors")
    def _plain_priors(self, priors: Mapping[str, Prior]) -> dict[str, Prior]:
        return dict(priors)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that need a prior, given the structure."""
        if self.year_effect == "fixed":
            return ()
        found = [names.BETA, names.MU_ALPHA, names.SIGMA_ALPHA]
        if self.year_effect == "ar1":
            found.append(names.RHO_ALPHA)
        if self.shared:
            found.append(names.SIGMA_GAMMA)
        if self.place_effect != "none":
            found.append(names.TAU)
        if self.place_effect == "ar1":
            found += [names.SIGMA_U, names.RHO]
        found.append(names.SIGMA)
        if self.noise.size_dependent:
            found.append(names.PHI)
        if self.noise.family == "student_t":
            found.append(names.NU)
        return tuple(found)

    @property
    def shared(self) -> bool:
        """Whether places share attractiveness (γ), by groups or with neighbours."""
        return self.groups is not None or self.field is not None

    @property
    def gaussian(self) -> bool:
        """Whether the equation is linear and Gaussian given the variances."""
        return self.noise.family == "normal"

    @model_validator(mode="after")
    def _classical_is_plain(self) -> Self:
        if self.year_effect == "fixed" and (
            self.place_effect != "none"
            or self.shared
            or self.noise.size_dependent
            or not self.gaussian
        ):
            raise fault(
                'year_effect = "fixed" is the classical regression: it has no place effect, no '
                "groups or field, and normal noise that does not depend on size; write "
                'year_effect = "ar1" for a hierarchical model',
                "year_effect",
            )
        if self.yearly and self.year_effect != "fixed":
            raise fault(
                "yearly = true is for classical models, which are estimated by least squares; "
                'write year_effect = "fixed", or leave yearly out',
                "yearly",
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_share(self) -> Self:
        if self.groups is not None and self.field is not None:
            raise fault(
                "groups and field are two ways for places to share attractiveness; keep one of "
                "them",
                "field",
            )
        return self

    @model_validator(mode="after")
    def _priors_fit_the_structure(self) -> Self:
        needed, given = set(self.parameters), set(self.priors)
        if missing := sorted(needed - given):
            raise fault(
                f"no prior for {', '.join(missing)}; add under priors: "
                f'{missing[0]} = {{ distribution = "half_normal", sigma = 0.5 }} or the like',
                "priors",
            )
        if surplus := sorted(given - needed):
            raise fault(
                f"a prior for {', '.join(surplus)}, which this model does not have; "
                f"it has {', '.join(self.parameters) or 'no priors'}",
                "priors",
                surplus[0],
            )
        for name, prior in self.priors.items():
            check_prior(name, prior)
        return self


def check_prior(name: str, prior: Prior) -> None:
    """Refuse a prior that allows values a parameter cannot take."""
    lower, upper = PARAMETER_SUPPORT[name]
    low, high = prior.support
    if low < lower or high > upper:
        raise fault(
            f"the prior of {name}, {prior.distribution}, allows values from {low:g} to {high:g}, "
            f"but {name} lies between {lower:g} and {upper:g}",
            "priors",
            name,
        )
    if (lower, upper) == _REAL and not isinstance(prior, Normal):
        raise fault(
            f"the prior of {name} must be normal, found {prior.distribution}; "
            f'write {name} = {{ distribution = "normal", mu = 0.0, sigma = 0.5 }}',
            "priors",
            name,
        )


class JobsEquation(Equation):
    """An equation of job growth, whose unexplained part is business or visit attractiveness.

    As :class:`Equation`, and:

    Parameters
    ----------
    outcome : str
        Growth of the jobs that are explained, percent of jobs: ``job_growth`` of all jobs, or
        that of a sector such as ``visit_job_growth``.
    essential : bool
        Whether the model is nothing without it. Else it is left out, with a warning, where
        the panel lacks what it needs.
    """

    factors: str = ""
    essential: bool = True
