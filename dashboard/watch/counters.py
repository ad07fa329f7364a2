"""Pure: counters sampled now and then → how much each grew within a window."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping

Sample = Mapping[tuple[str, str], float]
"""(counter, backend) → its value."""


class Counters:
    """The samples of the last `keep_s` seconds, `step_s` apart. `now` is monotonic.

    A counter grew from 0 when it was not there before; one that fell began anew.
    """

    def __init__(self, keep_s: float = 3600.0, step_s: float = 15.0) -> None:
        self._keep_s, self._step_s = keep_s, step_s
        self._times: deque[float] = deque()
        self._samples: deque[Sample] = deque()
        self._now = float("-inf")
        self._newest: Sample = {}

    def sample(self, values: Sample, now: float) -> None:
        """These are the values now; kept for later when the last that was kept is `step_s` old."""
        self._now, self._newest = now, values
        if self._times and now - self._times[-1] < self._step_s:
            return
        self._times.append(now)
        self._samples.append(values)
        while len(self._times) > 1 and self._times[1] <= now - self._keep_s:
            self._times.popleft()
            self._samples.popleft()

    def increase(self, counter: str, backend: str, window_s: float) -> float:
        """From the last sample before the window (the first of all, where there is none) until now; 0 and more."""
        if not self._times:
            return 0.0
        place = max(0, bisect_right(self._times, self._now - window_s) - 1)
        key = (counter, backend)
        newest, before = self._newest.get(key, 0.0), self._samples[place].get(key, 0.0)
        return newest - before if newest >= before else newest
