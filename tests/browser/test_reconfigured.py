"""Another configuration while a page is open: it offers what is there now, and no running answer is disturbed."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import watched
from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site, wait_until_answered
from tests.ports import free_port
from tests.system.processes import program, stub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def configure(file: Path, stream: str, names: Sequence[str]) -> None:
    backends = [{"name": name, "url": stream, "dialect": "orchestrator"} for name in names]
    file.write_text(json.dumps({"backends": backends}), "utf-8")


def test_an_open_page_follows_a_reload(browser: Browser, tmp_path: Path) -> None:
    file, port = tmp_path / "config.yaml", free_port()
    place = Site(f"http://127.0.0.1:{port}")
    with stub() as stream:
        configure(file, stream, ["old", "kept"])
        words = (sys.executable, "-m", "dashboard", "serve", "--config", str(file), "--port", str(port))
        with program(*words) as running, watched(browser, place.home) as seen:
            wait_until_answered(place.home)
            page = seen.page
            open_page(page, place, "?backend=old")
            ask(page, "Tell me a story about a river")
            expect(page.locator(".answer").first).not_to_be_empty()
            configure(file, stream, ["kept", "new"])
            running.signal(signal.SIGHUP)
            expect(page.get_by_text("old is no longer configured: questions go to kept now")).to_be_visible()
            expect(page.locator(".who b")).to_have_text("kept")
            expect(page.get_by_role("button", name="Stop")).to_be_visible()
            page.get_by_role("combobox", name="Backend").click()
            expect(page.locator(".MuiMenuItem-root")).to_have_text(["kept", "new"])
            page.locator(".MuiMenuItem-root", has_text="new").click()
            expect(page.locator(".who b")).to_have_text("new")
            said = page.locator(".answer").first.inner_text()
            expect(page.locator(".answer").first).not_to_have_text(said)
            page.get_by_role("button", name="Stop").click()
            assert outcome(page) == "stopped"

            page.goto(f"{place.url}?view=compare&backends=kept,new")
            expect(page.get_by_label("Backend B")).to_have_value("new")
            configure(file, stream, ["kept", "third"])
            running.signal(signal.SIGHUP)
            expect(page.get_by_text("No longer configured: new.")).to_be_visible()
            expect(page.get_by_label("Backend B")).to_have_value("new")
            page.get_by_label("Backend B").select_option("third")
            expect(page.get_by_label("Backend B").locator("option")).to_have_text(["kept", "third"])

            good = file.read_text("utf-8")
            file.write_text(good.replace('"url"', '"urll"', 1), "utf-8")
            running.signal(signal.SIGHUP)
            expect(page.locator(".alerts")).to_contain_text("not taken")
            expect(page.locator(".alerts")).to_contain_text("backends[0].urll: expected one of name, url")
            file.write_text(good, "utf-8")
            running.signal(signal.SIGHUP)
            expect(page.locator(".alerts")).to_be_hidden()
            assert seen.wrong == []
