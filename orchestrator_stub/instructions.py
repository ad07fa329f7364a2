"""What a script tells the server to do, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Outcome = Literal["", "completed", "failed"]
Ending = Literal["close", "truncate", "reset"]


class Event(msgspec.Struct, frozen=True):
    """One whole SSE message, with the number that its id ends in; counted from 1."""

    seq: int
    data: bytes


class Head(msgspec.Struct, frozen=True):
    """The response's status line and headers; nothing is sent before it, and without it there is no response."""

    status: int
    headers: Mapping[str, str]


class Send(msgspec.Struct, frozen=True):
    """One write. `events` begin in it, for those who reconnect; `outcome` is what the run's end counts as, if it is its end."""

    data: bytes
    events: tuple[Event, ...] = ()
    outcome: Outcome = ""


class Wait(msgspec.Struct, frozen=True):
    """Nothing for `s` seconds at speed 1."""

    s: float


class Hang(msgspec.Struct, frozen=True):
    """Nothing ever again, with the connection open."""


class Forget(msgspec.Struct, frozen=True):
    """The run cannot be resumed from here on."""


class Cut(msgspec.Struct, frozen=True):
    """The connection ends: `close` in good order, `truncate` by FIN without the body's end, `reset` by RST."""

    how: Ending


class Reshape(msgspec.Struct, frozen=True):
    """How what follows is cut into writes; consumed by shaping, never seen by the server. 0 leaves as it is."""

    slice_bytes: int = 0
    gap_s: float = 0.0
    through: bool = False
    hold_bytes: int = 0


Instruction = Head | Send | Wait | Hang | Forget | Cut | Reshape
