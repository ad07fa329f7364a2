"""A scrape of /metrics at the caps of every label, over HTTP, while streams flow through the same process.

`python -m tests.benchmarks.scrape` prints a table and exits 1 when a goal is missed: series, the median scrape as a
scraper sees it (another process: curl), and the lag of the loop that serves both. Sixteen backends with canaries, 64
triples of agents, 32 agents with confidence; 50 streams of 50 events a second; OpenMetrics, gzip.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

import uvloop
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application

from dashboard.config import Backend, CanarySettings, Config, Limits
from dashboard.endpoints import HEADLESS
from dashboard.runtime import Runtime, install
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.wire.dialect import Question
from tests.benchmarks.streams import Lag, generating
from tests.health.story import Story

BACKENDS = 16
STREAMS = 50
SCRAPES = 8
EVERY_S = 0.75
SERIES_GOAL = 5000
SCRAPE_GOAL_MS = 200.0
LAG_GOAL_MS = 100.0
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def filled(url: str) -> Runtime:
    """Every label at its cap, as after weeks of hostile agents' names."""
    canary = CanarySettings(interval_s=86_400)
    backends = [Backend(f"backend-{i}", url, "orchestrator", max_parallel=100, canary=canary) for i in range(BACKENDS)]
    runtime = Runtime(Config(backends, Limits(turns_live=1000)))
    sink = runtime.sink
    for number in range(2000):
        for event in Story().asked(0, f"backend-{number % BACKENDS}").routed(0.1, f"agent {number}").ended(1).events:
            sink.observe(event)
    for backend in backends:
        sink.canary_interval(backend.name, 60)
        sink.canary(backend.name, "success")
    return runtime


async def scraped(port: int) -> float:
    """Milliseconds until the last byte, by curl."""
    command = [
        "curl",
        "-s",
        "-f",
        "-o",
        "/dev/null",
        "-w",
        "%{time_total}",
        "-H",
        f"Accept: {OPENMETRICS}",
        "--compressed",
    ]
    process = await asyncio.create_subprocess_exec(
        *command, f"http://127.0.0.1:{port}/metrics", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"curl: exit {process.returncode}")
    return float(said) * 1000


async def watched(port: int | None) -> tuple[list[float], float]:
    """So many scrapes, or as long without; the 99th percentile of the loop's lag meanwhile."""
    lag = Lag()
    watching = asyncio.create_task(lag.watch())
    times = []
    for _ in range(SCRAPES):
        await asyncio.sleep(EVERY_S)
        if port is not None:
            times.append(await scraped(port))
    watching.cancel()
    late = sorted(lag.late_ms)
    return times, late[int(len(late) * 0.99)]


def parts(sink: PrometheusSink) -> tuple[int, int, float, float]:
    """Series, bytes on the wire, and ms for gathering (on the loop) and for encoding and compressing (off it)."""
    began = time.perf_counter()
    families = sink.gather()
    gathered = time.perf_counter()
    body, _, _ = sink.encode(families, OPENMETRICS, gzip=True)
    done = time.perf_counter()
    plain, _, _ = sink.render(OPENMETRICS, gzip=False)
    series = sum(len(family.samples) for family in parse(plain.decode()))
    return series, len(body), (gathered - began) * 1e3, (done - gathered) * 1e3


async def main() -> int:
    socket, port = bind_unused_port()
    with generating() as url:
        runtime = filled(url)
        install(runtime)
        server = HTTPServer(Application(HEADLESS))  # type: ignore[arg-type]  # pairs are what Panel's --plugins hands on
        server.add_socket(socket)
        lives = [runtime.ask(f"backend-{number % BACKENDS}", Question("?")) for number in range(STREAMS)]
        while any(live.transcript.revision < 50 for live in lives):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        _, quiet_ms = await watched(None)
        for live in lives:
            live.cancel("person")
        lives = [runtime.ask(f"backend-{number % BACKENDS}", Question("?")) for number in range(STREAMS)]
        while any(live.transcript.revision < 50 for live in lives):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        times, busy_ms = await watched(port)
        series, size, gather_ms, encode_ms = parts(runtime.sink)
        server.stop()
        await runtime.aclose()
    print(
        f"{series} series, {size:,} bytes gzipped; gathered in {gather_ms:.1f} ms on the loop, encoded in {encode_ms:.1f} ms off it"
    )
    print(f"{SCRAPES} scrapes over HTTP: {', '.join(f'{each:.0f}' for each in times)} ms")
    print(f"loop lag p99: {quiet_ms:.1f} ms without scrapes, {busy_ms:.1f} ms with one every {EVERY_S:g} s")
    goals = [
        ("series", series, SERIES_GOAL, ""),
        ("scrape, median", statistics.median(times), SCRAPE_GOAL_MS, " ms"),
        ("loop lag p99 beside scrapes", busy_ms, LAG_GOAL_MS, " ms"),
    ]
    for name, value, goal, unit in goals:
        print(f"{name:30} {value:>8,.1f}{unit:3} goal <= {goal:g}{unit}: {'met' if value <= goal else 'MISSED'}")
    return 0 if all(value <= goal for _, value, goal, _ in goals) else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
