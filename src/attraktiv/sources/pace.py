"""How fast a service may be asked, as its answers say."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping

_POLICY = re.compile(r"(\d+)\s*;\s*w=(\d+)")
_WINDOW_S = 60.0


class Pace:
    """Waits where the next call would be one too many.

    Mathematical details
    --------------------
    A policy ``n;w=s`` allows n calls in any s seconds. The next call waits until the n-th last is
    s seconds old; and where the service says that nothing remains, for others may share the
    address, until the oldest call of the last s seconds is. Nothing is known before the first
    answer, which is one call.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    sleep : callable
        Waits for so many seconds.
    tell : callable
        Is given a line for the person who waits.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        tell: Callable[[str], None],
    ) -> None:
        self._clock, self._sleep, self._tell = clock, sleep, tell
        self._calls: deque[float] = deque()
        self._limit: int | None = None
        self._window = _WINDOW_S
        self._remaining: int | None = None

    def wait_for_turn(self) -> None:
        """Wait until one more call is allowed, and count it."""
        self._forget()
        used_up = self._limit is not None and len(self._calls) >= self._limit
        if self._calls and (used_up or self._remaining == 0):
            oldest = self._calls[-self._limit] if used_up and self._limit else self._calls[0]
            self.pause(oldest + self._window - self._clock(), "the service's rate limit")
        self._remaining = None
        self._calls.append(self._clock())

    def learn(self, headers: Mapping[str, str]) -> None:
        """Read what an answer says of the limit."""
        policy = _POLICY.search(headers.get("x-ratelimit-policy", ""))
        if policy and int(policy[1]) > 0:
            self._limit, self._window = int(policy[1]), float(policy[2])
        remaining = headers.get("x-ratelimit-remaining", "")
        self._remaining = int(remaining) if remaining.isdecimal() else None

    def pause_after_refusal(self, headers: Mapping[str, str]) -> None:
        """Wait as an answer 429 asks; a whole window where it does not say."""
        told = headers.get("retry-after", "")
        seconds = float(told) if told.isdecimal() else self._window
        self.pause(min(seconds, 10 * self._window), "the service's rate limit")

    def pause(self, seconds: float, why: str) -> None:
        """Wait, and say so."""
        if seconds > 0:
            self._tell(f"waiting {seconds:.0f} s: {why}")
            self._sleep(seconds)

    def _forget(self) -> None:
        while self._calls and self._clock() - self._calls[0] >= self._window:
            self._calls.popleft()
