"""Runs on disk: write, open, add a later result."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from attraktiv.atomic import put_back, replacing
from attraktiv.errors import RunError
from attraktiv.store.identity import run_id
from attraktiv.store.layout import encoding, for_storage
from attraktiv.store.validity import (
    BYTES,
    FILES,
    FORMAT,
    FORMAT_KEY,
    REQUIRED_GROUPS,
    is_run,
    require_run,
    seal,
)

_ZARR_FORMAT = 3
RUN_ID = "run_id"


def write_run(tree: xr.DataTree, path: str | Path, *, force: bool = False) -> Path:
    """Write a run as one zarr version 3 store: whole, or not at all.

    Draws of places are stored as float32. The same tree gives the same bytes.

    Parameters
    ----------
    tree
        A run: groups ``posterior``, ``observed_data``, ``constant_data`` and whatever
        else the estimation gave, with the root attributes of a run.
    path
        The folder to write. Folders above it are made.
    force
        Replace a run that stands at ``path``. Anything but a run is never replaced.

    Returns
    -------
    Path
        Where the run stands.

    Raises
    ------
    RunError
        ``path`` exists and ``force`` is off, or it exists and is not a run; the tree is
        not a run.
    """
    target = Path(path).resolve()
    refuse_existing(target, force=force)
    _require_tree(tree)
    datasets = {
        node.path.strip("/"): for_storage(node.to_dataset(inherit=False))
        for node in tree.subtree
        if node.path != "/"
    }
    stored = xr.DataTree.from_dict(datasets)
    stored.attrs = {**tree.attrs, RUN_ID: run_id(tree.attrs)}
    with replacing(target, beside=target.parent, label=target.name, force=force) as temporary:
        stored.to_zarr(
            temporary,
            mode="w",
            consolidated=False,
            zarr_format=_ZARR_FORMAT,
            encoding={f"/{name}": encoding(dataset) for name, dataset in datasets.items()},
        )
        for name in tree.children:
            seal(temporary / name)
    return target


def open_run(path: str | Path) -> xr.DataTree:
    """Open a run; its arrays are read when they are used.

    Parameters
    ----------
    path
        A folder that :func:`write_run` wrote.

    Returns
    -------
    DataTree
        The groups ``posterior`` (chain, draw, …), ``observed_data``, ``constant_data``,
        … and the root attributes (model, panel_hash, seed, verdict, …).

    Raises
    ------
    RunError
        The folder is missing, foreign, half-copied, of another version, or uses a codec
        that could run code. One paragraph says which.
    """
    target = Path(path).resolve()
    put_back(target, beside=target.parent, label=target.name)
    require_run(target)
    stored = xr.open_datatree(
        target, engine="zarr", consolidated=False, zarr_format=_ZARR_FORMAT, chunks=None
    )
    # a folder lists its entries in no order: give the tree one
    paths = sorted(node.path.strip("/") for node in stored.subtree if node.path != "/")
    tree = xr.DataTree.from_dict({path: _opened(stored[path].to_dataset()) for path in paths})
    tree.attrs = stored.attrs
    return tree


def _opened(dataset: xr.Dataset) -> xr.Dataset:
    ordered = dataset[sorted(map(str, dataset.data_vars))]
    ordered.attrs = {name: v for name, v in dataset.attrs.items() if name not in (FILES, BYTES)}
    return ordered


def append_group(path: str | Path, name: str, dataset: xr.Dataset, *, force: bool = False) -> None:
    """Add a later result (attractiveness, forecast, scores) to a run, whole or not at all.

    Parameters
    ----------
    path
        The run.
    name
        The group's name: letters, digits and underscores.
    dataset
        The result. If its attributes name a ``run_id``, it must be this run's.
    force
        Replace a result of that name. The estimation's own groups are never replaced.

    Raises
    ------
    RunError
        ``path`` is no run; the name cannot be used or is taken; the result is another
        run's.
    """
    target = Path(path).resolve()
    refuse_group(target, name, dataset, force=force)
    ready = for_storage(dataset)
    label = f"{target.name}+{name}"
    with replacing(target / name, beside=target.parent, label=label, force=force) as temporary:
        ready.to_zarr(
            temporary,
            mode="w",
            consolidated=False,
            zarr_format=_ZARR_FORMAT,
            encoding=encoding(ready),
        )
        seal(temporary)


def refuse_group(target: Path, name: str, dataset: xr.Dataset, *, force: bool) -> None:
    """Raise if a result must not be added to a run; called before the work starts too.

    Raises
    ------
    RunError
        As :func:`append_group`.
    """
    attrs = require_run(target)
    if not name.isidentifier() or name in REQUIRED_GROUPS:
        raise RunError(
            f"{name!r} cannot be the name of a result in {target}: valid are letters, digits and "
            f"underscores, other than {', '.join(REQUIRED_GROUPS)}. For example: 'forecast'."
        )
    if (target / name).exists() and not force:
        raise RunError(
            f"The run {target} already holds a result {name!r}. Replace it with --force "
            "(force=True)."
        )
    owner = dataset.attrs.get(RUN_ID)
    if owner not in (None, attrs.get(RUN_ID)):
        raise RunError(
            f"The result {name!r} was computed from another run ({str(owner)[:12]}…) than the one "
            f"at {target} ({str(attrs.get(RUN_ID))[:12]}…). Open that run and compute it again."
        )


def refuse_existing(path: str | Path, *, force: bool) -> None:
    """Raise if a run must not be written at ``path``; called before the work starts too.

    Raises
    ------
    RunError
        A run stands there and ``force`` is off, or something that is not a run.
    """
    target = Path(path).resolve()
    if not target.exists():
        return
    if not is_run(target):
        raise RunError(
            f"{target} exists and is not a run, so it is not replaced, not even with --force. "
            "Choose another path: --out RUN"
        )
    if not force:
        raise RunError(
            f"The run {target} already exists. Choose another path, or replace it with --force "
            "(force=True)."
        )


def _require_tree(tree: xr.DataTree) -> None:
    faults = [f"the group {group!r} is missing" for group in REQUIRED_GROUPS if group not in tree]
    if tree.attrs.get(FORMAT_KEY) != FORMAT:
        found = tree.attrs.get(FORMAT_KEY)
        faults.append(f"its attribute {FORMAT_KEY} is {found!r}, expected {FORMAT!r}")
    if faults:
        raise RunError(
            f"This tree is not a run and is not written: {'; '.join(faults)}. Runs come from "
            "attraktiv.fit(model, panel)."
        )
