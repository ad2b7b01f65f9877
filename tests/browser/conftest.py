"""The page over a simulated country, and over the real one where its data are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.serving import Page, browser_program, serving

import attraktiv

DRAWS = 100


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if browser_program() is None:
        here = Path(__file__).parent
        skip = pytest.mark.skip(reason="no chromium with chromedriver on this machine")
        for item in items:
            if here in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Twenty places, a forecast with ages in three scenarios, and the classical model."""
    folder = tmp_path_factory.mktemp("simulated")
    country = folder / "country"
    attraktiv.simulate(country, places=20, years=10, seed=1)
    panel = attraktiv.read_panel(country)
    run = attraktiv.fit("hierarchical_dynamic", panel, draws=DRAWS, seed=1, progress=False)
    attraktiv.write_run(run, folder / "bayes")
    attraktiv.forecast(
        folder / "bayes", country, 12, scenarios=["low", "high"], seed=1, draws=40, ages=True,
        progress=False,
    )  # fmt: skip
    attraktiv.write_run(attraktiv.fit("book_2023", panel, progress=False), folder / "classical")
    with serving([folder / "bayes", folder / "classical"], country) as address:
        yield address


@pytest.fixture(scope="session")
def norwegian(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """356 places, four scenarios of thirty years, and the classical model."""
    folder = tmp_path_factory.mktemp("norway")
    country = real_data / "norway"
    with warnings.catch_warnings():
        # borders that moved, and a centrality of later years: said once, in other tests
        warnings.simplefilter("ignore", attraktiv.errors.AttraktivWarning)
        panel = attraktiv.read_panel(country)
        run = attraktiv.fit(
            "hierarchical_dynamic", panel, last=2015, draws=DRAWS, seed=1, progress=False
        )
        attraktiv.write_run(run, folder / "norway")
        attraktiv.forecast(
            folder / "norway", country, 30, scenarios=["neutral", "low", "high"], seed=1,
            draws=DRAWS, progress=False,
        )  # fmt: skip
        classical = attraktiv.fit("book_2023", panel, last=2015, progress=False)
        attraktiv.write_run(classical, folder / "book")
        with serving([folder / "norway", folder / "book"], country) as address:
            yield address


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    page = Page("", tmp_path_factory.mktemp("downloads"))
    yield page
    page.close()


@pytest.fixture(params=["simulated", pytest.param("norwegian", marks=pytest.mark.real_data)])
def page(request: pytest.FixtureRequest, browser: Page) -> Iterator[Page]:
    """The page; at the end the browser must have had nothing to complain about."""
    browser.address = request.getfixturevalue(request.param)
    browser.screen(1280, 900)
    browser.complaints()
    yield browser
    assert browser.complaints() == []
