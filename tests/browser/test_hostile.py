"""What a back end says never runs and never calls out; the fixture fails on any dialog, error or foreign request."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site
from tests.ui.test_markdown import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MARK = "globalThis.ran = (globalThis.ran || 0) + 1"


def test_nothing_that_is_echoed_runs_or_calls_out(page: Page, place: Site) -> None:
    page.add_init_script("globalThis.alert = () => { globalThis.ran = 1 }")
    open_page(page, place)
    page.get_by_text("Events", exact=True).click()
    payloads = [each.replace("alert(1)", MARK) for each in HOSTILE]
    for nth, first in enumerate(range(0, len(payloads), 8)):
        ask(page, "echo " + "\n\n".join(payloads[first : first + 8]))
        assert outcome(page, nth, seconds=60) == "completed"
        page.locator(".verdict summary, .why summary").nth(nth).click()
    expect(page.locator(".answer img, .answer script, .answer iframe, .answer svg")).to_have_count(0)
    page.wait_for_timeout(500)
    assert page.evaluate("globalThis.ran || 0") == 0
