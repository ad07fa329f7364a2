"""After the good end: what still comes is told, a terminator or a comment is nothing, and nobody waits long."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from dashboard.backend.live import LiveTurn
from dashboard.backend.replay import ReplayTransport
from dashboard.config import Backend, Config
from dashboard.health.report import Report
from dashboard.runtime import Runtime
from dashboard.telemetry.recording import Recorder
from dashboard.turn.events import Ended, FinishHeard, TurnEvent
from dashboard.wire.dialect import Question
from dashboard.wire.redact import redactor_for
from tests.backend.raw import HEAD, Peer, serving
from tests.turn.script import DONE, say

LATE = say("and another thing")


async def run(
    runtime: Runtime, meanwhile: Callable[[LiveTurn, TurnEvent], None] | None = None
) -> tuple[Report, list[TurnEvent]]:
    events: list[TurnEvent] = []
    holder: list[LiveTurn] = []

    def observe(event: TurnEvent) -> None:
        events.append(event)
        if meanwhile is not None and holder:
            meanwhile(holder[0], event)

    holder.append(runtime.ask("b", Question("hello"), also=observe))
    await asyncio.wait_for(holder[0].wait(), 30)
    await runtime.aclose()
    return holder[0].gauge.report(), events


def ending(*after: bytes, stays: bool) -> Callable[[Peer], Awaitable[None]]:
    """A good end, then each of `after` once the client's side has had the one before."""

    async def play(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("hello") + DONE)
        for piece in after:
            await asyncio.sleep(0.01)
            await peer.send(piece)
        if stays:
            await peer.gone()

    return play


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        ((), []),
        ((b": ping\n\n",), []),
        ((b"data: [DONE]\n\n",), []),
        ((b": ping\n\n", LATE), ["late_bytes"]),
        ((LATE, LATE), ["late_bytes"]),
        ((LATE[:9], LATE[9:]), ["late_bytes"]),
    ],
    ids=["nothing", "comment", "terminator", "comment and text", "text", "text in pieces"],
)
async def test_what_comes_after_the_good_end(
    after: tuple[bytes, ...], kinds: list[str], stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kinds or not stays:  # something ends the look, which need not hurry on a busy machine
        monkeypatch.setattr("dashboard.backend.answer.LOOK_S", 30.0)
    async with serving(ending(*after, stays=stays)) as server:
        backend = Backend("b", server.url, "orchestrator")
        report, events = await run(Runtime(Config([backend])))
    assert (report.outcome, report.text) == ("completed", "hello")
    assert [each.kind for each in report.anomalies] == kinds
    assert [type(event) for event in events].count(Ended) == 1
    assert type(events[-1]) is Ended
    assert all(one.at <= other.at for one, other in itertools.pairwise(events)), "in order of time"

    recorder = Recorder(redactor_for(backend))
    for event in events:
        recorder.observe(event)
    runtime = Runtime(Config([backend]))
    live = runtime.ask("b", Question("hello"), transport=ReplayTransport(recorder.attempts()))
    await asyncio.wait_for(live.wait(), 30)
    await runtime.aclose()
    again = live.gauge.report()
    assert [each.kind for each in again.anomalies] == kinds, "a recording of it says the same"
    assert again.duration_s == pytest.approx(report.duration_s, abs=1e-5)


async def test_an_answer_that_came_to_its_end_is_whole_also_when_it_is_stopped_then() -> None:
    def stop(live: LiveTurn, event: TurnEvent) -> None:
        if type(event) is FinishHeard:
            asyncio.get_running_loop().call_soon(live.cancel)

    async with serving(ending(stays=True)) as server:
        report, events = await run(Runtime(Config([Backend("b", server.url, "orchestrator")])), stop)
        await asyncio.wait_for(server.peers[0].gone(), 30)
    assert report.outcome == "completed"
    assert [type(event) for event in events].count(Ended) == 1
