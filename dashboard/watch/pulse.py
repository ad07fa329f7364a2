"""The beat of a process, four times a second; how late each beat was says how busy the event loop is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

BEAT_S = 0.25
LAG_WINDOW_BEATS = 40
LAG_LIMIT_S = 1.0
"""A loop that was late by more than this within the last LAG_WINDOW_BEATS is overloaded."""


class Pulse:
    """Calls `beat(now, lag_s)` at each beat, on the monotonic clock."""

    def __init__(self, beat: Callable[[float, float], None]) -> None:
        self.lags = [0.0] * LAG_WINDOW_BEATS
        self._beat = beat

    @property
    def overloaded(self) -> bool:
        """Whether the loop was lately too late."""
        return max(self.lags) > LAG_LIMIT_S

    async def run(self) -> None:
        """Beats until cancelled. A beat that was missed is not made up for."""
        due, count = time.monotonic(), 0
        while True:
            due += BEAT_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            lag_s = now - due
            self.lags[count % LAG_WINDOW_BEATS] = lag_s
            count += 1
            due = max(due, now - BEAT_S)
            self._beat(now, lag_s)
