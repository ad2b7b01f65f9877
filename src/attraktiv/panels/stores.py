"""A built panel on disk: one zarr store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import xarray as xr

from attraktiv import names
from attraktiv.codecs import risky_arrays
from attraktiv.errors import PanelError
from attraktiv.panels.build import FORMAT
from attraktiv.panels.content import content_hash
from attraktiv.panels.placing import new_folder
from attraktiv.store import encoding, for_storage, plain_text

METADATA = "zarr.json"


def is_store(path: Path) -> bool:
    """Say whether a folder looks like a zarr store, of whatever version."""
    return any((path / name).is_file() for name in (METADATA, ".zgroup", ".zattrs", ".zmetadata"))


def write_panel(panel: xr.Dataset, path: str | Path, *, force: bool = False) -> None:
    """Write a panel as a zarr store, whole or not at all.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.
    path : str or Path
        The store, such as ``"PANEL.zarr"``.
    force : bool
        Replace a panel that is there.

    Raises
    ------
    PanelError
        If the path exists and ``force`` is not given, or is something other than a panel.
    """
    stored = for_storage(panel.assign_attrs(content_hash=content_hash(panel)))
    with new_folder(Path(path), force=force, is_ours=_is_panel, what="a built panel") as folder:
        # in blocks of places, so that the ages of many places can be read some at a time
        stored.to_zarr(
            folder, mode="w", consolidated=False, zarr_format=3, encoding=encoding(stored)
        )


def read_store(path: Path, *, ages_on_disk: bool = False) -> xr.Dataset:
    """Read a panel that :func:`write_panel` wrote, and check that it is whole.

    Parameters
    ----------
    path : Path
        The store.
    ages_on_disk : bool
        As for :func:`~attraktiv.panels.read_panel`.

    Returns
    -------
    xarray.Dataset
        The panel, in memory unless ``ages_on_disk``.

    Raises
    ------
    PanelError
        If the store is not a panel, holds pickled objects, is damaged or was changed.
    """
    rebuild = "Build it again: `attraktiv panel FOLDER --out PANEL.zarr`."
    found = _metadata(path / METADATA).get("attributes", {}).get("attraktiv_format")
    if found != FORMAT:
        was = f"its format is {found!r}" if found else "it does not say which format it has"
        raise PanelError(
            f"{path} is a zarr store but not a built panel of format {FORMAT!r}: {was}. {rebuild}"
        )
    _refuse_objects(path)
    try:
        panel = xr.open_zarr(path, consolidated=False, decode_cf=True, chunks=None)
        kept = {names.POPULATION_BY_AGE} if ages_on_disk else set()
        for name in set(panel.variables) - kept:
            panel[name].load()
        panel = plain_text(panel)
        for variable in panel.variables.values():
            variable.encoding = {}
        content = content_hash(panel)
    except Exception as error:  # a damaged store fails in many ways, deep in three libraries
        raise PanelError(f"{path} cannot be read ({error}). {rebuild}") from error
    if names.PLACE not in panel.coords or names.YEAR not in panel.coords:
        raise PanelError(f"{path} lacks the dimension place or year. {rebuild}")
    expected = panel.attrs.get("content_hash", "")
    if content != expected:
        raise PanelError(
            f"{path} is damaged or was changed after it was built: its content has the hash "
            f"{content[:12]}, it says {str(expected)[:12]}. {rebuild}"
        )
    return panel


def _is_panel(path: Path) -> bool:
    metadata = path / METADATA
    if not metadata.is_file():
        return False
    try:
        attributes = _metadata(metadata).get("attributes", {})
    except PanelError:
        return False
    return str(attributes.get("attraktiv_format", "")).startswith("panel/")


def _metadata(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise PanelError(f"{path} is not valid JSON ({error}): the store is damaged.") from error
    return content if isinstance(content, dict) else {}


def _refuse_objects(path: Path) -> None:
    """Refuse arrays whose codecs are not plain, before anything is decoded."""
    try:
        risky = next(risky_arrays(path), None)
    except ValueError as error:
        raise PanelError(f"{path}: metadata is not valid JSON ({error}): damaged.") from error
    if risky is not None:
        array, codec = risky
        raise PanelError(
            f"{path}: the array {array.name!r} is stored with the codec {codec!r}. A panel holds "
            "plain numbers and texts only; pickled objects could run code and are not read. Build "
            "the panel again from its folder."
        )
