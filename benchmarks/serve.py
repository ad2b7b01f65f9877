"""Measure the server: fifty clients who ask for bands for a minute.

python benchmarks/serve.py RUN [--panel PANEL] [--seconds 60] [--clients 50] [--pause 0.2]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np

WARM_UP = 90  # seconds at most
SAMPLES = 6  # of the memory


def main() -> None:
    """Start a server, ask, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--panel", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--pause", type=float, default=0.2, help="Seconds between questions.")
    asked = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        shutil.which("attraktiv") or "attraktiv",
        "serve",
        str(asked.run),
        "--port",
        str(port),
    ]
    if asked.panel:
        command += ["--panel", str(asked.panel)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        asyncio.run(measure(f"http://127.0.0.1:{port}", server.pid, asked))
    finally:
        server.terminate()
        server.wait()


async def measure(address: str, pid: int, asked: argparse.Namespace) -> None:
    """Print what is measured as a table."""
    limits = httpx.Limits(max_connections=asked.clients)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30) as client:
        await until_it_listens(client)
        run = (await client.get("/api/v1/runs")).json()["runs"][0]["name"]
        rows = (await client.get(f"/api/v1/runs/{run}/places?limit=5000")).json()["rows"]
        bands = [f"/api/v1/runs/{run}/bands/attractiveness?place={row['place']}" for row in rows]
        cold, errors_cold = await load(client, iter(bands), asked, None)
        memory, busy = [resident(pid)], processor(pid)
        warm, errors, span = [], errors_cold, asked.seconds / SAMPLES
        for _ in range(SAMPLES):
            endless = (random.choice(bands) for _ in itertools.count())
            times, failed = await load(client, endless, asked, span)
            warm += times
            errors += failed
            memory.append(resident(pid))
        busy = processor(pid) - busy
    print("| question | number | median | 95th percentile | 99th |")
    print("|---|--:|--:|--:|--:|")
    for name, times in (("each place for the first time", cold), ("again, at random", warm)):
        median, p95, p99 = (f"{1000 * q:.0f} ms" for q in np.quantile(times, (0.5, 0.95, 0.99)))
        print(f"| {name} | {len(times)} | {median} | {p95} | {p99} |")
    print(
        f"\n{asked.clients} clients, {asked.seconds:g} s, {asked.pause:g} s between an answer and "
        f"the next question: {len(warm) / asked.seconds:.0f} answers a second, {errors} errors. "
        f"Processor: {1000 * busy / len(warm):.2f} ms an answer. Memory before, and after each "
        f"sixth: {', '.join(f'{one:.0f}' for one in memory)} MB. "
        f"Load average of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors."
    )


async def until_it_listens(client: httpx.AsyncClient) -> None:
    """Wait for the server to have read its runs."""
    began = time.monotonic()
    while time.monotonic() - began < WARM_UP:
        try:
            await client.get("/api/v1/runs")
        except httpx.ConnectError:
            await asyncio.sleep(0.2)
        else:
            return
    raise SystemExit("the server does not answer")


async def load(
    client: httpx.AsyncClient,
    addresses: Iterator[str],
    asked: argparse.Namespace,
    seconds: float | None,
) -> tuple[list[float], int]:
    """Ask by several clients; return the seconds that each answer took, and errors."""
    end = None if seconds is None else time.perf_counter() + seconds
    times: list[float] = []
    errors = 0

    async def one() -> None:
        nonlocal errors
        await asyncio.sleep(random.uniform(0, asked.pause))  # they do not march in step
        for address in addresses:
            began = time.perf_counter()
            try:
                response = await client.get(address)
            except httpx.HTTPError:
                errors += 1
                continue
            times.append(time.perf_counter() - began)
            errors += response.status_code != 200
            if end is not None and time.perf_counter() > end:
                return
            await asyncio.sleep(asked.pause)

    await asyncio.gather(*(one() for _ in range(asked.clients)))
    return times, errors


def resident(pid: int) -> float:
    """Return the memory of a process, MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def processor(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
