"""What a person does on the page, and what stands on it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tests.browser.site import Site

HOLD_THE_SOCKET = """
globalThis.WebSocket = class extends WebSocket {
  constructor(...words) { super(...words); globalThis.held = this }
}
"""
"""For `add_init_script`: the page's websocket as `held`, so that a test can drop it."""


def open_page(page: Page, place: Site, query: str = "") -> None:
    page.goto(place.url + query)
    page.get_by_label("Your question").wait_for()
    page.locator(".card .value").first.wait_for()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def badge(page: Page, nth: int = 0) -> Locator:
    return page.locator("[data-outcome]").nth(nth)


def outcome(page: Page, nth: int = 0, seconds: float = 30) -> str:
    badge(page, nth).wait_for(timeout=seconds * 1000)
    return str(badge(page, nth).get_attribute("data-outcome"))


def texts_until_the_badge(page: Page) -> list[str]:
    """The different texts that the answer showed, in order, seen in the page at every frame until the badge."""
    return list(
        page.evaluate(
            """() => new Promise((resolve) => {
              const deep = (root, what) => {
                const found = root.querySelector(what)
                if (found) return found
                for (const each of root.querySelectorAll("*")) {
                  const inner = each.shadowRoot && deep(each.shadowRoot, what)
                  if (inner) return inner
                }
              }
              const texts = []
              const look = () => {
                const text = deep(document, ".turn:last-child .answer")?.textContent.trim()
                if (text && texts.at(-1) !== text) texts.push(text)
                if (deep(document, ".turn:last-child [data-outcome]")) return resolve(texts)
                requestAnimationFrame(look)
              }
              look()
            })"""
        )
    )


def chart_data(page: Page, since_s: float = 0) -> dict[str, list[float]]:
    """The columns of the charts' one source from that time of day on (Unix, seconds), gaps left out."""
    return dict(
        page.evaluate(
            """(since) => {
              const source = [...Bokeh.documents].flatMap((each) => [...each._all_models.values()])
                .find((model) => model.name === "streamgauge")
              return Object.fromEntries(Object.entries(source.data).map(([name, column]) =>
                [name, [...column].filter((value, row) => source.data.t[row] >= since && Number.isFinite(value) && value !== 0)]))
            }""",
            since_s * 1000,
        )
    )
