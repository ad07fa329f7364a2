"""The sidebar's choices reach the browser: the charts' axis, the address, the numbers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, clipboard_has, open_page, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXIS = """() => {
  const models = Bokeh.documents.flatMap((each) => [...each._all_models.values()]);
  const {start, end} = models.find((model) => model.name === "rate" && model.x_range).x_range;
  return Math.round(end - start);
}"""


def spans(page: Page, milliseconds: int) -> None:
    """Waits until the charts' time axis is so long."""
    page.wait_for_function(f"() => ({AXIS})() === {milliseconds}")


def test_a_window_changes_the_axis_also_while_paused(page: Page, place: Site) -> None:
    failures = place.metric("streamgauge_task_failures_total")
    open_page(page, place)
    spans(page, 60_000)
    page.get_by_label("Pause charts").click()
    for window, span_ms in (("5 min", 300_000), ("1 h", 3_600_000), ("1 min", 60_000)):
        page.get_by_role("button", name=window).click()
        spans(page, span_ms)
    assert place.metric("streamgauge_task_failures_total") == failures


def test_another_backend_is_in_the_address_and_answers(page: Page, place: Site) -> None:
    failures = place.metric("streamgauge_task_failures_total")
    open_page(page, place)
    page.get_by_role("combobox").first.click()
    page.get_by_role("menuitem", name="truncated", exact=True).click()
    expect(page.locator(".who")).to_contain_text("truncated")
    expect(page).to_have_url(re.compile(r"backend=truncated"))
    ask(page, "What's 2+2?")
    assert outcome(page) == "truncated"
    assert place.metric("streamgauge_task_failures_total") == failures


NO_FIELD_IS_HEARD = """
globalThis.WebSocket = class extends WebSocket {
  send(piece) {
    const whole = this.pieces = [...(this.pieces ?? []), piece]
    if (whole.length < 3) return
    this.pieces = []
    if (!/"attr":"value/.test(whole[2])) for (const each of whole) super.send(each)
  }
}
"""
"""What a field tells the server by itself never arrives; each message of Bokeh's is three pieces."""


def test_no_choice_can_come_too_late_for_the_question_that_follows_it(page: Page, place: Site) -> None:
    page.add_init_script(NO_FIELD_IS_HEARD)
    open_page(page, place)
    page.get_by_role("combobox").nth(1).click()
    page.get_by_role("listbox", name="Demo scenario").get_by_text("truncated", exact=True).click()  # alerts say it too
    ask(page, "What's 2+2?")
    assert outcome(page) == "truncated"
    page.get_by_role("combobox").first.click()
    page.get_by_role("menuitem", name="nobody", exact=True).click()
    ask(page, "What's 2+2?")
    expect(page.locator(".asked-of").nth(1)).to_contain_text("nobody")
    assert outcome(page, 1) == "unreachable"
    open_page(page, place, "?backend=llm")
    page.get_by_label("Model").fill("large")
    page.get_by_label("System prompt").fill("Be brief.")
    ask(page, "What's 7*8?")
    assert outcome(page, 2) == "completed"
    page.get_by_role("button", name="curl").nth(2).click()
    command = clipboard_has(page, "curl -N")
    assert "Be brief." in command
    assert '"model":"large"' in command
