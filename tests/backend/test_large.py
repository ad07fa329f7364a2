"""Much at once: all of it is accepted, and the loop belongs to others between two reads."""

from __future__ import annotations

import asyncio

from dashboard.backend.reads import AHEAD_BYTES
from dashboard.config import Backend, Config
from dashboard.runtime import Runtime
from dashboard.turn.events import ChunkArrived, TextArrived, TurnEvent
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, serving
from tests.turn.script import DONE, say

CHUNKS = 100_000
READ_BYTES = 2 * AHEAD_BYTES
"""A read is what was read ahead, and one piece more."""


async def test_100_000_chunks_are_accepted_and_no_read_holds_the_loop_for_long() -> None:
    pieces = [say(f"{n} ") for n in range(CHUNKS)]

    async def pour(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD)
        for at in range(0, CHUNKS, 1_000):
            await peer.send(b"".join(pieces[at : at + 1_000]))
        await peer.send(DONE)

    since = longest = largest = 0

    def watch(event: TurnEvent) -> None:
        nonlocal since, largest
        since += type(event) is TextArrived
        largest = max(largest, event.size if type(event) is ChunkArrived else 0)

    async def others() -> None:
        nonlocal since, longest
        while True:
            longest, since = max(longest, since), 0
            await asyncio.sleep(0)

    async with serving(pour) as server:
        runtime = Runtime(Config([Backend("b", server.url, "orchestrator")]))
        live = runtime.ask("b", Question("?"), also=watch)
        other = asyncio.create_task(others())
        await asyncio.wait_for(live.wait(), 100)
        other.cancel()
        report = live.gauge.report()
        await runtime.aclose()
    assert (report.outcome, report.chunks, report.anomalies) == ("completed", CHUNKS, [])
    assert report.text == "".join(f"{n} " for n in range(CHUNKS))
    assert largest <= READ_BYTES
    assert 0 < longest <= READ_BYTES / len(pieces[0]), "chunks of one read, then somebody else"


async def test_an_event_of_a_megabyte_among_others_is_accepted() -> None:
    text = "ü" * (1 << 19)

    async def pour(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("<"), say(text), say(">") + DONE)

    async with serving(pour) as server:
        runtime = Runtime(Config([Backend("b", server.url, "orchestrator")]))
        live = runtime.ask("b", Question("?"))
        await asyncio.wait_for(live.wait(), 100)
        report = live.gauge.report()
        await runtime.aclose()
    assert (report.outcome, report.chunks, report.text) == ("completed", 3, f"<{text}>")
