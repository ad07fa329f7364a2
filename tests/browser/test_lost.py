"""The page's own server goes away and comes back: the page says so, keeps what was typed, and recovers unaided."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import watched
from tests.browser.reading import HOLD_THE_SOCKET, ask, becomes, open_page, outcome, says
from tests.browser.site import Site, config, serving
from tests.ports import free_port
from tests.system.processes import stub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_server_that_restarts_is_waited_for(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    file = tmp_path / "config.yaml"
    with stub() as stream, watched(browser, f"http://127.0.0.1:{port}") as seen:
        file.write_text(config(stream), "utf-8")
        page = seen.page
        with serving(file, port) as first:
            open_page(page, first)
            ask(page, "What's 2+2?")
            assert outcome(page) == "completed"
        expect(page.locator(".banner")).to_contain_text("lost its own server")
        expect(page.locator(".pill")).to_contain_text("offline")
        ask(page, "half a thought")
        expect(page.locator(".note")).to_contain_text("what you typed stays")
        with serving(file, port):
            expect(page.locator(".turn")).to_have_count(0)
            expect(page.get_by_label("Your question")).to_have_value("half a thought")
            ask(page, "What's 3+4?")
            assert outcome(page) == "completed"
        assert not [each for each in seen.wrong if not each.startswith("console")]


@pytest.mark.parametrize("cut", ["", "held.onmessage({data: '{}'}); "], ids=["between", "within"])
def test_a_websocket_that_drops_mid_answer_loses_no_character(browser: Browser, place: Site, cut: str) -> None:
    """Between two of Bokeh's messages, and after the first of the pieces that make one."""
    with watched(browser, place.home) as seen:
        page = seen.page
        page.add_init_script(HOLD_THE_SOCKET)
        open_page(page, place)
        ask(page, "Show me a markdown tour")
        assert outcome(page) == "completed"
        ask(page, "Show me a markdown tour")
        expect(page.locator(".answer").nth(1)).to_contain_text("Lists")
        here = page.evaluate("performance.timeOrigin")
        with says(page.locator(".banner"), "lost its own server"):
            page.evaluate(f"{cut}held.close()")
        expect(page.locator(".banner")).not_to_be_visible()
        assert outcome(page, 1) == "completed"
        becomes(page.locator(".answer").nth(1).inner_html, page.locator(".answer").nth(0).inner_html())
        assert page.evaluate("performance.timeOrigin") == here, "it came back without a reload"
        assert not [each for each in seen.wrong if not each.startswith("console")]


def test_a_computer_that_slept_reloads_its_page_and_has_its_conversation(browser: Browser, place: Site) -> None:
    """Its clock jumps and its websocket is gone, as after a night; reconnecting would find no session."""
    with watched(browser, place.home) as seen:
        page = seen.page
        page.clock.install()
        page.add_init_script(HOLD_THE_SOCKET)
        open_page(page, place)
        ask(page, "What's 2+2?")
        assert outcome(page) == "completed"
        answer = page.locator(".answer").inner_html()
        page.get_by_label("Your question").fill("half a thought")
        page.evaluate("document.documentElement.dataset.before = true")
        page.clock.fast_forward(60_000)
        page.evaluate("held.close()")
        expect(page.locator("html[data-before]")).to_have_count(0)
        expect(page.locator(".answer")).to_have_count(1)
        becomes(page.locator(".answer").inner_html, answer)
        expect(page.get_by_label("Your question")).to_have_value("half a thought")
        assert not [each for each in seen.wrong if not each.startswith("console")]


def test_fleet_comes_back_from_a_cut_message_too(browser: Browser, place: Site) -> None:
    with watched(browser, place.home) as seen:
        page = seen.page
        page.clock.install()
        page.add_init_script(HOLD_THE_SOCKET)
        page.goto(f"{place.url}?view=fleet")
        page.locator(".backend").first.wait_for()
        here = page.evaluate("performance.timeOrigin")
        with says(page.locator(".clock"), "Lost its server"):
            page.evaluate("held.onmessage({data: '{}'}); held.close()")
        expect(page.locator(".clock")).not_to_contain_text("Lost its server")
        page.clock.fast_forward(9_000)  # STALE_S of fleet_table.js and one: what came before the cut is old now
        expect(page.locator(".clock")).to_contain_text("as of 0 s ago")
        assert page.evaluate("performance.timeOrigin") == here, "it came back without a reload"
        assert not [each for each in seen.wrong if not each.startswith("console")]
