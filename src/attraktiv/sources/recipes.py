"""``data/sources/*.toml``: what a statistical office has, and where it goes in a panel folder.

Patterns are regular expressions that match a whole code or, where no code matches, a whole
label; case does not matter. What they match is looked up in the metadata of a table each time.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from attraktiv import names
from attraktiv.errors import RecipeError
from attraktiv.specs import explain, packaged_folder

FROM_PLACE, TO_PLACE, HOME, WORK = "from_place", "to_place", "home", "work"
PROJECTIONS: Final = "projections"
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "panel": (names.PLACE, names.YEAR),
    "population": (names.PLACE, names.YEAR),
    "population_by_age": (names.PLACE, names.YEAR, names.SEX, names.AGE),
    "jobs_by_industry": (names.PLACE, names.YEAR, names.INDUSTRY),
    "commuting": (HOME, WORK, names.YEAR),
    "moves": (FROM_PLACE, TO_PLACE, names.YEAR),
    PROJECTIONS: (names.PLACE, names.YEAR),
}
"""The keys of each table of a panel folder that a recipe can fill."""

PLACES: Final = frozenset({names.PLACE, HOME, WORK, FROM_PLACE, TO_PLACE})

File = Literal[
    "panel",
    "population",
    "population_by_age",
    "jobs_by_industry",
    "commuting",
    "moves",
    "projections",
]


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"it is not a regular expression ({error})") from None
    return text


Pattern = Annotated[str, AfterValidator(_is_pattern)]
ColumnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Difference(_Frozen):
    """A column that is a sum of contents less others."""

    plus: tuple[Pattern, ...] = Field(min_length=1)
    minus: tuple[Pattern, ...] = ()


class TableRecipe(_Frozen):
    """One table of a service.

    Attributes
    ----------
    id : str
        Of the table.
    into : str
        The table of the panel folder that it fills.
    values : dict
        Column of that table → contents: a pattern, or sums of them less others.
    keys : dict
        Key of that table → the table's variable. By default ``year`` is the variable with the
        role of time, and ``place`` that with the role of geography.
    codes : dict
        Key → pattern of the codes taken; its first group, if it has one, is what is written.
    recode : dict
        Key → what is written → pattern of the code or label.
    codelists : dict
        Variable → pattern of the codelist that divides it.
    total : dict
        Variable → pattern of the one code or label taken.
    add_up : tuple of str
        Variables that are summed over all their codes, where the service does not sum them.
    name, origin : str, int
        Of a projection: its file, and the year of the last population that it knew.
    required : bool
        Whether the country cannot be had without; else the report says that it is not there.
    """

    id: str = Field(min_length=1)
    into: File
    values: dict[ColumnName, Pattern | Difference] = Field(min_length=1)
    keys: dict[str, Pattern] = {}
    codes: dict[str, Pattern] = {}
    recode: dict[str, dict[str, Pattern]] = {}
    codelists: dict[Pattern, Pattern] = {}
    total: dict[Pattern, Pattern] = {}
    add_up: tuple[Pattern, ...] = ()
    name: Annotated[str, Field(pattern=r"^\w+$")] | None = None
    origin: int | None = None
    required: bool = True

    @model_validator(mode="after")
    def _has_its_keys(self) -> TableRecipe:
        needed = KEYS[self.into]
        for field in ("keys", "codes", "recode"):
            for key in getattr(self, field):
                if key not in needed:
                    raise ValueError(f"{self.into} has the keys {', '.join(needed)}, not '{key}'")
        given = set(needed) - {names.YEAR, names.PLACE} - set(self.keys)
        if given:
            raise ValueError(f"keys does not say which variable is {', '.join(sorted(given))}")
        if (self.into == PROJECTIONS) != (self.name is not None and self.origin is not None):
            raise ValueError("a projection, and nothing else, has a name and an origin")
        return self

    @property
    def target(self) -> str:
        """The table of the folder that it fills, with the name of a projection."""
        return self.into if self.name is None else f"{self.into}/{self.name}"


class Share(_Frozen):
    """What of a code that was divided became another: a part of its persons."""

    old: str
    new: str
    weight: Annotated[float, Field(gt=0, le=1)]


class Borders(_Frozen):
    """Whose borders the panel has, and who knows how they changed.

    Attributes
    ----------
    classifications : str
        Who is asked for changes of codes.
    year : int, optional
        Whose borders, on 1 January; by default the last year of the panel.
    attributes : tuple of str
        Columns of places.csv that the classifications give.
    numbers : dict
        Attribute → number of the classification that gives it, where it is not the usual one.
    shares : tuple of Share
        How codes were divided, where it is known; else it is taken from populations.
    """

    classifications: Literal["klass"]
    year: int | None = None
    attributes: tuple[Literal["centrality_class", "county", "economic_region"], ...] = ()
    numbers: dict[Literal["county", "economic_region"], int] = {}
    shares: tuple[Share, ...] = ()


class StandIn(_Frozen):
    """A column of places.csv that nobody publishes in a form that can be asked for.

    Attributes
    ----------
    of : str
        The attribute that it is told by.
    values : dict
        Value of that attribute → number written.
    """

    of: str
    values: dict[str, float] = Field(min_length=1)


class Places(_Frozen):
    """What a place is.

    Attributes
    ----------
    codes : str
        Pattern of the codes that are places; its first group, if it has one, is what is written.
    map_property : str
        What maps of the country call the code of a place, beside ``place``.
    """

    codes: Pattern
    map_property: str = names.PLACE


class Break(_Frozen):
    """As in panel.toml."""

    variable: str
    year: int


class Recipe(_Frozen):
    """What a source has.

    Attributes
    ----------
    title, publisher, licence : str
        For panel.toml.
    service, language : str
        Address of its PxWebApi v2, and the language of labels.
    first_year : int
        Of the panel, where the caller does not say.
    label, place_names : dict, str
        As in panel.toml.
    places : Places
    borders : Borders, optional
        Without it codes are places as they are.
    table : tuple of TableRecipe
    breaks : tuple of Break
        ``[[break]]``, as in panel.toml.
    shares : dict
        Column ``share_…`` of panel.csv → first and last age, from the population by age.
    sectors : dict
        Scheme → sector → industries, by ranges of two-digit divisions (``"84-88"``) or codes.
    stand_in : dict
        Column of places.csv → what stands in for it until a table of the user's gives it.
    """

    title: str
    publisher: str
    licence: str = ""
    service: str = Field(pattern=r"^https?://[^/].*[^/]$")
    language: str
    first_year: int
    label: dict[str, str] = {}
    place_names: str = ""
    places: Places
    borders: Borders | None = None
    table: tuple[TableRecipe, ...] = Field(min_length=1)
    breaks: tuple[Break, ...] = Field(default=(), alias="break")
    shares: dict[Annotated[str, Field(pattern=r"^share_\w+$")], tuple[int, int]] = {}
    sectors: dict[str, dict[str, tuple[str, ...]]] = {}
    stand_in: dict[ColumnName, StandIn] = {}

    @model_validator(mode="after")
    def _stands_on_attributes(self) -> Recipe:
        there = self.borders.attributes if self.borders else ()
        for column, rule in self.stand_in.items():
            if rule.of not in there:
                raise ValueError(
                    f"stand_in.{column} is told by '{rule.of}', which is not among the attributes "
                    f"of borders: {', '.join(there) or 'none'}"
                )
        return self

    @model_validator(mode="after")
    def _has_population(self) -> Recipe:
        if not any(t.into == "panel" and names.POPULATION in t.values for t in self.table):
            raise ValueError("no table fills the column population of panel")
        return self


def recipes() -> list[str]:
    """Names of the recipes that come with the package, sorted."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load_recipe(source: str | Path) -> Recipe:
    """Load a recipe by name or from a file.

    Parameters
    ----------
    source : str or Path
        A name of :func:`recipes`, or the path of a TOML file.

    Returns
    -------
    Recipe

    Raises
    ------
    RecipeError
        If there is no such recipe, or it is wrong; the message names the line.
    """
    path = Path(source)
    if path.suffix != ".toml":
        path = _folder() / f"{source}.toml"
        if str(source) not in recipes():
            near = get_close_matches(str(source), recipes(), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise RecipeError(
                f"There is no source '{source}'.{hint} Known sources: {', '.join(recipes())}; or "
                "give the path of a recipe that ends in .toml."
            )
    text = read_toml_text(path)
    return parse(text, str(path), Recipe, "recipe")


def read_toml_text(path: Path) -> str:
    """Read the text of a TOML file.

    Raises
    ------
    RecipeError
        If it is not there or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8.") from None
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read ({error.strerror}). Give the path of a TOML file."
        ) from None


def parse[M: BaseModel](text: str, origin: str, model: type[M], what: str) -> M:
    """Build what TOML text says.

    Raises
    ------
    RecipeError
        If it is not TOML, or not what ``model`` allows; the message names the line.
    """
    try:
        raw: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{origin} is not valid TOML: {error}.") from None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise RecipeError(explain(error, text, origin, what)) from None


def _folder() -> Path:
    return packaged_folder("data/sources")
