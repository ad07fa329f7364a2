"""The sidebar's choices reach the browser: the charts' axis, the address, the numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site

AXIS = """() => {
  for (const document of Bokeh.documents) {
    for (const model of document._all_models.values()) {
      if (model.type === "DataRange1d" && model.follow === "end") return model.follow_interval
    }
  }
}"""


def spans(page: Page, milliseconds: int) -> None:
    """Waits until the charts' time axis is so long."""
    page.wait_for_function(f"() => ({AXIS})() === {milliseconds}", timeout=20_000)


@pytest.mark.browser
@pytest.mark.parametrize(("window", "span_ms"), [("5 min", 300_000), ("1 h", 3_600_000)])
def test_a_window_changes_the_axis_also_while_paused(page: Page, place: Site, window: str, span_ms: int) -> None:
    failures = place.metric("streamgauge_task_failures_total")
    open_page(page, place)
    spans(page, 60_000)
    page.get_by_label("Pause charts").click()
    page.get_by_role("button", name=window).click()
    spans(page, span_ms)
    page.get_by_role("button", name="1 min").click()
    spans(page, 60_000)
    assert place.metric("streamgauge_task_failures_total") == failures


@pytest.mark.browser
def test_another_backend_is_in_the_address_and_answers(page: Page, place: Site) -> None:
    failures = place.metric("streamgauge_task_failures_total")
    open_page(page, place)
    page.get_by_role("combobox").first.click()
    page.get_by_role("menuitem", name="truncated", exact=True).click()
    expect(page.locator(".who")).to_contain_text("truncated")
    expect(page).to_have_url(re.compile(r"backend=truncated"), timeout=20_000)
    ask(page, "What's 2+2?")
    assert outcome(page) == "truncated"
    assert place.metric("streamgauge_task_failures_total") == failures
