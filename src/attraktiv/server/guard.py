"""What every request must be, and every response carries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LONGEST = 8192  # of a path with its query, bytes
_SECURITY: Final = {
    # nothing but what this server sends, and no script or style inside the page
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuse foreign hosts and endless addresses, and put security headers on every response.

    A page of another site that makes a browser ask this address under a name of its own (DNS
    rebinding) is refused by the name.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in (*hosts, "localhost"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-cache"
            await send(message)

        host = Headers(scope=scope).get("host", "")
        if _without_port(host) not in self._hosts:
            valid = ", ".join(sorted(self._hosts))
            await _refuse(guarded, 421, f"This server is not {host[:100]!r}; ask for {valid}.")
        elif len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _LONGEST:
            await _refuse(guarded, 400, f"The address is longer than {_LONGEST} bytes.")
        else:
            await self._app(scope, receive, guarded)


def _without_port(host: str) -> str:
    """Return the name in a Host header; an IPv6 address stands in brackets there."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


async def _refuse(send: Send, status: int, message: str) -> None:
    content = json.dumps({"error": message}, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
