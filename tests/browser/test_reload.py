"""A page that is reloaded, duplicated or lost goes on where it was; one that is closed ends what it had begun, soon."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import watched
from tests.browser.reading import HOLD_THE_SOCKET, ask, becomes, open_page, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ACTIVE = 'streamgauge_turns_active{backend="demo"}'


def test_a_reload_in_mid_answer_loses_no_character(page: Page, place: Site) -> None:
    open_page(page, place)
    ask(page, "Show me a markdown tour")
    assert outcome(page) == "completed"
    ask(page, "Show me a markdown tour")
    expect(page.locator(".answer").nth(1)).to_contain_text("Lists")
    page.get_by_label("Your question").fill("half a thought")
    key = page.evaluate("sessionStorage.getItem('streamgauge-conversation')")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    assert outcome(page, 1) == "completed"
    first = page.locator(".answer").nth(0).inner_html()
    becomes(page.locator(".answer").nth(1).inner_html, first)
    expect(page.get_by_label("Your question")).to_have_value("half a thought")
    assert page.evaluate("sessionStorage.getItem('streamgauge-conversation')") == key
    assert key not in page.url
    page.reload()
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    becomes(page.locator(".answer").nth(1).inner_html, first)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.reload()
    expect(page.locator(".empty")).to_be_visible()
    expect(page.locator(".note")).not_to_be_visible()


def test_a_comparison_comes_back_whole_after_a_reload_and_a_lost_websocket(browser: Browser, place: Site) -> None:
    with watched(browser, place.home) as seen:
        page = seen.page
        page.add_init_script(HOLD_THE_SOCKET)
        page.goto(f"{place.url}?view=compare&backends=demo,demo")
        answers = page.locator(".lane .answer")
        for gone in ("held.close()", "location.reload()"):
            expect(page.locator(".lane")).to_have_count(2)
            ask(page, "Show me a markdown tour")
            for n in (0, 1):
                expect(answers.nth(n)).to_contain_text("Lists")
            page.evaluate(gone)
            expect(page.locator(".lane [data-outcome=completed]")).to_have_count(2)
            expect(page.locator(".mark")).not_to_have_count(0)
            one = answers.nth(0).inner_html()
            becomes(answers.nth(1).inner_html, one)
            assert "</table>" in one
            expect(page.locator(".asked")).to_have_text("Show me a markdown tour")
        page.get_by_role("link", name="Chat").click()
        expect(page.locator(".turn")).to_have_count(0)
        page.reload()
        page.get_by_role("link", name="Compare").click()
        expect(page.locator(".lane [data-outcome=completed]")).to_have_count(2)
        becomes(lambda: [answers.nth(n).inner_html() for n in (0, 1)], [one, one])
        assert not [each for each in seen.wrong if not each.startswith("console")]


def test_a_duplicated_tab_gets_a_copy_of_its_own(browser: Browser, place: Site) -> None:
    with watched(browser, place.home) as seen:
        page = seen.page
        open_page(page, place)
        ask(page, "What's 2+2?")
        assert outcome(page) == "completed"
        with page.expect_popup() as opened:
            page.evaluate("window.open(location.href)")  # takes a copy of the session storage along, as Duplicate does
        other = opened.value
        expect(other.locator(".turn")).to_have_count(1)
        keys = [each.evaluate("sessionStorage.getItem('streamgauge-conversation')") for each in (page, other)]
        assert keys[0] != keys[1]
        ask(other, "What's 3+4?")
        assert outcome(other, 1) == "completed"
        expect(page.locator(".turn")).to_have_count(1)
        ask(page, "What's 5+6?")
        assert outcome(page, 1) == "completed"
        expect(other.locator(".turn")).to_have_count(2)
        assert seen.wrong == []


def test_a_closed_tab_ends_its_answer_within_five_seconds(browser: Browser, place: Site) -> None:
    with watched(browser, place.home) as seen:
        open_page(seen.page, place)
        ask(seen.page, "Tell me a story about a river")
        expect(seen.page.locator(".answer")).not_to_be_empty()
        becomes(lambda: place.metric(ACTIVE), 1)
        seen.page.close()
        closed = time.monotonic()
        while place.metric(ACTIVE) and time.monotonic() < closed + 60:
            time.sleep(0.1)
        print(f"upstream cancelled {time.monotonic() - closed:.1f} s after the tab was closed")
        assert place.metric(ACTIVE) == 0
