"""How a turn ended and what went wrong: closed sets, and the rules that choose from them.

The values double as Prometheus labels and as the words of `check --json`.
"""

from __future__ import annotations

from enum import StrEnum


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
