"""The glossary: each term with its word in every language, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from attraktiv.words.sorting import sort_key
from attraktiv.words.wording import LANGUAGES, read_section, require_language


@dataclass(frozen=True)
class Term:
    """A term of the glossary.

    Attributes
    ----------
    key
        What it is referred to by, the same in every language.
    term, definition
        The word, and one sentence or clause on what it means.
    other
        The word in the other language.
    """

    key: str
    term: str
    definition: str
    other: str


@cache
def glossary(language: str) -> tuple[Term, ...]:
    """Return the terms and their definitions, in the alphabet of the language.

    Parameters
    ----------
    language
        ``nb`` or ``en``.

    Returns
    -------
    tuple of Term

    Raises
    ------
    InputError
        An unknown language.
    """
    require_language(language)
    (second,) = (one for one in LANGUAGES if one != language)
    order = sort_key(language)
    terms = (
        Term(key, entry[language], entry[f"{language}_means"], entry[second])
        for key, entry in read_section("glossary").items()
    )
    return tuple(sorted(terms, key=lambda term: order(term.term)))
