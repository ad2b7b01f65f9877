"""Structural factors as a formula: names, and a fixed list of transforms.

A formula is data from a file, so nothing in it is ever evaluated as Python.
formulaic splits it into terms; each part of a term must then be a name or one of
:data:`TRANSFORMS` of a name, and is computed here.

Mathematical details
--------------------
========== =========================================================
``lag(x, k)``  x of the same place, k years earlier
``log(x)``     natural logarithm; x must be above zero
``sqrt(x)``    square root; x must not be negative
``a:b``        product of a and b
========== =========================================================
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr
from formulaic.errors import FormulaicError
from formulaic.parser import DefaultFormulaParser

from attraktiv import names
from attraktiv.errors import DesignError

TRANSFORMS = ("lag", "log", "sqrt")

Lookup = Callable[[str], xr.DataArray]

#: What no factor needs; formulaic takes braces and backticks for quoted Python and names.
_FOREIGN = re.compile(r"[^\w\s+\-*/:^(),.~|]")


@dataclass(frozen=True)
class Term:
    """One structural factor: a product of parts, nearly always a single one.

    Attributes
    ----------
    label : str
        The term as written, in a normal form: ``lag(own_job_growth, 1)``.
    parts : tuple of ast.expr
        Checked syntax trees of names and transforms.
    """

    label: str
    parts: tuple[ast.expr, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the panel variables the term uses."""
        return tuple(dict.fromkeys(name for part in self.parts for name in _names(part)))


def parse_formula(formula: str) -> tuple[Term, ...]:
    """Split a formula into its terms.

    Parameters
    ----------
    formula : str
        For instance ``"own_job_growth + lag(own_job_growth, 1) + log(population)"``.

    Returns
    -------
    tuple of Term
        In the order written, without the intercept (the year effect is that).

    Raises
    ------
    DesignError
        If the formula cannot be read or holds anything but names and transforms.
    """
    if foreign := _FOREIGN.search(formula):
        raise _refusal(formula, f"{foreign[0]!r} has no meaning in it")
    try:
        parsed = DefaultFormulaParser(include_intercept=False).get_terms(formula)
    except (FormulaicError, SyntaxError, KeyError) as error:  # KeyError: the wildcard "."
        raise _refusal(formula, f"it cannot be read ({type(error).__name__})") from None
    if not hasattr(parsed, "root") or isinstance(parsed.root, tuple) or parsed._has_keys:
        raise _refusal(formula, "it has more than a right-hand side")
    terms = []
    for term in parsed.root:
        parts = tuple(_checked(factor.expr, formula) for factor in term.factors)
        terms.append(Term(":".join(ast.unparse(part) for part in parts), parts))
    return tuple(terms)


def evaluate(term: Term, lookup: Lookup) -> xr.DataArray:
    """Compute a term on the whole panel, so that lags reach before the fitted years.

    Parameters
    ----------
    term : Term
    lookup : callable
        From a variable's name to its values, dims (place, year).

    Returns
    -------
    xarray.DataArray
        Dims (place, year); attrs ``units`` and ``look_ahead``.
    """
    parts = [_value(part, lookup) for part in term.parts]
    product = parts[0]
    for part in parts[1:]:
        product = product * part
    units = " × ".join(part.attrs["units"] for part in parts)
    look_ahead = any(part.attrs.get("look_ahead", False) for part in parts)
    return product.assign_attrs(units=units, look_ahead=look_ahead, long_name=term.label)


def evaluate_year(term: Term, lookup: Callable[[str, int], np.ndarray]) -> np.ndarray:
    """Compute a term in one year, for draws of what is not known yet.

    Parameters
    ----------
    term : Term
    lookup : callable
        From a variable's name, and how many years earlier, to its values: (..., place).

    Returns
    -------
    numpy.ndarray
        (..., place); NaN where a logarithm or a root does not exist.
    """
    return np.prod([_year_value(part, lookup, 0) for part in term.parts], axis=0)


def _year_value(node: ast.expr, lookup: Callable[[str, int], np.ndarray], lag: int) -> np.ndarray:
    if isinstance(node, ast.Name):
        return lookup(node.id, lag)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise TypeError(f"unchecked formula part {ast.dump(node)}")
    if node.func.id == "lag":
        return _year_value(node.args[0], lookup, lag + ast.literal_eval(node.args[1]))
    inner = _year_value(node.args[0], lookup, lag)
    compute = np.log if node.func.id == "log" else np.sqrt
    bad = inner <= 0 if node.func.id == "log" else inner < 0
    return np.asarray(compute(np.where(bad, np.nan, inner)))


def _value(node: ast.expr, lookup: Lookup) -> xr.DataArray:
    if isinstance(node, ast.Name):
        return lookup(node.id)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise TypeError(f"unchecked formula part {ast.dump(node)}")
    inner = _value(node.args[0], lookup)
    if node.func.id == "lag":
        # _checked has made sure that the second argument is a positive integer
        lagged = inner.shift({names.YEAR: ast.literal_eval(node.args[1])})
        return lagged.assign_attrs(inner.attrs)
    return _transformed(node.func.id, inner)


def _transformed(name: str, values: xr.DataArray) -> xr.DataArray:
    bad = values <= 0 if name == "log" else values < 0
    if bool(bad.any()):
        where = bad.stack(cell=(names.PLACE, names.YEAR))
        place, year = where.cell.values[int(np.argmax(where.values))]
        need = "above zero" if name == "log" else "not negative"
        raise DesignError(
            f"{name}({values.name}) cannot be computed: place {place}, year {year}, has "
            f"{float(values.sel(place=place, year=year)):g}, and the value must be {need}. Mend "
            f"the panel, leave the factor out with --without {values.name}, or drop the transform."
        )
    compute = np.log if name == "log" else np.sqrt
    return values.copy(data=compute(values.values)).assign_attrs(
        units=f"{name}({values.attrs['units']})"
    )


def _checked(expression: str, formula: str) -> ast.expr:
    try:
        node = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        raise _refusal(formula, f"'{expression}' is not a name or a transform") from None
    _check_node(node, formula)
    return node


def _check_node(node: ast.expr, formula: str) -> None:
    if isinstance(node, ast.Name):
        return
    written = ast.unparse(node)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise _refusal(formula, f"'{written}' is not a name or a transform")
    if node.func.id not in TRANSFORMS:
        raise _refusal(formula, f"'{node.func.id}' is not a known transform")
    wanted = 2 if node.func.id == "lag" else 1
    if node.keywords or len(node.args) != wanted:
        raise _refusal(formula, f"'{written}' has the wrong number of arguments")
    _check_node(node.args[0], formula)
    if node.func.id == "lag":
        years = node.args[1]
        if not (isinstance(years, ast.Constant) and type(years.value) is int and years.value > 0):
            raise _refusal(formula, f"'{written}' needs a whole number of years above zero")


def _names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Call):
        yield from _names(node.args[0])


def _refusal(formula: str, fault: str) -> DesignError:
    return DesignError(
        f'The factors "{formula}" are refused: {fault}. A factor is a variable of the panel, or '
        f"{', '.join(TRANSFORMS)} of one, joined by +, for instance "
        '"own_job_growth + lag(own_job_growth, 1) + log(population)".'
    )
