"""A report as one page of HTML that asks nothing of any network: charts are inside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from html import escape
from importlib.resources import files
from itertools import count

from attraktiv import __version__, words
from attraktiv.reports.document import (
    Block,
    Definitions,
    Document,
    Figure,
    Heading,
    Paragraph,
    Section,
    Table,
)
from attraktiv.reports.drawing import svg

#: Nothing is fetched and nothing is run, whatever a name in the data may hold.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


_ONE_SHEET = 30  # rows that a printed sheet holds, so that they are not parted


def as_html(document: Document, on_figure: Callable[[], None] = lambda: None) -> str:
    """Return a report as a page.

    Parameters
    ----------
    document
        A report.
    on_figure
        Called after each chart, which is what takes the time.

    Returns
    -------
    str
        HTML. Charts are pictures (SVG) within it, each with its words; there are no scripts.
    """
    language = document.language
    numbers = _Numbers(language)
    sections = "\n".join(_section(one, numbers, language, on_figure) for one in document.sections)
    links = "".join(
        f'<li><a href="#{_anchor(one.anchor)}">{escape(one.heading)}</a></li>'
        for one in document.sections
    )
    style = (files("attraktiv.reports") / "style.css").read_text(encoding="utf-8")
    title, subtitle = escape(document.title), escape(document.subtitle)

    def say(key: str) -> str:
        return escape(words.text(f"report.{key}", language))

    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="attraktiv {escape(__version__)}">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#content">{say("skip")}</a>
<header>
<h1>{title}</h1>
<p>{subtitle}</p>
</header>
<nav aria-label="{say("contents")}">
<ul>{links}</ul>
</nav>
<main id="content">
{sections}
</main>
</body>
</html>
"""


class _Numbers:
    """Numbers figures and tables in the order in which they are met."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._next = {"figure": count(1), "table": count(1)}

    def label(self, what: str) -> str:
        """Return the next label, such as ``Figure 3.`` in English."""
        number = words.number(next(self._next[what]), self._language)
        return words.text(f"report.{what}", self._language, number=number)


def _section(
    section: Section, numbers: _Numbers, language: str, on_figure: Callable[[], None]
) -> str:
    anchor = _anchor(section.anchor)
    page = ' class="new-page"' if section.new_page else ""
    blocks = "\n".join(
        part for block in section.blocks for part in _block(block, numbers, language, on_figure)
    )
    heading = f'<h2 id="{anchor}">{escape(section.heading)}</h2>'
    return f'<section{page} aria-labelledby="{anchor}">\n{heading}\n{blocks}\n</section>'


def _block(
    block: Block, numbers: _Numbers, language: str, on_figure: Callable[[], None]
) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"<h3>{escape(text)}</h3>"
        case Paragraph(text, role):
            yield f'<p class="{role}">{escape(text)}</p>'
        case Figure():
            picture = b64encode(svg(block.chart, language).encode()).decode()
            caption = f"<strong>{numbers.label('figure')}</strong> {escape(block.caption)}"
            yield (
                f'<figure><img alt="{escape(block.alt)}" '
                f'src="data:image/svg+xml;base64,{picture}">'
                f"<figcaption>{caption}</figcaption></figure>"
            )
            on_figure()
        case Table():
            yield _table(block, numbers.label("table"), language)
        case Definitions(entries):
            listed = (
                f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in entries
            )
            yield f"<dl>{''.join(listed)}</dl>"


def _table(table: Table, label: str, language: str) -> str:
    def kind(column: int) -> str:
        return "" if column in table.text else ' class="number"'

    head = "".join(
        f'<th scope="col"{kind(i)}>{escape(text)}</th>' for i, text in enumerate(table.columns)
    )
    body = []
    for row in table.rows:
        first, *rest = (escape(cell) for cell in row.cells)
        cells = "".join(f"<td{kind(i)}>{cell}</td>" for i, cell in enumerate(rest, start=1))
        muted = ' class="muted"' if row.muted else ""
        body.append(f'<tr{muted}><th scope="row">{first}</th>{cells}</tr>')
    caption = f"<strong>{label}</strong> {escape(table.caption)}"
    whole = " whole" if len(table.rows) <= _ONE_SHEET else ""
    # a wide table scrolls on a phone, and by the keys of one who has no mouse
    name = f"{label} {words.text('report.scroll', language)}"
    return (
        f'<div class="scroll{whole}" role="region" tabindex="0" aria-label="{escape(name)}">'
        f"<table><caption><span>{caption}</span></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>\n{chr(10).join(body)}\n</tbody></table></div>"
    )


def _anchor(text: str) -> str:
    """Return a text as an identifier: a code of a place may hold anything."""
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else f"_{ord(c):x}" for c in text)
