"""What the charts draw, and when they do not: the picture is Bokeh's, its cost is not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CHARTS = ("rate", "latency", "connection", "faults")

COMPARED = """async () => {
  const models = [...Bokeh.documents[0]._all_models.values()];
  const picture = ({canvas_view: {primary}}, draw) => {
    draw(primary.prepare());
    primary.finish();
    return primary.ctx.getImageData(0, 0, primary.canvas.width, primary.canvas.height).data;
  };
  const told = {};
  for (const name of ["rate", "latency", "connection", "faults"]) {
    const plot = Bokeh.index.find_one(models.find((model) => model.name === name && model.below));
    const ours = picture(plot, (ctx) => plot._paint_primary(ctx));
    for (const view of plot.computed_renderer_views) {
      view.cds_view?.compute_indices();
      await view.set_data?.();
    }
    const theirs = picture(plot, (ctx) => {
      for (const level of ["underlay", "glyph", "guide"]) plot._paint_levels(ctx, level, plot.frame.bbox, level !== "guide");
    });
    let drawn = 0;
    const other = [], {width} = plot.canvas_view.primary.canvas;
    for (let i = 3; i < ours.length; i += 4) {
      drawn += theirs[i] > 0;
      if ([0, 1, 2, 3].some((back) => Math.abs(ours[i - back] - theirs[i - back]) > 40)) {
        other.push([(i - 3) / 4 % width, Math.floor(i / 4 / width), ...ours.slice(i - 3, i + 1), ...theirs.slice(i - 3, i + 1)]);
      }
    }
    told[name] = {drawn, other};
  }
  return told;
}"""

HIGH_ENOUGH = """(chart) => {
  const models = [...Bokeh.documents[0]._all_models.values()];
  const {data} = models.find((model) => model.name === "streamgauge");
  const drawn = {rate: [["rate_all"], ["rate_heartbeat"]], latency: [["gap_p50"], ["gap_p95"], ["gap_p99"], ["ttft"]],
    connection: [["open", "stalled", "connecting", "backing_off"]], faults: [["reconnects", "faults"]]}[chart];
  const most = Math.max(...drawn.flatMap((names) => data.t.map((_, row) => names.reduce((sum, name) => sum + data[name][row], 0) || 0)));
  const {end} = models.find((model) => model.name === chart && model.below).y_range;
  return Math.abs(end - (most + Math.max(most * 1.24, 1)) / 2) < 1e-6;
}"""


def test_the_picture_is_the_one_that_bokeh_would_draw(page: Page, place: Site) -> None:
    open_page(page, place, "?backend=truncated")
    ask(page, "Tell me a story about a river")
    assert outcome(page) == "truncated"
    for chart in CHARTS:
        expect(page.locator(f"figure.chart.{chart} .cover")).to_be_hidden()
    page.get_by_label("Pause charts").click()
    expect(page.locator(".still")).not_to_have_text("", timeout=30_000)
    for chart in CHARTS:
        page.wait_for_function(HIGH_ENOUGH, arg=chart)  # the last row is drawn, with room above
    told = page.evaluate(COMPARED)
    for chart in CHARTS:
        assert told[chart]["drawn"] > 500, chart
        assert len(told[chart]["other"]) <= 0.002 * told[chart]["drawn"], (chart, told[chart]["other"][:20])


COUNT = """
const clear = CanvasRenderingContext2D.prototype.clearRect;
globalThis.heldUp = 0;
globalThis.drawn = [];
CanvasRenderingContext2D.prototype.clearRect = function (...box) {
  const chart = this.canvas.getRootNode().host?.getRootNode().host?.parentNode?.parentNode?.classList?.[1];
  if (chart) globalThis.drawn.push([chart, document.timeline.currentTime, performance.now()]);
  clear.apply(this, box);
  const until = performance.now() + globalThis.heldUp;
  while (performance.now() < until);
};
"""

FAR_DOWN = """(chart) => new Promise((done) => {
  chart.style.marginTop = "5000px";
  new IntersectionObserver(([entry], observer) => {
    if (entry.isIntersecting) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(done));
  }).observe(chart);
})"""


def _drawn(page: Page) -> list[tuple[str, float, float]]:
    """Chart, frame and moment of each drawing so far."""
    return [tuple(each) for each in page.evaluate("drawn")]


def _times(page: Page, chart: str) -> int:
    return sum(name == chart for name, _, _ in _drawn(page))


def _asked(page: Page, place: Site) -> None:
    """A page whose charts have found their size and were drawn in it: one answer has ended."""
    page.add_init_script(COUNT)
    open_page(page, place, "?backend=reasoning")
    ask(page, "What's 2+2?")
    assert outcome(page) == "completed"
    page.wait_for_function("() => drawn.some(([chart]) => chart === 'rate')")


def test_only_what_somebody_can_see_is_drawn(page: Page, place: Site) -> None:
    _asked(page, place)
    expect(page.locator("figure.chart.faults .cover")).to_be_visible()
    before, covered = _times(page, "rate"), _times(page, "faults")
    ask(page, "What's 2+3?")
    assert outcome(page, 1) == "completed"
    page.wait_for_function(f"() => drawn.filter(([chart]) => chart === 'rate').length > {before} + 2")
    assert _times(page, "faults") == covered

    page.locator("figure.chart.rate").evaluate(FAR_DOWN)
    unseen = _times(page, "rate")
    ask(page, "What's 2+4?")
    assert outcome(page, 2) == "completed"
    assert _times(page, "rate") == unseen
    page.locator("figure.chart.rate").scroll_into_view_if_needed()
    page.wait_for_function(f"() => drawn.filter(([chart]) => chart === 'rate').length > {unseen}")


def test_charts_that_take_long_are_drawn_one_a_frame_and_less_often(page: Page, place: Site) -> None:
    _asked(page, place)
    page.evaluate("heldUp = 60; drawn.length = 0")
    ask(page, "Tell me a story about a river")
    page.wait_for_function("() => drawn.filter(([chart]) => chart === 'rate').length > 3")
    drawn = _drawn(page)
    charts = {(frame, chart) for chart, frame, _ in drawn}
    assert len({frame for frame, _ in charts}) == len(charts), "two charts held up one frame"
    rate = [at for chart, _, at in drawn if chart == "rate"]
    assert max(after - before for before, after in pairwise(rate)) >= 10 * 60
