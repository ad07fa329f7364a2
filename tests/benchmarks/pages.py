"""What open pages cost: `streamgauge serve` in a process of its own, with pages by websocket that behave as browsers do.

CPU of the server in % of one core, always beside the same server in the same run: without a page and with PAGES that
look at a backend which is idle; then while one answer streams, on one page, and with PAGES others that show its charts
live. The goal is what the PAGES add, in either case. `python -m tests.benchmarks.pages` prints a table and exits with 1
when it is missed, or when the charts were not told four times a second.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks._visitor import Visitor
from tests.benchmarks.peers.__main__ import cpu_s, free_port, running, until_answered
from tests.benchmarks.peers.contestants import HERE

PAGES = 20
SECONDS = 20.0
REST_S = 3.0
"""Before each measurement: what opening pages has left to do."""
CHUNKS_PER_S = 20
GOAL = 10.0
"""% of one core that PAGES may cost."""
TOLD_HZ = 3.8
"""A tick that finds nothing new is silent; four a second at best."""


class Server:
    """The server under test and its visitors."""

    def __init__(self, pid: int, home: str) -> None:
        self._pid, self._home = pid, home
        self.told_hz = 0.0
        """How often the charts of a page were told rows, of the page that was told least."""

    async def opened(self, number: int) -> list[Visitor]:
        visitors = [Visitor(self._home) for _ in range(number)]
        for each in visitors:
            await each.open()
        return visitors

    async def measured(self, visitors: list[Visitor]) -> float:
        """% of one core over SECONDS."""
        await asyncio.sleep(REST_S)
        before = [each.heard.get("ChartBoard", 0) for each in visitors]
        cpu, began = cpu_s(self._pid), time.monotonic()
        await asyncio.sleep(SECONDS)
        lasted = time.monotonic() - began
        taken = cpu_s(self._pid) - cpu
        told = [each.heard.get("ChartBoard", 0) - n for each, n in zip(visitors, before, strict=True)]
        self.told_hz = min(told, default=0) / lasted
        return 100 * taken / lasted


async def measure(server: Server) -> int:
    bare = await server.measured([])
    others = await server.opened(PAGES)
    idle = await server.measured(others)
    (asker,) = await server.opened(1)
    await asker.ask("Stream it")
    live = await server.measured(others)
    told_hz = server.told_hz
    for each in others:
        await each.close()
    await asyncio.sleep(45)  # Bokeh lets go of a page 15 to 32 s after it went
    alone = await server.measured([])
    await asker.close()
    print("| | CPU, % of a core | the pages' part |\n|---|---|---|")
    print(f"| no page | {bare:.1f} | |\n| {PAGES} pages, nothing runs | {idle:.1f} | {idle - bare:.1f} |")
    print(f"| an answer streams, its own page | {alone:.1f} | |")
    print(f"| the same and {PAGES} pages, charts at {told_hz:.1f} Hz | {live:.1f} | {live - alone:.1f} |\n")
    wrong = [f"charts were told {told_hz:.1f} times a second, expected 4"] if told_hz < TOLD_HZ else []
    for what, cost in (("while nothing runs", idle - bare), ("while an answer streams", live - alone)):
        said = f"{PAGES} pages {what}: {cost:.1f} % of a core, goal ≤ {GOAL:g} %"
        print(f"{said}: {'met' if cost <= GOAL else 'MISSED'}")
        wrong += [said] if cost > GOAL else []
    return bool(wrong)


async def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        scratch, port = Path(folder), free_port()
        source = [sys.executable, str(HERE / "source.py"), str(1000 * CHUNKS_PER_S), str(CHUNKS_PER_S)]
        with running(source, scratch / "source.log") as far:
            assert far.stdout is not None
            url = f"http://127.0.0.1:{int(far.stdout.readline())}/v1/chat/completions"
            config = scratch / "config.yaml"
            config.write_text(json.dumps({"backends": [{"name": "b", "url": url, "dialect": "openai-chat"}]}), "utf-8")
            command = [sys.executable, "-m", "dashboard", "serve", "--config", str(config), "--port", str(port)]
            with running(command, scratch / "server.log") as program:
                until_answered(f"http://127.0.0.1:{port}/", program, scratch / "server.log")
                return await measure(Server(program.pid, f"127.0.0.1:{port}/dashboard"))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
