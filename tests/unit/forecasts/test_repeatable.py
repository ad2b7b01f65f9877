"""A year passes alike in the process that compiles and in one that finds it compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

YEAR = """
import hashlib
import numpy as np
from attraktiv.forecasts import cohorts

rng = np.random.default_rng(1)
number = np.float32
cells, wide = (40, 30, 2, 106), (40, 30)
people = rng.uniform(0.0, 90.0, cells).astype(number)
rates = np.full((2, 106), 0.03, number), np.full(106, 0.01, number)
levels = rng.uniform(0.7, 1.3, (2, *wide)).astype(number)
normal = rng.standard_normal((*wide, 4), dtype=number)
profile = rng.normal(0.0, 0.02, cells).astype(number)
net, start = rng.normal(0.0, 50.0, wide), rng.random(wide, dtype=number)
after, groups = np.empty_like(people), np.empty((3, *wide))
flows = np.empty((4, *wide))
cohorts.natural(
    people, 0, *rates, 0.51, *levels, normal, np.array([0, 67, 80]), False, after, *flows[:2]
)
spread, noise = np.ones((2, 106), number), np.full((2, 106), 0.1, number)
numbers = rng.standard_normal(1000, dtype=number)
first = rng.integers(788, size=wide, dtype=np.int32)
cohorts.migrate(
    people, after, net, profile, spread, noise, numbers, first, start, False, *flows[2:]
)
cohorts.by_groups(after, np.array([0, 20, 67]), np.array([20, 67, 106]), groups)
digest = hashlib.sha256(after.tobytes() + flows.tobytes() + groups.tobytes())
print(digest.hexdigest(), sum(cohorts.natural.stats.cache_hits.values()))
"""


def test_the_last_bit_is_that_of_the_process_that_compiled(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    found = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", YEAR],
            env=environment,
            capture_output=True,
            check=True,
            text=True,
        )
        found.append(done.stdout.split())
    assert found[0][1] == "0"
    assert found[1][1] == "1"
    assert found[0][0] == found[1][0]
