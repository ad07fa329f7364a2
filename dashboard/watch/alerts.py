"""Pure: what is worth an alert, as data. The page evaluates these rules in the process; the Prometheus rules in
deploy/prometheus hold the same numbers, and a test compares.

Times are seconds. A rule speaks of one backend or of this process. It is told when its condition has held for `for_s`.
"""

from __future__ import annotations

import msgspec

PAGE, TICKET = "page", "ticket"
"""Severities: a person must look now, or within the day."""

STATE, RATIO, COUNT, BURN = "state", "ratio", "count", "burn"
"""What a condition is about: what is now; the share of bad ones within `window_s`; how many within it; error budget."""


class Rule(msgspec.Struct, frozen=True):
    """One alert. `name` is that of the Prometheus alert too, and in lower case the anchor of its runbook.

    By `kind`: STATE is told when the value exceeds `limit`; COUNT when the increase within `window_s` does; RATIO when
    bad ÷ all within `window_s` does, of more than `least` bad ones; BURN by BURNS. `what` follows the backend's name.
    """

    name: str
    severity: str
    kind: str
    what: str
    next: str
    of_backend: bool = True
    window_s: float = 0.0
    limit: float = 0.0
    least: float = 0.0
    for_s: float = 0.0

    @property
    def anchor(self) -> str:
        return self.name.lower()


class Burn(msgspec.Struct, frozen=True):
    """The budget goes `factor` times as fast as it may, over the long window and over the short one."""

    factor: float
    long_s: float
    short_s: float
    severity: str


_HOUR, _DAY = 3600.0, 86_400.0
BURNS = (
    Burn(14.4, _HOUR, 300.0, PAGE),
    Burn(6.0, 6 * _HOUR, 1800.0, PAGE),
    Burn(3.0, _DAY, 2 * _HOUR, TICKET),
    Burn(1.0, 3 * _DAY, 6 * _HOUR, TICKET),
)
"""The SRE workbook's table; the first that holds is told."""
BURN_LEAST = 2.0
"""More than so many bad turns within the long window: one failure at night wakes nobody."""
DOWN_INTERVALS, DOWN_LESS_S = 2.0, 60.0
"""A backend is down when its last probe failed and none has succeeded for so many of its canary's intervals, less so many
seconds: with the alert's own two minutes, one failed probe of a canary that asks every few minutes wakes nobody."""
STALE_INTERVALS = 3.0
"""A canary is stale when nothing was heard of it for so many of its intervals."""
FROZEN_S = 60.0
"""Nothing from any stream of a backend for so long: with the alert's own minute it is longer than one turn may be silent."""
LOOP_LATE_S = 0.25
SCREEN_LATE_S = 0.5
"""A timer, and a page update, are late beyond this; both are edges of their histograms."""

RULES: tuple[Rule, ...] = (
    Rule(
        "BackendDown",
        PAGE,
        STATE,
        "fails its canary",
        "Open its last failed turn: the diagnosis says whose fault it is.",
        for_s=120.0,
    ),
    Rule(
        "AvailabilityBurn",
        PAGE,
        BURN,
        "uses up its availability budget too fast",
        "Look at its last bad turns and what they have in common.",
    ),
    Rule(
        "TtftBurn",
        TICKET,
        BURN,
        "is late with its first text too often for its objective",
        "Compare time to first event with time to first text: routing, or the model.",
    ),
    Rule(
        "StreamsFrozen",
        PAGE,
        STATE,
        "has streams that are open and silent",
        "Look at one of them: does the process behind it still run, does a proxy hold bytes back?",
        for_s=60.0,
    ),
    Rule(
        "Stalls",
        TICKET,
        RATIO,
        "stalls in too many turns",
        "Inspect a stalled turn: bytes that stop point at the network, heartbeats without text at the model.",
        window_s=900.0,
        limit=0.1,
        least=2.0,
        for_s=60.0,
    ),
    Rule(
        "ReconnectStorm",
        TICKET,
        COUNT,
        "makes us connect anew again and again",
        "See which fault is behind the reconnects; a proxy with a short timeout is the usual one.",
        window_s=300.0,
        limit=20.0,
    ),
    Rule(
        "SlowFirstText",
        TICKET,
        RATIO,
        "lets too many questions wait for their first text",
        "Compare the wait for the first event with that for the first text, and look at its load.",
        window_s=900.0,
        limit=0.25,
        least=2.0,
        for_s=60.0,
    ),
    Rule(
        "Bursts",
        TICKET,
        RATIO,
        "delivers in bursts: something on the way buffers",
        "Switch off response buffering in the proxy before it (X-Accel-Buffering: no) and check again.",
        window_s=900.0,
        limit=0.25,
        least=2.0,
    ),
    Rule(
        "CanaryStale",
        TICKET,
        STATE,
        "is not being asked by its canary",
        "Is it busy with max_parallel turns all the time? Else look for a failed task in the log.",
        for_s=60.0,
    ),
    Rule(
        "SlowScreen",
        TICKET,
        RATIO,
        "Pages are updated late",
        "Look at the load of this machine and how many pages are open; the streams themselves are timed at the read.",
        of_backend=False,
        window_s=300.0,
        limit=0.05,
        least=20.0,
        for_s=60.0,
    ),
    Rule(
        "EventLoopBlocked",
        TICKET,
        RATIO,
        "This process is blocked again and again, so times may be too long",
        "Give it more processor or fewer streams; `process_cpu_seconds_total` says whether it is busy.",
        of_backend=False,
        window_s=300.0,
        limit=0.01,
        least=2.0,
        for_s=60.0,
    ),
    Rule(
        "HistoryFailing",
        TICKET,
        STATE,
        "The history is not being written",
        "Free space on its disk, or see who holds the file, which the log names; streams go on, their turns are not kept.",
        of_backend=False,
        for_s=60.0,
    ),
    Rule(
        "ConfigNotLoaded",
        TICKET,
        STATE,
        "The configuration was changed and not taken: it has a mistake",
        "Mend what the sentence names (the log has the whole of it) and send SIGHUP again.",
        of_backend=False,
    ),
    Rule(
        "LabelOverflow",
        TICKET,
        COUNT,
        "More agents than metrics have room for: the rest is counted as “other”",
        "See which back end invents agent names, and make them a small set.",
        of_backend=False,
        window_s=_HOUR,
    ),
)
"""The most urgent first."""
