"""The identity of a panel: one hash over what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import numpy as np
import xarray as xr

from attraktiv import names

_PLACES = 4096


def content_hash(panel: xr.Dataset) -> str:
    """Give the sha256 of a panel's content, in hexadecimal.

    The hash covers coordinates, variables and breaks. It does not depend on the order of rows or
    places, nor on the title, the labels or the units.

    Parameters
    ----------
    panel : xarray.Dataset
        A panel.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    order = {names.PLACE: np.argsort(panel[names.PLACE].values.astype(str), kind="stable")}
    if names.FLOW in panel.dims:
        columns = (names.COMMUTING_YEAR, names.COMMUTING_WORK, names.COMMUTING_HOME)
        keys = [panel[name].values.astype(str) for name in columns]
        order[names.FLOW] = np.lexsort(keys)
    digest = hashlib.sha256()
    for name in sorted(map(str, panel.variables)):
        variable = panel[name].variable
        head = [name, list(variable.dims), list(variable.shape)]
        digest.update(json.dumps(head, ensure_ascii=False).encode())
        for part in _parts(variable, order):
            digest.update(_bytes(part))
    breaks = json.loads(panel.attrs.get("breaks", "[]"))
    digest.update(json.dumps(sorted((b["variable"], b["year"]) for b in breaks)).encode())
    return digest.hexdigest()


def _parts(variable: xr.Variable, order: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    """Give the values in order, ages of many places in parts: they are most of a large panel."""
    ordered = {dim: where for dim, where in order.items() if dim in variable.dims}
    if variable.dtype.kind != "f" or variable.dims[:1] != (names.PLACE,):
        yield variable.isel(ordered).values
        return
    for start in range(0, variable.sizes[names.PLACE], _PLACES):
        of_part = ordered[names.PLACE][start : start + _PLACES]
        yield variable.isel(ordered | {names.PLACE: of_part}).values


def _bytes(values: np.ndarray) -> bytes:
    """Write values so that equal content has equal bytes on every machine."""
    if values.dtype.kind == "f":
        # one NaN and one zero: both have several bit patterns
        whole = np.where(np.isnan(values), np.nan, values + 0.0)
        return np.ascontiguousarray(whole, dtype="<f8").tobytes()
    if values.dtype.kind in "iub":
        return np.ascontiguousarray(values, dtype="<i8").tobytes()
    return json.dumps(values.astype(str).ravel().tolist(), ensure_ascii=False).encode()
