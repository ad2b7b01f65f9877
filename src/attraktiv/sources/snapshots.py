"""What a service answered, kept as it came, with its query, its time and its hash.

A snapshot is never changed: asking anew adds one. Its record is written after its content, so
that a record always has what it speaks of, whenever the writer is killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from attraktiv.errors import IngestError

_RECORD, _CONTENT = ".json", ".body"


@dataclass(frozen=True)
class Snapshot:
    """One answer of a service.

    Attributes
    ----------
    url : str
        What was asked, without the query.
    query : str
        The method and what went with it, as JSON with sorted keys.
    time : str
        When the answer came, UTC, ISO 8601.
    sha256 : str
        Hash of ``content``, hexadecimal.
    content : bytes
        The body as it came, without transfer encoding.
    """

    url: str
    query: str
    time: str
    sha256: str
    content: bytes


def newest(folder: Path, url: str, query: str) -> Snapshot | None:
    """Give the latest snapshot of a question; None where there is none.

    Parameters
    ----------
    folder : Path
        Where snapshots are kept.
    url, query : str
        The question, as :class:`Snapshot` says.

    Raises
    ------
    IngestError
        If the latest snapshot was changed or is damaged.
    """
    place = _place(folder, url, query)
    records = sorted(place.glob(f"*{_RECORD}")) if place.is_dir() else []
    return _read(records[-1], url, query) if records else None


def keep(folder: Path, url: str, query: str, content: bytes) -> Snapshot:
    """Keep an answer as a new snapshot.

    Parameters
    ----------
    folder : Path
        Where snapshots are kept; made if it is not there.
    url, query : str
        The question, as :class:`Snapshot` says.
    content : bytes
        The answer.

    Raises
    ------
    IngestError
        If it cannot be written.
    """
    now = datetime.now(UTC)
    found = Snapshot(url, query, now.isoformat(), hashlib.sha256(content).hexdigest(), content)
    record = {"url": url, "query": query, "time": found.time, "sha256": found.sha256}
    place = _place(folder, url, query)
    stem = f"{now:%Y%m%dT%H%M%S.%f}-{found.sha256[:12]}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        _write(place / f"{stem}{_CONTENT}", content)
        text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        _write(place / f"{stem}{_RECORD}", text.encode())
    except OSError as error:
        raise IngestError(
            f"The answer from {url} cannot be kept in {folder} ({error}). Make room or choose "
            "another folder: --snapshots FOLDER (snapshots=FOLDER)."
        ) from error
    return found


def _place(folder: Path, url: str, query: str) -> Path:
    """Folder of a question; the first part of its name is for people."""
    words = "-".join(re.findall(r"\w+", url.partition("://")[2])[-3:])
    key = hashlib.sha256(f"{url}\n{query}".encode()).hexdigest()[:20]
    return folder / f"{words[:60]}-{key}"


def _read(record: Path, url: str, query: str) -> Snapshot:
    try:
        said = json.loads(record.read_bytes())
        content = record.with_suffix(_CONTENT).read_bytes()
        found = Snapshot(said["url"], said["query"], said["time"], said["sha256"], content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(record, f"it cannot be read ({type(error).__name__})") from error
    if (found.url, found.query) != (url, query):
        raise _damaged(record, f"its question is {found.url} {found.query}, not {url} {query}")
    if hashlib.sha256(content).hexdigest() != found.sha256:
        raise _damaged(record, "its content does not have the sha256 that the record says")
    return found


def _damaged(record: Path, why: str) -> IngestError:
    return IngestError(
        f"The snapshot {record} is damaged or was changed: {why}. Fetch anew with --refresh "
        f"(refresh=True), or take the folder {record.parent} away and run again."
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there."""
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(hidden, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    hidden.rename(path)
