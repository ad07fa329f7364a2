"""Stop, measured: at once, whatever the stream does; the socket is gone, and the audit says what was seen."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import pytest

from dashboard.backend.answer import CLOSE_S, Stop, answer
from dashboard.backend.seam import Closed
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend, Config, Limits, Retry, Timeouts
from dashboard.runtime import Runtime
from dashboard.turn.events import Ended, StopAudited, TurnEvent
from dashboard.turn.request import Head
from dashboard.turn.turn import Turn
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Ask, Question
from tests.backend.raw import HEAD, Peer, RawServer, serving
from tests.turn.script import say

AT_ONCE_S = 0.2
ATTEMPTS = 5
"""A busy machine may take longer once, not each time."""

LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [asyncio.new_event_loop]
if sys.platform != "win32":
    import uvloop

    LOOPS.append(uvloop.new_event_loop)


async def flood(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD)
    while True:
        await peer.send(say("and so on ") * 50)


async def silent(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("one"))
    await peer.gone()


async def no_head(peer: Peer) -> None:
    await peer.read_request()
    await peer.gone()


async def busy(peer: Peer) -> None:
    """So that Stop comes while the turn waits for its next attempt."""
    await peer.read_request()
    await peer.send(b"HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n")


def runtime_for(server: RawServer) -> Runtime:
    backend = Backend("b", server.url, "orchestrator", retry=Retry(5.0, 5.0, 3), timeouts=Timeouts(2, 20))
    return Runtime(Config([backend], Limits()))


async def stopped(script: Callable[[Peer], Awaitable[None]], after_s: float, by: str) -> tuple[list[TurnEvent], float]:
    """The events of a turn that was stopped, and how long Stop took."""
    seen: list[TurnEvent] = []
    async with serving(script) as server:
        runtime = runtime_for(server)
        live = runtime.ask("b", Question("hello"), session="s", also=seen.append)
        await asyncio.sleep(after_s)
        began = time.monotonic()
        if by == "session":
            runtime.end_session("s")
        else:
            live.cancel(by)
        await live.wait()
        took_s = time.monotonic() - began
        await asyncio.wait_for(server.peers[0].gone(), 30)
        report = live.gauge.report()
        await runtime.aclose()
    assert report.diagnosis
    assert (report.outcome, report.diagnosis.kind) == ("stopped", "stopped")
    assert [line for line in report.diagnosis.evidence if line.startswith("Stop audit: ")]
    return seen, took_s


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__module__)
@pytest.mark.parametrize("by", ["person", "session", "shutdown"])
@pytest.mark.parametrize("script", [flood, silent])
def test_stop_is_at_once_and_the_socket_is_gone(
    script: Callable[[Peer], Awaitable[None]], by: str, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    for _ in range(ATTEMPTS):
        with asyncio.Runner(loop_factory=loop) as runner:
            seen, took_s = runner.run(stopped(script, 0.2, by))
        if took_s < AT_ONCE_S:
            break
    audit, end = seen[-2:]
    assert isinstance(audit, StopAudited)
    assert isinstance(end, Ended)
    assert end.by == by
    assert took_s < AT_ONCE_S
    assert audit.closed is True
    assert 0 <= audit.closed_s <= took_s + 0.01
    assert audit.last_byte_s is None or 0 < audit.last_byte_s <= audit.closed_s
    if script is silent:
        assert (audit.unread, audit.last_byte_s) == (0, None)


@pytest.mark.parametrize("script", [no_head, busy])
async def test_where_no_connection_was_open_the_audit_says_so(script: Callable[[Peer], Awaitable[None]]) -> None:
    for _ in range(ATTEMPTS):
        seen, took_s = await stopped(script, 0.1, "person")
        if took_s < AT_ONCE_S:
            break
    assert took_s < AT_ONCE_S
    assert [event.closed for event in seen if isinstance(event, StopAudited)] == [None]


class Stubborn:
    """A connection that does not close by itself, and on which bytes still came after Stop."""

    head = Head(200, {"content-type": "text/event-stream"})

    def __init__(self, *, closes: bool) -> None:
        self._closes = closes

    def now(self) -> float:
        return time.monotonic()

    async def warm(self) -> None:
        """Nothing to load."""

    async def sleep_until(self, at: float) -> None:
        await asyncio.sleep(at - self.now())

    async def open(self, ask: Ask, deadline: float) -> Stubborn:
        return self

    async def read(self, deadline: float) -> None:
        await asyncio.sleep(60)

    async def excerpt(self) -> bytes:
        return b""

    async def aclose(self) -> Closed:
        if not self._closes:
            await asyncio.sleep(60)
        await asyncio.sleep(0.02)
        return Closed(closed=True, unread=77, last_at=self.now() - 0.01)


@pytest.mark.parametrize("closes", [True, False])
async def test_a_connection_that_will_not_close_does_not_hold_stop_up(*, closes: bool) -> None:
    backend = Backend("b", "http://127.0.0.1:1/", "orchestrator")
    for _ in range(ATTEMPTS):
        turn = Turn("t", backend, dialect_of(backend), Question("hello"), limits=Limits())
        seen: list[TurnEvent] = []
        stop = Stop("shutdown")
        task = asyncio.create_task(answer(turn, Stubborn(closes=closes), seen.append, stop))
        await asyncio.sleep(0.05)
        stop.by, stop.at = "person", time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if (took_s := time.monotonic() - stop.at) < AT_ONCE_S:
            break
    assert took_s < AT_ONCE_S
    audit, end = seen[-2:]
    assert isinstance(audit, StopAudited)
    assert isinstance(end, Ended)
    assert (audit.closed, audit.unread) == ((True, 77) if closes else (False, 0))
    assert (audit.last_byte_s is not None) is closes
    assert closes or audit.closed_s >= CLOSE_S


async def test_the_seconds_count_from_stop_even_if_our_loop_is_late() -> None:
    seen: list[TurnEvent] = []
    async with serving(silent) as server:
        runtime = runtime_for(server)
        live = runtime.ask("b", Question("hello"), also=seen.append)
        await live.changed(0)
        await asyncio.sleep(0.1)
        live.cancel()
        time.sleep(0.05)  # noqa: ASYNC251  # the loop is blocked, which is the point
        await live.wait()
        await runtime.aclose()
    assert [event.closed_s >= 0.05 for event in seen if isinstance(event, StopAudited)] == [True]


async def test_what_had_arrived_and_was_not_read_is_counted() -> None:
    async def say_more(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + b"x" * 1000)
        await peer.gone()

    async with serving(say_more) as server:
        transport = HttpTransport(Backend("b", server.url))
        connection = await transport.open(Ask("GET", server.url), transport.now() + 5)
        assert connection
        began = transport.now()
        await asyncio.sleep(0.1)
        seen = await connection.aclose()
        await transport.aclose()
    assert seen
    assert (seen.closed, seen.unread) == (True, 1000)
    assert began - 1 < seen.last_at < transport.now()
