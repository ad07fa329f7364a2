"""A back end that says hostile things in every place that it can say anything, and the pages that show what it says."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Page, expect

from tests.browser.site import Site

Tour = Callable[[Page], None]

OPENED = """(all) => { for (const each of all) if (!each.parentElement.open) each.click() }"""
POINTED = """(all) => {
  for (const each of all.slice(0, 60))
    for (const what of ["pointerover", "mouseover", "focusin"]) each.dispatchEvent(new Event(what, {bubbles: true}))
}"""


def _opened(page: Page) -> None:
    """Everything that unfolds is unfolded, and what has a tooltip is pointed at."""
    page.locator("summary:visible").evaluate_all(OPENED)
    page.locator("[title]:visible").evaluate_all(POINTED)


def _chat(page: Page) -> None:
    _opened(page)
    expect(page.locator(".console .row").first).to_be_visible()
    page.get_by_role("combobox").nth(1).click()
    page.locator(".MuiMenuItem-root", has_text="onerror").first.click()
    expect(page.locator(".acting")).to_contain_text("onerror")


def _inspect(page: Page) -> None:
    for row in page.locator(".detail .row").all()[:12]:
        row.click()
    _opened(page)
    expect(page.locator("table").first).to_be_visible()


def _compare(page: Page) -> None:
    page.get_by_label("Your question").fill("failed again")
    page.keyboard.press("Enter")
    expect(page.locator(".lane [data-outcome]")).to_have_count(2, timeout=60_000)
    _opened(page)


VIEWS: dict[str, tuple[str, str, Tour]] = {
    "chat": ("?view=chat&backend=evil", ".turn [data-outcome]", _chat),
    "inspect": ("?view=inspect&turn={failed}", ".detail .row", _inspect),
    "inspect rejected": ("?view=inspect&turn={rejected}", ".detail .row", _opened),
    "compare": ("?view=compare&backends=evil,worse", ".lane", _compare),
    "fleet": ("?view=fleet", ".backend", _opened),
    "wall": ("?view=fleet&wall=1", ".tile", _opened),
}
"""A view is one line: its address, what is there once it is drawn, and what is opened in it."""


def events(say: Sequence[str]) -> Iterator[dict[str, object]]:
    """Every field of the orchestrator's protocol."""
    all_of_it = " ".join(say)
    for each in say:
        yield {"event": "routing_completed", "agent_id": each, "agent_name": each, "protocol": each, "confidence": 0.9,
               "reasoning": all_of_it}  # fmt: skip
        yield {"event": "agent_execution_started", "agent_id": each, "agent_name": each, "protocol": each}
        yield {"event": "reasoning", "text": each}
        yield {"event": "step", "name": each, "phase": "start"}
        yield {"event": "tool_call", "name": each, "call_id": each, "phase": "start", "arguments": each}
        yield {"event": "tool_call", "name": each, "call_id": each, "phase": "result", "result": each}
        yield {"event": each, "data": each}
        yield {"event": "response_chunk", "protocol": each, "text": f"{each}\n\n"}


class Evil(BaseHTTPRequestHandler):
    """The question names the way it ends; the payloads stand in the question too, and in each header."""

    payloads: Sequence[str] = ()
    protocol_version = "HTTP/1.0"

    def log_message(self, *_args: object) -> None:
        """Silent."""

    def do_GET(self) -> None:
        if self.path.startswith("/scenarios"):
            listed = [{"name": each, "about": each} for each in self.payloads]
            self._head(200, "application/json")
            self.wfile.write(json.dumps(listed).encode())
        else:
            self._head(404, "text/plain")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        end = body["message"].split(" ", 1)[0]
        if end == "rejected":
            self._head(500, "text/html")
            self.wfile.write("\n".join(self.payloads).encode())
            return
        self._head(200, "text/event-stream")
        for each in self.payloads:
            self.wfile.write(f": {each.replace(chr(10), ' ')}\n\n".encode())
        for event in events(self.payloads):
            self._say(event)
        self.wfile.write(("data: " + " ".join(self.payloads).replace("\n", " ") + "\n\n").encode())
        if end == "failed":
            self._say({"event": "error", "code": self.payloads[0], "message": " ".join(self.payloads)})
        elif end != "truncated":
            self._say({"event": "completed", "agent_id": self.payloads[0]})

    def _say(self, event: dict[str, object]) -> None:
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

    def _head(self, status: int, kind: str) -> None:
        self.send_response(status, "<img src=x onerror=alert(1)>")
        self.send_header("Content-Type", kind)
        self.send_header("Server", "<img src=x onerror=alert(1)>")
        self.send_header("Via", "<script>alert(1)</script>")
        self.end_headers()


@contextlib.contextmanager
def evil(payloads: Sequence[str]) -> Iterator[str]:
    """Gives the address of its stream."""
    handler = type("Now", (Evil,), {"payloads": payloads})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/process/stream"
        finally:
            server.shutdown()
            thread.join()


def tour(page: Page, place: Site, view: str, turns: Mapping[str, str]) -> None:
    """Opens a view and everything in it that can be opened; `turns`: an outcome → the turn that ended so."""
    address, drawn, look = VIEWS[view]
    page.goto(place.url + address.format(**turns))
    page.locator(drawn).first.wait_for(timeout=30_000)
    look(page)
