"""Runs on disk: one zarr store each, written whole or not at all, with its provenance."""

from __future__ import annotations

from attraktiv.store.identity import run_id
from attraktiv.store.runs import append_group, open_run, refuse_existing, write_run

__all__ = ["append_group", "open_run", "refuse_existing", "run_id", "write_run"]
