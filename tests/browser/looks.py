"""Every view in every state: how each look of the page is brought about, with real back ends and a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.reading import ask
from tests.browser.site import SCENARIOS, Site
from tests.ports import free_port

ANSWERED = "[data-outcome]"
TOUR, STORY = "Show me a markdown tour", "Tell me a story about a river"
LONG_MS = 60_000
Look = Callable[[Page, Site], None]

LOSE = """
globalThis.WebSocket = class extends WebSocket {
  constructor(...words) { super(...words); globalThis.held = this; }
  set onmessage(tell) {
    super.onmessage = (event) => {
      if (globalThis.deaf) return;
      tell(event);
      const until = globalThis.deafAfter;
      if (until && typeof event.data === "string" && event.data.includes(until)) globalThis.deaf = true;
    };
  }
  get onmessage() { return super.onmessage; }
};
"""
"""Keeps the page's own websocket at hand, to close it; `deafAfter`: nothing more arrives after a message with that text."""


def config(stream: str) -> str:
    """JSON is YAML: a backend for each way that a stream can go, some that never get anywhere, and one with one place."""
    quick = {"stall_after_s": 1, "give_up_s": 3, "first_text_give_up_s": 4}
    examples = ["What's 2+2?", TOUR, STORY]
    common = {
        "dialect": "orchestrator",
        "examples": examples,
        "retry": {"base_s": 0.2, "cap_s": 0.5, "max_attempts": 2},
    }
    nowhere = f"http://127.0.0.1:{free_port()}/process/stream"
    backends: list[dict[str, object]] = [{"name": "demo", "url": stream, **common}]
    backends += [
        {"name": name, "url": f"{stream}?scenario={name}", "thresholds": quick, **common} for name in SCENARIOS
    ]
    backends += [
        {"name": "slow-start", "url": f"{stream}?scenario=slow-start", **common},
        {"name": "endless", "url": f"{stream}?scenario=endless", **common},
        {"name": "one-place", "url": f"{stream}?scenario=endless", "max_parallel": 1, **common},
        {"name": "down", "url": nowhere, **common},
        {"name": "coming-back", "url": nowhere, **common, "retry": {"base_s": 25, "cap_s": 30, "max_attempts": 5}},
    ]
    return json.dumps({"backends": backends, "limits": {"question_chars": 2000}})


# Chat


def chat(page: Page, place: Site, backend: str = "demo") -> None:
    page.goto(f"{place.url}?backend={backend}")
    page.get_by_label("Your question").wait_for()
    page.locator(".card .value").first.wait_for()
    page.wait_for_timeout(700)


def ended(page: Page, nth: int = 0) -> None:
    page.locator(ANSWERED).nth(nth).wait_for(timeout=LONG_MS)
    page.wait_for_timeout(600)


def chat_loading(page: Page, place: Site) -> None:
    chat(page, place, "slow-start")
    ask(page, STORY)
    page.wait_for_timeout(1800)


def chat_streaming(page: Page, place: Site) -> None:
    chat(page, place, "truncated")
    ask(page, STORY)
    ended(page)
    page.goto(f"{place.url}?backend=demo")
    page.locator(".card .value").first.wait_for()
    ask(page, "What's 17+25?")
    ended(page, 1)
    ask(page, TOUR)
    page.wait_for_timeout(2500)


def chat_well(page: Page, place: Site) -> None:
    chat(page, place)
    ask(page, TOUR)
    ended(page)
    ask(page, "What's 6*7?")
    ended(page, 1)


def chat_badly(page: Page, place: Site) -> None:
    chat(page, place, "truncated")
    ask(page, STORY)
    ended(page)
    page.locator(ANSWERED).last.locator("summary").click()
    page.wait_for_timeout(300)


def chat_events(page: Page, place: Site) -> None:
    chat_badly(page, place)
    page.get_by_text("Events", exact=True).click()
    page.wait_for_timeout(600)


def chat_stalled(page: Page, place: Site) -> None:
    chat(page, place, "stall")
    ask(page, STORY)
    page.wait_for_timeout(6000)


def chat_reconnecting(page: Page, place: Site) -> None:
    chat(page, place, "coming-back")
    ask(page, STORY)
    page.wait_for_timeout(2000)


def chat_offline(page: Page, place: Site) -> None:
    chat(page, place)
    ask(page, "What's 17+25?")
    ended(page)
    lose(page)
    page.locator(".banner").wait_for()
    page.wait_for_timeout(700)


def chat_down(page: Page, place: Site) -> None:
    chat(page, place, "down")
    ask(page, STORY)
    ended(page)
    page.locator(ANSWERED).last.locator("summary").click()
    page.wait_for_timeout(300)


def chat_overloaded(page: Page, place: Site) -> None:
    other = page.context.new_page()
    chat(other, place, "one-place")
    ask(other, STORY)
    other.wait_for_timeout(1500)
    chat(page, place, "one-place")
    ask(page, STORY)
    page.wait_for_timeout(1500)
    page.bring_to_front()


def chat_help(page: Page, place: Site) -> None:
    chat(page, place)
    page.locator(".log").focus()
    page.keyboard.press("?")
    page.locator("dialog[open]").first.wait_for()
    page.wait_for_timeout(300)


def chat_side(page: Page, place: Site) -> None:
    """The side stands open wherever there is room for it, and over the page where there is none."""
    chat_badly(page, place)
    page.evaluate(
        """() => {
          const open = () => {
            const page = Bokeh.documents[0].roots().find((root) => root.data && "sidebar_open" in root.data)
            page.data.sidebar_open = true
          }
          addEventListener("resize", () => setTimeout(open, 200))
          open()
        }"""
    )
    page.wait_for_timeout(900)


def lose(page: Page) -> None:
    """The page's own server is gone: its websocket, and what it would ask whether the server is back."""
    page.context.route("**/healthz", lambda route: route.abort())
    page.evaluate("held.close()")


# Inspect


def inspected(page: Page, place: Site, backend: str) -> None:
    chat(page, place, backend)
    ask(page, TOUR if backend in ("demo", "drop-and-resume") else STORY)  # their story is a long one
    ended(page)
    page.get_by_role("link", name="Inspect", exact=True).last.click()
    page.locator(".detail .row").nth(6).click()
    page.wait_for_timeout(600)
    page.locator("header.head").scroll_into_view_if_needed()


def inspect_none(page: Page, place: Site) -> None:
    page.goto(f"{place.url}?view=inspect")
    page.locator(".placard").wait_for()
    page.wait_for_timeout(600)


def inspect_loading(page: Page, place: Site) -> None:
    chat(page, place)
    ask(page, "What's 17+25?")
    ended(page)
    page.get_by_role("link", name="Inspect", exact=True).first.click()
    page.locator(".turn-row").first.wait_for()
    page.evaluate("""() => { globalThis.deafAfter = String.raw`\\"loading\\":true` }""")  # JSON within JSON
    page.locator(".turn-row").first.click()
    page.locator(".placard.loading").wait_for()
    page.wait_for_timeout(600)


def inspect_streaming(page: Page, place: Site) -> None:
    chat(page, place, "endless")
    ask(page, STORY)
    page.wait_for_timeout(2500)
    page.get_by_role("link", name="Inspect", exact=True).last.click()
    page.locator(".detail .row").nth(6).wait_for()
    page.wait_for_timeout(1200)


def inspect_badly(page: Page, place: Site) -> None:
    inspected(page, place, "stall-forever")


def inspect_reconnected(page: Page, place: Site) -> None:
    inspected(page, place, "drop-and-resume")


def inspect_down(page: Page, place: Site) -> None:
    chat_down(page, place)
    page.get_by_role("link", name="Inspect", exact=True).last.click()
    page.locator("header.head").wait_for()
    page.wait_for_timeout(900)


def inspect_events(page: Page, place: Site) -> None:
    inspected(page, place, "truncated")
    page.get_by_text("As an httpx-sse client").click()
    page.locator("table").wait_for()
    page.locator(".log-card").evaluate("card => card.scrollIntoView()")
    page.wait_for_timeout(300)


def inspect_end(page: Page, place: Site) -> None:
    inspected(page, place, "truncated")
    page.locator(".fold").last.locator("summary").click()
    page.wait_for_timeout(600)
    page.locator(".pair").evaluate("card => card.scrollIntoView()")
    page.wait_for_timeout(300)


def inspect_unknown(page: Page, place: Site) -> None:
    page.goto(f"{place.url}?view=inspect&turn=0123456789abcdef")
    page.locator(".placard").wait_for()
    page.wait_for_timeout(600)


def inspect_offline(page: Page, place: Site) -> None:
    inspected(page, place, "demo")
    lose(page)
    page.locator(".banner:visible").wait_for()
    page.wait_for_timeout(500)


# Compare


def compared(page: Page, place: Site, backends: str, question: str = "") -> None:
    page.goto(f"{place.url}?view=compare&backends={backends}")
    page.locator(".lane").nth(backends.count(",")).wait_for()
    page.wait_for_timeout(700)
    if question:
        ask(page, question)


def compare_loading(page: Page, place: Site) -> None:
    compared(page, place, "slow-start,demo", STORY)
    page.wait_for_timeout(900)


def compare_streaming(page: Page, place: Site) -> None:
    compared(page, place, "demo,reasoning,stall-forever", TOUR)
    page.wait_for_timeout(3200)


def compare_well(page: Page, place: Site) -> None:
    compared(page, place, "demo,reasoning", "What's 17+25?")
    ended(page, 1)


def compare_badly(page: Page, place: Site) -> None:
    compared(page, place, "demo,truncated,stall-forever,error-event", "What's 17+25?")
    ended(page, 3)


def compare_down(page: Page, place: Site) -> None:
    compared(page, place, "demo,down", "What's 17+25?")
    ended(page, 1)


def compare_reconnecting(page: Page, place: Site) -> None:
    compared(page, place, "demo,coming-back", "What's 17+25?")
    ended(page)


def compare_overloaded(page: Page, place: Site) -> None:
    compared(page, place, "one-place,one-place", STORY)
    page.wait_for_timeout(2500)


def compare_offline(page: Page, place: Site) -> None:
    compare_well(page, place)
    lose(page)
    page.locator(".banner:visible").wait_for()
    page.wait_for_timeout(500)


LOOKS: Mapping[str, Look] = {
    "inspect-empty": inspect_none,  # the first: no turn has been asked yet
    "chat-empty": chat,
    "chat-loading": chat_loading,
    "chat-streaming": chat_streaming,
    "chat-well": chat_well,
    "chat-badly": chat_badly,
    "chat-events": chat_events,
    "chat-stalled": chat_stalled,
    "chat-reconnecting": chat_reconnecting,
    "chat-offline": chat_offline,
    "chat-down": chat_down,
    "chat-overloaded": chat_overloaded,
    "chat-help": chat_help,
    "chat-side": chat_side,
    "compare-empty": lambda page, place: compared(page, place, "demo,reasoning"),
    "compare-loading": compare_loading,
    "compare-streaming": compare_streaming,
    "compare-well": compare_well,
    "compare-badly": compare_badly,
    "compare-down": compare_down,
    "compare-reconnecting": compare_reconnecting,
    "compare-overloaded": compare_overloaded,
    "compare-offline": compare_offline,
    "inspect-choose": inspect_none,
    "inspect-loading": inspect_loading,
    "inspect-streaming": inspect_streaming,
    "inspect-well": lambda page, place: inspected(page, place, "demo"),
    "inspect-badly": inspect_badly,
    "inspect-reconnected": inspect_reconnected,
    "inspect-down": inspect_down,
    "inspect-events": inspect_events,
    "inspect-end": inspect_end,
    "inspect-unknown": inspect_unknown,
    "inspect-offline": inspect_offline,
}


def write_config(folder: Path, stream: str) -> Path:
    """The file that a site of all looks is served from."""
    file = folder / "config.yaml"
    file.write_text(config(stream), "utf-8")
    return file
