"""What a back end says never runs and never calls out, in whatever place it says it and whatever page shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import watched
from tests.browser.hostile import VIEWS, evil, tour
from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site, serving
from tests.ports import free_port
from tests.ui.test_markdown import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MARK = "globalThis.ran = (globalThis.ran || 0) + 1"
PAYLOADS = [each.replace("alert(1)", MARK) for each in HOSTILE]
WATCH = """
globalThis.alert = () => { globalThis.ran = 1 };
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("policy", event.effectiveDirective, event.blockedURI, event.sample);
});
"""
ACTIVE = "main :is(img, script, iframe, object, embed, video, form[action], base, meta, link[href*=elsewhere])"
ENDS = ("completed", "failed", "rejected", "truncated")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with evil(PAYLOADS) as stream:
        common = {"url": stream, "dialect": "orchestrator", "retry": {"max_attempts": 1}}
        backends = [{"name": name, **common} for name in ("evil", "worse")]
        file = tmp_path_factory.mktemp("hostile") / "config.yaml"
        file.write_text(json.dumps({"backends": backends}), "utf-8")
        with serving(file, free_port()) as place:
            yield place


def test_nothing_that_a_back_end_says_runs_or_calls_out(browser: Browser, hostile: Site) -> None:
    """Question, answer, agent, reasoning, steps, tools, errors, headers, scenarios; in every view, all of it opened."""
    with watched(browser, hostile.home) as seen:
        page = seen.page
        page.add_init_script(WATCH)
        open_page(page, hostile)
        turns = {}
        for nth, end in enumerate(ENDS):
            ask(page, f"{end} " + " ".join(PAYLOADS)[:7000])
            assert outcome(page, nth) == end
            turns[end] = page.locator(".turn").nth(nth).get_attribute("data-turn") or ""
        for view in VIEWS:
            tour(page, hostile, view, turns)
            expect(page.locator(ACTIVE)).to_have_count(0)
            assert page.evaluate("globalThis.ran || 0") == 0, view
            assert seen.wrong == [], view
