"""What happened in a turn: the one vocabulary that every observer reads.

Every event carries the turn's id and `at`, seconds on one monotonic clock, stamped once at the read; all events of
one read share it. An observer is a synchronous, fast callable that takes one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dashboard.wire.chat_event import Reasoning, Routed, Step, ToolCall


class _Event(msgspec.Struct, frozen=True, gc=False):
    turn: str
    at: float


class Asked(_Event, frozen=True):
    """The question was put. `source`: live, canary, check or replay; `session` "" when no browser asked; `trace_id` "" for none."""

    backend: str
    dialect: str
    session: str
    source: str
    question: str
    trace_id: str = ""


class Guessed(_Event, frozen=True):
    """dialect: auto took `dialect`; `how` says from what ("the path", "the first message")."""

    dialect: str
    how: str


class Connecting(_Event, frozen=True):
    """An attempt begins; `attempt` counts from 1."""

    attempt: int


class Connected(_Event, frozen=True):
    """The response head arrived and is a stream; the connection for it stood at `dialled_at`, if that was seen."""

    status: int
    headers: Mapping[str, str]
    dialled_at: float | None = None


class HeadRefused(_Event, frozen=True):
    """The response head arrived and is no stream; `body` is the first 2 KB of what the server had to say."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ChunkArrived(_Event, frozen=True):
    """One read: what arrived without the loop waiting; after content decoding. `size` in bytes."""

    size: int
    data: bytes


class Heartbeat(_Event, frozen=True):
    """A comment, or a message that the dialect knows as a ping."""

    text: str


class RetryHeard(_Event, frozen=True):
    """A valid `retry:` line: so long should a reconnect wait (clamped to 0.1…60 s)."""

    delay_s: float


class MessageArrived(_Event, frozen=True):
    """One dispatched SSE message, counted once whatever it meant.

    `kind` is one of MESSAGE_KINDS: the kind of the first chat event in it ("empty" when it had nothing to tell).
    """

    kind: str
    event: str
    data: str
    id: str


class TextArrived(_Event, frozen=True):
    """A piece of the answer; `first` marks the turn's first."""

    text: str
    first: bool


class Progressed(_Event, frozen=True):
    """Anything but text that moves the answer on."""

    chat_event: Reasoning | Routed | Step | ToolCall


class UsageReported(_Event, frozen=True):
    """Tokens as reported; None where not."""

    input_tokens: int | None
    output_tokens: int | None


class FinishHeard(_Event, frozen=True):
    """The back end said why the answer is over."""

    reason: str


class Anomaly(_Event, frozen=True):
    """Something unwell that need not end the turn; `kind` is one of verdict.AnomalyKind."""

    kind: str
    detail: str


class Stalled(_Event, frozen=True):
    """A clock ("bytes" or "progress") was silent longer than stall_after_s; `silent_s` so far."""

    clock: str
    silent_s: float


class Recovered(_Event, frozen=True):
    """The stall is over; `gap_s` is the whole silence."""

    clock: str
    gap_s: float


class Eof(_Event, frozen=True):
    """The transport ended cleanly (FIN, the last chunk, the promised length); what that means follows."""


class Disconnected(_Event, frozen=True):
    """The attempt was lost and another follows (RetryScheduled); `fault` is a verdict.Fault value.

    The last attempt's loss is told by Ended alone, so that each fault is told exactly once.
    """

    fault: str
    detail: str


class RetryScheduled(_Event, frozen=True):
    """Attempt `attempt` follows in `delay_s` seconds; `reason` is the fault that makes it needed."""

    attempt: int
    delay_s: float
    reason: str


class StopAudited(_Event, frozen=True):
    """The turn is being stopped and its connection was let go; Ended follows. Seconds count from Stop.

    `closed` is None when none was open. `unread` bytes had arrived and were dropped; `last_byte_s` is when the last of
    them came, None when none came after Stop; `closed_s` is when the connection was closed, or given up on.
    """

    closed: bool | None
    closed_s: float
    unread: int
    last_byte_s: float | None


class Ended(_Event, frozen=True):
    """The turn is over: exactly one a turn. `outcome` and `fault` are values of verdict.Outcome and .Fault ("" none).

    `detail` is the server's own words or what was seen; hostile until escaped. `by` says who stopped a stopped turn.
    """

    outcome: str
    fault: str
    detail: str
    by: str = ""


TurnEvent = (
    Asked
    | Guessed
    | Connecting
    | Connected
    | HeadRefused
    | ChunkArrived
    | Heartbeat
    | RetryHeard
    | MessageArrived
    | TextArrived
    | Progressed
    | UsageReported
    | FinishHeard
    | Anomaly
    | Stalled
    | Recovered
    | Eof
    | Disconnected
    | RetryScheduled
    | StopAudited
    | Ended
)

Observer = Callable[[TurnEvent], None]


def way(observe: Observer, kind: type) -> Callable[[Any], None] | None:
    """What takes events of `kind` for an observer, to the same effect as itself; None: they do not concern it.

    An observer that is some object's `observe` may have a `route` beside it, which says so: most kinds come with every
    read, and concern few. What it says must hold for the object's whole life.
    """
    route = getattr(getattr(observe, "__self__", None), "route", None)
    if route is None or getattr(observe, "__name__", "") != "observe":
        return observe
    told: Callable[[Any], None] | None = route(kind)
    return told


MESSAGE_KINDS = (
    "routing",
    "agent",
    "text",
    "reasoning",
    "tool",
    "usage",
    "finish",
    "error",
    "empty",
    "unknown",
    "malformed",
)
