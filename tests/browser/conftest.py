"""One site for all browser tests, one browser a module; each test has a page of its own that may do nothing wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.site import Site, site

expect.set_options(timeout=30_000)  # a machine that is busy with other tests is no fault of the page


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if chromium.path() is None:
        pytest.skip(chromium.MISSING)
    with site(tmp_path_factory.mktemp("site")) as started:
        yield started


@pytest.fixture(scope="module")
def browser(place: Site) -> Iterator[Browser]:
    """A module's only: Playwright's loop runs in this thread as long as it lives, and async tests need the thread."""
    with chromium.chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser, place: Site) -> Iterator[Page]:
    with chromium.watched(browser, place.home) as seen:
        yield seen.page
        assert seen.wrong == []
