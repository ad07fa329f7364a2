"""A first load as a person sees it: the numbers at once, then the living page in their place."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Route

from tests.browser.chromium import Watched, watched
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


def began(seen: Watched) -> str:
    """What the page shows while its scripts have not come."""
    seen.page.locator(f"#{OPENING}").wait_for(state="attached", timeout=60_000)
    return words(
        seen.page.context.new_cdp_session(seen.page).send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
    )


def test_each_view_opens_as_itself_and_dark_where_the_page_will_be(browser: Browser, place: Site) -> None:
    for view, said in (
        ("chat", "Total events"),
        ("inspect", "Opening"),
        ("compare", "Opening"),
        ("fleet", "refused-503"),
    ):
        with watched(browser, place.home) as seen:
            page = seen.page
            page.route(re.compile(r"/bokeh\.min\.js"), lambda route: route.abort())
            page.goto(f"{place.url}?view={view}&theme=dark", wait_until="commit")
            assert said in began(seen)
            assert ("Total events" in began(seen)) == (view == "chat")
            page.locator(":root[data-opening=dark]").wait_for(state="attached", timeout=60_000)
            background = page.locator(f"#{OPENING}").evaluate("(it) => getComputedStyle(it).backgroundColor")
            assert background == "rgb(13, 18, 22)"


def test_what_a_view_opened_with_goes_when_it_is_alive(browser: Browser, place: Site) -> None:
    for view, alive in (
        ("inspect", ".inspect"),
        ("compare", ".lane"),
        ("fleet", ".backend"),
        ("fleet&wall=1", ".tile"),
    ):
        with watched(browser, place.home) as seen:
            seen.page.goto(f"{place.url}?view={view}")
            seen.page.locator(alive).first.wait_for(timeout=60_000)
            seen.page.locator(f"#{OPENING}").wait_for(state="detached", timeout=60_000)
            assert not seen.wrong
