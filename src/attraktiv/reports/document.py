"""What a report consists of, before it is a page: sections of paragraphs, tables and figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import altair as alt

Role = Literal["text", "lead", "unclear", "note", "warning"]


@dataclass(frozen=True)
class Heading:
    """A heading within a section, one level below the section's."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; its role says how much it weighs, and whether what it says is not clear."""

    text: str
    role: Role = "text"


@dataclass(frozen=True)
class Row:
    """A row of a table; a muted one holds what cannot be told from average."""

    cells: Sequence[str]
    muted: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows; the columns of `text` stand left."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    text: Sequence[int] = (0,)


@dataclass(frozen=True)
class Figure:
    """A chart, what it shows in words, and the name of its file without an ending."""

    name: str
    chart: alt.TopLevelMixin
    caption: str
    alt: str


@dataclass(frozen=True)
class Definitions:
    """Terms and what they mean."""

    entries: Sequence[tuple[str, str]]


Block = Heading | Paragraph | Table | Figure | Definitions


@dataclass(frozen=True)
class Section:
    """A section with its heading; a new one may begin a new printed page."""

    anchor: str
    heading: str
    blocks: Sequence[Block]
    new_page: bool = False


@dataclass(frozen=True)
class Document:
    """A report in a language.

    Attributes
    ----------
    title, subtitle
        Its heading, and the line below it.
    language
        ``nb`` or ``en``.
    sections
        In order.
    """

    title: str
    subtitle: str
    language: str
    sections: Sequence[Section] = field(default_factory=tuple)

    def figures(self) -> Iterator[Figure]:
        """Give the figures in order."""
        for section in self.sections:
            yield from (block for block in section.blocks if isinstance(block, Figure))
