"""The README's pictures, taken anew from the real page: `python -m tests.browser.readme_pictures [WANTED …]`.

Written to docs/images, each below LARGEST bytes.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import chromium, watched
from tests.browser.fleet_site import fleet
from tests.browser.looks import STORY, TOUR, ended
from tests.browser.reading import ask, open_page
from tests.browser.screenshots import dark
from tests.browser.site import Site, serving
from tests.ports import free_port
from tests.system.processes import stub

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 150_000
PAPER = "#E8ECF0"


def config(stream: str) -> str:
    """Three assistants: one as it should be, one that thinks first, one that falls silent."""
    common = {"dialect": "orchestrator", "examples": ["What's 2+2?", TOUR, STORY]}
    quick = {"stall_after_s": 1, "give_up_s": 3}
    backends = [
        {"name": "assistant", "url": stream, **common},
        {"name": "assistant-eu", "url": f"{stream}?scenario=reasoning", **common},
        {"name": "assistant-us", "url": f"{stream}?scenario=stall-forever", "thresholds": quick, **common},
    ]
    return json.dumps({"backends": backends})


def acting(page: Page, scenario: str) -> None:
    """Chooses what the demo acts out."""
    page.get_by_role("combobox").nth(1).click()
    page.get_by_role("menuitem", name=scenario, exact=True).click()
    expect(page.get_by_role("menuitem", name=scenario, exact=True)).to_be_hidden()


def hero(page: Page, place: Site) -> None:
    """An answer that streams, beneath one that was cut; both on the charts, and those before them."""
    open_page(page, place)
    for nth, question in enumerate((TOUR, "What's 17+25?")):
        ask(page, question)
        ended(page, nth)
    acting(page, "truncated")
    ask(page, STORY)
    ended(page, 2)
    acting(page, "As it is")
    ask(page, TOUR)
    expect(page.locator(".answer").last).to_contain_text("half a code block", timeout=30_000)


def ended_badly(page: Page, place: Site) -> None:
    """After a short answer, so that all of the verdict is in sight."""
    open_page(page, place)
    ask(page, "What's 17+25?")
    ended(page)
    acting(page, "truncated")
    ask(page, STORY)
    ended(page, 1)
    page.locator("[data-outcome]").last.locator("summary").click()
    page.wait_for_timeout(400)


def inspect(page: Page, place: Site) -> None:
    open_page(page, place, "?backend=assistant-us")
    ask(page, STORY)
    ended(page)
    page.get_by_role("link", name="Inspect", exact=True).last.click()
    page.locator(".detail .row").nth(6).click()
    page.wait_for_timeout(600)
    page.locator("header.head").scroll_into_view_if_needed()


def compare(page: Page, place: Site) -> None:
    page.goto(f"{place.url}?view=compare&backends=assistant,assistant-eu,assistant-us")
    page.locator(".lane").nth(2).wait_for()
    page.wait_for_timeout(600)
    ask(page, "What's 17+25?")
    ended(page, 2)


WIDE: dict[str, Callable[[Page, Site], None]] = {
    "hero": hero,
    "ended-badly": ended_badly,
    "inspect": inspect,
    "compare": compare,
}


def save(picture: Image.Image, name: str) -> None:
    """All colours where there is room for them, else 256, which keep the large areas as they are."""
    file = IMAGES / f"{name}.png"
    picture.save(file, optimize=True)
    if file.stat().st_size >= LARGEST:
        picture.quantize(256, dither=Image.Dither.NONE, kmeans=5).save(file, optimize=True)
    assert file.stat().st_size < LARGEST, f"{file.name} has {file.stat().st_size} bytes"
    sys.stdout.write(f"{file.name}: {picture.width} × {picture.height}, {file.stat().st_size:,} bytes\n")


@contextlib.contextmanager
def page_of(browser: Browser, place: Site, *, phone: bool = False, height: int = 900) -> Iterator[Page]:
    width = 420 if phone else 1440
    with watched(browser, place.home, width=width, height=height, phone=phone) as seen:
        yield seen.page
        assert not seen.wrong, seen.wrong


def picture(page: Page, folder: Path) -> Image.Image:
    page.mouse.move(5, 5)
    file = folder / "page.png"
    page.screenshot(path=file)
    with Image.open(file) as taken:
        return taken.convert("RGB")


def phones(browser: Browser, place: Site, folder: Path) -> Image.Image:
    """Three phones side by side: an answer, a verdict, the waterfall."""
    taken: list[Image.Image] = []
    for look, night in ((hero_phone, False), (badly_phone, True), (inspect, False)):
        with page_of(browser, place, phone=True, height=860) as page:
            look(page, place)
            if night:
                dark(page)
            taken.append(picture(page, folder))
    gap = 24
    sheet = Image.new("RGB", (sum(each.width + gap for each in taken) + gap, taken[0].height + 2 * gap), PAPER)
    for number, each in enumerate(taken):
        sheet.paste(each, (gap + number * (each.width + gap), gap))
    return sheet


def hero_phone(page: Page, place: Site) -> None:
    open_page(page, place)
    ask(page, "What's 17+25?")
    ended(page)
    ask(page, TOUR)
    expect(page.locator(".answer").last).to_contain_text("Close it.", timeout=30_000)


def badly_phone(page: Page, place: Site) -> None:
    open_page(page, place, "?backend=assistant-us")
    ask(page, STORY)
    ended(page)


def main(wanted: list[str]) -> None:
    def wants(name: str) -> bool:
        return not wanted or name in wanted

    with tempfile.TemporaryDirectory() as scratch, chromium() as browser, stub() as stream:
        folder = Path(scratch)
        file = folder / "config.yaml"
        file.write_text(config(stream), "utf-8")
        for name, look in WIDE.items():
            if wants(name):
                with serving(file, free_port()) as place, page_of(browser, place) as page:
                    look(page, place)
                    save(picture(page, folder), name)
        if wants("phone"):
            with serving(file, free_port()) as place:
                save(phones(browser, place, folder), "phone")
        if wants("fleet-dark"):
            with serving(fleet(folder, stream), free_port()) as place, page_of(browser, place, height=790) as page:
                time.sleep(8)  # until the alerts have looked at what was before
                page.goto(f"{place.url}?view=fleet&theme=dark")
                page.locator(".backend").first.wait_for()
                page.wait_for_timeout(1500)
                save(picture(page, folder), "fleet-dark")


if __name__ == "__main__":
    main(sys.argv[1:])
