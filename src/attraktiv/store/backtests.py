"""Backtests on disk: results of tasks as they come, each whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import xarray as xr
import zarr

from attraktiv.atomic import put_back, replacing
from attraktiv.codecs import risky_arrays
from attraktiv.errors import RunError
from attraktiv.store.layout import encoding, for_storage, plain_text
from attraktiv.store.validity import is_whole, seal

FORMAT = "backtest/1"
_KEY, _CONTEST, _METADATA = "attraktiv_format", "contest", "zarr.json"
_COMMON = "common"
_HOW = "A backtest is made with: attraktiv backtest MODEL PANEL --origins 2008:2016 --out STORE"


def start_backtest(
    path: str | Path, contest: dict[str, Any], common: xr.Dataset, *, force: bool = False
) -> Path:
    """Make a store, or open the one that an earlier process left unfinished.

    Parameters
    ----------
    path
        Where the store shall stand.
    contest
        All that decides the results, as JSON can hold it: only a store with the same is gone on
        with.
    common
        What all results share.
    force
        Replace a store of another contest, or a finished one.

    Raises
    ------
    RunError
        Something else stands at ``path``, or another backtest and ``force`` is off.
    """
    target = Path(path).resolve()
    put_back(target, beside=target.parent, label=target.name)
    text = json.dumps(contest, sort_keys=True, ensure_ascii=False)
    if target.exists():
        attrs = _attrs(target)
        if not force and attrs[_CONTEST] == text:
            return target
        if not force:
            raise RunError(
                f"{target} holds another backtest ({_differences(attrs[_CONTEST], contest)}). "
                "Choose another path, or replace it with --force."
            )
    with replacing(target, beside=target.parent, label=target.name, force=force) as temporary:
        group = zarr.open_group(temporary, mode="w", zarr_format=3)
        group.attrs.update({_KEY: FORMAT, _CONTEST: text})
        _write(common, temporary / _COMMON)
    return target


def has_result(store: Path, forecaster: str, origin: int) -> bool:
    """Say whether a result is there and whole."""
    return is_whole(store / forecaster / str(origin))


def add_result(store: Path, forecaster: str, origin: int, result: xr.Dataset) -> None:
    """Add the result of a forecaster from an origin."""
    folder = store / forecaster
    folder.mkdir(exist_ok=True)
    target = folder / str(origin)
    with replacing(target, beside=folder, label=target.name, force=True) as temporary:
        _write(result, temporary)


def read_contest(path: str | Path) -> dict[str, Any]:
    """Read what decides the results of a backtest, without them; raises as :func:`open_results`."""
    contest: dict[str, Any] = json.loads(_attrs(Path(path).resolve())[_CONTEST])
    return contest


def open_results(path: str | Path) -> tuple[dict[str, Any], xr.Dataset, dict[Any, xr.Dataset]]:
    """Open a backtest.

    Returns
    -------
    contest : dict
    common : xarray.Dataset
    results : dict
        By forecaster and origin, those that are whole.

    Raises
    ------
    RunError
        The folder is missing, foreign, of another version, or uses a codec that could run code.
    """
    target = Path(path).resolve()
    contest = read_contest(target)
    risky = next(iter(risky_arrays(target)), None)
    if risky is not None:
        raise RunError(f"{target}: the array {risky[0].name!r} uses the codec {risky[1]!r}. {_HOW}")
    results = {
        (forecaster, int(origin)): _read(target / forecaster / str(origin))
        for forecaster in contest["forecasters"]
        for origin in contest["origins"]
        if has_result(target, forecaster, origin)
    }
    return contest, _read(target / _COMMON), results


def _write(dataset: xr.Dataset, path: Path) -> None:
    ready = for_storage(dataset)
    ready.to_zarr(path, mode="w", consolidated=False, zarr_format=3, encoding=encoding(ready))
    seal(path)


def _read(path: Path) -> xr.Dataset:
    return plain_text(xr.open_zarr(path, consolidated=False, zarr_format=3, chunks=None))


def _attrs(target: Path) -> dict[str, Any]:
    try:
        attrs = dict(json.loads((target / _METADATA).read_text(encoding="utf-8"))["attributes"])
    except OSError:
        raise RunError(f"There is no backtest at {target}. {_HOW}") from None
    except (ValueError, KeyError, TypeError):
        raise RunError(f"{target} is not a backtest: its {_METADATA} cannot be read.") from None
    if attrs.get(_KEY) != FORMAT:
        raise RunError(
            f"{target} is not a backtest but "
            f"{attrs.get(_KEY, 'a store of another program')}. {_HOW}"
        )
    return attrs


def _differences(found: str, asked: dict[str, Any]) -> str:
    known = json.loads(found)
    differing = sorted(key for key in {*known, *asked} if known.get(key) != asked.get(key))
    return "other " + ", ".join(differing)
