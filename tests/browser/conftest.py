"""One site for all browser tests, one browser a module; each page may do nothing wrong.

`page` is a test's own. `kept` is one page for a module's tests, which begin with `reading.begin`: a load costs more than
most of what is tried on it. After a test that failed the next one has a new page.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.reading import open_page
from tests.browser.site import Site, site

expect.set_options(timeout=chromium.PATIENCE_MS)


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


class Keeping:
    """The page that a module's tests share, opened when it is first asked for."""

    def __init__(self, browser: Browser, place: Site) -> None:
        self._browser = browser
        self._place = place
        self._open = contextlib.ExitStack()
        self._seen: chromium.Watched | None = None

    def seen(self) -> chromium.Watched:
        if self._seen is None:
            self._seen = self._open.enter_context(chromium.watched(self._browser, self._place.home))
            open_page(self._seen.page, self._place)
        return self._seen

    def leave(self) -> None:
        self._open.close()
        self._seen = None


@pytest.fixture(scope="module")
def keeping(browser: Browser, place: Site) -> Iterator[Keeping]:
    keeps = Keeping(browser, place)
    yield keeps
    keeps.leave()


@pytest.fixture
def kept(keeping: Keeping, request: pytest.FixtureRequest) -> Iterator[Page]:
    seen, failed = keeping.seen(), request.session.testsfailed
    yield seen.page
    wrong = list(seen.wrong)
    if wrong or request.session.testsfailed > failed:
        keeping.leave()
    assert wrong == []
