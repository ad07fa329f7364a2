"""A 100 KB answer in a real Chromium: does its end cost the browser more than its beginning?

    python -m tests.benchmarks.long_answer [KIND …]

Each kind of answer (ordinary markdown; one endless code block, paragraph, list or table: what a block-wise page likes
least) streams in 2,000 chunks at 200/s from a process of its own through the dashboard, charts paused. For each quarter:
CPU seconds of the browser's main thread, and tasks of 50 ms and more (Long Tasks API; on a busy machine others' time is
in them). Exits with 1 when the last quarter costs GROWTH times the second (the first warms up) and more than a floor, or
when the page does not hold the whole answer at the end. Skipped (exit 0) where no Chromium is found.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.benchmarks.peers.__main__ import line_within, main_thread_s, running
from tests.browser import chromium
from tests.browser.site import serving
from tests.ports import free_port

CHUNKS, PER_S, WORDS = 2000, 200.0, 8
QUARTERS = 4
GROWTH = 1.5
FLOOR_S = 0.25
"""Of CPU a quarter, 5 % of its time: below that nobody asks for a ratio."""

WATCH = """() => {
  globalThis.longTasks = []
  new PerformanceObserver((list) => { for (const {duration} of list.getEntries()) longTasks.push(duration) }).observe({type: "longtask"})
}"""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def words(n: int) -> str:
    """Some fifty characters, other ones for each `n`."""
    return " ".join(f"word{(n * WORDS + i) % 997}" for i in range(WORDS - 1)) + f" {n}"


def markdown(n: int) -> str:
    """Sections of paragraphs, lists, a table and a code block."""
    place = n % 40
    if place == 0:
        return f"\n\n## Part {n}\n\n{words(n)} "
    if place in (8, 16):
        return f"\n\n{words(n)} **{n}** "
    if 17 <= place < 24:
        return f"\n- {words(n)}"
    if place == 24:
        return f"\n\n```python\nx = {n}\n"
    if 24 < place < 31:
        return f"y = '{words(n)}'\n"
    if place == 31:
        return f"```\n\n| a | b |\n|---|---|\n| {n} | {words(n)} |\n"
    return f"| {n} | {words(n)} |\n" if 31 < place < 37 else f"\n{words(n)} " if place > 36 else f"{words(n)} "


KINDS: Mapping[str, Callable[[int], str]] = {
    "markdown": markdown,
    "code": lambda n: f"{'```python' if n == 0 else ''}\nx = '{words(n)}'",
    "paragraph": lambda n: f"{words(n)} ",
    "list": lambda n: f"- {words(n)}\n",
    "table": lambda n: ("| a | b |\n|---|---|\n" if n == 0 else "") + f"| {n} | {words(n)} |\n",
}


async def source(kind: str) -> None:
    """The back end: prints its port, then a line at each quarter of the answer."""

    def event(delta: dict[str, str], reason: str | None = None) -> bytes:
        return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': reason}]})}\n\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        loop = asyncio.get_running_loop()
        start = loop.time() + 0.2
        for n in range(CHUNKS):
            await asyncio.sleep(max(0.0, start + n / PER_S - loop.time()))
            if n % (CHUNKS // QUARTERS) == 0:
                print(n, flush=True)
            writer.write(event({"content": KINDS[kind](n)}))
            await writer.drain()
        print(CHUNKS, flush=True)
        writer.write(event({}, "stop") + b"data: [DONE]\n\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def measure(kind: str, browser: Browser, scratch: Path) -> tuple[list[float], list[list[float]], bool]:
    """Of each quarter CPU seconds and long tasks (ms); and whether the whole answer stood on the page."""
    command = [sys.executable, "-m", "tests.benchmarks.long_answer", "source", kind]
    with running(command, scratch / "source.log") as back_end:
        assert back_end.stdout is not None
        url = f"http://127.0.0.1:{line_within(back_end.stdout, 30).strip()}/v1/chat/completions"
        config = scratch / "config.yaml"
        config.write_text(json.dumps({"backends": [{"name": "long", "url": url, "dialect": "openai-chat"}]}), "utf-8")
        with serving(config, free_port()) as place:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(place.url)
            page.get_by_role("button", name="Pause charts").click(timeout=60_000)
            page.evaluate(WATCH)
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.wait_for_timeout(2000)
            page.get_by_label("Your question").fill("Stream it")
            page.keyboard.press("Enter")
            told = quarters(page, session, back_end.stdout)
            page.locator("[data-outcome=completed]").wait_for(timeout=60_000)
            whole = str(CHUNKS - 1) in (page.locator(".turn .answer").inner_text()[-200:])
            page.close()
    return *told, whole


def quarters(page: Page, session: Any, lines: Any) -> tuple[list[float], list[list[float]]]:
    line_within(lines, 60)
    cpu, tasks = [main_thread_s(session)], []
    for _ in range(QUARTERS):
        line_within(lines, 60)
        cpu.append(main_thread_s(session))
        tasks.append([round(each) for each in page.evaluate("longTasks.splice(0)")])
    return [after - before for before, after in pairwise(cpu)], tasks


def main() -> int:
    if sys.argv[1:2] == ["source"]:
        asyncio.run(source(sys.argv[2]))
    if chromium.path() is None:
        print(chromium.MISSING)
        return 0
    wrong = []
    print(
        "| answer | main thread, CPU s a quarter | last ÷ second | tasks ≥ 50 ms | longest ms |\n|---|---|---|---|---|"
    )
    with chromium.chromium() as browser:
        for kind in sys.argv[1:] or KINDS:
            with tempfile.TemporaryDirectory() as scratch:
                cpu, tasks, whole = measure(kind, browser, Path(scratch))
            every = [each for quarter in tasks for each in quarter]
            told = " · ".join(f"{each:.2f}" for each in cpu)
            print(
                f"| {kind} | {told} | {cpu[-1] / cpu[1]:.2f} | {len(every)} | {max(every, default=0):.0f} |", flush=True
            )
            if cpu[-1] > max(FLOOR_S, GROWTH * cpu[1]):
                wrong.append(
                    f"missed: the last quarter of {kind} costs {cpu[-1] / cpu[1]:.2f} × the second, goal ≤ {GROWTH}"
                )
            if not whole:
                wrong.append(f"missed: the end of {kind} does not stand on the page")
    print("\n".join(wrong) or "every goal is met")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
