"""Three clocks of an open stream: bytes, progress, text; and the stall that the first two can tell.

*Bytes*: anything, comments too. *Progress*: text, reasoning, tool call, step, usage, finish. *Text*: what the reader
sees. A stall opens when progress has been silent for `stall_after_s`; it is named "bytes" when nothing at all came
in that time (open but silent), else "progress" (warm but stuck). It is one episode until progress resumes. Silence of
the text clock alone is no stall and ends no turn. All times are seconds on the caller's monotonic clock.
"""

from __future__ import annotations

from dashboard.config import Thresholds


class Clocks:
    """When each clock moved last; made anew for each connection, at the moment the head arrived."""

    __slots__ = ("_give_up_s", "_limits", "bytes_at", "progress_at", "stalled_on", "text_at")

    def __init__(self, thresholds: Thresholds, now: float, *, text_seen: bool) -> None:
        self._limits = thresholds
        self.bytes_at = self.progress_at = self.text_at = now
        self.stalled_on = ""
        self._give_up_s = thresholds.give_up_s if text_seen else thresholds.first_text_give_up_s

    def text(self, now: float) -> None:
        """Text came: from now on give_up_s is the patience, and no longer first_text_give_up_s."""
        self.text_at = now
        self._give_up_s = self._limits.give_up_s

    @property
    def give_up_at(self) -> float:
        return self.progress_at + self._give_up_s

    @property
    def deadline(self) -> float:
        """When `tick` has something to say next."""
        since = self.progress_at
        give_up_at = since + self._give_up_s
        return give_up_at if self.stalled_on else min(since + self._limits.stall_after_s, give_up_at)

    def stall(self, now: float) -> str:
        """The clock on which a stall opens at `now`: "bytes", "progress", or "" when none does."""
        after = self._limits.stall_after_s
        # sums, as in `deadline`: a difference can be a rounding short of it, and the tick would change nothing for ever
        if self.stalled_on or now < self.progress_at + after:
            return ""
        self.stalled_on = "bytes" if now >= self.bytes_at + after else "progress"
        return self.stalled_on
