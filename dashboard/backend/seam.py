"""The seam between a Turn's driver and whatever carries its bytes: HTTP, a recording, a test's script."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from dashboard.turn.request import Head
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Ask

EXCERPT_BYTES = 2048
EXCERPT_S = 2.0


class Broken(Exception):  # noqa: N818  # what a network does is no error of ours
    """The network failed: a Fault and what was seen."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault, self.detail = fault, detail


class Stopped(Exception):  # noqa: N818  # a person's wish
    """Whoever asked has closed the stream (only a recording tells it this way; live, the task is cancelled).

    `by` is "recording" where the recording ends and the turn does not.
    """

    def __init__(self, by: str = "person") -> None:
        super().__init__(by)
        self.by = by


class Read(NamedTuple):
    """What arrived without the loop waiting; `at` is when its first byte was read. Empty data: the clean end."""

    at: float
    data: bytes


class Closed(NamedTuple):
    """What was seen when a connection was closed by us.

    `closed` says that its socket is gone; `unread` bytes had arrived and were dropped, the last of them at `last_at`.
    """

    closed: bool
    unread: int
    last_at: float


class Connection(Protocol):
    """An open response."""

    head: Head

    async def read(self, deadline: float) -> Read | None:
        """The next read, None when `deadline` passed before one came. Raises Broken."""
        ...

    async def excerpt(self) -> bytes:
        """The first 2 KB of the body, or what of it came within 2 s; never raises for a broken one."""
        ...

    async def aclose(self) -> Closed | None:
        """Closes it at once; None where there is nothing to see (a recording)."""
        ...


class Transport(Protocol):
    """How a Turn reaches a back end, and whose clock it lives by."""

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    async def warm(self) -> None:
        """Does beforehand what would else be counted as the back end's time."""
        ...

    async def open(self, ask: Ask, deadline: float) -> Connection | None:
        """The response to `ask`, None when its head did not come by `deadline`. Raises Broken."""
        ...

    async def sleep_until(self, at: float) -> None: ...
