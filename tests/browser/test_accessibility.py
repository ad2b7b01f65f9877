"""What axe finds: nothing, in any view, light or dark, on a desk or on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.serving import Page
from tests.browser.test_page import first_code

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(page: Page, width: int, dark: bool) -> None:
    page.screen(width, 900, dark=dark)
    page.open("?lang=en")
    codes = [first_code(page, row) for row in (1, 2)]
    for query in (
        "?lang=nb",
        f"?lang=en&chosen={','.join(codes)}",
        f"?lang=nb&view=place&place={codes[0]}",
        f"?lang=en&view=compare&chosen={','.join(codes)}",
    ):
        page.open(query)
        page.driver.execute_script(AXE)
        found = page.driver.execute_async_script(
            "const done = arguments[0]; axe.run().then((result) => done(result.violations))"
        )
        told = [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found]
        assert told == [], query


def test_a_question_that_fails_is_said(simulated: str, browser: Page) -> None:
    browser.address = simulated
    browser.open("?lang=en&view=place&place=nowhere")
    assert "no place 'nowhere'" in browser.text("[role=alert]")
    browser.complaints()  # the browser itself notes what the server refused
