"""What was written to a page's websocket and not yet taken by its network: watched, and bounded.

Tornado and Bokeh keep it in memory for as long as the connection lasts, which for a browser that has stopped reading (a
sleeping laptop, a tab in a debugger, a hostile client) may be a quarter of an hour. So a page that falls behind is told
nothing until it has caught up, and one that takes nothing at all is let go of; when it returns, it is told everything.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

BEHIND_BYTES = 256_000
BEHIND_S = 2.0
"""A page with more than that on its way, or one that has taken nothing for so long, is behind: nothing new is sent."""
MOST_BYTES = 32_000_000
"""More than this is on its way: the websocket is closed. One long conversation in full is a few megabytes."""
STUCK_S = 60.0
"""The page took nothing for so long: the websocket is closed."""
PINGS = 3
"""So many of Bokeh's pings (one each 37 s) may go unanswered; browsers answer by themselves, also for a busy page."""
TRY_AGAIN_LATER = 1013
LEFT = "Failed sending message as connection was closed"
"""Bokeh's words for a page that was closed while something was on its way to it: that is how pages go, nobody need look."""


def hush() -> None:
    """Keeps LEFT out of the log; a second call changes nothing."""
    logging.getLogger("bokeh.server.views.ws").addFilter(_worth_a_line)


def _worth_a_line(record: logging.LogRecord) -> bool:
    return record.msg != LEFT


class Outgoing:
    """The writes to one websocket, in order; `close` is called once, with the reason, when they are too many or too old."""

    def __init__(self, close: Callable[[str], None]) -> None:
        self._close = close
        self._waiting: deque[tuple[float, int]] = deque()
        self._suspect: tuple[float, int] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.closed = False
        """The websocket is closed, or was told to."""
        self.bytes = 0
        """How much is on its way."""

    @property
    def behind(self) -> bool:
        """Whether the page should be told nothing new now."""
        if not self._waiting:
            return False
        return self.bytes > BEHIND_BYTES or time.monotonic() - self._waiting[0][0] > BEHIND_S

    def wrote(self, size: int, taken: asyncio.Future[Any]) -> None:
        """`size` bytes were written; `taken` is done once the network has them. Call with the loop running."""
        if not self._waiting and taken.done():  # nearly always
            if not taken.cancelled():
                taken.exception()
            return
        self.bytes += size
        self._waiting.append((time.monotonic(), size))
        taken.add_done_callback(self._taken)
        if self.bytes - size > MOST_BYTES:
            self.give_up(f"{self.bytes / 1e6:.0f} MB were waiting for this page, which read too slowly")
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(STUCK_S, self._look)

    def _taken(self, taken: asyncio.Future[Any]) -> None:
        if not taken.cancelled():
            taken.exception()  # a closed websocket; whoever writes next is told
        self.bytes -= self._waiting.popleft()[1]

    def _look(self) -> None:
        self._timer = None
        if not self._waiting or self.closed:
            return
        first = self._waiting[0]
        wait_s = first[0] + STUCK_S - time.monotonic()
        if wait_s <= 0 and self._suspect is first:
            self.give_up(f"this page read nothing for {STUCK_S:.0f} s")
            return
        if wait_s <= 0:  # seen twice before it counts: perhaps this process itself stood still
            self._suspect, wait_s = first, STUCK_S / 60
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._look)

    def give_up(self, reason: str) -> None:
        """Closes the websocket, once; a page that reads again comes back by itself."""
        if not self.closed:
            self.closed = True
            log.warning("a page's websocket was closed: %s", reason)
            self._close(reason)

    def ended(self) -> None:
        """The websocket is closed."""
        self.closed = True
        self._close = lambda _reason: None  # it holds the whole page
        if self._timer is not None:
            self._timer.cancel()


_open: dict[str, set[Outgoing]] = {}


def watch(session: str, socket: Any) -> Outgoing:
    """Watches all that is written to the websocket of a handler of Tornado's, from now until `unwatch`."""
    outgoing = Outgoing(lambda reason: socket.close(TRY_AGAIN_LATER, reason))
    connection = socket.ws_connection
    write = connection.write_message

    def write_message(message: str | bytes, binary: bool = False) -> Any:
        taken = write(message, binary=binary)
        outgoing.wrote(len(message), taken)
        return taken

    connection.write_message = write_message  # Panel writes past the handler, to its base class
    _open.setdefault(session, set()).add(outgoing)
    return outgoing


def unwatch(session: str, outgoing: Outgoing) -> None:
    """The websocket is closed."""
    outgoing.ended()
    of_session = _open.get(session, set())
    of_session.discard(outgoing)
    if not of_session:
        _open.pop(session, None)


def behind(session: str) -> bool:
    """Whether a page of that Bokeh session should be told nothing new now."""
    return any(each.behind for each in _open.get(session, ()))
