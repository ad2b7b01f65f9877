"""How the arrays of a run lie on disk.

Every question is about a few places and all draws, so the draws of a block of places
are stored together: one place is read by opening one chunk of about two megabytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from zarr.codecs import BloscCodec

from attraktiv.names import CHAIN, DRAW, PLACE

_CHUNK_BYTES = 2**21


def for_storage(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset without what it remembers of the file it was read from."""
    bare = dataset.drop_encoding()
    fixed = {name: value for name, value in bare.variables.items() if value.dtype.kind == "U"}
    # fixed-width text has no settled zarr v3 type; text of any length has
    return bare.assign({name: value.astype(object) for name, value in fixed.items()})


def plain_text(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset with text as objects, as before it was stored."""
    texts = {
        name: (variable.dims, variable.values.astype(object), variable.attrs)
        for name, variable in dataset.variables.items()
        if isinstance(variable.dtype, np.dtypes.StringDType)
    }
    plain = dataset.assign_coords({k: v for k, v in texts.items() if k in dataset.coords})
    return plain.assign({k: v for k, v in texts.items() if k in dataset.data_vars})


def encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return chunks, number type and compression for each variable, as ``to_zarr`` takes them."""
    return {str(name): _encoding(variable) for name, variable in dataset.variables.items()}


def _encoding(variable: xr.Variable) -> dict[str, Any]:
    if variable.dtype.kind not in "fiub":
        return {"chunks": variable.shape} if variable.size else {}
    chosen: dict[str, Any] = {}
    itemsize = variable.dtype.itemsize
    if _is_draws_of_places(variable):
        chosen["dtype"] = "float32"  # seven digits: far below the error of any draw
        itemsize = 4
    if variable.size:
        chosen["chunks"] = _chunks(variable, itemsize)
    chosen["compressors"] = (BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle"),)
    return chosen


def _is_draws_of_places(variable: xr.Variable) -> bool:
    return variable.dtype == np.float64 and {CHAIN, DRAW, PLACE} <= set(variable.dims)


def _chunks(variable: xr.Variable, itemsize: int) -> tuple[int, ...]:
    if PLACE not in variable.dims:
        return variable.shape
    places = variable.sizes[PLACE]
    per_place = max(variable.size // places * itemsize, 1)
    block = min(places, max(1, _CHUNK_BYTES // per_place))
    return tuple(
        block if dim == PLACE else size
        for dim, size in zip(variable.dims, variable.shape, strict=True)
    )
