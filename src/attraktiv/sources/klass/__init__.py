"""Statistics Norway's classifications (KLASS): codes, their changes, and what belongs to what.

Every function takes ``fetch``, a callable ``fetch(url, params) -> bytes`` that gives the body of
an answer to GET with the header ``Accept: application/json`` and raises an error of
:mod:`attraktiv.errors` where the service refuses. Nothing here touches the network.
"""

from __future__ import annotations

from attraktiv.sources.klass.belonging import (
    COUNTIES,
    ECONOMIC_REGIONS,
    centrality,
    corresponding,
    counties,
    economic_regions,
)
from attraktiv.sources.klass.versions import changes, codes, municipalities

__all__ = [
    "COUNTIES",
    "ECONOMIC_REGIONS",
    "centrality",
    "changes",
    "codes",
    "corresponding",
    "counties",
    "economic_regions",
    "municipalities",
]
