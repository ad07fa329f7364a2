"""One question to two backends in a real browser: side by side, on one clock, each with its verdict and numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def open_compare(page: Page, place: Site, backends: str) -> None:
    page.goto(f"{place.url}?view=compare&backends={backends}")
    expect(page.locator(".lane")).to_have_count(backends.count(",") + 1)


def test_two_backends_answer_on_one_clock_and_one_that_fails_hinders_nobody(page: Page, place: Site) -> None:
    open_compare(page, place, "demo,reasoning,nobody")
    ask(page, "What's 17+25?")
    outcomes = [page.locator(".lane").nth(n).locator("[data-outcome]") for n in range(3)]
    for each, told in zip(outcomes, ("completed", "completed", "unreachable"), strict=True):
        expect(each).to_have_attribute("data-outcome", told, timeout=40_000)
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
