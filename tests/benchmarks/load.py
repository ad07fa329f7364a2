"""A first load in a real Chromium with an empty cache: bytes on the wire, and when the first number is on the screen.

    python -m tests.benchmarks.load

The dashboard runs in another process, on its own. Bytes are those that Chromium's network layer counted, headers
included; the websocket's, which brings the document unpacked, are told apart. Skipped (exit 0) where no Chromium is found.
"""

from __future__ import annotations

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


class Load(msgspec.Struct, frozen=True):
    """One first load; `seconds` from the request for the page until the strip of numbers is there."""

    over_http: int
    over_websocket: int
    seconds: float


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
    page.goto(place.url, wait_until="commit")
    page.locator(".card .value").first.wait_for(timeout=60_000)
    seconds = time.monotonic() - began
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    context.close()
    return Load(sum(weights.values()), heard[0], seconds), weights


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
                f"{load.over_http:>9,} B over HTTP, {load.over_websocket:>8,} B over the websocket, {load.seconds:.2f} s\n"
            )
    for address, weight in sorted(weights.items(), key=lambda each: -each[1])[:12]:
        sys.stdout.write(f"{weight:>9,} {address.split('?')[0].removeprefix(place.home)[:90]}\n")
    heaviest, middle = max(load.over_http for load in loads), statistics.median(load.seconds for load in loads)
    documents = max(load.over_websocket for load in loads)
    sys.stdout.write(
        f"heaviest {heaviest:,} B over HTTP (goal {GOAL_BYTES:,}), {documents:,} B more over the websocket; "
        f"the numbers are there after {middle:.2f} s in the median (goal {GOAL_S} s)\n"
    )
    return 0 if heaviest <= GOAL_BYTES and middle <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
