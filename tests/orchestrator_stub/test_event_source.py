"""Chromium's own EventSource reads the stub: it reconnects with Last-Event-ID, across origins, and stops at 204."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from orchestrator_stub.config import shipped
from orchestrator_stub.script import spoken
from tests.orchestrator_stub.conftest import Serve

pytestmark = [pytest.mark.system, pytest.mark.browser]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
LISTEN = """
(url) => new Promise((resolve) => {
  const source = new EventSource(url, {withCredentials: true});
  const seen = {ids: [], events: [], errors: 0};
  source.onmessage = (e) => { seen.ids.push(e.lastEventId); seen.events.push(JSON.parse(e.data)); };
  source.onerror = () => {
    seen.errors += 1;
    if (source.readyState === EventSource.CLOSED) resolve(seen);
  };
})
"""


@asynccontextmanager
async def an_empty_page() -> AsyncIterator[str]:
    """The origin of a page of our own; every path is the same empty page."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        page = b"<!doctype html><title>page</title>"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(page)
        )
        writer.write(page)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium, or set CHROMIUM")
async def test_an_event_source_reads_reconnects_and_stops(serve: Serve) -> None:
    from playwright.async_api import async_playwright

    async with an_empty_page() as page_origin, async_playwright() as playwright:
        served = await serve(origins=frozenset({page_origin}), speed=5.0)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await page.goto(page_origin)
        url = f"{served.url}?message=17+times+23&scenario=drop-and-resume"
        seen = await asyncio.wait_for(page.evaluate(LISTEN, url), 30)
        await browser.close()
    numbers = [int(each.split(".")[1]) for each in seen["ids"]]
    assert numbers == list(range(1, 10))
    chunks = [event for event in seen["events"] if event["event"] == "response_chunk"]
    text = "".join(chunk["response_data"]["raw_response"]["parts"][0]["text"] for chunk in chunks)
    assert text == spoken(shipped()["drop-and-resume"], 1, "17 times 23")
    assert seen["errors"] == 3  # the reset, the clean end, the 204
    health = await served.health()
    assert (health["turns"]["started"], health["turns"]["completed"]) == (1, 1)
