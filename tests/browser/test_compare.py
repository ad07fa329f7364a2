"""One question to two backends in a real browser: side by side, on one clock, each with its verdict and numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, begin, clipboard_has, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def open_compare(page: Page, place: Site, backends: str) -> None:
    page.goto(f"{place.url}?view=compare&backends={backends}")
    expect(page.locator(".lane")).to_have_count(backends.count(",") + 1)


def test_two_backends_answer_on_one_clock_and_one_that_fails_hinders_nobody(page: Page, place: Site) -> None:
    open_compare(page, place, "demo,reasoning,nobody")
    ask(page, "What's 17+25?")
    outcomes = [page.locator(".lane").nth(n).locator("[data-outcome]") for n in range(3)]
    for each, told in zip(outcomes, ("completed", "completed", "unreachable"), strict=True):
        expect(each).to_have_attribute("data-outcome", told)
    expect(page.locator(".lane").nth(0).locator(".answer")).to_contain_text("42")
    expect(page.locator(".timeline-row .end[d]")).to_have_count(3)
    marks = page.locator(".lane-numbers > div:has-text('duration')")
    expect(marks).to_have_count(3)
    expect(page.locator(".mark")).not_to_have_count(0)
    expect(page.locator(".lane").nth(2).locator(".mark")).to_have_count(0)


def test_stop_all_then_another_backend_that_survives_a_reload(page: Page, place: Site) -> None:
    open_compare(page, place, "demo,demo")
    ask(page, "Tell me a story about a river")
    expect(page.locator(".answer").nth(1)).not_to_be_empty()
    page.get_by_role("button", name="Stop all").click()
    assert [outcome(page, n) for n in (0, 1)] == ["stopped", "stopped"]
    page.get_by_label("Backend B").select_option("truncated")
    expect(page).to_have_url(re.compile(r"backends=demo(,|%2C)truncated"))
    expect(page.locator(".lane").nth(0).locator("[data-outcome]")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Backend B")).to_have_value("truncated")
    page.get_by_role("button", name="Remove B").wait_for(state="hidden")
    page.get_by_role("button", name="Add a backend").click()
    expect(page.locator(".lane")).to_have_count(3)


def test_another_backend_is_asked_the_same_question_in_three_clicks(kept: Page) -> None:
    page = kept
    begin(page, "reasoning")
    ask(page, "What's 6*7?")
    assert outcome(page) == "completed"
    page.get_by_role("button", name="Ask another").click()
    expect(page.get_by_label("Backend A")).to_have_value("reasoning")
    expect(page.get_by_label("Your question")).to_have_value("What's 6*7?")
    expect(page.locator("[data-outcome]")).to_have_count(0)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".lane [data-outcome]")).to_have_count(2)
    page.get_by_role("link", name="Chat").click()
    expect(page.locator(".turn")).to_have_count(1)
    assert outcome(page) == "completed"


def test_the_turn_says_who_was_asked_and_what_it_was_not_told(kept: Page) -> None:
    page = kept
    begin(page)
    ask(page, "What's 6*7?")
    assert outcome(page) == "completed"
    expect(page.get_by_label("System prompt")).not_to_be_visible()
    page.get_by_role("combobox").first.click()
    page.get_by_role("menuitem", name="llm", exact=True).click()
    page.get_by_label("System prompt").fill("Be brief.")
    ask(page, "What's 7*8?")  # at once: what stands in the field goes out with the question
    assert outcome(page, 1) == "completed"
    expect(page.locator(".asked-of").nth(1)).to_contain_text("not told the 1 turn with demo")
    page.locator(".turn").nth(1).get_by_role("button", name="curl").click()
    command = clipboard_has(page, "curl -N")
    assert "Be brief." in command
    assert "6*7" not in command
    page.locator(".log").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).not_to_be_visible()
