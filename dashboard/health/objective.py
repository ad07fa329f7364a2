"""The two objectives of a turn: is it counted, and was it good? One rule for metrics, history and page."""

from __future__ import annotations

import msgspec

from dashboard.turn.verdict import Outcome

OBJECTIVES = ("availability", "ttft")


class Judged(msgspec.Struct, frozen=True):
    """A turn that counts: whether it was good, by objective."""

    availability: bool
    ttft: bool


def judged(outcome: str, ttft_s: float | None, elapsed_s: float, *, stall_open: bool, limit_s: float) -> Judged | None:
    """Whether a turn was good; None when it does not count. Seconds; `limit_s` is the backend's ttft_s.

    Every turn counts but one that was stopped while it was well. A turn that a person gave up on (a stall was open, or
    first text was already late) counts, as bad.
    """
    late = elapsed_s > limit_s if ttft_s is None else ttft_s > limit_s
    stopped = outcome == Outcome.STOPPED
    if stopped and not stall_open and not late:
        return None
    return Judged(
        availability=outcome == Outcome.COMPLETED, ttft=not stopped and ttft_s is not None and ttft_s <= limit_s
    )
