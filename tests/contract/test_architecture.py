"""The house is as docs/architecture.md says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import attraktiv

HEAVY = ("arviz", "formulaic", "nutpie", "numba", "numpy", "pandas", "pymc", "pytensor", "xarray")


def packages() -> list[ModuleType]:
    """The front door and every subpackage."""
    inside = pkgutil.walk_packages(attraktiv.__path__, "attraktiv.")
    return [attraktiv, *(importlib.import_module(found.name) for found in inside if found.ispkg)]


def rooms_in_source() -> set[str]:
    return {found.name for found in pkgutil.iter_modules(attraktiv.__path__)} - {"__main__"}


def rooms_in_docs(root: Path) -> list[str]:
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.split("## Rooms")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)


def rooms_in_contract(root: Path) -> list[str]:
    """From the room that imports nothing to the one that may import all."""
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [room.strip() for layer in layers for room in layer.split("|")][::-1]


def test_the_page_lists_the_rooms_of_the_source(root: Path) -> None:
    assert set(rooms_in_docs(root)) == rooms_in_source()


def test_the_page_and_the_contract_agree_on_the_order(root: Path) -> None:
    assert rooms_in_docs(root) == rooms_in_contract(root)


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.__name__)
def test_no_public_name_is_also_a_module(package: ModuleType) -> None:
    """Importing the module would replace the function; see decision 1."""
    modules = {found.name for found in pkgutil.iter_modules(package.__path__)}
    assert modules.isdisjoint(getattr(package, "__all__", ()))


def test_the_front_door_lists_what_it_opens() -> None:
    assert set(attraktiv.__all__) == set(attraktiv._ROOM_OF)
    assert attraktiv.__all__ == sorted(attraktiv.__all__)
    assert set(attraktiv.__all__) <= set(dir(attraktiv))


@pytest.mark.parametrize("name", attraktiv.__all__)
def test_every_name_of_the_front_door_opens_and_is_documented(name: str, root: Path) -> None:
    value = getattr(attraktiv, name)
    page = (root / "docs" / "api.md").read_text(encoding="utf-8")
    assert re.search(rf":: attraktiv\.{name}$", page, flags=re.MULTILINE)
    described = inspect.getdoc(value) or ""
    assert described
    if inspect.isfunction(value):
        assert "Returns\n-------" in described
        if inspect.signature(value).parameters:
            assert "Parameters\n----------" in described


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'attraktiv' has no attribute 'fitt'"):
        attraktiv.fitt  # noqa: B018


def test_importing_the_front_door_imports_nothing_heavy() -> None:
    code = f"import attraktiv, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_command_line_imports_nothing_heavy() -> None:
    code = f"import attraktiv.cli, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_each_model_file_has_its_section(root: Path) -> None:
    page = (root / "docs" / "models.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## (\w+)$", page, flags=re.MULTILINE))
    assert sections >= {path.stem for path in (root / "models").glob("*.toml")}
