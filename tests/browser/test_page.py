"""What somebody does who looks at the page."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import parse_qs, urlsplit

from selenium.webdriver.common.keys import Keys
from tests.browser.serving import Page


def state(page: Page) -> dict[str, str]:
    query = parse_qs(urlsplit(page.driver.current_url).query)
    return {name: values[0] for name, values in query.items()}


def first_code(page: Page, row: int = 1) -> str:
    css = f".ranking tbody tr:nth-child({row}) a"
    href = page.driver.find_element("css selector", css).get_attribute("href")
    return parse_qs(urlsplit(str(href)).query)["place"][0]


def test_map_and_list_show_the_same_places(page: Page) -> None:
    page.open("?lang=en")
    rows = page.texts(".ranking tbody th a")
    shapes = page.driver.find_elements("css selector", ".map .shape")
    assert len(rows) == len(shapes) > 10
    unsure_rows = page.driver.find_elements("css selector", ".ranking tr.unsure")
    unsure_shapes = page.driver.find_elements("css selector", ".map .shape.unsure")
    assert len(unsure_rows) == len(unsure_shapes) > 0
    assert page.text("h1") == "How attractive is the place?"


def test_no_column_of_the_list_is_cut(page: Page) -> None:
    cut = """const box = document.querySelector('.listed .scroll');
    return box.scrollWidth - box.clientWidth;"""
    for width in (1280, 1100, 980, 760, 390):
        page.screen(width, 900)
        page.open("?lang=en")
        assert page.driver.execute_script(cut) <= 0, width


def test_every_chart_of_a_place_is_as_wide_as_its_room(page: Page) -> None:
    page.open("?lang=en")
    page.open(f"?view=place&lang=en&place={first_code(page)}")
    widths = """return [...document.querySelectorAll('.chart')].map((chart) =>
      chart.querySelector('svg').getBoundingClientRect().width / chart.clientWidth)"""
    shares = page.driver.execute_script(widths)
    assert len(shares) > 5
    assert min(shares) > 0.9


def test_a_place_that_cannot_be_told_from_average_looks_it_without_colours(page: Page) -> None:
    page.open("?lang=en")
    fill = "return getComputedStyle(document.querySelector(arguments[0])).fill"
    assert "hatch" in page.driver.execute_script(fill, ".map .shape.unsure")
    dash = "return getComputedStyle(document.querySelector('.band.unsure')).strokeDasharray"
    assert page.driver.execute_script(dash) != "none"
    listened = "return document.querySelector('.ranking tr.unsure td.figure').textContent"
    assert "Cannot be told from average" in page.driver.execute_script(listened)


def test_choices_change_what_is_shown_and_stand_in_the_address(page: Page) -> None:
    page.open("?lang=en")
    before = page.texts(".ranking tbody tr")
    page.choose("prob", "0.5")
    last = page.driver.find_element("css selector", "select[name=to]").get_attribute("value")
    page.choose("from", str(last))
    assert page.texts(".ranking tbody tr") != before
    assert state(page)["prob"] == "0.5"
    page.choose("min", "5000")
    assert len(page.texts(".ranking tbody tr")) < len(before)
    assert state(page)["min"] == "5000"
    page.driver.back()
    page.until(lambda: len(page.texts(".ranking tbody tr")) == len(before))


def test_a_level_above_places(page: Page) -> None:
    page.open("?lang=en")
    levels = page.driver.find_elements("css selector", "select[name=level] option")
    column = next(
        v for v in (one.get_attribute("value") for one in levels) if v not in ("place", "own")
    )
    page.choose("level", str(column))
    groups = page.texts(".ranking tbody th a")
    assert 1 < len(groups) < len(page.driver.find_elements("css selector", ".map .shape"))
    page.click(".ranking tbody tr:nth-child(1) a")
    assert page.text("h1") == groups[0]
    assert page.driver.find_elements("css selector", "#forecast svg")


def test_the_page_of_a_place(page: Page) -> None:
    page.open("?lang=en")
    name = page.texts(".ranking tbody th a")[0]
    page.click(".ranking tbody tr:nth-child(1) a")
    assert page.text("h1") == name.removesuffix(" *")
    cards = {
        "level",
        "over-time",
        "rank",
        "decomposition",
        "forecast",
        "jobs",
        "pyramid",
        "methods",
        "alike",
    }
    for card in cards:
        assert page.driver.find_elements("css selector", f"#{card}"), card
    for card in cards - {"level", "alike"}:
        assert page.driver.find_elements("css selector", f"#{card} .chart svg"), card
    assert "With a probability of 80 percent" in page.text("#level")


def test_a_scenario_is_switched(page: Page) -> None:
    page.open("?lang=en")
    page.open(f"?lang=en&view=place&place={first_code(page)}")
    as_estimated = page.text("#forecast figcaption")
    page.choose("scenario", "low")
    assert page.text("#forecast figcaption") != as_estimated
    assert state(page)["scenario"] == "low"
    page.driver.refresh()
    page.wait()
    assert page.text("#forecast figcaption").startswith("Low.")


def test_places_are_chosen_compared_and_summed(page: Page) -> None:
    page.open("?lang=en")
    codes = [first_code(page, row) for row in (1, 3, 4)]
    for code in codes:
        page.click(f"input[name='choose-{code}']")
    assert state(page)["chosen"].split(",") == codes
    page.click(".picked a.button")
    assert len(page.driver.find_elements("css selector", "#level details tbody tr")) == 3
    link = page.driver.current_url
    page.driver.get(link)
    page.wait()
    assert len(page.driver.find_elements("css selector", "#level details tbody tr")) == 3
    page.open(f"?lang=en&view=place&level=own&chosen={','.join(codes)}")
    assert page.text("h1") == "Own group"
    assert page.driver.find_elements("css selector", "#forecast .chart svg")


def test_the_language_is_switched_and_numbers_with_it(page: Page) -> None:
    page.open("?lang=en")
    english = page.text(".ranking tbody .figure").splitlines()[0]
    page.choose("lang", "nb")
    assert page.text("h1") == "Hvor attraktiv er kommunen?"
    assert page.driver.find_element("css selector", "html").get_attribute("lang") == "nb"
    norwegian = page.text(".ranking tbody .figure").splitlines()[0]
    assert norwegian == english.replace(".", ",").replace("-", "−")
    active = page.driver.switch_to.active_element
    assert active.get_attribute("name") == "lang"  # who switches with the keyboard stays there


def test_what_is_shown_is_downloaded(page: Page) -> None:
    page.open("?lang=en")
    names = [name.removesuffix(" *") for name in page.texts(".ranking tbody th a")]
    for old in page.downloads.iterdir():
        old.unlink()
    page.click(".listed a[data-format=csv]")
    page.until(lambda: any(file.suffix == ".csv" for file in page.downloads.iterdir()))
    (file,) = page.downloads.glob("*.csv")
    with file.open(encoding="utf-8", newline="") as text:
        rows: list[dict[str, Any]] = list(csv.DictReader(text))
    assert [row["name"] for row in rows] == names


def test_everything_is_reached_with_the_keyboard(page: Page) -> None:
    page.open("?lang=en")
    body = page.driver.find_element("css selector", "body")
    page.driver.execute_script("document.activeElement.blur()")
    body.send_keys(Keys.TAB)
    assert page.driver.switch_to.active_element.get_attribute("class") == "skip"
    seen = set()
    for _ in range(25):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        active = page.driver.switch_to.active_element
        seen.add(active.get_attribute("name") or active.tag_name)
        if active.tag_name == "a" and "view=place" in str(active.get_attribute("href")):
            active.send_keys(Keys.ENTER)
            break
    page.wait()
    assert {"level", "from", "to", "min", "prob", "find"} <= seen
    assert state(page)["view"] == "place"
    assert page.driver.switch_to.active_element.tag_name == "h1"  # where a reader goes on


def test_a_place_is_found_by_name(page: Page) -> None:
    page.open("?lang=en")
    name = page.texts(".ranking tbody th a")[4].removesuffix(" *")
    field = page.driver.find_element("css selector", "input[name=find]")
    field.send_keys(name.upper())
    field.send_keys(Keys.ENTER)
    page.until(lambda: page.text("h1") == name)
    page.wait()


def test_a_phone_does_not_scroll_sideways(page: Page) -> None:
    page.screen(360, 740)
    page.open("?lang=nb")
    for query in ("?lang=nb", f"?lang=nb&view=place&place={first_code(page)}"):
        page.open(query)
        wide = page.driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 360, query
