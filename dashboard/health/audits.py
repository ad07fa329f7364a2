"""Two audits of a turn's connections, told as evidence: how it reconnected, and how it was stopped."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dashboard.health.wording import count, seconds
from dashboard.turn.events import Connecting, RetryHeard, RetryScheduled, StopAudited
from dashboard.turn.verdict import AnomalyKind

WAITS = 20
"""So many waits are kept; more are only counted."""
LEAST_PART = 0.5
"""`retry:` counts as honoured from this part of it on: retries are spread by chance between a half and the whole."""
CLOCK_S = 0.001


class Wait(msgspec.Struct, frozen=True):
    """One wait between two attempts; `asked_s` is the `retry:` in force, None when the stream had none."""

    reason: str
    asked_s: float | None
    planned_s: float
    waited_s: float

    @property
    def honoured(self) -> bool:
        return self.asked_s is None or self.waited_s >= self.asked_s * LEAST_PART - CLOCK_S


class Audit(msgspec.Struct, frozen=True):
    """What the two audits rest on."""

    messages: int = 0
    identified: int = 0
    """Messages that came while an id was in force."""
    retry_s: float | None = None
    reconnects: int = 0
    waits: tuple[Wait, ...] = ()
    stop: StopAudited | None = None


class Audits:
    """Folds the events of one turn that the audits are about; `unidentified` messages are its owner's to count."""

    __slots__ = ("_reconnects", "_retry_s", "_scheduled", "_stop", "_waits", "unidentified")

    def __init__(self) -> None:
        self.unidentified = self._reconnects = 0
        self._retry_s: float | None = None
        self._scheduled: RetryScheduled | None = None
        self._waits: list[Wait] = []
        self._stop: StopAudited | None = None

    def retry_heard(self, event: RetryHeard) -> None:
        self._retry_s = event.delay_s

    def scheduled(self, event: RetryScheduled) -> None:
        self._scheduled = event

    def connecting(self, event: Connecting) -> None:
        before, self._scheduled = self._scheduled, None
        if before is None:
            return
        self._reconnects += 1
        if len(self._waits) < WAITS:
            self._waits.append(Wait(before.reason, self._retry_s, before.delay_s, event.at - before.at))

    def stopped(self, event: StopAudited) -> None:
        self._stop = event

    def audit(self, messages: int) -> Audit:
        """What is known so far, of a turn with so many messages."""
        identified = messages - self.unidentified
        return Audit(messages, identified, self._retry_s, self._reconnects, tuple(self._waits), self._stop)


def audited(audit: Audit, anomalies: Mapping[str, int]) -> list[str]:
    """The lines of evidence: reconnects always, the stop where there was one."""
    lines = [f"Reconnect audit: {_ids(audit)}; {_retry(audit)}; {_reconnects(audit)}."]
    if audit.reconnects and audit.identified:
        lines.append(f"By their ids: {_continuity(anomalies)}.")
    if audit.stop is not None:
        lines.append(f"Stop audit: {_stop(audit.stop)}.")
    return lines


def _ids(audit: Audit) -> str:
    if not audit.messages:
        return "no event came that could have an id"
    if not audit.identified:
        return f"no ids on {count(audit.messages, 'event')}, so nothing lost or repeated could be told"
    if audit.identified == audit.messages:
        return f"ids on all of {count(audit.messages, 'event')}"
    return f"ids on {audit.identified:,} of {count(audit.messages, 'event')}"


def _retry(audit: Audit) -> str:
    return "no retry: asked for" if audit.retry_s is None else f"retry: {seconds(audit.retry_s)} asked for"


def _reconnects(audit: Audit) -> str:
    if not audit.reconnects:
        return "no reconnect"
    waits = ", ".join(f"{seconds(each.waited_s)} after {each.reason}{_kept(each)}" for each in audit.waits[:5])
    more = ", …" if audit.reconnects > 5 else ""
    return f"{count(audit.reconnects, 'reconnect')}, having waited {waits}{more}"


def _kept(wait: Wait) -> str:
    if wait.asked_s is None:
        return ""
    return " (retry: honoured)" if wait.honoured else f" (retry: {seconds(wait.asked_s)} not honoured)"


def _continuity(anomalies: Mapping[str, int]) -> str:
    found = [
        count(anomalies[kind], word)
        for kind, word in ((AnomalyKind.GAP, "gap"), (AnomalyKind.DUPLICATE, "duplicate"))
        if kind in anomalies
    ]
    if AnomalyKind.DISORDER in anomalies:
        found.append(f"{anomalies[AnomalyKind.DISORDER]:,} × disorder")
    return ", ".join(found) if found else "no gap, no duplicate, no disorder"


def _stop(stop: StopAudited) -> str:
    if stop.closed is None:
        return "no connection was open"
    still = "no byte came after Stop"
    if stop.last_byte_s is not None:
        still = f"bytes came until {_ms(stop.last_byte_s)} after Stop"
    dropped = f", {count(stop.unread, 'unread byte')} dropped" if stop.unread else ""
    how = "connection closed" if stop.closed else "connection still not closed"
    return f"{still}{dropped}; {how} {_ms(stop.closed_s)} after it"


def _ms(value: float) -> str:
    return f"{value * 1000:.0f} ms"
