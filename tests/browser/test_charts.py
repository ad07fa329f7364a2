"""The charts under the page's policy, which lets no text become a function."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.ui.words import DEFINITIONS
from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LABELS = """() => {
  const figure = [...Bokeh.documents[0]._all_models.values()].find((model) => model.name === "latency" && model.below);
  const write = (axis, ticks) => axis.formatter.doFormat(ticks, {loc: 0});
  const noon = new Date(2026, 0, 5, 12, 34).getTime();
  return [...write(figure.below[0], [noon, noon + 60000]), ...write(figure.below[0], [noon, noon + 5000]),
    ...write(figure.left[0], [0, 5, 250, 1500, 20000])];
}"""

# The row of the last mark has come, and one after it.
MARKED = """() => {
  const models = [...Bokeh.documents].flatMap((each) => [...each._all_models.values()]);
  const [rows, marks] = ["streamgauge", "streamgauge-marks"].map((name) => models.find((model) => model.name === name).data.t);
  return marks.length > 0 && rows.at(-1) > marks.at(-1);
}"""

LAST = """() => [...Bokeh.documents].flatMap((each) => [...each._all_models.values()])
  .find((model) => model.name === "streamgauge").data.t.at(-1)"""


def test_axes_and_hover_are_written_without_code_in_the_document(page: Page, place: Site) -> None:
    with page.expect_response(place.url) as answer:
        open_page(page, place)
    assert "unsafe-eval" not in answer.value.headers["content-security-policy"]
    ask(page, "Show me a markdown tour")
    assert outcome(page) == "completed"
    chart = page.locator("figure.chart.rate")
    expect(chart.locator(".cover")).to_be_hidden()
    labels = ["12:34", "12:35", "12:34:00", "12:34:05", "0", "5", "250", "1.5k", "20k"]
    assert page.evaluate(LABELS) == labels
    expect(page.locator(".happened")).to_contain_text("completed")
    page.wait_for_function(MARKED)
    page.get_by_label("Pause charts").click()  # else the mark moves on beneath the pointer
    expect(page.locator(".still")).to_have_text(re.compile("Paused"))
    told = page.get_by_text(re.compile("heartbeats\t"))
    _point_at_the_mark(page, chart, told)
    expect(told).to_contain_text(
        re.compile(r"\d\d:\d\d:\d\d: [1-9].* completed\ntext\t[\d.–].*\nheartbeats", re.DOTALL)
    )
    expect(told.locator("xpath=..")).to_contain_text(DEFINITIONS["rate"])


def _point_at_the_mark(page: Page, chart: Locator, told: Locator) -> None:
    """From the newest row backwards, until the pointer is on the step in which something happened; from anew when what
    stands above the chart has moved it."""
    for _ in range(10):
        box = chart.locator(".plot").bounding_box()
        assert box
        for left in range(8, 200, 4):
            page.mouse.move(box["x"] + box["width"] - left, box["y"] + box["height"] / 2)
            if _completed(told):
                page.wait_for_timeout(300)  # the words may be those of the place before
                if _completed(told):
                    return
    raise AssertionError("no mark was under the pointer")


def _completed(told: Locator) -> bool:
    return "completed" in "".join(told.all_text_contents())


def test_the_charts_stand_still_while_paused_and_say_so(page: Page, place: Site) -> None:
    open_page(page, place)
    ask(page, "What's 17+25?")
    assert outcome(page) == "completed"
    page.get_by_label("Pause charts").click()
    expect(page.locator(".still")).to_have_text(re.compile(r"Paused at \d\d:\d\d:\d\d"))
    ask(page, "What's 6*7?")
    assert outcome(page, 1) == "completed"
    before = page.evaluate(LAST)  # what was on its way when the button was pressed has come: the question came after it
    ask(page, "What's 6*8?")
    assert outcome(page, 2) == "completed"
    assert page.evaluate(LAST) == before
    page.get_by_label("Go on with the charts").click()
    page.wait_for_function(f"before => ({LAST})() > before", arg=before)
    expect(page.locator(".still")).to_have_text("")
