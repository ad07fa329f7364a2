"""A first load as a person sees it: the numbers at once, then the living page in their place."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Route

from tests.browser.chromium import watched
from tests.browser.site import Site

OPENING = "streamgauge-opening"


def words(node: dict[str, Any]) -> str:
    """All text below a node, closed shadow roots too."""
    below = [*node.get("children", []), *node.get("shadowRoots", [])]
    return " ".join([node["nodeValue"] if node["nodeType"] == 3 else "", *(words(each) for each in below)])


def test_numbers_are_seen_before_any_script_of_panels_has_run(browser: Browser, place: Site) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with watched(browser, place.home) as seen:
        page = seen.page
        page.route(re.compile(r"/bokeh\.min\.js"), hold)
        page.goto(place.url, wait_until="commit")
        page.locator(f"#{OPENING}").wait_for(state="attached", timeout=60_000)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("performance.getEntriesByName('first-contentful-paint').length") == 1
        assert page.evaluate("typeof Bokeh") == "undefined"
        tree = page.context.new_cdp_session(page).send("DOM.getDocument", {"depth": -1, "pierce": True})
        told = words(tree["root"])
        assert re.search(r"Total events\s+\d", told), told
        assert "Time to first text" in told
        while not held:
            page.wait_for_timeout(50)
        for route in held:
            route.continue_()
        page.locator(".card .value").first.wait_for(timeout=60_000)
        page.locator(f"#{OPENING}").wait_for(state="detached", timeout=60_000)
        assert not seen.wrong


def test_the_opening_is_dark_where_the_page_will_be(browser: Browser, place: Site) -> None:
    with watched(browser, place.home) as seen:
        page = seen.page
        page.route(re.compile(r"/bokeh\.min\.js"), lambda route: route.abort())
        page.goto(f"{place.url}?theme=dark", wait_until="commit")
        page.locator(f"#{OPENING}[data-theme=dark]").wait_for(state="attached", timeout=60_000)
        assert page.locator(f"#{OPENING}").evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(13, 18, 22)"
