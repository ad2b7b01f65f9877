"""Texts: each in both languages, and found by what is stored."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import pytest

from attraktiv import names, words
from attraktiv.effects import components
from attraktiv.errors import InputError
from attraktiv.panels import COVARIATES
from attraktiv.words.wording import read_section

SECTIONS = sorted(path.stem for path in (Path(words.__file__).parent / "texts").glob("*.toml"))
UNITS = (
    *(names.PERSONS, names.JOBS_UNIT, names.PERCENT_OF_POPULATION, names.PERCENT_OF_JOBS),
    *(names.PERCENT_OF_EMPLOYED, names.PERCENTAGE_POINTS, names.PERSONS_PER_YEAR),
    *(names.JOBS_PER_YEAR, names.PERCENT_OF_PERSONS, names.PERCENT_OF_ORIGIN),
    *(names.PER_100_OF_WORKING_AGE, names.PROBABILITY),
)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_text_is_in_both_languages_and_leaves_the_same_open(section: str) -> None:
    extra = {f"{one}_means" for one in words.LANGUAGES} if section == "glossary" else set()
    for key, entry in read_section(section).items():
        assert set(entry) == {*words.LANGUAGES, *extra}, key
        assert all(one.strip() == one and one for one in entry.values()), key
        nb, en = (sorted(Template(entry[one]).get_identifiers()) for one in words.LANGUAGES)
        assert nb == en, key
        assert all(Template(entry[one]).is_valid() for one in words.LANGUAGES), key


def test_both_languages_hold_the_same_keys() -> None:
    nb, en = (words.catalogue(language) for language in words.LANGUAGES)
    assert set(nb) == set(en)
    assert "variable.population" in nb
    assert not any(key.startswith("glossary.") for key in nb)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_is_stored_has_a_name(language: str) -> None:
    for covariate in COVARIATES:
        assert "_" not in words.variable_name(covariate, language)
    for kind in components.KINDS:
        assert f"component.{kind}" in words.catalogue(language)
    for unit in UNITS:
        assert f"unit.{unit}" in words.catalogue(language)
    for unit in {covariate.units for covariate in COVARIATES.values()}:
        assert f"unit.{unit}" in words.catalogue(language)
    for scenario in (names.CONTINUED, names.NEUTRAL, names.LOW, names.HIGH):
        assert f"scenario.{scenario}" in words.catalogue(language)
    for kind in (names.RESIDENTIAL, names.BUSINESS, names.VISIT, names.TOTAL):
        assert f"kind.{kind}" in words.catalogue(language)


def test_names_of_factors() -> None:
    assert words.variable_name("lag(own_job_growth, 1)", "en") == (
        "job growth in the place itself, the year before"
    )
    assert words.variable_name("lag(own_job_growth, 2)", "nb").endswith("2 år før")
    assert words.variable_name("log(centrality)", "nb") == "sentralitet (logaritme)"
    assert words.variable_name("own_visit_job_growth", "en") == (
        "visit job growth in the place itself"
    )
    assert words.variable_name("own_green_job_growth", "nb").endswith("(green)")
    assert words.variable_name("travel_time", "nb") == "travel time"  # of the panel alone
    assert words.component_name("centrality", "nb") == "sentralitet"
    assert words.component_name("structure", "nb") == "strukturelle forhold"
    assert words.scenario_name("more_homes", "nb") == "more_homes"
    assert words.unit_name("metres", "nb") == "metres"


def test_an_unknown_key_language_or_value() -> None:
    with pytest.raises(InputError, match=r"no text 'unit\.person'.*unit\.persons"):
        words.text("unit.person", "nb")
    with pytest.raises(InputError, match="language is 'de'; valid are 'nb'"):
        words.text("unit.persons", "de")
    with pytest.raises(InputError, match="needs a value for 'factor'; given were none"):
        words.text("label.logarithm", "en")


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    hostile = "$factor ${x} {0.__class__} %s"
    assert words.text("label.logarithm", "en", factor=hostile) == f"{hostile} (logarithm)"


def test_the_glossary_is_in_the_alphabet_of_its_language() -> None:
    norwegian, english = (words.glossary(language) for language in words.LANGUAGES)
    assert {term.key for term in norwegian} == {term.key for term in english}
    for terms, language in ((norwegian, "nb"), (english, "en")):
        named = [term.term for term in terms]
        assert named == sorted(named, key=words.sort_key(language))
    by_key = {term.key: term for term in english}
    for term in norwegian:
        assert (term.term, term.other) == (by_key[term.key].other, by_key[term.key].term)


def test_the_page_of_the_glossary_says_the_same(root: Path) -> None:
    page = (root / "docs" / "glossary.md").read_text(encoding="utf-8")
    plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", page)
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in plain.splitlines()
        if line.startswith("|") and not line.startswith(("|---", "| Norwegian"))
    ]
    assert len(rows) == len(set(rows))
    assert set(rows) == {(term.other, term.term, term.definition) for term in words.glossary("en")}
