"""Whether the arrays of a zarr store hold plain values: looked at before anything is decoded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What attraktiv writes, and its like; any other codec could hold objects that run code.
_PLAIN = frozenset(
    {"bytes", "vlen-utf8", "zstd", "gzip", "blosc", "crc32c", "transpose", "sharding_indexed"}
)
_VERSION_2 = ".zarray"


def risky_arrays(store: Path) -> Iterator[tuple[Path, str]]:
    """Find arrays that may run code when they are read.

    Parameters
    ----------
    store : pathlib.Path
        A folder of a zarr store.

    Yields
    ------
    tuple of pathlib.Path and str
        The array's folder, and the codec; "zarr version 2" for an array of that version, which
        may hold pickled objects.

    Raises
    ------
    ValueError
        Metadata that is not JSON.
    """
    for file in sorted(store.rglob("zarr.json")):
        content = json.loads(file.read_bytes())
        found = content.get("codecs", []) if isinstance(content, dict) else []
        for codec in _names(found):
            if codec not in _PLAIN:
                yield file.parent, codec
    for file in sorted(store.rglob(_VERSION_2)):
        yield file.parent, "zarr version 2"


def _names(codecs: Any) -> Iterator[str]:
    """Names of codecs, those inside a sharding codec too."""
    for codec in codecs if isinstance(codecs, list) else []:
        if isinstance(codec, dict):
            yield str(codec.get("name"))
            configuration = codec.get("configuration")
            if isinstance(configuration, dict):
                yield from _names(configuration.get("codecs"))
                yield from _names(configuration.get("index_codecs"))
        else:
            yield str(codec)
