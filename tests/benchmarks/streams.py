"""200 streams × 50 events a second through the whole engine, beside a bare httpx loop that reads the same streams.

`python -m tests.benchmarks.streams` prints a table and exits 1 when a goal is missed. On uvloop; the generator is
another process. The engine is what a live turn meets: Runtime, HTTP transport, decoder, dialect, turn, transcript, gauge,
monitor, Prometheus, and the sampler that ticks for the page. The bare loop is `client.stream` and `aiter_raw`, nothing
else. They take turns of a few seconds, so that whatever else the machine does meets both; CPU is this process's alone,
over a window in which all streams flow. Memory is measured in one long round, whose streams say EVENTS events each.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import uvloop

from dashboard.backend.live import LiveTurn
from dashboard.config import Backend, Config, Limits
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question
from tests.benchmarks._generator import EVENTS, PER_S, text_until

STREAMS = 200
PAIRS = 10
PAIR_EVENTS = 200
PAIR_WINDOW_S = 2.0
LONG_WINDOW_S = 8.0
CPU_GOAL = 1.3
LAG_GOAL_MS = 50.0
MEMORY_GOAL_KB = 100.0


class Window(NamedTuple):
    """What a window of full flow cost."""

    cpu_us: float
    """CPU an event, all of this process."""
    lag_p50_ms: float
    lag_p99_ms: float
    events_s: float


class Lag:
    """How late the loop runs what is due, each 5 ms."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []

    async def watch(self) -> None:
        while True:
            due = time.monotonic() + 0.005
            await asyncio.sleep(0.005)
            self.late_ms.append(max(0.0, time.monotonic() - due) * 1e3)


async def window(received: Callable[[], int], window_s: float) -> Window:
    """Measures so long what is going on; `received` counts events so far."""
    gc.collect()
    lag = Lag()
    watching = asyncio.create_task(lag.watch())
    events, cpu, began = received(), time.process_time(), time.monotonic()
    await asyncio.sleep(window_s)
    events, cpu, took = received() - events, time.process_time() - cpu, time.monotonic() - began
    watching.cancel()
    late = sorted(lag.late_ms)
    return Window(cpu / events * 1e6, statistics.median(late), late[int(len(late) * 0.99)], events / took)


async def flowing(received: Callable[[], int], events: int = PER_S) -> None:
    """Until the streams have had so many events each (one second's worth)."""
    while received() < STREAMS * events:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def rss_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4


def asked(url: str, streams: int) -> tuple[Runtime, list[LiveTurn]]:
    backend = Backend("bench", url, "orchestrator", max_parallel=1000)
    runtime = Runtime(Config([backend], Limits(turns_live=1000)))
    return runtime, [runtime.ask("bench", Question("?")) for _ in range(streams)]


async def warmed_up(url: str) -> None:
    """What is imported at the first question is no stream's."""
    runtime, (live,) = asked(f"{url}/{PER_S}/process/stream", 1)
    await live.changed(live.transcript.revision + 20)
    await runtime.aclose()


async def engine(url: str, events: int, window_s: float) -> tuple[Window, float]:
    """Also KB a live stream beyond its text, from before the first connection to the last seconds of all streams."""
    gc.collect()
    before = rss_kb()
    runtime, lives = asked(f"{url}/{events}/process/stream", STREAMS)

    def received() -> int:
        return sum(live.transcript.revision for live in lives)  # each text is one

    await flowing(received)
    measured = await window(received, window_s)
    await flowing(received, events - PER_S)
    text_kb = sum(len(live.transcript.text) for live in lives) / 1024
    memory_kb = (rss_kb() - before - text_kb) / STREAMS
    await asyncio.gather(*(live.wait() for live in lives))
    wrong = [live for live in lives if not whole(live, events)]
    await runtime.aclose()
    if wrong:
        ends = {(live.transcript.outcome, live.transcript.fault) for live in wrong}
        raise SystemExit(f"{len(wrong)} of {STREAMS} streams are not whole: {ends}")
    return measured, memory_kb


def whole(live: LiveTurn, events: int) -> bool:
    report = live.gauge.report()
    return (report.outcome, report.text, report.chunks, report.reconnects) == (
        "completed",
        text_until(events),
        events,
        0,
    )


async def bare(url: str, events: int, window_s: float) -> Window:
    counts = [0] * STREAMS
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)

    async def read(client: httpx.AsyncClient, index: int) -> None:
        async with client.stream("POST", f"{url}/{events}/process/stream", json={"message": "?"}) as response:
            async for piece in response.aiter_raw():
                counts[index] += len(piece) > 60  # the last pieces are the end

    async with httpx.AsyncClient(timeout=None, limits=limits, trust_env=False) as client:  # as ours: no read timeout
        tasks = [asyncio.create_task(read(client, index)) for index in range(STREAMS)]
        await flowing(lambda: sum(counts))
        measured = await window(lambda: sum(counts), window_s)
        await asyncio.gather(*tasks)
    if set(counts) != {events}:
        raise SystemExit(f"the bare loop read {set(counts)} events a stream, not {events}")
    return measured


@contextlib.contextmanager
def generating() -> Iterator[str]:
    """The generator's address; what it says of its own lateness is printed at the end."""
    command = [sys.executable, "-m", "tests.benchmarks._generator"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            print(f"the generator was late by {process.stdout.readline().strip()} ms at worst (0.25 % of its beats)")


def row(name: str, seen: Window) -> str:
    core = seen.cpu_us * seen.events_s / 1e4
    return f"{name:12} {seen.cpu_us:>9.1f} {core:>6.0f} % {seen.lag_p50_ms:>9.2f} {seen.lag_p99_ms:>9.2f} {seen.events_s:>10,.0f}"


async def main() -> int:
    print(f"{STREAMS} streams × {PER_S} events/s on uvloop; lag of the loop in ms")
    print(f"{'':12} {'CPU µs/ev':>9} {'core':>8} {'lag p50':>9} {'lag p99':>9} {'events/s':>10}")
    ours: list[Window] = []
    theirs: list[Window] = []
    with generating() as url:
        await warmed_up(url)
        long, memory_kb = await engine(url, EVENTS, LONG_WINDOW_S)
        print(row("engine, long", long), flush=True)
        for _ in range(PAIRS):
            ours.append((await engine(url, PAIR_EVENTS, PAIR_WINDOW_S))[0])
            print(row("engine", ours[-1]), flush=True)
            theirs.append(await bare(url, PAIR_EVENTS, PAIR_WINDOW_S))
            print(row("bare httpx", theirs[-1]), flush=True)
    ratios = sorted(own.cpu_us / other.cpu_us for own, other in zip(ours, theirs, strict=True))
    lags_ms = sorted(own.lag_p99_ms for own in (long, *ours))
    print(f"CPU ratios of the pairs: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    verdicts = [
        ("CPU, engine ÷ bare, median of the pairs", statistics.median(ratios), CPU_GOAL, ""),
        ("loop lag p99, median of the rounds", statistics.median(lags_ms), LAG_GOAL_MS, " ms"),
        ("memory a live stream beyond its text", memory_kb, MEMORY_GOAL_KB, " KB"),
    ]
    for name, value, goal, unit in verdicts:
        print(f"{name:40} {value:>8.2f}{unit:3} goal <= {goal:g}{unit}: {'met' if value <= goal else 'MISSED'}")
    print(f"every one of {STREAMS * (EVENTS + PAIRS * PAIR_EVENTS):,} events arrived, once, in order")
    return 0 if all(value <= goal for _, value, goal, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
