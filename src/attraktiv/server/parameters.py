"""What a request may ask for, and the limit of everything in it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from attraktiv.server.forms import Form

#: A code, a name or a label; control characters are in none.
Label = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Word = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z][a-z0-9_]*$")]
Year = Annotated[int, Field(ge=1000, le=3000)]
Kind = Literal["residential", "business", "visit", "total"]

RunName = Annotated[str, Path(max_length=60, pattern=r"^[A-Za-z0-9_-]+$", description="Run.")]
Variable = Annotated[str, Path(max_length=60, pattern=r"^[a-z][a-z0-9_]*$", description="Name.")]


class Question(BaseModel):
    """A request's query: nothing that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rows(Question):
    """Which rows of an answer, and as what."""

    offset: int = Field(0, ge=0, le=1_000_000, description="Rows to leave out, of JSON.")
    limit: int = Field(1000, ge=1, le=5000, description="Rows at most, of JSON.")
    format: Form = Field("json", description="JSON comes in pages, files come whole.")

    def key(self) -> str:
        """Return what tells this question from others, the rows apart."""
        return self.model_dump_json(exclude={"offset", "limit", "format"})


class Banded(Rows):
    """An answer with bands."""

    prob: float = Field(0.8, ge=0.01, le=0.99, description="Probability of the bands.")
    interval: Literal["eti", "hdi"] = Field("eti", description="Equal-tailed or highest density.")


class Chosen(Banded):
    """An answer about places, or groups of places."""

    place: list[Label] = Field(
        default=[], max_length=400, description="Codes or names; with a group, its labels."
    )
    group: Word | None = Field(None, description="A grouping column of the run.")
    member: list[Label] = Field(
        default=[], max_length=400, description="Places that make a group of one's own."
    )


class Period(Chosen):
    """An answer about a period."""

    first: Year | None = Field(None, description="First year; by default the run's.")
    last: Year | None = Field(None, description="Last year; by default the run's.")
    kind: Kind | None = Field(None, description="Of attractiveness; by default the run's first.")
    unit: Literal["percent", "persons", "jobs"] = "percent"


class Ranking(Period):
    """A ranking."""

    top: int = Field(10, ge=1, le=1000, description="For the probability of that rank or better.")
    minimum: float = Field(0, ge=0, le=1e9, description="Smallest population, or jobs, shown.")


class Years(Chosen):
    """A variable in some years."""

    year: list[Year] = Field(default=[], max_length=200)
    kind: Literal["residential", "business", "visit"] | None = None


class Ahead(Chosen):
    """A variable of the forecast."""

    year: list[Year] = Field(default=[], max_length=200)
    scenario: list[Label] = Field(default=[], max_length=20)
    age_group: list[Label] = Field(default=[], max_length=20)


class Probability(Chosen):
    """The probability of more, or fewer, residents than a threshold."""

    year: list[Year] = Field(default=[], max_length=200)
    scenario: list[Label] = Field(default=[], max_length=20)
    side: Literal["above", "below"] = "above"
    threshold: float = Field(ge=0, le=1e10, description="Persons.")


class Counted(Rows):
    """A count of the panel."""

    place: list[Label] = Field(default=[], max_length=400)
    group: Word | None = None
    member: list[Label] = Field(default=[], max_length=400)
    year: list[Year] = Field(default=[], max_length=200)


class Alike(Rows):
    """Places of like structure."""

    place: Label
    count: int = Field(10, ge=1, le=50)
