"""One command, all looks of the page: `python -m tests.browser.screenshots FOLDER`.

light and dark × 1440, 1024, 420 px × each of LOOKS; and Fleet, with the wall, in each of its states. A second argument
names those that are wanted.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from dashboard.telemetry.past_turn import PastTurn
from tests.browser.chromium import chromium, watched
from tests.browser.fleet_site import fleet, turns
from tests.browser.site import Site, serving, site
from tests.ports import free_port
from tests.system.processes import stub

SIZES = ((1440, 900), (1024, 768), (420, 860))
ANSWERED = "[data-outcome]"


def empty(page: Page, place: Site) -> None:
    page.goto(place.url)
    page.get_by_label("Your question").wait_for()
    page.wait_for_timeout(1000)


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def streaming(page: Page, place: Site) -> None:
    empty(page, place)
    ask(page, "What's 17+25?")
    page.wait_for_selector(ANSWERED)
    ask(page, "Show me a markdown tour")
    page.wait_for_timeout(5000)


def ended_well(page: Page, place: Site) -> None:
    empty(page, place)
    ask(page, "Show me a markdown tour")
    page.locator(ANSWERED).last.wait_for(timeout=60_000)
    ask(page, "What's 6*7?")
    page.locator(ANSWERED).nth(1).wait_for(timeout=60_000)
    page.wait_for_timeout(600)


def ended_badly(page: Page, place: Site) -> None:
    page.goto(f"{place.url}?backend=truncated")
    page.get_by_label("Your question").wait_for()
    page.wait_for_timeout(800)
    ask(page, "Tell me a story about a river")
    page.locator(ANSWERED).last.wait_for(timeout=60_000)
    page.locator(ANSWERED).last.locator("summary").click()
    page.get_by_text("Events", exact=True).click()
    page.wait_for_timeout(600)
    page.mouse.move(5, 5)


FLEETS: dict[str, tuple[Callable[[], list[PastTurn]], dict[str, Any], float]] = {
    "fleet-empty": (list, {}, 3),
    "fleet-well": (lambda: turns(well=True), {"docs": {"canary": {}}}, 13),
    "fleet-unwell": (turns, {}, 8),
    "fleet-canary": (
        lambda: turns(well=True),
        {"docs": {"canary": {"expect": "a shibboleth"}}, "legal": {"canary": {}}},
        14,
    ),
    "fleet-history": (lambda: turns(well=True), {}, 70),
}
"""name → what was before, what the backends have, how many seconds until it is seen."""


def fleets(folder: Path, browser: Browser, only: str) -> None:
    """Fleet in each of its states at each size, and the wall."""
    for name, (before, more, wait_s) in FLEETS.items():
        if only not in name:
            continue
        with tempfile.TemporaryDirectory() as scratch, stub() as stream:
            file = fleet(Path(scratch), stream, before(), **more)
            if name == "fleet-history":
                file.write_text(file.read_text("utf-8").replace("history.db", ""), "utf-8")
            with serving(file, free_port()) as place:
                time.sleep(wait_s)
                for width, height in SIZES:
                    shoot(browser, place, f"{place.url}?view=fleet", folder / f"{name}-{width}", width, height)
                shoot(browser, place, f"{place.url}?view=fleet&wall=1", folder / f"{name}-wall", 1920, 1080)


def shoot(browser: Browser, place: Site, url: str, file: Path, width: int, height: int) -> None:
    for theme in ("default", "dark"):
        with watched(browser, place.home, width=width, height=height) as seen:
            seen.page.goto(f"{url}&theme={theme}")
            seen.page.wait_for_selector(".backend, .tile")
            seen.page.wait_for_timeout(1500)
            seen.page.screenshot(path=f"{file}-{'light' if theme == 'default' else theme}.png")
            print(file.name, theme, *seen.wrong, sep="\n  ")


def inspected(page: Page, place: Site, backend: str) -> None:
    page.goto(f"{place.url}?backend={backend}")
    page.get_by_label("Your question").wait_for()
    page.wait_for_timeout(800)
    ask(page, "Tell me a story about a river" if backend != "demo" else "Show me a markdown tour")
    page.locator(ANSWERED).last.wait_for(timeout=60_000)
    page.get_by_role("link", name="Inspect", exact=True).last.click()
    page.locator(".detail .row").nth(6).click()
    page.wait_for_timeout(600)


def inspect_well(page: Page, place: Site) -> None:
    inspected(page, place, "demo")
    page.locator(".head").scroll_into_view_if_needed()


def inspect_badly(page: Page, place: Site) -> None:
    inspected(page, place, "stall-forever")
    page.locator(".head").scroll_into_view_if_needed()


def inspect_events(page: Page, place: Site) -> None:
    inspected(page, place, "truncated")
    page.get_by_text("As an httpx-sse client").click()
    page.locator("table").wait_for()
    page.locator(".log-card").scroll_into_view_if_needed()


def inspect_unknown(page: Page, place: Site) -> None:
    page.goto(f"{place.url}?view=inspect&turn=0123456789abcdef")
    page.locator(".placard").wait_for()
    page.wait_for_timeout(600)


def compared(page: Page, place: Site, question: str) -> None:
    page.goto(f"{place.url}?view=compare&backends=demo,reasoning,stall-forever")
    page.locator(".lane").nth(2).wait_for()
    page.wait_for_timeout(600)
    if question:
        ask(page, question)


def compare_empty(page: Page, place: Site) -> None:
    compared(page, place, "")


def compare_streaming(page: Page, place: Site) -> None:
    compared(page, place, "Show me a markdown tour")
    page.wait_for_timeout(3500)


def compare_ended(page: Page, place: Site) -> None:
    compared(page, place, "What's 17+25?")
    page.locator(".lane [data-outcome]").nth(2).wait_for(timeout=60_000)
    page.wait_for_timeout(600)


LOOKS = {
    "empty": empty,
    "streaming": streaming,
    "ended-well": ended_well,
    "ended-badly": ended_badly,
    "compare-empty": compare_empty,
    "compare-streaming": compare_streaming,
    "compare-ended": compare_ended,
    "inspect-well": inspect_well,
    "inspect-badly": inspect_badly,
    "inspect-events": inspect_events,
    "inspect-unknown": inspect_unknown,
}


def main(folder: Path, only: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, site(Path(scratch)) as place, chromium() as browser:
        for width, height in SIZES:
            for name, look in LOOKS.items():
                if only not in f"{name}-{width}":
                    continue
                with watched(browser, place.home, width=width, height=height) as seen:
                    look(seen.page, place)
                    seen.page.screenshot(path=folder / f"{name}-{width}-light.png")
                    seen.page.get_by_label("Toggle theme").click()
                    seen.page.mouse.move(5, 500)
                    seen.page.wait_for_timeout(250)
                    seen.page.screenshot(path=folder / f"{name}-{width}-dark.png")
                    print(f"{name} {width}", *seen.wrong, sep="\n  ")
        fleets(folder, browser, only)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
