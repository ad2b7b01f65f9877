"""What every request must be, and every response carries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.server.client import Client

import attraktiv.server
from attraktiv.words import catalogue

PAGE = Path(attraktiv.server.__file__).parent / "page"


@pytest.mark.parametrize("address", ["/", "/api/v1/runs", "/nothing", "/style.css"])
def test_every_response_has_the_security_headers(client: Client, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8000", 200),
        ("localhost:8000", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[::1]:8000", 421),
        ("", 421),
    ],
)
def test_only_this_host_is_answered(client: Client, host: str, status: int) -> None:
    response = client.get("/api/v1/runs", headers={"host": host})
    assert response.status_code == status
    if status == 421:
        assert "ask for 127.0.0.1, localhost" in response.json()["error"]
        assert response.headers["x-content-type-options"] == "nosniff"


def test_an_endless_address_is_refused(client: Client) -> None:
    response = client.get("/api/v1/runs", params={"x": "x" * 9000})
    assert response.status_code == 400
    assert "longer than 8192 bytes" in response.json()["error"]


def test_the_page_asks_nobody_else_and_has_no_script_or_style_inside() -> None:
    for file in PAGE.iterdir():
        text = file.read_text(encoding="utf-8")
        addresses = set(re.findall(r"https?://[\w./]+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file.name
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert "style=" not in html
    assert re.search(r"\son\w+=", html) is None
    scripts = "".join(file.read_text(encoding="utf-8") for file in PAGE.glob("*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", scripts)


def test_the_page_uses_every_text_and_no_other() -> None:
    texts = {key for key in catalogue("nb") if key.startswith("page.")}
    scripts = "".join(file.read_text(encoding="utf-8") for file in PAGE.glob("*.js"))
    asked = {f"page.{key}" for key in re.findall(r"\bt\(\"(\w+)\"", scripts)}
    written = {f"page.{key}" for key in re.findall(r"\"(\w+)\"", scripts)}
    assert asked <= texts
    assert texts <= written
