"""How long a probe may go on: it is ended, and has failed, as soon as no further text could make it a success."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from dashboard.backend.live import LiveTurn
from dashboard.config import CanarySettings
from dashboard.health.report import Report
from dashboard.watch.expectation import ENDED, SLOW, Went

LONGEST_S = 60.0
"""A probe on the timer takes no longer where its canary has no `max_duration_s`: a back end that never ends its answer, or
says nothing at all, shall be told of in about a minute."""
CUT = "deadline"
"""Who stopped the turn of a probe that took too long."""


class Bound(msgspec.Struct, frozen=True):
    """A time since the question after which a probe is over; `without_text`: only if no text has come by then."""

    after_s: float
    went: Went
    without_text: bool = False


def bounds(settings: CanarySettings, timeout_s: float | None) -> list[Bound]:
    """The soonest first. `timeout_s` is the patience of somebody who asked for this one probe; None: nobody did."""
    most_s, text_s = settings.max_duration_s, settings.max_ttft_s
    told = []
    if text_s is not None:
        told.append(Bound(text_s, Went(SLOW, f"no text within max_ttft_s ({text_s:g} s)"), without_text=True))
    if most_s is not None:
        told.append(Bound(most_s, Went(SLOW, f"took longer than max_duration_s ({most_s:g} s)")))
    elif timeout_s is None:
        told.append(Bound(LONGEST_S, Went(SLOW, f"took longer than {LONGEST_S:g} s (no max_duration_s is set)")))
    if timeout_s is not None:
        told.append(Bound(timeout_s, Went(ENDED, f"no end within {timeout_s:g} s")))
    return sorted(told, key=lambda each: each.after_s)


async def ended(live: LiveTurn, within: Sequence[Bound]) -> tuple[Report, Went | None]:
    """The report of a turn once it has ended, and how it went if one of these bounds had to end it."""
    begun = asyncio.get_running_loop().time()
    try:
        for bound in within:
            if await _over(live, begun + bound.after_s):
                break
            if not bound.without_text or live.gauge.report().ttft_s is None:
                live.cancel(CUT)
                await live.wait()
                return live.gauge.report(), bound.went if live.transcript.by == CUT else None
        await live.wait()
    except asyncio.CancelledError:
        live.cancel("shutdown")
        raise
    return live.gauge.report(), None


async def _over(live: LiveTurn, at: float) -> bool:
    """Whether it ended before that time of the loop."""
    try:
        async with asyncio.timeout_at(at):
            await live.wait()
    except TimeoutError:
        return live.done
    return True
