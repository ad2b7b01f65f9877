"""Whether a folder is a whole run that can be opened without risk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attraktiv.codecs import risky_arrays
from attraktiv.errors import RunError
from attraktiv.names import CONSTANT_DATA, OBSERVED_DATA, POSTERIOR

FORMAT_KEY = "attraktiv_format"
FORMAT = "run/1"
REQUIRED_GROUPS = (POSTERIOR, OBSERVED_DATA, CONSTANT_DATA)
FILES, BYTES = "stored_files", "stored_bytes"

_METADATA = "zarr.json"
_HOW_TO_MAKE = "A run is made with: attraktiv fit MODEL PANEL --out RUN"


def is_run(path: Path) -> bool:
    """Say whether the folder bears the mark of a run, of whatever format version."""
    try:
        mark = _json(path / _METADATA)["attributes"][FORMAT_KEY]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return str(mark).startswith("run/")


def require_run(path: Path) -> dict[str, Any]:
    """Return the root attributes of a run, or say why the folder is none.

    Raises
    ------
    RunError
        Nothing there; not a store; another program's store; zarr version 2; another
        format version; a group that is missing or not complete; an unknown codec.
    """
    attrs = _require_mark(path)
    for group in REQUIRED_GROUPS:
        if not (path / group / _METADATA).is_file():
            raise RunError(
                f"{path} is not a whole run: the group {group!r} is missing. The copy was "
                f"probably interrupted; copy it again, or fit it again. {_HOW_TO_MAKE} --force"
            )
    for group_path in sorted(entry for entry in path.iterdir() if entry.is_dir()):
        _require_group(path, group_path)
    return attrs


def seal(group: Path) -> None:
    """Write into a group how many files and bytes belong to it."""
    metadata = _json(group / _METADATA)
    files, size = _measure(list(_files_of(group)))
    metadata["attributes"] = {**metadata.get("attributes", {}), FILES: files, BYTES: size}
    (group / _METADATA).write_text(json.dumps(metadata, indent=2), encoding="utf-8")


def is_whole(group: Path) -> bool:
    """Say whether a group holds the files and bytes that were sealed."""
    promised = _promised(group)
    return promised is not None and _measure(list(_files_of(group))) == promised


def _require_mark(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise RunError(f"There is no run at {path}. {_HOW_TO_MAKE}")
    if not path.is_dir():
        raise RunError(f"{path} is a file, not a run; a run is a folder. {_HOW_TO_MAKE}")
    if (path / ".zgroup").exists() or (path / ".zattrs").exists():
        raise RunError(
            f"{path} is a zarr version 2 store; runs are zarr version 3, and version 2 is not "
            f"opened because it may carry pickled code. {_HOW_TO_MAKE}"
        )
    try:
        attrs = dict(_json(path / _METADATA)["attributes"])
    except OSError:
        raise RunError(f"{path} is not a run: it holds no {_METADATA}. {_HOW_TO_MAKE}") from None
    except (ValueError, KeyError, TypeError):
        raise RunError(
            f"{path} is not a run: its {_METADATA} cannot be read. {_HOW_TO_MAKE}"
        ) from None
    mark = str(attrs.get(FORMAT_KEY, "none"))
    if mark == FORMAT:
        return attrs
    if mark.startswith("run/"):
        raise RunError(
            f"{path} has the run format {mark!r}; this version of attraktiv reads {FORMAT!r}. "
            "Open it with the version that wrote it, or fit it again with this one."
        )
    if mark.startswith("panel/"):
        raise RunError(
            f"{path} is a built panel, not a run. Fit it first: "
            f"attraktiv fit hierarchical_dynamic {path} --out RUN"
        )
    raise RunError(
        f"{path} is a zarr store that attraktiv did not write ({FORMAT_KEY}: {mark}, expected "
        f"{FORMAT!r}). {_HOW_TO_MAKE}"
    )


def _require_group(path: Path, group: Path) -> None:
    promised = _promised(group)
    if promised is None:
        raise RunError(
            f"{path} holds something that is not part of a run: {group.name!r}. Remove it, or "
            f"fit the run again. {_HOW_TO_MAKE} --force"
        )
    files = list(_files_of(group))
    found = _measure(files)
    if found != promised:
        raise RunError(
            f"{path} is not a whole run: the group {group.name!r} has {found[0]} files and "
            f"{found[1]} bytes, and {promised[0]} files and {promised[1]} bytes were written. "
            f"Copy it again, or fit it again. {_HOW_TO_MAKE} --force"
        )
    for array, codec in risky_arrays(group):
        raise RunError(
            f"{path} is not opened: the array {group.name}/{array.name} uses the codec {codec!r}, "
            f"which attraktiv does not write and which may run code. {_HOW_TO_MAKE}"
        )


def _promised(group: Path) -> tuple[int, int] | None:
    """Return the files and bytes that were sealed into a group; None if nothing was."""
    try:
        attrs = _json(group / _METADATA)["attributes"]
        return attrs[FILES], attrs[BYTES]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _files_of(group: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(group):
        for name in names:
            file = Path(parent, name)
            if file != group / _METADATA:  # it holds the counts themselves
                yield file


def _measure(files: list[Path]) -> tuple[int, int]:
    return len(files), sum(file.stat().st_size for file in files)


def _json(file: Path) -> dict[str, Any]:
    value = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{file} does not hold a JSON object")
    return value
