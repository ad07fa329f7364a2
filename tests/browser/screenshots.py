"""One command, all looks of the page: `python -m tests.browser.screenshots [WANTED …] [--to FOLDER]`.

Each view in each state × light and dark × 1440, 1024 and (a phone) 420 px, and a sheet for each look with its six
pictures. WANTED: parts of the looks' names; all of them when none is given.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from dashboard.telemetry.past_turn import PastTurn
from tests.browser.chromium import Watched, chromium, watched
from tests.browser.fleet_site import fleet, turns
from tests.browser.looks import LOOKS, LOSE, Look, write_config
from tests.browser.site import Site, serving
from tests.ports import free_port
from tests.system.processes import stub

WIDE = ((1440, 900), (1024, 768))
PHONE = (420, 860)
WALL = (1920, 1080)
THEMES = ("light", "dark")
SHEET_ROW = 620
"""Height of each of a sheet's two rows, in pixels."""

FLEETS: dict[str, tuple[Callable[[], list[PastTurn]], dict[str, Any], float]] = {
    "empty": (list, {}, 3),
    "well": (lambda: turns(well=True), {"docs": {"canary": {}}}, 13),
    "badly": (turns, {}, 8),
    "canary": (lambda: turns(well=True), {"docs": {"canary": {"expect": "a shibboleth"}}, "legal": {"canary": {}}}, 14),
}
"""state of Fleet → what was before, what the backends have, how many seconds until it is seen."""


def dark(page: Page, night: bool = True) -> None:
    """The page in its other theme, as soon as its last part has changed."""
    page.evaluate(
        """(night) => {
          const page = Bokeh.documents[0].roots().flatMap((root) => [root, root.data]).find((each) => each && "dark_theme" in each)
          page.dark_theme = night
        }""",
        night,
    )
    page.wait_for_timeout(900)


class Album:
    """The pictures of one run."""

    def __init__(self, folder: Path, wanted: list[str]) -> None:
        self.folder = folder
        self._wanted = wanted
        self.failed: list[str] = []
        """What could not be brought about."""

    def wants(self, name: str) -> bool:
        return not self._wanted or any(each in name for each in self._wanted)

    def shoot(self, page: Page, name: str, width: int) -> None:
        """The page as it stands, in both themes; it is light before and after."""
        for theme in THEMES:
            page.screenshot(path=self.folder / f"{name}-{width}-{theme}.png")
            dark(page, theme == "light")

    def view(self, browser: Browser, place: Site, name: str, look: Look) -> None:
        """One look at each size."""
        with seen(browser, place, name, WIDE[0]) as looked:
            look(looked.page, place)
            for width, height in WIDE:
                looked.page.set_viewport_size({"width": width, "height": height})
                looked.page.mouse.move(1, 1)  # the pointer stands still while what lies beneath it moves
                looked.page.wait_for_timeout(800)
                self.shoot(looked.page, name, width)
        with seen(browser, place, name, PHONE) as looked:
            look(looked.page, place)
            self.shoot(looked.page, name, PHONE[0])
        self.sheet(name)

    def sheet(self, name: str) -> None:
        """All pictures of one look on one sheet: light above, dark below."""
        files = {theme: sorted(self.folder.glob(f"{name}-[0-9]*-{theme}.png"), reverse=True) for theme in THEMES}
        rows = [[_scaled(file) for file in files[theme]] for theme in THEMES]
        width = max(sum(each.width + 8 for each in row) for row in rows)
        sheet = Image.new("RGB", (width, 2 * (SHEET_ROW + 8)), "#808080")
        for place, row in enumerate(rows):
            left = 0
            for each in row:
                sheet.paste(each, (left, place * (SHEET_ROW + 8)))
                left += each.width + 8
        sheet.save(self.folder / f"{name}-sheet.png")


def _scaled(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB").resize((picture.width * SHEET_ROW // picture.height, SHEET_ROW))


@contextlib.contextmanager
def seen(browser: Browser, place: Site, name: str, size: tuple[int, int]) -> Iterator[Watched]:
    phone = size == PHONE
    with watched(browser, place.home, width=size[0], height=size[1], phone=phone) as looked:
        looked.page.add_init_script(LOSE)
        yield looked
        lost = "offline" in name
        print(f"{name} {size[0]}", *(each for each in looked.wrong if not lost), sep="\n  ", flush=True)


def views(album: Album, browser: Browser) -> None:
    """Chat, Inspect and Compare."""
    wanted = {name: look for name, look in LOOKS.items() if album.wants(name)}
    if not wanted:
        return
    with (
        tempfile.TemporaryDirectory() as scratch,
        stub() as stream,
        serving(write_config(Path(scratch), stream), free_port()) as place,
    ):
        for name, look in wanted.items():
            try:
                album.view(browser, place, name, look)
            except PlaywrightError as error:
                album.failed.append(f"{name}: {error}")


def fleets(album: Album, browser: Browser) -> None:
    """Fleet and the wall."""
    for state, (before, more, wait_s) in FLEETS.items():
        if not (album.wants(f"fleet-{state}") or album.wants(f"wall-{state}")):
            continue
        with (
            tempfile.TemporaryDirectory() as scratch,
            stub() as stream,
            serving(fleet(Path(scratch), stream, before(), **more), free_port()) as place,
        ):
            time.sleep(wait_s)
            board(album, browser, place, f"fleet-{state}", "?view=fleet", (*WIDE, PHONE))
            board(album, browser, place, f"wall-{state}", "?view=fleet&wall=1", (WALL, PHONE))


def board(
    album: Album, browser: Browser, place: Site, name: str, query: str, sizes: tuple[tuple[int, int], ...]
) -> None:
    """One of Fleet's boards at each size; the unwell one also without its server."""
    for size in sizes:
        with seen(browser, place, name, size) as looked:
            page = looked.page
            page.goto(place.url + query)
            page.wait_for_selector(".backend, .tile")
            page.wait_for_timeout(1500)
            album.shoot(page, name, size[0])
            if name.endswith("badly"):
                page.context.route("**/healthz", lambda route: route.abort())
                page.evaluate("held.close()")
                page.wait_for_timeout(9000)
                album.shoot(page, name.replace("badly", "offline"), size[0])
    for each in (name, name.replace("badly", "offline")):
        album.sheet(each)


def full_house(album: Album, browser: Browser) -> None:
    """The page for one session too many."""
    if not album.wants("full"):
        return
    with tempfile.TemporaryDirectory() as scratch, stub() as stream:
        file = write_config(Path(scratch), stream)
        file.write_text(file.read_text("utf-8").replace('"limits": {', '"limits": {"sessions": 1, '), "utf-8")
        with serving(file, free_port()) as place, seen(browser, place, "full", WIDE[0]) as first:
            first.page.goto(place.url)
            first.page.get_by_label("Your question").wait_for()
            for size in (*WIDE, PHONE):
                with seen(browser, place, "full", size) as looked:
                    looked.page.goto(place.url)
                    looked.page.get_by_text("full").first.wait_for()
                    looked.page.wait_for_timeout(600)
                    album.shoot(looked.page, "full", size[0])
            album.sheet("full")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("wanted", nargs="*", help="parts of the looks' names, chat or -badly for example")
    parser.add_argument(
        "--to", type=Path, default=Path("screenshots"), help="folder for the pictures (default: screenshots)"
    )
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    album = Album(given.to, given.wanted)
    with chromium() as browser:
        views(album, browser)
        full_house(album, browser)
        fleets(album, browser)
    sys.exit("\n".join(album.failed))


if __name__ == "__main__":
    main()
