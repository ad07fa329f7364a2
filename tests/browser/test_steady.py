"""What a reader looks at stays where it is while an answer streams, and the newest line stays in sight."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

MOST = 0.0005
"""Of Chromium's layout shift (Layout Instability API). A number that gets another digit moves its unit by 0.00002; a line
below the text that each new line pushed down cost 0.0008 a line.
"""

WATCH = """() => {
  globalThis.moved = []
  const room = () => document.documentElement.style.getPropertyValue("--alerts")
  let had = room()
  const rect = ({x, y, width, height}) => [x, y, width, height].map(Math.round).join(" ")
  new PerformanceObserver((list) => {
    const alerted = room() !== had // an alert makes room for itself, as it must
    had = room()
    if (alerted) return
    for (const {value, sources} of list.getEntries()) {
      moved.push([value, ...sources.map((each) => `${rect(each.previousRect)} → ${rect(each.currentRect)}`)])
    }
  }).observe({type: "layout-shift"})
}"""


COUNT = """
globalThis.added = 0
const insert = CharacterData.prototype.insertData
CharacterData.prototype.insertData = function (...words) { globalThis.added++; return insert.apply(this, words) }
"""
"""How often text was added to what stood there."""

GROWN = """(blocks) => blocks.map((block) => {
  const told = document.createElement("div")
  told.className = "block"
  told.innerHTML = block.sent
  block.normalize()
  return told.isEqualNode(block)
})"""


def test_nothing_moves_while_an_answer_streams(page: Page, place: Site) -> None:
    page.add_init_script(COUNT)
    open_page(page, place)
    expect(page.locator("#streamgauge-opening")).to_have_count(0)
    page.evaluate(WATCH)
    ask(page, "Show me a markdown tour")
    expect(page.locator(".now .meter")).to_contain_text("chunks", timeout=60_000)
    expect(page.locator(".answer")).to_contain_text("must never", timeout=60_000)
    moved = page.evaluate("moved")
    assert outcome(page, seconds=60) == "completed"
    assert sum(each[0] for each in moved) < MOST, moved
    grown = page.locator(".block").evaluate_all(GROWN)
    assert len(grown) > 8
    assert page.evaluate("added") > 0
    assert all(grown), "what grew by pieces is what its HTML says"


def test_the_newest_line_stays_in_sight_when_the_window_changes(page: Page, place: Site) -> None:
    """A phone that is turned, a keyboard that opens: that is nobody scrolling up."""
    open_page(page, place)
    ask(page, "Show me a markdown tour")
    expect(page.locator(".answer")).to_contain_text("A table", timeout=60_000)
    jump = page.get_by_role("button", name="Newest")
    for width, height in ((1000, 560), (700, 620), (1440, 700)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        expect(jump).to_be_hidden()
    page.locator(".log").hover()
    page.mouse.wheel(0, -200)
    expect(jump).to_be_visible()
    page.keyboard.press("Escape")
    assert outcome(page) in ("stopped", "completed")
    expect(jump).to_be_visible()
    jump.click()
    expect(jump).to_be_hidden()
