"""A client that talks to an application in the same process, without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

HOST = "127.0.0.1"


class Client:
    """Requests, one after another, each in a loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, address: str, **options: Any) -> httpx.Response:
        return self.request("GET", address, **options)

    def request(self, method: str, address: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, address, options))

    async def _request(self, method: str, address: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            return await client.request(method, address, **options)
