"""The charts under the page's policy, which lets no text become a function."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

LABELS = """() => {
  const figure = [...Bokeh.documents[0]._all_models.values()].find((model) => model.name === "latency" && model.below);
  const write = (axis, ticks) => axis.formatter.doFormat(ticks, {loc: 0});
  const noon = new Date(2026, 0, 5, 12, 34).getTime();
  return [...write(figure.below[0], [noon, noon + 60000]), ...write(figure.below[0], [noon, noon + 5000]),
    ...write(figure.left[0], [0, 5, 250, 1500, 20000])];
}"""


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
    box = chart.locator(".plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + box["height"] / 2, steps=4)
    expect(page.get_by_text(re.compile("heartbeats\t"))).to_contain_text(
        re.compile(r"\d\d:\d\d:\d\d\ntext\t[\d.–].*\nheartbeats", re.DOTALL)
    )
