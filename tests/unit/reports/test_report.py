"""Reports: what is in them, in both languages, and what they never do."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import xarray as xr
from tests.unit.reports.country import HOSTILE, told_run, write_panel_of
from tests.unit.runs import fake_run

import attraktiv
from attraktiv import words
from attraktiv.errors import AttraktivError, InputError, RunError
from attraktiv.reports import printing
from attraktiv.reports.writing import MOST_PLACES

VOID = {"meta", "img", "link", "br"}
QUESTIONS = ("how_attractive", "how_sure", "why", "what_next")


class Page(HTMLParser):
    """What a page consists of; it must be balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            level, before = self.headings[-1]
            self.headings[-1] = (level, before + data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def said(key: str, language: str) -> str:
    return words.text(f"report.{key}", language)


@pytest.fixture(scope="module")
def run() -> xr.DataTree:
    return told_run()


@pytest.fixture(scope="module")
def folder(run: xr.DataTree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_panel_of(run, tmp_path_factory.mktemp("panel") / "panel")


@pytest.fixture(scope="module")
def country(run: xr.DataTree, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Norwegian report on the country, with all there can be."""
    out = tmp_path_factory.mktemp("report") / "report.html"
    attraktiv.report(run, out, panel=folder)
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def places(run: xr.DataTree, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An English report on two places: one hostile by name, one left out of the fit."""
    out = tmp_path_factory.mktemp("report") / "report.html"
    attraktiv.report(run, out, panel=folder, places=["00106", "00104"], language="en")
    return out.read_text(encoding="utf-8")


def test_the_country_answers_the_four_questions_first(country: str) -> None:
    page = Page(country)
    sections = [text for level, text in page.headings if level == 2]
    assert sections[:4] == [said(key, "nb") for key in QUESTIONS]
    assert sections[4:] == [
        said(key, "nb") for key in ("all_places", "verdict", "method", "terms", "provenance")
    ]
    assert page.of("html") == [{"lang": "nb"}]
    assert len(page.of("img")) == 4  # map, league, decomposition, forecast
    assert "Bureau" in page.text
    assert "812" in page.text  # the smallest effective sample
    assert said("panel_differs", "nb") in page.text


@pytest.mark.parametrize("which", ["country", "places"])
def test_a_page_asks_no_network_and_runs_nothing(
    which: str, request: pytest.FixtureRequest
) -> None:
    html = request.getfixturevalue(which)
    page = Page(html)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe", "object", "base"})
    for _, attrs in page.tags:
        assert not any(name.startswith("on") for name in attrs)
        for address in (attrs.get("src"), attrs.get("href")):
            assert address is None or address.startswith(("#", "data:image/svg+xml;base64,"))
    assert "://" not in html
    for image in page.of("img"):
        picture = base64.b64decode(str(image["src"]).split(",", 1)[1]).decode()
        assert picture.startswith("<svg")
        assert "href" not in picture.replace('xlink:href="#', "")
        assert set(re.findall(r"https?://[^\"]+", picture)) <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }
    policy = page.of("meta")[1]["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("which", ["country", "places"])
def test_a_page_can_be_read_without_eyes(which: str, request: pytest.FixtureRequest) -> None:
    page = Page(request.getfixturevalue(which))
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert all(image["alt"] for image in page.of("img"))
    assert all(cell["scope"] in ("row", "col") for cell in page.of("th"))
    assert len(page.of("caption")) == len(page.of("table"))
    identifiers = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(identifiers) == len(set(identifiers))
    targets = {str(a["href"]).removeprefix("#") for a in page.of("a")}
    assert targets <= set(identifiers)
    assert all("$" not in alt for alt in (str(image["alt"]) for image in page.of("img")))
    assert "$" not in page.text


def test_a_hostile_name_is_text(places: str, country: str) -> None:
    for html in (places, country):
        assert "<script" not in html
        assert HOSTILE in Page(html).text
    assert any(HOSTILE in str(image["alt"]) for image in Page(places).of("img"))


def test_a_place_answers_the_four_questions(places: str) -> None:
    page = Page(places)
    asked = [text for level, text in page.headings if level == 3]
    of_one = [said(key, "en") for key in ("how_attractive_place", *QUESTIONS[1:])]
    assert asked == 2 * of_one
    assert next(text for level, text in page.headings if level == 2) == HOSTILE
    assert len(page.of("img")) == 2 * 4  # path, growth, fan and pyramid
    assert said("place_prior", "en") in page.text
    assert "bureau main" in page.text
    assert page.of("html") == [{"lang": "en"}]


def test_numbers_are_written_as_the_language_does(country: str, places: str) -> None:
    norwegian, english = Page(country).text, Page(places).text
    assert re.search(r"[+−]\d,\d\d til", norwegian)
    assert not re.search(r"[+−]\d\.\d\d", norwegian)
    assert re.search(r"[+−]\d\.\d\d to", english)
    assert not re.search(r"[+−]\d,\d\d ", english)


def test_who_cannot_be_told_from_average_looks_it(country: str) -> None:
    muted = re.findall(r'<tr class="muted">.*?</tr>', country)
    unclear = said("standing_unclear", "nb")
    assert muted
    assert all(f"<td>{unclear}</td>" in row or "<td>" not in row for row in muted)
    others = re.findall(r"<tr><th scope=\"row\">.*?</tr>", country)
    assert not any(f"<td>{unclear}</td>" in row for row in others)


def test_all_places_are_in_the_norwegian_alphabet(country: str) -> None:
    table = country.split('id="all-places"')[1].split("</table>")[0]
    named = [re.sub(r" \*$", "", name) for name in re.findall(r'<th scope="row">(.*?)</th>', table)]
    assert named[-5:] == ["Zakkestad", "Ærfugl", "Øygarden", "Ås", "Aasen"]


def test_without_forecast_panel_and_ages(tmp_path: Path) -> None:
    bare = fake_run("least-squares")
    del bare["diagnostics"]
    page = Page(attraktiv.report(bare, tmp_path / "a.html").read_text(encoding="utf-8"))
    assert said("no_forecast", "nb") in page.text
    assert said("least_squares", "nb") in page.text
    assert said("not_sampled", "nb") in page.text
    assert len(page.of("img")) == 2  # no map, no fan
    bare["constant_data"] = xr.DataTree(
        bare["constant_data"].to_dataset().drop_vars("next_population")
    )
    page = Page(attraktiv.report(bare, tmp_path / "c.html").read_text(encoding="utf-8"))
    assert said("no_decomposition", "nb") in page.text
    young = told_run("joint", ages=False)
    out = attraktiv.report(young, tmp_path / "b.html", places=["Ås"], language="en")
    page = Page(out.read_text(encoding="utf-8"))
    assert len(page.of("img")) == 3  # no pyramid
    assert "Own jobs, attractiveness" in page.text


def test_a_regression_says_nothing_of_what_it_has_not_seen(folder: Path, tmp_path: Path) -> None:
    run = told_run("least-squares", ages=False)
    out = attraktiv.report(run, tmp_path / "a.html", panel=folder, language="en")
    page = Page(out.read_text(encoding="utf-8"))
    assert "Of 8 places" in page.text  # of nine
    assert not re.search(r"Lowest is \S+ with –", page.text)
    assert len(page.of("img")) == 4
    out = attraktiv.report(run, tmp_path / "b.html", places=["00104"], language="en")
    page = Page(out.read_text(encoding="utf-8"))
    assert said("place_unknown", "en") in page.text
    assert len(page.of("img")) == 1


def test_a_run_that_failed_says_so(tmp_path: Path) -> None:
    failed = told_run("static", ages=False)
    diagnostics = failed["diagnostics"].attrs
    diagnostics["figures"] = diagnostics["figures"].replace('"r_hat": 1.002', '"r_hat": 1.3')
    text = attraktiv.report(failed, tmp_path / "a.md", language="en").read_text(encoding="utf-8")
    assert "**NO. Draw no conclusions from this report. The highest R-hat is 1.300" in text


def test_markdown_has_the_tables_and_the_charts_beside_it(run: xr.DataTree, tmp_path: Path) -> None:
    figures = tmp_path / "charts"
    out = tmp_path / "report.md"
    attraktiv.report(run, out, places=["00106"], figures=figures, language="en")
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# Attractiveness 2006–2011: \\<script\\>alert")
    linked = re.findall(r"\]\((charts/[^)]+\.svg)\)", text)
    assert len(linked) == 4
    for name in linked:
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("<svg")
        assert (tmp_path / name).with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1
    with pytest.raises(InputError, match=r"charts is there already.*--force"):
        attraktiv.report(run, tmp_path / "b.md", places=["00106"], figures=figures)
    with pytest.raises(InputError, match="not a folder of charts"):
        attraktiv.report(run, tmp_path / "b.md", places=["00106"], figures=tmp_path, force=True)
    assert not (tmp_path / "b.md").exists()


def test_nothing_is_replaced_unless_asked(run: xr.DataTree, tmp_path: Path) -> None:
    out = tmp_path / "report.md"
    out.write_text("kept", encoding="utf-8")
    with pytest.raises(InputError, match=r"report\.md is there already.*--force"):
        attraktiv.report(run, out)
    assert out.read_text(encoding="utf-8") == "kept"
    attraktiv.report(run, out, force=True)
    assert out.read_text(encoding="utf-8").startswith("# ")
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_calls_that_are_wrong(run: xr.DataTree, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match=r"written as html, md, pdf; found 'report\.doc'"):
        attraktiv.report(run, tmp_path / "report.doc")
    with pytest.raises(InputError, match="language is 'sv'"):
        attraktiv.report(run, tmp_path / "a.html", language="sv")
    with pytest.raises(InputError, match=r"probability of a band is 1\.5"):
        attraktiv.report(run, tmp_path / "a.html", prob=1.5)
    with pytest.raises(InputError, match=r"does not exist, so a\.html cannot be written"):
        attraktiv.report(run, tmp_path / "none" / "a.html")
    with pytest.raises(InputError, match="is a folder; a report is one file"):
        attraktiv.report(run, tmp_path, format="html")
    with pytest.raises(RunError, match="no place 'Åss'"):
        attraktiv.report(run, tmp_path / "a.html", places=["Åss"])
    many = fake_run(places=MOST_PLACES + 1)
    with pytest.raises(InputError, match=f"up to {MOST_PLACES} places.*were {MOST_PLACES + 1}"):
        attraktiv.report(
            many,
            tmp_path / "a.html",
            places=many["posterior"].dataset["place"].to_series().tolist(),
        )
    foreign = fake_run()
    for name in ("posterior", "constant_data", "observed_data"):
        group = foreign[name].to_dataset()
        codes = [f"x{i}" for i in range(group.sizes["place"])]
        foreign[name] = xr.DataTree(group.assign_coords(place=codes))
    with pytest.raises(InputError, match="none of the places of the run"):
        attraktiv.report(foreign, tmp_path / "a.html", panel=folder)
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_needs_a_browser(
    run: xr.DataTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(InputError, match=r"printed by Chromium or Chrome.*--out report\.html"):
        attraktiv.report(run, tmp_path / "a.pdf", places=["Ås"])
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\necho out of memory >&2\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(broken))
    with pytest.raises(AttraktivError, match="did not print the report \\(out of memory\\)"):
        printing.print_page("<p>", tmp_path / "a.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["browser"]


def test_a_pdf_where_there_is_a_browser(tmp_path: Path) -> None:
    try:
        printing.find_browser()
    except InputError:
        pytest.skip("no Chromium or Chrome is installed")
    printing.print_page("<!DOCTYPE html><title>Å</title><p>Øy</p>", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
