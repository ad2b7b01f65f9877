"""Laws of a report: what a name holds is text, on a page and in Markdown."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from attraktiv.reports.document import (
    Block,
    Definitions,
    Document,
    Heading,
    Paragraph,
    Row,
    Section,
    Table,
)
from attraktiv.reports.markdown import as_markdown
from attraktiv.reports.page import as_html

HOSTILE = ("<script>alert(1)</script>", '" onload="x', "]]>", "</style>", "&lt;", "| a |", "\\|")
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
NAMES = st.text(LETTERS, min_size=1) | st.sampled_from(HOSTILE)


class Seen(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def document(name: str) -> Document:
    blocks: list[Block] = [
        Heading(name),
        Paragraph(name, "lead"),
        Table(name, [name, name], [Row([name, name])]),
        Definitions([(name, name)]),
    ]
    return Document(name, name, "en", [Section(name, name, blocks)])


@given(NAMES)
def test_a_name_never_changes_the_shape_of_a_page(name: str) -> None:
    seen, plain = Seen(as_html(document(name))), Seen(as_html(document("Ås")))
    assert seen.shape == plain.shape
    assert seen.text.count(name) >= plain.text.count("Ås")


@given(NAMES)
def test_a_name_never_changes_the_shape_of_a_table(name: str) -> None:
    lines = as_markdown(document(name), {}).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 3
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {3}
    assert len(lines) == len(as_markdown(document("Ås"), {}).splitlines())
