"""A tab that closes mid-answer ends its turn, though nobody pressed Stop."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import watched
from tests.browser.reading import ask, open_page
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

GONE_S = 45
"""Bokeh lets a session go 15 to 32 s after its tab."""


def test_a_closed_tab_ends_its_turn(browser: Browser, place: Site) -> None:
    active = 'streamgauge_turns_active{backend="demo"}'
    stopped = 'streamgauge_turns_total{backend="demo",outcome="stopped",source="live"}'
    before = place.metric(stopped)
    with watched(browser, place.home) as seen:
        open_page(seen.page, place)
        ask(seen.page, "Tell me a story about a river")
        expect(seen.page.locator(".answer")).not_to_be_empty()
        assert place.metric(active) == 1
    until = time.monotonic() + GONE_S
    while place.metric(active) and time.monotonic() < until:
        time.sleep(0.5)
    assert place.metric(active) == 0
    assert place.metric(stopped) == before + 1
