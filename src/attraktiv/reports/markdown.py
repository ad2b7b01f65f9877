"""A report as Markdown: text and tables, and charts where they were written beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from attraktiv.reports.document import (
    Block,
    Definitions,
    Document,
    Figure,
    Heading,
    Paragraph,
    Table,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def as_markdown(document: Document, pictures: Mapping[str, str]) -> str:
    """Return a report as Markdown, with tables as GitHub writes them.

    Parameters
    ----------
    document
        A report.
    pictures
        The address of each figure's file by the figure's name. A figure without one is told in
        words.

    Returns
    -------
    str
        What a name holds is text, whatever it looks like.
    """
    lines = [f"# {_plain(document.title)}", "", _plain(document.subtitle)]
    for section in document.sections:
        lines += ["", f"## {_plain(section.heading)}"]
        for block in section.blocks:
            lines += ["", *_block(block, pictures)]
    return "\n".join(lines) + "\n"


def _block(block: Block, pictures: Mapping[str, str]) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"### {_plain(text)}"
        case Paragraph(text, role):
            said = _plain(text)
            yield f"**{said}**" if role in ("lead", "unclear", "warning") else said
        case Figure():
            if block.name in pictures:
                yield f"![{_plain(block.alt)}]({pictures[block.name]})"
                yield ""
                yield f"*{_plain(block.caption)}*"
            else:
                yield f"*{_plain(block.caption)}* {_plain(block.alt)}"
        case Table():
            yield f"*{_plain(block.caption)}*"
            yield ""
            yield _row([_plain(column) for column in block.columns])
            yield _row(["---" if i in block.text else "--:" for i in range(len(block.columns))])
            yield from (_row([_plain(cell) for cell in row.cells]) for row in block.rows)
        case Definitions(entries):
            yield from (f"- **{_plain(term)}**: {_plain(meaning)}" for term, meaning in entries)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return a text on one line in which nothing is a mark."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split(" ")).replace("\n", " "))
