"""What is committed speaks of no machine, no package host and no foreign lock file."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import attraktiv

# Put together here, so that this file does not hold what it looks for.
HOSTS = ["py" + "pi.org", "python" + "hosted", "npm" + "js.", "ana" + "conda.", "deb." + "debian"]
MACHINE_PATH = re.compile(rf"(^|[^\w.~])/({'|'.join(['home', 'root', 'Users', 'work', 'mnt'])})/")


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    """Files that git keeps, or would with the next commit."""
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [root / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def test_no_file_names_a_machine_path_or_a_package_host(tracked: list[Path]) -> None:
    found = [
        f"{path.name}:{number}: {line.strip()[:100]}"
        for path in tracked
        for number, line in enumerate(lines(path), start=1)
        if MACHINE_PATH.search(line) or any(host in line for host in HOSTS)
    ]
    assert not found, "\n".join(found)


def test_no_lock_file_that_holds_addresses(tracked: list[Path], root: Path) -> None:
    foreign = {"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"}
    assert not foreign & {path.name for path in tracked}
    assert "://" not in (root / "requirements.lock").read_text(encoding="utf-8")


def test_no_file_is_large(tracked: list[Path]) -> None:
    limit = 1_000_000
    assert not [path.name for path in tracked if path.stat().st_size > limit]


def test_the_lock_pins_every_dependency_with_hashes(root: Path) -> None:
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *config["project"]["dependencies"],
        *(name for extra in config["project"]["optional-dependencies"].values() for name in extra),
        *config["dependency-groups"]["dev"],
    ]
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE))
    assert {re.split(r"[><=\[]", name)[0] for name in wanted} <= pinned
    entries = re.split(r"^(?=[\w.-]+==)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)


def test_every_dependency_has_a_lower_bound(root: Path) -> None:
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert all(">=" in name for name in config["project"]["dependencies"])


def test_the_changelog_knows_the_version(root: Path) -> None:
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{attraktiv.__version__}]" in changelog


def test_the_scripts_can_be_run(root: Path) -> None:
    assert (root / ".ci" / "run").stat().st_mode & 0o111
