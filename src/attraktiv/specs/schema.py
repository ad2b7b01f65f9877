"""The frozen specification of a model: what a file in ``models/`` may say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    field_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from attraktiv import names
from attraktiv.specs.priors import Normal, Positive, Prior

Engine = Literal["auto", "collapsed", "nuts", "least-squares"]

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
    }
)

OUTCOMES: tuple[str, ...] = (names.NET_MIGRATION_RATE, names.NET_DOMESTIC_MIGRATION_RATE)

#: As `groups`: the panel's own regions, whatever their column is called.
AUTO_GROUPS = "auto"


def _fault(message: str, *key: str) -> PydanticCustomError:
    """A fault that names the key it is about, so that the reader finds the line."""
    return PydanticCustomError("attraktiv", "{message}", {"message": message, "key": list(key)})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Noise(_Frozen):
    """The noise of one place and one year; never attractiveness.

    Mathematical details
    --------------------
    ε_it ~ N(0, V_it), V_it = σ² + φ v_it, v_it = 10⁴ c / pop_it in percentage points
    squared, c the gross turnover (in- plus out-migrants over population). φ = 1 would
    be Poisson flows. Without `size_dependent` V is σ² everywhere. With `family`
    "student_t" ε_it / √V_it is Student-t with ν degrees of freedom.
    """

    family: Literal["normal", "student_t"] = "normal"
    size_dependent: bool = True
    turnover: Positive = 0.09


class Equation(_Frozen):
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
    def _outcome_is_known(self) -> Self:
        for key in ("outcome", "outcome_otherwise"):
            if (value := getattr(self, key)) is not None and value not in OUTCOMES:
                raise _fault(
                    f"{key} '{value}' is not one of {', '.join(OUTCOMES)}; "
                    f'write {key} = "{OUTCOMES[0]}"',
                    key,
                )
        return self

    @model_validator(mode="after")
    def _classical_is_plain(self) -> Self:
        if self.year_effect == "fixed" and (
            self.place_effect != "none"
            or self.shared
            or self.noise.size_dependent
            or not self.gaussian
        ):
            raise _fault(
                'year_effect = "fixed" is the classical regression: it has no place effect, no '
                "groups or field, and normal noise that does not depend on size; write "
                'year_effect = "ar1" for a hierarchical model',
                "year_effect",
            )
        if self.yearly and self.year_effect != "fixed":
            raise _fault(
                "yearly = true is for classical models, which are estimated by least squares; "
                'write year_effect = "fixed", or leave yearly out',
                "yearly",
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_share(self) -> Self:
        if self.groups is not None and self.field is not None:
            raise _fault(
                "groups and field are two ways for places to share attractiveness; keep one of "
                "them",
                "field",
            )
        return self

    @model_validator(mode="after")
    def _priors_fit_the_structure(self) -> Self:
        needed, given = set(self.parameters), set(self.priors)
        if missing := sorted(needed - given):
            raise _fault(
                f"no prior for {', '.join(missing)}; add under priors: "
                f'{missing[0]} = {{ distribution = "half_normal", sigma = 0.5 }} or the like',
                "priors",
            )
        if surplus := sorted(given - needed):
            raise _fault(
                f"a prior for {', '.join(surplus)}, which this model does not have; "
                f"it has {', '.join(self.parameters) or 'no priors'}",
                "priors",
                surplus[0],
            )
        for name, prior in self.priors.items():
            _check_prior(name, prior)
        return self


def _check_prior(name: str, prior: Prior) -> None:
    lower, upper = PARAMETER_SUPPORT[name]
    low, high = prior.support
    if low < lower or high > upper:
        raise _fault(
            f"the prior of {name}, {prior.distribution}, allows values from {low:g} to {high:g}, "
            f"but {name} lies between {lower:g} and {upper:g}",
            "priors",
            name,
        )
    if (lower, upper) == _REAL and not isinstance(prior, Normal):
        raise _fault(
            f"the prior of {name} must be normal, found {prior.distribution}; "
            f'write {name} = {{ distribution = "normal", mu = 0.0, sigma = 0.5 }}',
            "priors",
            name,
        )


class JobsEquation(_Frozen):
    """An equation of job growth, whose residual is business or visit attractiveness.

    This version reads and prints it; it does not estimate it yet.

    Parameters
    ----------
    outcome : str
        Growth of the jobs that are explained, percent of jobs.
    factors : str
        Structural factors as a formula.
    essential : bool
        Whether the model is nothing without it: then it is not fitted. Else the equation
        of migration is fitted alone.
    """

    outcome: Literal["job_growth", "private_job_growth", "basis_job_growth", "visit_job_growth"]
    factors: str = ""
    essential: bool = True


class Equations(_Frozen):
    """The equations of a model.

    Parameters
    ----------
    migration : Equation
        Net migration; its unexplained part is residential attractiveness.
    jobs : mapping of {"business", "visit"} to JobsEquation
        By the attractiveness that the unexplained part is called.
    """

    migration: Equation
    jobs: Annotated[
        Mapping[Literal["business", "visit"], JobsEquation], AfterValidator(MappingProxyType)
    ] = Field(default_factory=lambda: MappingProxyType({}))

    @field_serializer("jobs")
    def _plain_jobs(self, jobs: Mapping[str, JobsEquation]) -> dict[str, JobsEquation]:
        return dict(jobs)


class Sampling(_Frozen):
    """How much to draw: per chain after tuning, and the number of chains."""

    chains: PositiveInt = 4
    draws: PositiveInt = 1000
    tune: PositiveInt = 1000


class ModelSpec(_Frozen):
    """A model as one file in ``models/`` describes it: frozen, complete, printable.

    Parameters
    ----------
    id, title, year, status, source, summary : str, int
        What the model is called, when it was first used, whether it is kept for
        history or in use, and where it was published.
    default : bool
        Whether this is the model to use when there is no reason for another.
    engine : {"auto", "collapsed", "nuts", "least-squares"}
        How it is estimated when the caller does not say.
    equations : Equations
    sampling : Sampling
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    year: int
    status: Literal["historical", "current", "experimental"]
    source: str
    summary: str
    default: bool = False
    engine: Engine = "auto"
    equations: Equations
    sampling: Sampling = Sampling()

    @property
    def migration(self) -> Equation:
        """The equation of net migration."""
        return self.equations.migration

    def with_migration(self, **changes: object) -> ModelSpec:
        """Return the same model with other entries in the equation of net migration."""
        equation = self.migration.model_copy(update=changes)
        equations = self.equations.model_copy(update={"migration": equation})
        return self.model_copy(update={"equations": equations})

    @property
    def classical(self) -> bool:
        """Whether least squares is the way to estimate it."""
        return self.migration.year_effect == "fixed"

    @model_validator(mode="after")
    def _engine_fits(self) -> Self:
        if self.engine != "auto" and self.classical != (self.engine == "least-squares"):
            valid = "least-squares" if self.classical else "collapsed or nuts"
            raise _fault(
                f'engine "{self.engine}" cannot estimate this model; its year effect asks for '
                f'{valid}; write engine = "auto"',
                "engine",
            )
        if self.engine == "collapsed" and not self.migration.gaussian:
            raise _fault(
                'engine "collapsed" needs normal noise; write engine = "nuts" for Student-t noise',
                "engine",
            )
        return self
