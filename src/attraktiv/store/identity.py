"""What makes two runs the same run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_IDENTIFYING = (
    "spec_json",
    "panel_hash",
    "first_year",
    "last_year",
    "options",
    "seed",
    "engine",
    "attraktiv_version",
)


def run_id(attrs: Mapping[Any, Any]) -> str:
    """Return the identity of a run: equal for equal specification, panel, call and version.

    Parameters
    ----------
    attrs
        The root attributes of a run. JSON texts (``spec_json``, ``options``) count by
        content, not by layout.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits. Two runs without a seed share it although their
        draws differ.
    """
    parts = {name: _content(attrs.get(name)) for name in _IDENTIFYING}
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _content(value: Any) -> Any:
    if not isinstance(value, str):
        return value.item() if hasattr(value, "item") else value
    try:
        return json.loads(value)
    except ValueError:
        return value
