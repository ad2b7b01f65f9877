"""The texts themselves: TOML files that ship with the package, each text in every language.

A file is a section, a table in it a text, and the key of a text is ``section.table``. What
a text leaves open is written ``$name`` and filled in by name: nothing in a file is evaluated.
"""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib.resources import files
from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attraktiv.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Norwegian bokmål, and English.
LANGUAGES: Final = ("nb", "en")
_GLOSSARY: Final = "glossary"  # terms, not texts: attraktiv.words.terms


def text(key: str, language: str, **values: object) -> str:
    """Return a text in a language, with what it leaves open filled in.

    Parameters
    ----------
    key
        ``section.name``, for example ``"report.how_sure"``. The name of a variable or of a
        unit is the stored one: ``"unit.percent of population per year"``.
    language
        ``nb`` or ``en``.
    **values
        What stands for ``$name`` in the text; numbers as they shall be read
        (:func:`attraktiv.words.number`).

    Returns
    -------
    str

    Raises
    ------
    InputError
        An unknown language or key, or a value that the text needs and was not given.

    Examples
    --------
    >>> text("variable.net_migration", "nb")
    'nettoinnflytting'
    """
    texts = catalogue(language)
    if key not in texts:
        near = difflib.get_close_matches(key, texts, n=3)
        hint = f" Near matches: {', '.join(near)}." if near else ""
        raise InputError(
            f"There is no text {key!r}.{hint} The texts are in the files of attraktiv/words/texts; "
            "for example: text('variable.population', 'nb')"
        )
    try:
        return Template(texts[key]).substitute(values)
    except KeyError as error:
        raise InputError(
            f"The text {key!r} needs a value for {error.args[0]!r}; given were "
            f"{', '.join(values) or 'none'}: text({key!r}, {language!r}, {error.args[0]}=…)"
        ) from error


def catalogue(language: str) -> Mapping[str, str]:
    """Return every text of a language by its key, as a page that fills them in itself needs.

    Parameters
    ----------
    language
        ``nb`` or ``en``.

    Returns
    -------
    Mapping
        ``section.name`` to text; ``$name`` where something is filled in.

    Raises
    ------
    InputError
        An unknown language.
    """
    require_language(language)
    return _of_language(language)


def require_language(language: str) -> None:
    """Raise if there are no texts in a language.

    Raises
    ------
    InputError
        It is neither ``nb`` nor ``en``.
    """
    if language not in LANGUAGES:
        raise InputError(
            f"The language is {language!r}; valid are 'nb' (Norwegian bokmål) and 'en' (English): "
            "--language nb (language='nb')."
        )


def read_section(section: str) -> dict[str, dict[str, Any]]:
    """Return the tables of one file, in its order.

    Parameters
    ----------
    section
        The file's name without its ending.
    """
    path = files("attraktiv.words") / "texts" / f"{section}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _of_language(language: str) -> Mapping[str, str]:
    return MappingProxyType({key: entry[language] for key, entry in _texts().items()})


@cache
def _texts() -> dict[str, dict[str, str]]:
    folder = files("attraktiv.words") / "texts"
    named = [path.name.removesuffix(".toml") for path in folder.iterdir()]
    return {
        f"{section}.{key}": entry
        for section in sorted(named)
        if section != _GLOSSARY
        for key, entry in read_section(section).items()
    }
