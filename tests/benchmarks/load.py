"""A first load in a real Chromium with an empty cache: bytes on the wire, and when the first number is on the screen.

    python -m tests.benchmarks.load

The dashboard runs in another process, on its own. Bytes are those that Chromium's network layer counted, headers
included, and the websocket's, which brings the document unpacked. The first number is seen at the browser's first
contentful paint: what it paints first are the cards, with what the gauges read when the page was made (looked for in
the page's own HTML). The page is alive when its own cards and its composer have taken their places. Both are counted
from the request. Skipped (exit 0) where no Chromium is found.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.site import Site, site

ROUNDS = 5
GOAL_BYTES = 1_300_000
GOAL_S = 2.5
NUMBER = re.compile(r'class="value">\d')


class Load(msgspec.Struct, frozen=True):
    """One first load; both times in seconds from the request for the page."""

    over_http: int
    over_websocket: int
    number_s: float
    alive_s: float

    @property
    def over_all(self) -> int:
        return self.over_http + self.over_websocket


def loaded(browser: Browser, place: Site) -> tuple[Load, dict[str, int]]:
    """A new context has an empty cache. Also gives each address's bytes."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    addresses: dict[str, str] = {}
    weights: dict[str, int] = {}
    heard = [0]

    def answered(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        address = addresses.get(event["requestId"], "?")
        if not address.startswith(("blob:", "data:")):
            weights[address] = weights.get(address, 0) + int(event["encodedDataLength"])

    def frame(event: dict[str, Any]) -> None:
        heard[0] += len(event["response"]["payloadData"])

    network.on("Network.responseReceived", answered)
    network.on("Network.loadingFinished", finished)
    network.on("Network.webSocketFrameReceived", frame)
    began = time.monotonic()
    answer = page.goto(place.url, wait_until="commit")
    page.locator(".card .value").first.wait_for(timeout=60_000)
    page.locator("textarea").first.wait_for(timeout=60_000)
    alive_s = time.monotonic() - began
    painted_ms = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert answer is not None
    assert NUMBER.search(answer.text()), "the page begins without a number"
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    context.close()
    return Load(sum(weights.values()), heard[0], painted_ms / 1000, alive_s), weights


def main() -> int:
    if chromium.path() is None:
        sys.stdout.write(f"{chromium.MISSING}\n")
        return 0
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as place, chromium.chromium() as browser:
        loads = []
        for _ in range(ROUNDS):
            load, weights = loaded(browser, place)
            loads.append(load)
            sys.stdout.write(
                f"{load.over_http:>9,} B over HTTP, {load.over_websocket:>8,} B over the websocket, "
                f"first number {load.number_s:.2f} s, alive {load.alive_s:.2f} s\n"
            )
    for address, weight in sorted(weights.items(), key=lambda each: -each[1])[:12]:
        sys.stdout.write(f"{weight:>9,} {address.split('?')[0].removeprefix(place.home)[:90]}\n")
    heaviest = max(load.over_all for load in loads)
    number, alive = (statistics.median(each) for each in zip(*((x.number_s, x.alive_s) for x in loads), strict=True))
    sys.stdout.write(
        f"heaviest {heaviest:,} B in all (goal {GOAL_BYTES:,}); in the median the first number is seen after {number:.2f} s "
        f"(goal {GOAL_S} s) and the page is alive after {alive:.2f} s\n"
    )
    return 0 if heaviest <= GOAL_BYTES and number <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
