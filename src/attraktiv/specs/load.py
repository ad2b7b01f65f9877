"""Read a specification from TOML and say which line is wrong when one is."""

from __future__ import annotations

import difflib
import importlib.resources
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from attraktiv.errors import SpecError
from attraktiv.specs.schema import ModelSpec

_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"'.]+)\s*=")


def models_folder() -> Path:
    """Folder of the model files that come with the package."""
    return packaged_folder("models")


def packaged_folder(name: str) -> Path:
    """Folder of files that come with the package, by its path in the checkout.

    A wheel holds it inside the package, a checkout at its top level.
    """
    packaged = Path(str(importlib.resources.files("attraktiv"))) / name
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[3] / name


def models() -> list[ModelSpec]:
    """Every model that comes with the package, oldest first.

    Returns
    -------
    list of ModelSpec
        Exactly one has ``default`` set.
    """
    found = [load_spec(path) for path in models_folder().glob("*.toml")]
    return sorted(found, key=lambda spec: (spec.year, spec.id))


def load_spec(model: str | Path | ModelSpec) -> ModelSpec:
    """Load a model by name or from a file.

    Parameters
    ----------
    model : str, Path or ModelSpec
        The name of a model that comes with the package (see :func:`models`), the path
        of a TOML file, or a specification, which is returned as it is.

    Returns
    -------
    ModelSpec

    Raises
    ------
    SpecError
        If there is no such model, or the file is wrong; the message names the line.
    """
    if isinstance(model, ModelSpec):
        return model
    path = _find(model)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8."
        ) from None
    return parse_spec(text, origin=str(path))


def parse_spec(text: str, origin: str = "specification") -> ModelSpec:
    """Build a specification from TOML text; `origin` names it in messages."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{origin} is not valid TOML: {error}.") from None
    try:
        return ModelSpec.model_validate(raw)
    except ValidationError as error:
        raise SpecError(explain(error, text, origin, "model")) from None


def _find(model: str | Path) -> Path:
    given = Path(model)
    if given.suffix == ".toml":
        if given.is_file():
            return given
        raise SpecError(f"There is no model file {given}; give the path of an existing TOML file.")
    known = sorted(path.stem for path in models_folder().glob("*.toml"))
    if str(model) in known:
        return models_folder() / f"{model}.toml"
    near = difflib.get_close_matches(str(model), known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise SpecError(
        f"There is no model '{model}'.{hint} Known models: {', '.join(known)}; or give the path "
        "of a file that ends in .toml."
    )


def explain(error: ValidationError, text: str, origin: str, what: str) -> str:
    """Put the faults pydantic found into one paragraph with line numbers.

    Parameters
    ----------
    error : pydantic.ValidationError
        The faults.
    text : str
        The TOML text they were found in.
    origin : str
        What the text is called in messages.
    what : str
        What the text should have been, such as ``"model"``.

    Returns
    -------
    str
        Each fault with its line and key.
    """
    faults = []
    for fault in error.errors(include_url=False):
        path = [str(part) for part in (*fault["loc"], *fault.get("ctx", {}).get("key", ()))]
        if path[2:3] == ["priors"]:
            del path[4:5]  # pydantic names the distribution here, the file does not
        line, key = line_of(text, path)
        where = f"line {line}" + (f", {key}" if key else "")
        faults.append(f"{where}: {_words(fault, path)}")
    return f"{origin} is not a valid {what}: " + "; ".join(faults) + "."


def _words(fault: Any, path: Sequence[str]) -> str:
    kind, message = fault["type"], fault["msg"]
    if kind == "extra_forbidden":
        return f"unknown key '{path[-1]}'"
    if kind == "missing":
        return f"the key '{path[-1]}' is missing"
    found = fault.get("input")
    shown = f" (found {found!r})" if isinstance(found, str | int | float | bool) else ""
    return message[:1].lower() + message[1:] + shown


def line_of(text: str, path: Sequence[str]) -> tuple[int, str]:
    """Line (from 1) and name of the deepest part of a key path found in TOML text."""
    best, best_depth, best_key = 1, 0, ""
    table: list[str] = []
    for number, row in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(row):
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            here = table
        elif key := _KEY.match(row):
            here = table + [part.strip("\"'") for part in key[1].split(".")]
        else:
            continue
        depth = _shared(here, path)
        # Every part of this line must lie on the path, where an inline table may go deeper; or
        # the whole path in this line: [a.b.c] is where a table a.b without a line of its own is.
        if depth in (len(here), len(path)) and depth > best_depth:
            best, best_depth, best_key = number, depth, here[depth - 1]
    return best, best_key


def _shared(here: Sequence[str], path: Sequence[str]) -> int:
    depth = 0
    for mine, wanted in zip(here, path, strict=False):
        if mine != wanted:
            break
        depth += 1
    return depth
