"""What a chart may know: frozen numbers about one scope, with a revision.

All times are seconds; `at` and every `*_at` are on the monotonic clock that stamps turn events, `wall_at` is Unix time.
Nothing here is recomputed by a reader: one snapshot serves every page.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]


class Scope(msgspec.Struct, frozen=True):
    """Whose numbers: the process's for a backend (session ""), or one browser session's on that backend."""

    backend: str
    session: str = ""


class Quantiles(msgspec.Struct, frozen=True):
    """p50, p95, p99 and max in seconds (each ≤ 1 % off, log-bucket histogram; max exact); NaN when n is 0."""

    n: int = 0
    p50: float = float("nan")
    p95: float = float("nan")
    p99: float = float("nan")
    max: float = float("nan")


class Mark(msgspec.Struct, frozen=True):
    """What happened in one step of a window, told by the row that ends it: counts, at least one of them not 0."""

    t: float
    """Unix time in ms, that of the row."""
    reconnects: int
    stalls: int
    """When they were seen, which is `stall_after_s` after the silence began."""
    outcomes: tuple[int, ...]
    """Turns that ended, in the order of Outcome."""


class Window(msgspec.Struct, frozen=True):
    """Series over one window, oldest first, one row a step; NaN where nothing was measured (a gap, not a zero).

    Columns: t (Unix time, ms); rate_text, rate_routing, rate_other, rate_heartbeat (per second); gap_p50, gap_p95,
    gap_p99, ttft (ms); open, connecting, stalled, backing_off (connections); reconnects, faults (counts in the step).
    """

    span_s: float
    step_s: float
    columns: Mapping[str, Column]
    marks: tuple[Mark, ...] = ()
    """Oldest first, at most one a row; only steps in which something happened have one."""


class Snapshot(msgspec.Struct, frozen=True):
    """All the numbers of one scope at one moment."""

    revision: int
    """Grows when anything but the passage of time changed."""
    at: float
    wall_at: float
    scope: Scope
    connection: str
    """idle, connecting, open, stalled, backing_off or failed: the most telling of this scope's turns."""
    connection_since: float
    silent_s: float
    """How long the quietest open stream has been silent; 0 when none is open."""
    uptime_s: float
    """Age of the oldest open connection; the last one's, when none is open (see `uptime_live`)."""
    uptime_live: bool
    events_total: int
    heartbeats_total: int
    chunks_total: int
    bytes_total: int
    events_per_s: float
    events_per_s_10s: float
    turns_total: int
    turns_active: int
    outcomes: Mapping[str, int]
    last_outcome: str
    last_fault: str
    reconnects_total: int
    faults_total: int
    stalls_total: int
    anomalies_total: int
    last_reconnect_at: float
    """NaN when there was none."""
    ttft_last_s: float
    ttft: Quantiles
    gap: Quantiles
    """Over the last 60 s."""
    windows: Mapping[str, Window]
    """By name: "1m" (250 ms steps), "5m" (1 s), "1h" (10 s)."""
