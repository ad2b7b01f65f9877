"""A result of a run that is written piece by piece, so that it never has to fit in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec

from attraktiv.atomic import replacing
from attraktiv.store.layout import encoding, for_storage
from attraktiv.store.runs import refuse_group
from attraktiv.store.validity import seal


@dataclass(frozen=True)
class Growing:
    """A variable that will be filled.

    Attributes
    ----------
    dims : tuple of str
    chunks : tuple of int
        What is written, and read, at once.
    attrs : dict
        ``units`` and ``long_name``.
    """

    dims: tuple[str, ...]
    chunks: tuple[int, ...]
    attrs: dict[str, Any]


@contextmanager
def growing_group(
    path: str | Path,
    name: str,
    coords: xr.Dataset,
    variables: Mapping[str, Growing],
    *,
    force: bool = False,
) -> Iterator[Mapping[str, Any]]:
    """Write a later result of a run piece by piece, whole or not at all.

    Parameters
    ----------
    path
        The run.
    name
        The group's name.
    coords
        Coordinates of all dims, small variables that are there already, and the attributes.
    variables
        What will be filled, single precision, missing where nothing is written.
    force
        Replace a result of that name.

    Yields
    ------
    Mapping
        Arrays by name that take ``array[index] = values``.

    Raises
    ------
    RunError
        As :func:`attraktiv.store.append_group`.
    """
    target = Path(path).resolve()
    refuse_group(target, name, coords, force=force)
    ready = for_storage(coords)
    label = f"{target.name}+{name}"
    with replacing(target / name, beside=target.parent, label=label, force=force) as temporary:
        ready.to_zarr(
            temporary, mode="w", consolidated=False, zarr_format=3, encoding=encoding(ready)
        )
        group = zarr.open_group(temporary, mode="r+", zarr_format=3)
        arrays = {
            key: group.create_array(
                key,
                shape=tuple(coords.sizes[dim] for dim in one.dims),
                chunks=one.chunks,
                dtype="float32",
                fill_value=np.nan,
                dimension_names=one.dims,
                attributes=one.attrs,
                compressors=(BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle"),),
            )
            for key, one in variables.items()
        }
        yield arrays
        seal(temporary)
