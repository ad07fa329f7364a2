"""What is known about a turn when it is judged; times are seconds from the request, None where it never happened."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dashboard.config import Thresholds
from dashboard.health.arrival import Arrival
from dashboard.health.audits import Audit

NO_TEXT = Arrival(0, 0, float("nan"), float("nan"), 0, 0.0, float("nan"), thinned=False)


Told = tuple[str, list[str], str]
"""What a diagnosis says: sentence, evidence, next step."""


class Stall(msgspec.Struct, frozen=True):
    """One silence longer than stall_after_s, on the clock "bytes" or "progress"."""

    clock: str
    silent_s: float
    after_text: bool
    over: bool
    """Progress came again."""


class Proof(msgspec.Struct, frozen=True):
    """The same question asked around a proxy and through it, with different arrivals."""

    hop: str
    directive: str
    """What to change in the hop's configuration, a sentence."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a diagnosis may rest on."""

    outcome: str
    fault: str = ""
    detail: str = ""
    by: str = ""
    dialect: str = ""
    limits: Thresholds = Thresholds()

    connecting_s: float | None = None
    """The last attempt before the first text began."""
    dialled_s: float | None = None
    """The connection of that attempt stood: TCP, TLS, proxy."""
    head_s: float | None = None
    routing_s: float | None = None
    """The back end said that it is choosing an agent."""
    routed_s: float | None = None
    agent_s: float | None = None
    reasoning_s: float | None = None
    ttft_s: float | None = None
    last_byte_s: float | None = None
    duration_s: float = 0.0

    events: int = 0
    bytes: int = 0
    largest_event: int = 0
    """Characters of the data of the largest one."""
    heartbeats: int = 0
    reconnects: int = 0
    worst_gap_s: float = 0.0
    p95_gap_s: float = 0.0
    stalls: tuple[Stall, ...] = ()
    anomalies: Mapping[str, int] = {}
    anomaly_details: Mapping[str, str] = {}
    """The first of each kind."""
    arrival: Arrival = NO_TEXT
    headers: Mapping[str, str] = {}
    loop_lag_s: float = 0.0
    """The longest time in the turn that our own event loop was blocked."""
    screen_lag_s: float = 0.0
    """The worst time from a read to the page's update with it."""
    proof: Proof | None = None
    audit: Audit = Audit()

    @property
    def open_stall(self) -> Stall | None:
        return next((each for each in self.stalls if not each.over), None)

    def stall(self, *, after_text: bool) -> Stall | None:
        """The longest stall after, or before, the first text."""
        found = [each for each in self.stalls if each.after_text is after_text]
        return max(found, key=lambda each: each.silent_s, default=None)

    @property
    def blamed_s(self) -> float:
        """The longest wait that somebody else would be blamed for."""
        waits = [each.silent_s for each in self.stalls]
        if self.arrival.burst:
            waits.append(self.arrival.silence_s)
        if self.ttft_s is not None and self.ttft_s > self.limits.ttft_s:
            waits.append(self.ttft_s)
        if self.worst_gap_s > self.limits.gap_s:
            waits.append(self.worst_gap_s)
        return max(waits, default=0.0)

    def phases(self) -> list[tuple[str, float]]:
        """The way to the first text (or to the end, when none came), each phase with its own seconds, in order."""
        points = (
            ("attempts", self.connecting_s),
            ("connect", self.dialled_s),
            ("head", self.head_s),
            ("router", self.routed_s),
            ("agent", self.agent_s),
            (self._waiting_for(), self.duration_s if self.ttft_s is None else self.ttft_s),
        )
        spent, before = [], 0.0
        for phase, at in points:
            if at is not None:
                spent.append((phase, max(0.0, at - before)))
                before = max(before, at)
        return spent

    def _waiting_for(self) -> str:
        if self.ttft_s is not None:
            return "model"
        if self.head_s is None:
            return "head"
        if self.routed_s is None and self.routing_s is not None:
            return "router"
        if self.routed_s is not None and self.agent_s is None:
            return "agent"
        return "model"
