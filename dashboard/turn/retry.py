"""When a lost attempt may be followed by another, and how long to wait before it."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime

from dashboard.config import Retry
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Ask

RETRYABLE_STATUS = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that an event source may retry (GET asks again without harm)."""

INVITING_STATUS = frozenset({408, 429, 503})
"""The server's own invitation to try again: the work was not begun, so a POST may be sent again."""

NOTHING_SENT = frozenset({Fault.DNS, Fault.CONNECT, Fault.TLS, Fault.PROXY, Fault.CONNECT_TIMEOUT})
"""Faults before the first byte of a request: no work can have been begun."""

RETRY_AFTER_CAP_S = 300.0


def is_final(fault: Fault, status: int) -> bool:
    """Whether asking again cannot help: no stream, or a status that is an answer."""
    return fault in (Fault.MEDIA_TYPE, Fault.REDIRECT) or (
        fault is Fault.HTTP_STATUS and status not in RETRYABLE_STATUS
    )


def invites(fault: Fault, status: int) -> bool:
    """Whether any request may be sent again: nothing of it was carried out."""
    return fault in NOTHING_SENT or (fault is Fault.HTTP_STATUS and status in INVITING_STATUS)


def next_ask(
    first: Ask, resumed: Ask | None, fault: Fault, status: int, *, text_seen: bool, replay: bool
) -> Ask | None:
    """The request of the next attempt, None when there may be none; `status` is that of a refused head, 0 without one.

    `resumed` is the request that goes on after what was heard, where there is one. A POST is never sent again once its
    bytes were sent (it may have been carried out), unless the server itself invites it or `replay` allows it. Text is
    never joined across a restart.
    """
    if is_final(fault, status):
        return None
    if resumed is not None:
        return resumed
    if text_seen:
        return None
    return first if invites(fault, status) or replay or first.method == "GET" else None


class Backoff:
    """min(cap, base·2ⁿ) with jitter in [d/2, d]; n is the number of failures in a row.

    `chance` gives a float in [0, 1). Success resets n; a clean end of the transport alone is none.
    """

    def __init__(self, policy: Retry, chance: Callable[[], float]) -> None:
        self.base_s = policy.base_s
        self._cap_s = policy.cap_s
        self._max_attempts = policy.max_attempts
        self._chance = chance
        self._failures = 0

    @property
    def exhausted(self) -> bool:
        """True when as many attempts in a row have failed as are allowed."""
        return self._failures >= self._max_attempts

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1

    def delay_s(self, retry_after_s: float | None) -> float:
        """Seconds until the next attempt; never earlier than the server asked for by Retry-After."""
        whole = min(self._cap_s, self.base_s * 2.0 ** min(self._failures - 1, 32))
        return max(whole * (0.5 + 0.5 * self._chance()), retry_after_s or 0.0)


def retry_after_s(value: str | None, wall_now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 §10.2.3), capped at 300; None when absent or unreadable.

    A date in the past is 0. `wall_now` is Unix time.
    """
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_CAP_S)
    try:
        at = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, at - wall_now), RETRY_AFTER_CAP_S)
