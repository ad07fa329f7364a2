"""A real Chromium, found by $CHROMIUM or on the path, that calls nobody but the page under test."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, sync_playwright

MISSING = "no Chromium: install one (Debian: apt install chromium) or name it in $CHROMIUM"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
)


def path() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    found = path()
    assert found, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page with everything it should not do written down: console errors, uncaught errors, foreign requests."""

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        self._home = urlsplit(home).netloc
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"uncaught: {error}"))
        page.on("request", self._request)
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._home:
            self.wrong.append(f"request elsewhere: {request.url}")


PATIENCE_MS = 60_000
"""A machine that is busy with other tests is no fault of the page: so long it has for each thing that is waited for."""
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"


@contextlib.contextmanager
def watched(
    browser: Browser, home: str, *, width: int = 1440, height: int = 900, phone: bool = False
) -> Iterator[Watched]:
    more: dict[str, Any] = {"has_touch": True, "is_mobile": True, "user_agent": PHONE} if phone else {}
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": height}, **more)
    context.set_default_timeout(PATIENCE_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=home)
    try:
        yield Watched(context.new_page(), home)
    finally:
        context.close()
