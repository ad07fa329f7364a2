"""Fleet, the wall and the alerts in a real browser."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.chromium import Watched, watched
from tests.browser.fleet_site import HOSTILE, fleet
from tests.browser.reading import becomes
from tests.browser.site import Site, serving
from tests.ports import free_port
from tests.system.processes import stub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OUTAGES = int(os.environ.get("OUTAGES", "1"))
TEN_MINUTES_MS = 600_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with stub() as stream:
        yield fleet(tmp_path_factory.mktemp("fleet"), stream)


@pytest.fixture(scope="module")
def here(file: Path) -> Iterator[Site]:
    with serving(file, free_port()) as started:
        yield started


@pytest.fixture
def seen(browser: Browser, here: Site) -> Iterator[Watched]:
    with watched(browser, here.home) as page:
        yield page
        assert page.wrong == []


def order(page: Page) -> list[str]:
    return list(page.locator(".backend").evaluate_all("all => all.map((each) => each.dataset.backend)"))


def open_fleet(page: Page, place: Site) -> None:
    page.goto(f"{place.url}?view=fleet")
    expect(page.locator(".backend")).to_have_count(5)


def test_the_unwell_stand_first_and_a_click_sorts(seen: Watched, here: Site) -> None:
    page = seen.page
    open_fleet(page, here)
    expect(page.locator("h1")).to_have_text("2 of 5 backends are unwell")
    becomes(lambda: order(page), ["search", "helpdesk", "billing", "legal", "docs"])
    page.get_by_role("button", name="Backend", exact=True).click()
    becomes(lambda: order(page), ["billing", "docs", "helpdesk", "legal", "search"])
    expect(page.get_by_role("columnheader", name="Backend")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Backend", exact=True).click()
    becomes(lambda: order(page), ["search", "legal", "helpdesk", "docs", "billing"])
    page.get_by_role("button", name="Availability").click()
    becomes(lambda: order(page), ["search", "billing", "helpdesk", "docs", "legal"])  # what is not known stands last


def test_what_a_back_end_said_stays_text(seen: Watched, here: Site) -> None:
    page = seen.page
    open_fleet(page, here)
    mark = page.locator('[data-turn="search-2"]').first
    told = HOSTILE.replace("\u202e", "⟨U+202E⟩")
    assert told in (mark.get_attribute("title") or "")
    assert (mark.get_attribute("aria-label") or "").startswith("Unreachable, ")
    page.goto(f"{here.url}?view=fleet&wall=1")
    expect(page.locator(".tile")).to_have_count(5)
    expect(page.locator("img")).to_have_count(0)


def test_a_click_leads_to_the_chat_of_that_backend_and_to_the_turn(seen: Watched, here: Site) -> None:
    page = seen.page
    open_fleet(page, here)
    page.get_by_role("link", name="docs", exact=True).click()
    expect(page.locator(".who")).to_contain_text("docs")
    expect(page).to_have_url(re.compile("view=chat.*backend=docs|backend=docs.*view=chat"))
    page.get_by_role("link", name="Fleet").click()
    expect(page.locator(".backend")).to_have_count(5)
    page.locator('[data-turn="helpdesk-0"]').first.click()
    expect(page).to_have_url(re.compile("turn=helpdesk-0"))
    expect(page).to_have_url(re.compile("view=inspect"))


def clock(page: Page) -> str:
    """What the wall that is in sight says of its age; "" while there is none."""
    with contextlib.suppress(Error):  # a frame that has just gone
        covers = page.locator('iframe[style*="opacity: 1"]')
        inside = covers.last.content_frame if covers.count() else page.main_frame
        return inside.locator(".clock").inner_text(timeout=1000)
    return ""


def until(told: Callable[[], str], pattern: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not re.search(pattern, said := told()):
        assert time.monotonic() < end, f"no {pattern!r} in {seconds:.0f} s, but {said!r}"
        time.sleep(0.2)


@pytest.mark.timeout(240 + 60 * OUTAGES)
def test_a_wall_survives_outages_of_ten_minutes(browser: Browser, file: Path) -> None:
    """Its clock is put on by ten minutes; what comes after the outage is real time, less the pause between two looks."""
    port = free_port()
    with watched(browser, f"http://127.0.0.1:{port}", width=1920, height=1080) as seen:
        page = seen.page
        page.clock.install()
        with serving(file, port) as place:
            page.goto(f"{place.url}?view=fleet&wall=1")
            expect(page.locator(".tile")).to_have_count(5)
            expect(page.get_by_role("button")).to_have_count(0)
            expect(page.get_by_role("link", name="Chat")).to_have_count(0)
        for _ in range(OUTAGES):
            page.clock.fast_forward(TEN_MINUTES_MS)
            until(lambda: clock(page), "waits for it: as of 1[0-4] min ago")
            with serving(file, port):
                page.clock.fast_forward(3000)
                began = time.monotonic()
                until(lambda: clock(page), "^as of [0-4] s ago$")
                print(f"back {time.monotonic() - began:.1f} s after its server")
                expect(page.locator("iframe")).to_have_count(1)


def test_an_alert_that_was_acknowledged_comes_back_when_it_fires_anew(browser: Browser, tmp_path: Path) -> None:
    """A server that starts again tells it anew. What a busy machine tells of itself meanwhile is left aside."""
    port = free_port()
    home = f"http://127.0.0.1:{port}"
    with stub() as stream, watched(browser, home) as seen:
        page, file = seen.page, fleet(tmp_path, stream)
        banner = page.locator(".alerts")
        told = banner.locator("li", has_text="search")
        with serving(file, port) as place:
            page.goto(place.url)
            expect(banner).to_contain_text("search uses up its availability budget too fast")
            expect(banner.get_by_role("link", name="Runbook")).to_have_attribute("href", "runbooks#availabilityburn")
            expect(banner.get_by_role("button", name=re.compile(r"[12] more"))).to_be_visible()
            banner.get_by_role("button", name="Acknowledge").click()
            expect(banner).to_contain_text("search is late with its first text")
            banner.get_by_role("button", name="Acknowledge").click()
            expect(told).not_to_be_visible()
            page.reload()
            expect(banner).to_have_attribute("data-firing", re.compile("[23]"))
            expect(told).not_to_be_visible()
            page.get_by_role("link", name="Fleet").click()
            alarm = page.locator('[data-backend="search"] .alarm').first
            expect(alarm).to_contain_text("were bad")
            expect(page.get_by_text("uses up its availability budget too fast")).to_have_count(2)  # why, and its alarm
            alarm.get_by_role("button", name="Acknowledged").click()
            expect(alarm.get_by_role("button", name="Acknowledge", exact=True)).to_be_visible()
            expect(banner).not_to_be_visible()
            page.get_by_role("link", name="Chat").click()
            expect(told).to_be_visible()
            expect(page).not_to_have_url(re.compile("view=fleet"))
        with serving(file, port):
            expect(told).to_be_visible()
