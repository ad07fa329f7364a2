"""Every view by keyboard alone: each stop can be seen, none holds the focus, and a screen reader hears begin and end once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, begin, open_page, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FOCUSED = """() => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  if (!at || at === document.body) return null
  const box = at.getBoundingClientRect(), style = getComputedStyle(at)
  // A field's frame may show its focus for it.
  let ring = false
  for (let each = at, up = 0; each && up < 4; each = each.parentElement ?? each.getRootNode().host, up++) {
    const look = getComputedStyle(each)
    const outlined = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2
    if (outlined || (look.boxShadow !== "none" && each.matches(":focus-within"))) ring = true
  }
  globalThis.stops ??= new Map()
  if (!stops.has(at)) stops.set(at, stops.size)
  return {id: stops.get(at), ring, mui: /Mui/.test(at.className + at.parentElement?.className), seen: box.width > 0 && box.height > 0 && style.visibility === "visible",
    name: `${at.tagName} ${at.getAttribute("aria-label") ?? at.textContent.trim().slice(0, 40)} ${at.className}`}
}"""


PLOTS_PASSED = """() => {
  const found = (root) => [...root.querySelectorAll("*")].some((each) =>
    each.matches(".bk-events[tabindex='0']") || (each.shadowRoot && found(each.shadowRoot)))
  return !found(document)
}"""
"""Bokeh's plots are no stops, from a moment after they were drawn."""


def walk(page: Page, most: int = 160) -> list[dict[str, Any]]:
    """All that Tab comes by, once around."""
    page.evaluate("() => { globalThis.stops = new Map(); document.activeElement?.blur() }")
    told: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            continue  # the browser's own controls, between the page's last stop and its first
        if told and stop["id"] == told[0]["id"]:
            return told
        assert not told or stop["id"] != told[-1]["id"], f"the focus stays at {stop['name']}"
        told.append(stop)
    raise AssertionError(f"after {most} keys the focus is still on its way: {told[-1]['name']}")


HEAR = """() => {
  globalThis.said = []
  const live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]:not([aria-live=off])"
  const watch = (root) => {
    for (const each of root.querySelectorAll(live)) {
      const tell = () => { const text = each.textContent.trim(); if (text && said.at(-1) !== text) said.push(text) }
      new MutationObserver(tell).observe(each, {subtree: true, childList: true, characterData: true})
    }
    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) watch(each.shadowRoot)
  }
  watch(document)
}"""


def test_a_screen_reader_hears_that_an_answer_begins_and_how_it_ended_and_no_chunk(page: Page, place: Site) -> None:
    open_page(page, place)
    page.evaluate(HEAR)
    ask(page, "Show me a markdown tour")
    assert outcome(page) == "completed"
    sentence = page.locator(".verdict .sentence").first.text_content() or ""
    expect(page.locator(".chat .announcer")).to_contain_text(sentence)
    said = [each for each in page.evaluate("said") if "blocked again and again" not in each]
    assert said == ["Asked. The answer is on its way.", f"Completed. {sentence}"]


def test_what_moves_stands_still_for_who_asked_for_it(page: Page, place: Site) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_page(page, place, "?backend=stall")
    ask(page, "Tell me a story")
    page.locator(".turn[data-live='true']").wait_for()
    moving = page.evaluate(
        """() => document.getAnimations().filter((each) => each.playState === "running"
          && each.effect?.getComputedTiming().duration > 1).map((each) => each.effect.target?.className)"""
    )
    assert moving == []


@pytest.mark.parametrize(
    ("view", "ready", "met"),
    [
        (
            "Chat",
            ".turn [data-outcome]",
            ["Your question", "Conversation", "1 min", "Pause charts", "Inspect", "Total events"],
        ),
        ("Compare", ".lane", ["Your question", "Backend A", "Add a backend"]),
        ("Inspect", ".turn-row", ["Open a recording", "Completed"]),
        ("Fleet", ".backend .mark", ["Keys", "Wall", "Health"]),
    ],
    ids=["chat", "compare", "inspect", "fleet"],
)
def test_tab_leads_through_a_view_and_each_stop_can_be_seen(kept: Page, view: str, ready: str, met: list[str]) -> None:
    page = kept
    begin(page)
    ask(page, "What's 2+2?")
    assert outcome(page) == "completed"
    page.get_by_role("link", name=view, exact=True).first.click()
    page.locator(ready).first.wait_for()
    page.wait_for_function(PLOTS_PASSED)
    stops = walk(page)
    names = "\n".join(stop["name"] for stop in stops)
    assert [word for word in met if word not in names] == []
    assert [stop["name"] for stop in stops if not stop["seen"]] == []
    assert [stop["name"] for stop in stops if not (stop["ring"] or stop["mui"])] == []
    page.evaluate("document.activeElement?.blur()")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
