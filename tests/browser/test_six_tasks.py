"""What a new user wants, from the address alone: each in three clicks at most, counted here; the waits are limits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import watched
from tests.browser.reading import open_page
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

MOST_CLICKS = 3
FROM_THREE_METRES_PX = 24
"""Capitals of 4.6 mm on a screen of 24 inches (1920 px on 53 cm): good eyes need 4.4 mm at three metres."""


class Hand:
    """A person's hand on the page: `click` counts, typing does not."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def begins(self) -> None:
        """The next task."""
        self.clicks = 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        assert self.clicks <= MOST_CLICKS
        what.click()

    def ask(self, question: str) -> None:
        """By keyboard: `/` goes to the question."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(question)
        self.page.keyboard.press("Enter")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def ended(self, outcome: str, nth: int = 0) -> Locator:
        badge = self.page.locator("[data-outcome]").nth(nth)
        expect(badge).to_have_attribute("data-outcome", outcome)
        return badge


@pytest.fixture
def hand(browser: Browser, place: Site, request: pytest.FixtureRequest) -> Iterator[Hand]:
    width = request.param
    with watched(browser, place.home, width=width, height=900 if width > 500 else 860) as seen:
        yield Hand(seen.page)
        assert seen.wrong == []


def ask_and_stop(hand: Hand) -> None:
    hand.begins()
    hand.click(hand.button("Tell me a story about a river"))
    expect(hand.page.locator(".answer").last).not_to_be_empty()
    hand.click(hand.button("Stop"))
    hand.ended("stopped")


def find_which_agent_answered_and_why(hand: Hand) -> None:
    hand.begins()
    hand.ask("What's 2+2?")
    hand.ended("completed", 1)
    chosen = hand.page.locator(".turn").nth(1).locator(".phase", has_text="Math Agent")
    expect(chosen).to_contain_text("a2a")
    expect(chosen).to_contain_text(" %")
    expect(chosen.locator("p")).not_to_be_visible()
    hand.click(chosen.locator("summary"))
    expect(chosen.locator("p")).to_be_visible()
    expect(chosen.locator("p")).not_to_be_empty()


def find_why_it_was_slow(hand: Hand) -> None:
    hand.begins()
    hand.click(hand.page.get_by_role("combobox").nth(1))
    hand.click(hand.page.get_by_text("slow-router", exact=True))
    hand.ask("What's 3+4?")
    badge = hand.ended("completed", 2)
    expect(badge).to_contain_text("Router:")
    hand.click(badge.locator("summary"))
    expect(badge.locator(".more")).to_contain_text("Evidence")
    expect(badge.locator(".more")).to_contain_text("Next step")


def export_it_for_a_bug_report(hand: Hand) -> None:
    hand.begins()
    hand.click(hand.link("Inspect").last)
    hand.click(hand.page.get_by_text("take it along"))
    with hand.page.expect_download() as download:
        hand.click(hand.button("Download recording"))
    assert download.value.suggested_filename.endswith(".jsonl")


def compare_two_backends(hand: Hand) -> None:
    hand.begins()
    hand.click(hand.link("Compare"))
    hand.click(hand.button("What's 2+2?"))
    expect(hand.page.locator(".lane [data-outcome]")).to_have_count(2)
    expect(hand.page.locator(".lane-numbers > div:has-text('TTFT')")).to_have_count(2)


def see_who_is_unwell_from_three_metres(hand: Hand) -> None:
    """A failure made by nobody: asked by keyboard, in Compare's other lane."""
    hand.page.get_by_label("Backend B").select_option("nobody")
    hand.ask("anyone there?")
    expect(hand.page.locator(".lane [data-outcome=unreachable]")).to_have_count(1)
    hand.begins()
    hand.click(hand.link("Fleet"))
    with hand.page.expect_popup() as opened:
        hand.click(hand.link("Wall"))
    wall = opened.value
    wall.set_viewport_size({"width": 1920, "height": 1080})
    tile = wall.locator(".tile", has_text="nobody")
    expect(tile).to_have_attribute("data-health", re.compile("unwell|failing"))  # as it lasts
    expect(tile.locator(".word")).to_have_text(re.compile("^(Unwell|Failing)$"))
    for told in (".name", ".word"):
        assert tile.locator(told).evaluate("it => parseFloat(getComputedStyle(it).fontSize)") >= FROM_THREE_METRES_PX
    wall.close()


@pytest.mark.parametrize("hand", [1440], indirect=True)
def test_six_tasks_take_three_clicks_each_on_one_page(hand: Hand, place: Site) -> None:
    open_page(hand.page, place)
    ask_and_stop(hand)
    find_which_agent_answered_and_why(hand)
    find_why_it_was_slow(hand)
    export_it_for_a_bug_report(hand)
    compare_two_backends(hand)
    see_who_is_unwell_from_three_metres(hand)


@pytest.mark.parametrize("hand", [420], indirect=True)
def test_in_a_narrow_window_they_take_no_more(hand: Hand, place: Site) -> None:
    open_page(hand.page, place)
    ask_and_stop(hand)
    find_which_agent_answered_and_why(hand)
    compare_two_backends(hand)
