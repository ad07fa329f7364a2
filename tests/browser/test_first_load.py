"""A first load as a person sees it: the numbers at once, then the living page in their place."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Route, expect

from tests.browser.chromium import watched
from tests.browser.reading import becomes
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OPENING = "streamgauge-opening"


def words(node: dict[str, Any]) -> str:
    """All text below a node, closed shadow roots too."""
    below = [*node.get("children", []), *node.get("shadowRoots", [])]
    return " ".join([node["nodeValue"] if node["nodeType"] == 3 else "", *(words(each) for each in below)])


def shown(cdp: CDPSession) -> str:
    """What the page shows while its scripts have not come."""
    return words(cdp.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"])


def test_numbers_are_seen_before_any_script_of_panels_has_run(browser: Browser, place: Site) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with watched(browser, place.home) as seen:
        page = seen.page
        page.route(re.compile(r"/bokeh\.min\.js"), hold)
        page.goto(place.url, wait_until="commit")
        page.locator(f"#{OPENING}").wait_for(state="attached")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length === 1")
        assert page.evaluate("typeof Bokeh") == "undefined"
        cdp = page.context.new_cdp_session(page)

        def total_and_ttft() -> tuple[bool, bool]:
            told = shown(cdp)
            return bool(re.search(r"Total events\s+\d", told)), "Time to first text" in told

        becomes(total_and_ttft, (True, True))
        while not held:
            page.wait_for_timeout(50)
        for route in held:
            route.continue_()
        page.locator(".card .value").first.wait_for()
        page.locator(f"#{OPENING}").wait_for(state="detached")
        assert not seen.wrong


def test_each_view_opens_as_itself_and_dark_where_the_page_will_be(browser: Browser, place: Site) -> None:
    with watched(browser, place.home) as seen:
        page = seen.page
        page.route(re.compile(r"/bokeh\.min\.js"), lambda route: route.abort())
        cdp = page.context.new_cdp_session(page)
        for view, said in (
            ("chat", "Total events"),
            ("inspect", "Opening"),
            ("compare", "Opening"),
            ("fleet", "refused-503"),
        ):
            page.goto(f"{place.url}?view={view}&theme=dark", wait_until="commit")
            page.locator(":root[data-opening=dark]").wait_for(state="attached")
            becomes(lambda: said in shown(cdp), True)  # noqa: B023  # called at once
            assert ("Total events" in shown(cdp)) == (view == "chat")
            expect(page.locator(f"#{OPENING}")).to_have_css("background-color", "rgb(13, 18, 22)")


def test_what_a_view_opened_with_goes_when_it_is_alive(browser: Browser, place: Site) -> None:
    with watched(browser, place.home) as seen:
        for view, alive in (
            ("inspect", ".inspect"),
            ("compare", ".lane"),
            ("fleet", ".backend"),
            ("fleet&wall=1", ".tile"),
        ):
            seen.page.goto(f"{place.url}?view={view}")
            seen.page.locator(alive).first.wait_for()
            seen.page.locator(f"#{OPENING}").wait_for(state="detached")
        assert not seen.wrong
