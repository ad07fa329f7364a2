"""What a person does on the page, and what stands on it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import PATIENCE_MS
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


def begin(page: Page, backend: str = "demo") -> None:
    """A new chat with that backend, on a page that is open."""
    page.get_by_role("link", name="Chat", exact=True).click()
    chat = page.locator(".chat")
    expect(chat).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_count(1)  # that of the view before is gone
    chat.get_by_label("Your question").fill("")
    who = chat.locator(".who b")
    if who.inner_text() != backend:
        page.get_by_role("combobox", name="Backend", exact=True).click()
        page.get_by_role("menuitem", name=backend, exact=True).click()
        expect(who).to_have_text(backend)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".turn")).to_have_count(0)


def ask(page: Page, question: str) -> None:
    field = page.get_by_label("Your question")
    field.fill(question)
    field.press("Enter")


def badge(page: Page, nth: int = 0) -> Locator:
    return page.locator("[data-outcome]").nth(nth)


def outcome(page: Page, nth: int = 0, seconds: float = PATIENCE_MS / 1000) -> str:
    badge(page, nth).wait_for(timeout=seconds * 1000)
    return str(badge(page, nth).get_attribute("data-outcome"))


def texts_until_the_badge(page: Page, nth: int = 0) -> list[str]:
    """The different texts that the `nth` answer showed, in order, seen in the page at every frame until its badge."""
    return list(
        page.evaluate(
            """(nth) => new Promise((resolve) => {
              const deep = (root, what) => {
                const found = root.querySelectorAll(what)[nth]
                if (found) return found
                for (const each of root.querySelectorAll("*")) {
                  const inner = each.shadowRoot && deep(each.shadowRoot, what)
                  if (inner) return inner
                }
              }
              const texts = []
              const look = () => {
                const text = deep(document, ".turn .answer")?.textContent.trim()
                if (text && texts.at(-1) !== text) texts.push(text)
                if (deep(document, ".turn [data-outcome]")) return resolve(texts)
                requestAnimationFrame(look)
              }
              look()
            })""",
            nth,
        )
    )


def becomes(told: Callable[[], object], wanted: object) -> None:
    """Asks until it is that; for what Playwright's own expectations have no word for."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while (said := told()) != wanted:
        assert time.monotonic() < until, f"{said!r} and not {wanted!r}"
        time.sleep(0.1)


LISTEN = """(it) => {
  it.told = []
  new MutationObserver(() => it.told.push(it.hidden ? "" : it.textContent))
    .observe(it, {subtree: true, childList: true, characterData: true, attributes: true})
}"""


@contextlib.contextmanager
def says(what: Locator, words: str) -> Iterator[None]:
    """What is done within makes it say these words, if only for a moment: a busy test may look when it is over."""
    what.evaluate(LISTEN)
    it = what.element_handle()
    yield
    what.page.wait_for_function("([it, words]) => it.told.some((each) => each.includes(words))", arg=[it, words])


def clipboard_has(page: Page, words: str) -> str:
    """What is in the clipboard, once those words are. `wait_for_function` takes a promise for a yes, so it is asked from here."""
    read: list[str] = []

    def has() -> bool:
        read.append(str(page.evaluate("navigator.clipboard.readText()")))
        return words in read[-1]

    becomes(has, True)
    return read[-1]


def chart_shows(page: Page, *columns: str) -> None:
    """Waits until there is something to see in each of these columns."""
    becomes(lambda: [name for name in columns if not chart_data(page)[name]], [])


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
