"""Numbers as a language writes them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attraktiv.errors import InputError
from attraktiv.words import MISSING, number, number_locale, percent


@pytest.mark.parametrize(
    ("value", "decimals", "nb", "en"),
    [
        (0, 0, "0", "0"),
        (1234567.5, 1, "1\u00a0234\u00a0567,5", "1,234,567.5"),
        (-0.4, 0, "0", "0"),
        (-0.46, 1, "\u22120,5", "\u22120.5"),
        (999.6, 0, "1\u00a0000", "1,000"),
        (math.nan, 2, MISSING, MISSING),
        (math.inf, 2, MISSING, MISSING),
    ],
)
def test_marks_signs_and_thousands(value: float, decimals: int, nb: str, en: str) -> None:
    assert number(value, "nb", decimals) == nb
    assert number(value, "en", decimals) == en


def test_a_sign_on_request() -> None:
    assert number(0.3, "nb", 1, signed=True) == "+0,3"
    assert number(0.01, "nb", 1, signed=True) == "0,0"
    assert number(-2, "en", signed=True) == "\u22122"


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_what_is_written_can_be_read_back(value: float, decimals: int) -> None:
    for language in ("nb", "en"):
        locale = number_locale(language)
        text = number(value, language, decimals)
        assert not re.search(r"\s", text.replace("\u00a0", ""))
        plain = text.replace(locale["thousands"], "").replace(locale["decimal"], ".")
        assert float(plain.replace(locale["minus"], "-")) == round(value, decimals)


def test_percent_never_calls_the_uncertain_certain() -> None:
    assert percent(0.8, "nb") == "80\u00a0%"
    assert percent(0.8, "en") == "80%"
    assert percent(1.0, "en") == "100%"
    assert percent(0.9999, "en") == ">99%"
    assert percent(0.0001, "nb") == "<1\u00a0%"
    assert percent(0.0, "nb") == "0\u00a0%"
    assert percent(math.nan, "en") == MISSING


def test_an_unknown_language() -> None:
    with pytest.raises(InputError, match="language is 'sv'"):
        number(1, "sv")
    with pytest.raises(InputError, match="language is ''"):
        number_locale("")
