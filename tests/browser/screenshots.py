"""One command, all looks of the page: `python -m tests.browser.screenshots FOLDER`.

light and dark × 1440, 1024, 420 px × empty, streaming, ended well, ended badly.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.chromium import chromium, watched
from tests.browser.site import Site, site

SIZES = ((1440, 900), (1024, 768), (420, 860))
ANSWERED = "[data-outcome]"


def empty(page: Page, place: Site) -> None:
    page.goto(place.url)
    page.wait_for_selector("textarea")
    page.wait_for_timeout(1000)


def ask(page: Page, question: str) -> None:
    page.locator("textarea").fill(question)
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
    page.wait_for_selector("textarea")
    page.wait_for_timeout(800)
    ask(page, "Tell me a story about a river")
    page.locator(ANSWERED).last.wait_for(timeout=60_000)
    page.locator(ANSWERED).last.locator("summary").click()
    page.get_by_text("Events", exact=True).click()
    page.wait_for_timeout(600)
    page.mouse.move(5, 5)


LOOKS = {"empty": empty, "streaming": streaming, "ended-well": ended_well, "ended-badly": ended_badly}


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


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
