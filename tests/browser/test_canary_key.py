"""Secrets never leave: everything a browser is sent, everything served beside it and everything written is searched."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, WebSocket

from tests.browser import chromium
from tests.browser.reading import ask, clipboard_has, outcome
from tests.browser.site import Site, wait_until_answered
from tests.ports import free_port
from tests.system.canary import ENV, config, echoing, let_out
from tests.system.processes import Program

SHOWN = ("echo", "ours")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[Program, Site]]:
    """A dashboard of its own, with secrets in its environment, and its log as loud as it goes."""
    with echoing(frozenset({"bearer", "header", "cookie", "query", "body"})) as port:
        whole = {**json.loads(config(port)), "history": {"path": str(tmp_path / "history.sqlite")}}
        (tmp_path / "config.yaml").write_text(json.dumps(whole), "utf-8")
        own = free_port()
        command = ("-m", "dashboard", "serve", "--port", str(own), "--log-level", "debug")
        running = Program(sys.executable, *command, env={**ENV, "STREAMGAUGE_CONFIG": "", "HOME": str(tmp_path)}, cwd=tmp_path)  # fmt: skip
        try:
            running.wait_for(r"/dashboard", 60)
            home = f"http://127.0.0.1:{own}"
            wait_until_answered(home)
            yield running, Site(home)
        finally:
            running.stop()


def test_no_view_no_frame_no_endpoint_no_log_and_no_file_tells_one(
    browser: Browser, program: tuple[Program, Site], tmp_path: Path
) -> None:
    running, place = program
    sent: list[str] = []

    def hear(socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: sent.append(data if isinstance(data, str) else data.decode("latin-1")))

    with chromium.watched(browser, place.home) as seen:
        page = seen.page
        page.on("websocket", hear)
        for backend in SHOWN:
            page.goto(f"{place.url}?backend={backend}")
            page.get_by_label("Your question").wait_for()
            page.get_by_text("Events", exact=True).click()
            ask(page, "what do you know of me?")
            outcome(page)
            page.get_by_role("button", name="curl").first.click()
            sent += [page.content(), clipboard_has(page, "curl -N")]
        page.goto(f"{place.url}?view=inspect")
        page.locator(".turn-backend", has_text="echo").first.wait_for()
        sent.append(page.content())
    assert sum("*" * 20 in each for each in sent) > len(SHOWN), "they were there to be told"
    for path in ("/dashboard", "/metrics", "/healthz", "/readyz", "/nothing?token=x"):
        request = urllib.request.Request(place.home + path, headers={"Accept": "application/openmetrics-text"})
        with urllib.request.build_opener(Lenient).open(request) as answer:
            sent.append(answer.read().decode())
    running.stop()
    assert running.lines
    written = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 1, "the configuration, and at least a history"
    for kind, texts in (("page", sent), ("log", [running.output]), ("file", written)):
        assert [let_out(text) for text in texts if let_out(text)] == [], kind


class Lenient(urllib.request.HTTPErrorProcessor):
    """A 404 is an answer, too."""

    def http_response(self, request: object, response: object) -> object:
        return response
