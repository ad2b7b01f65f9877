"""A service on the loopback, and a country that was ingested from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.standin.country import Published, publish
from tests.standin.server import Standin

import attraktiv
from attraktiv.sources import Client

SERVICE = "https://data.ssb.no/api/pxwebapi/v2"
OTHER = Path(__file__).resolve().parents[2] / "standin" / "other.toml"


@pytest.fixture(scope="session")
def published() -> Published:
    return publish()


@pytest.fixture
def standin(published: Published) -> Iterator[Standin]:
    with Standin(published) as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    """How long the client would have waited."""
    return []


@pytest.fixture
def client(standin: Standin, tmp_path: Path, pauses: list[float]) -> Iterator[Client]:
    with Client(tmp_path / "kept", transport=standin.transport(), sleep=pauses.append) as asking:
        yield asking


@pytest.fixture(scope="session")
def ingested(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was ingested without any disturbance; do not change it."""
    folder = tmp_path_factory.mktemp("whole") / "norway"
    with Standin(published) as running:
        attraktiv.ingest("ssb", folder, transport=running.transport())
    return folder


@pytest.fixture
def bytes_of() -> Callable[[Path], dict[str, bytes]]:
    """Give every file of a folder with its content."""

    def read(folder: Path) -> dict[str, bytes]:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    return read
