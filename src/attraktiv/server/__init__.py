"""Runs for people who look: a JSON API over the query room, and the page that draws it.

``served`` opens what is served, ``api`` has the routes, ``parameters`` their limits, ``answers``
keeps what was computed, ``forms`` writes it as JSON, csv, parquet or netCDF, ``guard`` refuses
what no browser on this machine would send. Nothing is written, and no text of a request reaches the
file system or is evaluated: a run is found by its name among those that were opened at the start.
"""

from __future__ import annotations

from attraktiv.server.running import serve

__all__ = ["serve"]
