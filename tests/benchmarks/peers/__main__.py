"""`make bench-peers`: one streamed answer, on our page and on others', in one run; prints a table in Markdown.

What is measured, over the same seconds for all: CPU of the server's processes (user and system, all children), bytes that
the browser received, wire to DOM (from the back end's write of a chunk to the first frame at which the page's text holds
it; 95 % were faster), how late the last chunk was there, CPU seconds of the browser's main thread, and how much the layout
shifted. Then the same on this page alone at 1,000 a second. Exits with 1 when this page misses a goal (goals.py).
`python -m tests.benchmarks.peers [NAME …] [--chunks N] [--per-s N]`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.benchmarks.peers.contestants import CONTESTANTS, HERE, Contestant
from tests.benchmarks.peers.goals import behind, missed
from tests.browser.chromium import chromium

AFTER_S = 20.0
"""Whoever falls behind is waited for so long."""
FAST_PER_S, FAST_S = 1000.0, 5
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], log: Path, **env: str) -> Iterator[subprocess.Popen[str]]:
    with log.open("w") as out:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out, text=True, env={**os.environ, **env})
        try:
            yield program
        finally:
            program.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(10)
            program.kill()
            program.wait()


def cpu_s(pid: int) -> float:
    """CPU of a process and its children so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(") ", 1)[1].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return sum(int(each) for each in fields[11:15]) / CLOCK_TICKS + sum(cpu_s(int(child)) for child in children)


def until_answered(url: str, program: subprocess.Popen[str], log: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        if program.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text('utf-8')[-2000:]}")


def line_within(stream: IO[str], seconds: float) -> str:
    """The next line of a pipe. Errors: RuntimeError when none comes: the page did not ask."""
    if not select.select([stream], [], [], seconds)[0]:
        raise RuntimeError(f"no answer was asked for within {seconds:.0f} s")
    return stream.readline()


class Received:
    """Bytes of everything that a page was sent, by websocket and by HTTP."""

    def __init__(self, session: CDPSession) -> None:
        self.total = 0
        self._at: list[tuple[float, int]] = []
        session.on("Network.webSocketFrameReceived", self._frame)
        session.on("Network.dataReceived", self._data)
        session.send("Network.enable")

    def _frame(self, event: dict[str, Any]) -> None:
        self._took(event["timestamp"], len(event["response"]["payloadData"]))

    def _data(self, event: dict[str, Any]) -> None:
        self._took(event["timestamp"], int(event["dataLength"]))

    def _took(self, at: float, size: int) -> None:
        self.total += size
        self._at.append((at, size))

    def growth(self) -> float:
        """Bytes of the second half of the time ÷ those of the first half."""
        half = (self._at[0][0] + self._at[-1][0]) / 2 if self._at else 0.0
        first = sum(size for at, size in self._at if at < half)
        return (self.total - first) / first if first else float("inf")


def main_thread_s(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def measure(
    who: Contestant, browser: Browser, source_port: int, sent: IO[str], chunks: int, per_s: float, scratch: Path
) -> Any:
    """One answer on one page; times in seconds, bytes in kB."""
    port, log = free_port(), scratch / f"{who.name}.log"
    url = f"http://127.0.0.1:{source_port}/v1/chat/completions"
    with running(who.command(port, url, scratch), log, SOURCE=url) as program:
        until_answered(f"http://127.0.0.1:{port}/", program, log)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/")
        question = page.locator(who.question).first
        question.wait_for(timeout=60_000)
        page.wait_for_timeout(3000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})  # its CPU; what others took of it is no cost
        page.evaluate(f"({(HERE / 'watch.js').read_text('utf-8')})({json.dumps(who.selector)})")
        received, cpu, busy = Received(session), cpu_s(program.pid), main_thread_s(session)
        question.fill("Stream it")
        page.keyboard.press("Enter")
        times = json.loads(line_within(sent, AFTER_S + chunks / per_s))
        seen = until_seen(page, chunks)
        told = {"cpu_s": cpu_s(program.pid) - cpu, "busy_s": main_thread_s(session) - busy, "kB": received.total / 1000}
        told |= {"shift": page.evaluate("layoutShift"), "growth": received.growth()}
        page.close()
    return told | lags(times, seen)


def until_seen(page: Page, chunks: int) -> list[list[float]]:
    """When which chunk was seen, once all were or AFTER_S have gone by."""
    end = time.monotonic() + AFTER_S
    while page.evaluate("chunksSeen.at(-1)?.[1]") != chunks - 1 and time.monotonic() < end:
        page.wait_for_timeout(200)
    page.wait_for_timeout(300)
    return list(page.evaluate("chunksSeen"))


def lags(sent: list[float], seen: list[list[float]]) -> dict[str, float]:
    """From a chunk's write to the first frame that shows it (or a later one); what was never seen counts as AFTER_S."""
    late, at = [], 0
    for n, wrote in enumerate(sent):
        while at < len(seen) and seen[at][1] < n:
            at += 1
        late.append(seen[at][0] / 1000 - wrote if at < len(seen) else AFTER_S)
    return {"p95_s": sorted(late)[int(0.95 * len(late))], "last_s": late[-1], "seen": seen[-1][1] + 1 if seen else 0}


HEADER = (
    "| page | server CPU s | × floor | kB | wire to DOM p95 ms | last chunk late ms | main thread s | layout shift | chunks seen |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def row(name: str, told: dict[str, float], floor_cpu: float | None) -> str:
    ratio = f"{told['cpu_s'] / floor_cpu:.1f}" if floor_cpu else "–"
    cells = [
        name, f"{told['cpu_s']:.2f}", ratio, f"{told['kB']:,.0f}", f"{told['p95_s'] * 1000:,.0f}",
        f"{told['last_s'] * 1000:,.0f}", f"{told['busy_s']:.2f}", f"{told['shift']:.3f}", f"{told['seen']:,.0f}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(each.name for each in CONTESTANTS))
    parser.add_argument("--chunks", type=int, default=2000)
    parser.add_argument("--per-s", type=float, default=200)
    wanted = parser.parse_args()
    chosen = [each for each in CONTESTANTS if not wanted.names or each.name in wanted.names]
    for each in chosen:
        each.install()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        told = table(chosen, browser, wanted.chunks, wanted.per_s, Path(folder))
        ours = told.pop("streamgauge", None)
        if ours is None:
            return
        wrong = missed(ours, told, wanted.chunks / wanted.per_s, wanted.chunks)
        fast = round(FAST_PER_S * FAST_S)
        us = [each for each in chosen if each.name == "streamgauge"]
        quick = table(us, browser, fast, FAST_PER_S, Path(folder))["streamgauge"]
        wrong += [f"at {FAST_PER_S:g}/s {each}" for each in behind(quick, fast)]
    print("\n".join(wrong) or "every goal is met")
    sys.exit(bool(wrong))


def table(
    chosen: list[Contestant], browser: Browser, chunks: int, per_s: float, scratch: Path
) -> dict[str, dict[str, float]]:
    """Measures and prints one after the other; name → what was told."""
    print(f"{chunks:,} chunks at {per_s:g}/s\n")
    print(HEADER, flush=True)
    told: dict[str, dict[str, float]] = {}
    with running([sys.executable, str(HERE / "source.py"), str(chunks), str(per_s)], scratch / "source.log") as source:
        assert source.stdout is not None
        port = int(source.stdout.readline())
        for each in chosen:
            told[each.name] = measure(each, browser, port, source.stdout, chunks, per_s, scratch)
            floor = told.get("floor")
            print(row(each.name, told[each.name], floor["cpu_s"] if floor else None), flush=True)
    print()
    return told


if __name__ == "__main__":
    main()
