"""CPU of the whole engine beside a bare `httpx-sse + json.loads` loop, on the same bytes, in turns.

`python -m tests.benchmarks.engine` prints a table and exits 1 when the median ratio of a row is over GOAL. The engine is
all that an event meets in a live turn but the socket: decoder, dialect, turn, transcript, gauge, monitor, Prometheus.
The bare loop is what anyone would write: `async for event in EventSource(response).aiter_sse(): json.loads(event.data)`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator

import httpx
from httpx_sse import EventSource

from dashboard.config import Backend, Limits
from dashboard.health.monitor import Monitor
from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.unread import Seen
from dashboard.telemetry.broadcast import Broadcast
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.turn.request import Head
from dashboard.turn.transcript import Transcript
from dashboard.turn.turn import Turn
from dashboard.wire.dialect import Endpoint, Question
from dashboard.wire.dialects import DIALECTS
from tests.benchmarks.decoder import EVENTS, chunk_event

GOAL = 2.5
ROUNDS = 9
TEXT = "".join(f" word{i % 97}" for i in range(EVENTS))


def orchestrator_event(i: int) -> str:
    parts = [{"kind": "text", "text": f" word{i % 97}"}]
    return json.dumps(
        {"event": "response_chunk", "response_data": {"raw_response": {"parts": parts}}, "protocol": "a2a"}
    )


def streams() -> dict[str, bytes]:
    """By dialect; ended well, so that the turn completes."""
    finish = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    openai = "".join(f"data: {chunk_event(i)}\n\n" for i in range(EVENTS)) + f"data: {finish}\n\ndata: [DONE]\n\n"
    native = "".join(f"id: r.{i}\ndata: {orchestrator_event(i)}\n\n" for i in range(EVENTS))
    return {
        "openai-chat": openai.encode(),
        "orchestrator": (native + f"id: r.{EVENTS}\ndata: {json.dumps({'event': 'completed'})}\n\n").encode(),
    }


class Engine:
    """The process's part, as the runtime wires it."""

    def __init__(self, dialect: str) -> None:
        self.backend = Backend("bench", "http://127.0.0.1:1/", dialect)
        self.monitor = Monitor(["bench"])
        self.sink = PrometheusSink([self.backend])

    def cpu_seconds(self, reads: list[bytes]) -> float:
        dialect = DIALECTS[self.backend.dialect](Endpoint(self.backend.url))
        turn = Turn("t", self.backend, dialect, Question("?"), limits=Limits())
        gauge, transcript = TurnGauge(self.backend.thresholds), Transcript("t")
        seen = Seen(lambda: observe.remove(seen.observe))
        observers = [gauge.observe, self.monitor.observe, self.sink.observe, seen.observe, transcript.observe]
        observe = Broadcast(observers, self.sink.observer_failed)
        now = 0.0
        gc.collect()
        begun = time.process_time()
        for event in turn.asked(now) + turn.connected(Head(200, {"content-type": "text/event-stream"}), now):
            observe(event)
        for read in reads:
            now += 0.005
            for event in turn.feed(read, now):
                observe(event)
        took = time.process_time() - begun
        if (transcript.outcome, transcript.text) != ("completed", TEXT):
            raise SystemExit(f"the engine read {transcript.outcome or 'no end'}, {len(transcript.text)} characters")
        return took


async def _pieces(reads: list[bytes]) -> AsyncIterator[bytes]:
    for read in reads:
        yield read


async def bare_cpu_seconds(reads: list[bytes]) -> float:
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=_pieces(reads))
    heard = 0
    gc.collect()
    begun = time.process_time()
    async for event in EventSource(response).aiter_sse():
        if event.data != "[DONE]":
            json.loads(event.data)
        heard += 1
    took = time.process_time() - begun
    if heard < EVENTS:
        raise SystemExit(f"httpx-sse read {heard} events of {EVENTS}")
    return took


def main() -> int:
    print(f"{EVENTS:,} events a stream, {ROUNDS} rounds in turns, medians; goal: ratio <= {GOAL}")
    print(f"{'dialect':14} {'read':>8} {'engine':>9} {'bare loop':>10} {'ratio':>6}   (CPU µs an event)")
    worst = 0.0
    for dialect, stream in streams().items():
        engine = Engine(dialect)
        for size in (16 * 1024, 200):
            reads = [stream[at : at + size] for at in range(0, len(stream), size)]
            rounds = [(engine.cpu_seconds(reads), asyncio.run(bare_cpu_seconds(reads))) for _ in range(ROUNDS)]
            ratio = statistics.median(own / bare for own, bare in rounds)
            worst = max(worst, ratio)
            own, bare = (statistics.median(column) / EVENTS * 1e6 for column in zip(*rounds, strict=True))
            print(f"{dialect:14} {size:>6} B {own:>9.2f} {bare:>10.2f} {ratio:>6.2f}")
    print(f"worst ratio {worst:.2f}: {'goal met' if worst <= GOAL else 'GOAL MISSED'}")
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
