"""The frozen specification of a model: what a file in ``models/`` may say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveInt, field_serializer, model_validator

from attraktiv import names
from attraktiv.errors import SpecError
from attraktiv.specs.equation import (
    CORRELATIONS,
    OUTCOMES,
    Equation,
    Frozen,
    JobsEquation,
    check_prior,
    fault,
)
from attraktiv.specs.priors import Prior
from attraktiv.specs.sectors import JOB_GROWTH, of_sector, sector_of

Engine = Literal["auto", "collapsed", "nuts", "least-squares"]


class Joint(Frozen):
    """What ties the equations of migration and of jobs together.

    Parameters
    ----------
    priors : mapping of str to prior
        Of ``correlation_lasting`` (θ and κ), ``correlation_path`` (innovations of u and w) and
        ``correlation_noise`` (ε and e of the same place and year). A correlation without a
        prior is zero.
    """

    priors: Annotated[Mapping[str, Prior], AfterValidator(MappingProxyType)] = Field(
        default_factory=lambda: MappingProxyType({})
    )

    @field_serializer("priors")
    def _plain_priors(self, priors: Mapping[str, Prior]) -> dict[str, Prior]:
        return dict(priors)

    @model_validator(mode="after")
    def _priors_are_of_correlations(self) -> Self:
        for name, prior in self.priors.items():
            if name not in CORRELATIONS:
                raise fault(
                    f"'{name}' is not a correlation of the joint model; valid are "
                    f"{', '.join(CORRELATIONS)}",
                    "priors",
                    name,
                )
            check_prior(name, prior)
        return self


class Equations(Frozen):
    """The equations of a model: of migration, of jobs, or both.

    Parameters
    ----------
    migration : Equation, optional
        Net migration; its unexplained part is residential attractiveness.
    jobs : mapping of {"business", "visit"} to JobsEquation
        By the attractiveness that the unexplained part is called.
    joint : Joint, optional
        Of a hierarchical model with both: they are estimated together.
    """

    migration: Equation | None = None
    jobs: Annotated[
        Mapping[Literal["business", "visit"], JobsEquation], AfterValidator(MappingProxyType)
    ] = Field(default_factory=lambda: MappingProxyType({}))
    joint: Joint | None = None

    @field_serializer("jobs")
    def _plain_jobs(self, jobs: Mapping[str, JobsEquation]) -> dict[str, JobsEquation]:
        return dict(jobs)

    def by_kind(self) -> dict[str, Equation]:
        """Equations by the attractiveness that is their unexplained part."""
        jobs: dict[str, Equation] = {str(kind): equation for kind, equation in self.jobs.items()}
        return jobs if self.migration is None else {names.RESIDENTIAL: self.migration, **jobs}

    @model_validator(mode="after")
    def _outcomes_are_known(self) -> Self:
        if not self.by_kind():
            raise fault(
                "the model has no equation; write a table [equations.migration] or "
                "[equations.jobs.business]"
            )
        if self.migration is not None:
            for key in ("outcome", "outcome_otherwise"):
                value = getattr(self.migration, key)
                if value is not None and value not in OUTCOMES:
                    raise fault(
                        f"{key} '{value}' is not one of {', '.join(OUTCOMES)}; "
                        f'write {key} = "{OUTCOMES[0]}"',
                        "migration",
                        key,
                    )
        for kind, equation in self.jobs.items():
            if sector_of(equation.outcome) is None:
                raise fault(
                    f"outcome '{equation.outcome}' is not a growth of jobs; write outcome = "
                    f'"{JOB_GROWTH}", or "visit_{JOB_GROWTH}" for the jobs of a sector',
                    "jobs",
                    kind,
                    "outcome",
                )
        return self

    @model_validator(mode="after")
    def _equations_go_together(self) -> Self:
        equations = list(self.by_kind().values())
        if len({equation.year_effect == "fixed" for equation in equations}) > 1:
            raise fault(
                "one equation is classical and another is not; give both the same year_effect: "
                '"fixed" for least squares, "ar1" for a hierarchical model',
                "jobs",
            )
        hierarchical = equations[0].year_effect != "fixed"
        if self.joint is None and not (hierarchical and len(equations) > 1):
            return self
        if not hierarchical or self.migration is None or set(self.jobs) != {names.BUSINESS}:
            raise fault(
                "a joint model is hierarchical and has one equation of migration and one of "
                "jobs, called business; leave the table [equations.joint] out of other models",
                "joint",
            )
        if self.joint is None:
            raise fault(
                "equations of migration and of jobs of a hierarchical model are estimated "
                "together; write a table [equations.joint], empty if nothing of them is "
                "correlated",
                "jobs",
            )
        if any(equation.shared or not equation.gaussian for equation in equations):
            raise fault(
                "the equations of a joint model have no groups or field, and normal noise; leave "
                "them out, or fit the equations apart",
                "joint",
            )
        self._require_something_to_correlate(equations)
        return self

    def _require_something_to_correlate(self, equations: list[Equation]) -> None:
        priors = {} if self.joint is None else self.joint.priors
        for name, least in (
            (names.CORRELATION_LASTING, "none"),
            (names.CORRELATION_PATH, "static"),
        ):
            lacking = any(equation.place_effect in {"none", least} for equation in equations)
            if name in priors and lacking:
                raise fault(
                    f"a prior for {name}, but an equation lacks the part that it ties; both need "
                    f'place_effect = "{"ar1" if least == "static" else "static"}"',
                    "joint",
                    "priors",
                    name,
                )


class Sampling(Frozen):
    """How much to draw: per chain after tuning, and the number of chains."""

    chains: PositiveInt = 4
    draws: PositiveInt = 1000
    tune: PositiveInt = 1000


class ModelSpec(Frozen):
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
    def kinds(self) -> tuple[str, ...]:
        """Kinds of attractiveness that it estimates, residential first: one an equation."""
        return tuple(self.equations.by_kind())

    def equation(self, kind: str) -> Equation:
        """The equation whose unexplained part is this kind of attractiveness."""
        return self.equations.by_kind()[kind]

    @property
    def main(self) -> Equation:
        """The first equation: of net migration where the model has one."""
        return self.equation(self.kinds[0])

    @property
    def migration(self) -> Equation:
        """The equation of net migration.

        Raises
        ------
        SpecError
            The model has equations of jobs alone.
        """
        if self.equations.migration is None:
            raise SpecError(
                f"The model {self.id} has no equation of net migration, which is what is asked "
                "for here. Give a model that has one: attraktiv models lists them."
            )
        return self.equations.migration

    def with_equation(self, kind: str, **changes: object) -> ModelSpec:
        """Return the same model with other entries in one equation."""
        equation = self.equation(kind).model_copy(update=changes)
        if kind == names.RESIDENTIAL:
            return self._with(migration=equation)
        return self._with(jobs=MappingProxyType({**self.equations.jobs, kind: equation}))

    def without_equation(self, kind: str) -> ModelSpec:
        """Return the same model without one of its equations of jobs."""
        jobs = {name: e for name, e in self.equations.jobs.items() if name != kind}
        return self._with(jobs=MappingProxyType(jobs), joint=None)

    def alone(self, kind: str) -> ModelSpec:
        """Return the model of one of its equations by itself."""
        model = self
        for other in self.equations.jobs:
            model = model.without_equation(other) if other != kind else model
        return model if kind == names.RESIDENTIAL else model._with(migration=None, joint=None)

    def with_sector(self, sector: str) -> ModelSpec:
        """Return the same model of the jobs of a sector instead of all jobs.

        Raises
        ------
        SpecError
            The model has no equation of all jobs.
        """
        if not any(e.outcome == JOB_GROWTH for e in self.equations.jobs.values()):
            others = ", ".join(e.outcome for e in self.equations.jobs.values())
            raise SpecError(
                f"--sector {sector}: the model {self.id} has no equation of all jobs that could be "
                f"those of a sector ({others or 'none'}). "
                "Leave --sector out, or fit a model that has: attraktiv fit business_2026 PANEL "
                f"--sector {sector}."
            )
        model = self
        for kind, equation in self.equations.by_kind().items():
            changed = {key: getattr(equation, key) for key in ("outcome", "factors")}
            model = model.with_equation(
                kind, **{k: of_sector(v, sector) for k, v in changed.items()}
            )
        return model

    def regression(self) -> ModelSpec:
        """Give least squares on the outcome and the factors of the first equation."""
        plain = {name: getattr(self.main, name) for name in ("outcome", "factors")}
        kind = self.kinds[0]
        fields = self.model_dump() | {
            "default": False,
            "engine": "least-squares",
            "equations": {"migration": plain}
            if kind == names.RESIDENTIAL
            else {"jobs": {kind: plain}},
        }
        return ModelSpec.model_validate(fields)

    def _with(self, **changes: object) -> ModelSpec:
        equations = self.equations.model_copy(update=changes)
        return self.model_copy(update={"equations": equations})

    @property
    def classical(self) -> bool:
        """Whether least squares is the way to estimate it."""
        return self.main.year_effect == "fixed"

    @property
    def gaussian(self) -> bool:
        """Whether every equation is linear and Gaussian given the variances."""
        return all(equation.gaussian for equation in self.equations.by_kind().values())

    @model_validator(mode="after")
    def _engine_fits(self) -> Self:
        if self.engine != "auto" and self.classical != (self.engine == "least-squares"):
            valid = "least-squares" if self.classical else "collapsed or nuts"
            raise fault(
                f'engine "{self.engine}" cannot estimate this model; its year effect asks for '
                f'{valid}; write engine = "auto"',
                "engine",
            )
        if self.engine == "collapsed" and not self.gaussian:
            raise fault(
                'engine "collapsed" needs normal noise; write engine = "nuts" for Student-t noise',
                "engine",
            )
        return self
