"""What a server serves: runs by name, and the panel beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from attraktiv import names
from attraktiv.errors import InputError, RunError
from attraktiv.panels import read_outlines, read_panel
from attraktiv.queries import place_table, run_facts
from attraktiv.store import open_run

_METADATA = "zarr.json"
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Run:
    """A run under the name that requests know it by.

    Attributes
    ----------
    name
        Letters, digits, ``-`` and ``_``.
    path
        Where it lies.
    tree
        The run, its arrays not yet read.
    stamp
        What its folder was when it was opened (:func:`_stamp`).
    """

    name: str
    path: Path
    tree: xr.DataTree
    stamp: Stamp

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What it can be asked."""
        return {"name": self.name, **run_facts(self.tree)}


@dataclass(frozen=True)
class Served:
    """What is served.

    Attributes
    ----------
    runs
        By name, in the order in which they were given.
    panel
        The panel, or None.
    outlines
        A GeoJSON FeatureCollection of the places, or None.
    """

    runs: Mapping[str, Run]
    panel: xr.Dataset | None
    outlines: dict[str, Any] | None

    def run(self, name: str) -> Run:
        """Return a run by its name.

        Raises
        ------
        RunError
            No such run is served, or it is another than when it was opened.
        """
        if name not in self.runs:
            raise RunError(f"No run {name!r} is served; there are {', '.join(self.runs)}.")
        run = self.runs[name]
        # zarr takes a chunk that is not there for missing numbers: it must not come to that
        if _stamp(run.path) != run.stamp:
            raise RunError(
                f"The run {name!r} was replaced, moved or given another forecast since the server "
                "started. Start it again: attraktiv serve RUN"
            )
        return run


def open_served(runs: Sequence[str | Path], panel: str | Path | None) -> Served:
    """Open runs and their panel.

    Parameters
    ----------
    runs
        Stored runs, at least one.
    panel
        The panel folder, a built panel, or None.

    Raises
    ------
    InputError
        No run is given.
    RunError
        A run is missing, foreign or half-written, or has a place that the panel lacks.
    PanelError
        The panel is wrong.
    """
    if not runs:
        raise InputError("No run is given to serve: attraktiv serve RUN")
    opened: dict[str, Run] = {}
    for path in runs:
        name = _name(Path(path), opened)
        stamp = _stamp(Path(path))
        opened[name] = Run(name, Path(path), open_run(path), stamp)
    if panel is None:
        return Served(opened, None, None)
    dataset = read_panel(panel)
    for run in opened.values():
        _require_places(run, dataset, panel)
    codes = [str(code) for code in dataset[names.PLACE].values]
    return Served(opened, dataset, read_outlines(Path(panel), codes))


def _stamp(path: Path) -> Stamp:
    """Return what changes when a run, or a group of it, is put in place of another."""
    try:
        files = sorted([path / _METADATA, *path.glob(f"*/{_METADATA}")])
        return tuple((str(file), (stat := file.stat()).st_ino, stat.st_mtime_ns) for file in files)
    except OSError:
        return ()


def _name(path: Path, taken: Mapping[str, Run]) -> str:
    """Return a name for a run that stands well in an address: its folder's, made plain."""
    stem = path.resolve().name.removesuffix(".zarr")
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:40] or "run"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name


def _require_places(run: Run, panel: xr.Dataset, path: str | Path) -> None:
    codes = place_table(run.tree)[names.PLACE].to_numpy()
    missing = codes[~np.isin(codes, panel[names.PLACE].values)]
    if missing.size:
        raise RunError(
            f"The run {run.name!r} has the place {missing[0]!r}, which the panel {path} lacks "
            f"({missing.size} of {codes.size} places). Give the panel that the run was fitted to: "
            "attraktiv serve RUN --panel PANEL"
        )
