"""Formulas of factors: what is read, what is refused, and what a term is worth."""

from __future__ import annotations

import builtins
import re

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from attraktiv.errors import DesignError
from attraktiv.model import Term, parse_formula
from attraktiv.model.formula import evaluate

ACCEPTED = {
    "": (),
    "jobs": ("jobs",),
    "own_job_growth+centrality": ("own_job_growth", "centrality"),
    "b + a": ("b", "a"),
    "a \n  + b": ("a", "b"),
    "lag(a,1)": ("lag(a, 1)",),
    "lag( a , 2 )+log(b)": ("lag(a, 2)", "log(b)"),
    "sqrt(a)": ("sqrt(a)",),
    "lag(log(a), 1)": ("lag(log(a), 1)",),
    "lag(lag(a, 1), 2)": ("lag(lag(a, 1), 2)",),
    "log(a):lag(b, 2)": ("log(a):lag(b, 2)",),
    "a * b": ("a", "b", "a:b"),
    "a + b + a:b": ("a", "b", "a:b"),
    "a + a": ("a",),
    "lag(a,1) + lag(a, 1)": ("lag(a, 1)",),
    "a:b + b:a": ("a:b",),
    "0 + a": ("a",),
    "a - 1": ("a",),
    "andel_æøå + Øst": ("andel_æøå", "Øst"),
    "log + lag": ("log", "lag"),  # variables may be called so
}

CALL = "'{}' is not a known transform"
PART = "'{}' is not a name or a transform"
REFUSED = {
    "__import__(os)": CALL.format("__import__"),
    "eval(a)": CALL.format("eval"),
    "exp(a)": CALL.format("exp"),
    "C(a)": CALL.format("C"),
    "I(a)": CALL.format("I"),
    "bs(a)": CALL.format("bs"),
    "log(exp(a))": CALL.format("exp"),
    "np.log(a)": PART.format("np.log(a)"),
    "a.b": PART.format("a.b"),
    "a.__class__": PART.format("a.__class__"),
    "log(a.b)": PART.format("a.b"),
    "log(a)(b)": PART.format("log(a)(b)"),
    "log(a + b)": PART.format("a + b"),
    "log((a, b))": PART.format("(a, b)"),
    "lag(1, 1)": PART.format("1"),
    "log(*a)": PART.format("*a"),
    "1 + a": PART.format("1"),
    "None": PART.format("None"),
    "for": PART.format("for"),
    "log(lambda: 1)": PART.format("lambda: 1"),
    "lag(a)": "wrong number of arguments",
    "lag(a, 1, 2)": "wrong number of arguments",
    "log(a, b)": "wrong number of arguments",
    "log()": "wrong number of arguments",
    "lag(a, 0)": "whole number of years above zero",
    "lag(a, -1)": "whole number of years above zero",
    "lag(a, 1.5)": "whole number of years above zero",
    "lag(a, True)": "whole number of years above zero",
    "lag(a, b)": "whole number of years above zero",
    "y ~ a": "more than a right-hand side",
    "a | b": "more than a right-hand side",
    ".": "cannot be read",
    "a b": "cannot be read",
    "a +": "cannot be read",
    "(a": "cannot be read",
    "2": "cannot be read",
    "lag(a, k=1)": "'=' has no meaning",
    "{a}": "'{' has no meaning",
    "{__import__(os)}": "'{' has no meaning",
    "`a b`": "'`' has no meaning",
    "'a'": '"\'" has no meaning',
    '"a"': "'\"' has no meaning",
    "Q('a')": '"\'" has no meaning',
    "[a ~ b]": "'[' has no meaning",
    "a[0]": "'[' has no meaning",
    "a; b": "';' has no meaning",
    "a # b": "'#' has no meaning",
    "a\0": r"'\x00' has no meaning",
}


@pytest.mark.parametrize("formula", ACCEPTED)
def test_accepted(formula: str) -> None:
    assert tuple(term.label for term in parse_formula(formula)) == ACCEPTED[formula]


@pytest.mark.parametrize("formula", REFUSED)
def test_refused(formula: str) -> None:
    with pytest.raises(DesignError, match=re.escape(REFUSED[formula])) as caught:
        parse_formula(formula)
    assert str(caught.value).startswith(f'The factors "{formula}" are refused: ')
    assert "lag, log, sqrt of one, joined by +" in str(caught.value)


def test_variables_of_a_term_are_named_once() -> None:
    (term,) = parse_formula("log(b):lag(a, 1):lag(b, 2)")
    assert term.variables == ("b", "a")


def table(**columns: list[list[float]]) -> dict[str, xr.DataArray]:
    return {
        name: xr.DataArray(
            values,
            {"place": ["0101", "0102"], "year": [2010, 2011, 2012]},
            ("place", "year"),
            name=name,
            attrs={"units": f"units of {name}", "look_ahead": name == "b"},
        )
        for name, values in columns.items()
    }


A = [[1.0, 2.0, 4.0], [8.0, np.nan, 16.0]]
B = [[1.0, 4.0, 9.0], [0.0, 16.0, 25.0]]


def value(formula: str, **columns: list[list[float]]) -> xr.DataArray:
    (term,) = parse_formula(formula)
    return evaluate(term, table(**columns).__getitem__)


NAN = np.nan
VALUES = {
    "a": (A, "units of a", False),
    "lag(a, 1)": ([[NAN, 1, 2], [NAN, 8, NAN]], "units of a", False),
    "lag(a, 2)": ([[NAN, NAN, 1], [NAN, NAN, 8]], "units of a", False),
    "lag(a, 99999999999999999999)": (np.full((2, 3), NAN), "units of a", False),
    "log(a)": (np.log(A), "log(units of a)", False),
    "sqrt(b)": ([[1, 2, 3], [0, 4, 5]], "sqrt(units of b)", True),
    "lag(sqrt(b), 1)": ([[NAN, 1, 2], [NAN, 0, 4]], "sqrt(units of b)", True),
    "a:b": ([[1, 8, 36], [0, NAN, 400]], "units of a × units of b", True),
    "lag(a, 1):sqrt(b)": ([[NAN, 2, 6], [NAN, 32, NAN]], "units of a × sqrt(units of b)", True),
}


@pytest.mark.parametrize("formula", VALUES)
def test_value_of_a_term(formula: str) -> None:
    expected, units, look_ahead = VALUES[formula]
    found = value(formula, a=A, b=B)
    assert found.dims == ("place", "year")
    np.testing.assert_allclose(found.values, np.asarray(expected, float), rtol=1e-15)
    assert found.attrs["units"] == units
    assert found.attrs["look_ahead"] is look_ahead


def test_logarithm_of_zero_names_place_and_year() -> None:
    with pytest.raises(DesignError, match=r"log\(b\) cannot .* place 0102, year 2010, has 0, and"):
        value("log(b)", b=B)


def test_root_of_a_negative_number_names_place_and_year() -> None:
    negative = [[1.0, NAN, -2.5], [-1.0, 1.0, 1.0]]
    message = r"sqrt\(a\) cannot .* place 0101, year 2012, has -2\.5, and .* not negative"
    with pytest.raises(DesignError, match=message):
        value("sqrt(a)", a=negative)


def trapped(name: str) -> xr.DataArray:
    """Look a variable up; more than that a formula cannot do."""
    return table(any=A)["any"].rename(name)


PIECES = st.sampled_from(
    [
        *"abæ_019+-*:/^(),.~|%{}[]`'\"=\\ \n#;@",
        *("lag(", "log(", "sqrt(", "a", ", 1)", "**", "lambda", " if ", " in ", "__class__"),
        *("__import__('os').system('false')", "exec(", "eval(", "open("),
    ]
)


@given(formula=st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=12).map("".join)))
def test_any_text_is_terms_or_refused(formula: str) -> None:
    try:
        terms = parse_formula(formula)
    except DesignError:
        return
    for term in terms:
        assert isinstance(term, Term)
        assert all(name.isidentifier() for name in term.variables)
        assert parse_formula(term.label)[0].label == term.label
        assert set(re.findall(r"(\w+)\(", term.label)) <= {"lag", "log", "sqrt"}
        evaluate(term, trapped)


def test_nothing_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Python was evaluated")

    monkeypatch.setattr(builtins, "eval", refuse)
    monkeypatch.setattr(builtins, "exec", refuse)
    for formula in ("open(a)", "{open(a)}", "__import__(a)", "a.b()"):
        with pytest.raises(DesignError, match="are refused"):
            parse_formula(formula)
    assert value("lag(log(a), 1):b", a=A, b=B).shape == (2, 3)
