"""How a turn ended and what went wrong: closed sets, and the rules that choose from them.

The values double as Prometheus labels and as the words of `check --json`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

WAITED = "waiting to ask again after:"
"""How the detail of a turn begins that was stopped between two attempts; what had become of the last one follows."""


class Outcome(StrEnum):
    """How a turn ended: exactly one, the first that fits from the top."""

    STOPPED = "stopped"
    MALFORMED = "malformed"
    FAILED = "failed"
    COMPLETED = "completed"
    STALLED = "stalled"
    TRUNCATED = "truncated"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"


class Fault(StrEnum):
    """What went wrong; also the reason of a reconnect."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    PROXY = "proxy"
    CONNECT_TIMEOUT = "connect_timeout"
    HEAD_TIMEOUT = "head_timeout"
    HTTP_STATUS = "http_status"
    MEDIA_TYPE = "media_type"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    CUT = "cut"
    SILENT = "silent"
    BACKEND_ERROR = "backend_error"
    LIMIT = "limit"
    INTERNAL = "internal"


class AnomalyKind(StrEnum):
    """Something unwell in a turn that need not end it."""

    STALL = "stall"
    BURST = "burst"
    DUPLICATE = "duplicate"
    GAP = "gap"
    DISORDER = "disorder"
    MEDIA_TYPE = "media_type"
    UNKNOWN_EVENT = "unknown_event"
    MALFORMED_EVENT = "malformed_event"
    BAD_RETRY = "bad_retry"
    EMPTY_ANSWER = "empty_answer"
    LATE_BYTES = "late_bytes"


class Ending(msgspec.Struct, frozen=True):
    """What is known when a turn ends; `judge` makes the outcome of it."""

    fault: Fault | None = None
    stopped: bool = False
    unreadable: bool = False
    """Something came and none of it could be read, or an event was over the size."""
    backend_error: bool = False
    good_end: bool = False
    gave_up: bool = False
    opened: bool = False
    """A stream had been open at least once."""


RULES: tuple[tuple[Outcome, Callable[[Ending], bool]], ...] = (
    (Outcome.STOPPED, lambda e: e.stopped),
    (Outcome.MALFORMED, lambda e: e.unreadable),
    (Outcome.FAILED, lambda e: e.backend_error),
    (Outcome.COMPLETED, lambda e: e.good_end),
    (Outcome.STALLED, lambda e: e.gave_up),
    (Outcome.TRUNCATED, lambda e: e.opened),
    (Outcome.REJECTED, lambda e: e.fault in (Fault.HTTP_STATUS, Fault.MEDIA_TYPE, Fault.REDIRECT)),
    (Outcome.UNREACHABLE, lambda _: True),
)


def judge(ending: Ending) -> Outcome:
    """The one outcome of a turn: the first rule that fits, from the top."""
    return next(outcome for outcome, fits in RULES if fits(ending))
