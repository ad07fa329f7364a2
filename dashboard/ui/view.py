"""What a view of the page is, and what the views of one browser session share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Protocol, TypeVar
from urllib.parse import urlencode

import panel as pn
from panel.io.document import with_lock
from panel.viewable import Viewable
from param.parameterized import Event

from dashboard.runtime import Runtime
from dashboard.ui import outgoing
from dashboard.ui.keeper import Kept, keeper_of
from dashboard.ui.plain import one_line


class View(Protocol):
    """One view: made when it is first opened, kept until the session ends; out of sight it must cost nothing."""

    @property
    def main(self) -> Viewable:
        """What fills the page; the same object each time."""

    @property
    def sidebar(self) -> list[Viewable]:
        """What stands at the side; the same objects each time."""

    def open(self, query: Mapping[str, str]) -> None:
        """It comes into sight, with what the address says (`backend`, `turn`, …); holds the document's lock."""

    def tick(self) -> None:
        """Shows what is new; four times a second while in sight, never for a hidden tab.

        Without the document's lock: by messages, or through `Visit.soon`.
        """

    def close(self) -> None:
        """The session is gone: nothing of the view goes on."""


class Visit:
    """One browser session as its views see it; `page` is its id."""

    def __init__(self, runtime: Runtime, page: str, query: Mapping[str, str]) -> None:
        self.runtime = runtime
        self.page = page
        self.query = dict(query)
        """What the address says now."""
        self.notices: list[str] = []
        """What the address asks for and is not here, a sentence each."""
        if (asked := self.query.get("backend", "")) and asked not in runtime.backends:
            self.notices.append(f'No backend "{one_line(asked, 60)}" is configured; questions go to {self.backend}.')
        self.draft = ""
        """A question that one view hands to the next: there it is filled in, and not asked before a person says so."""
        self.document = pn.state.curdoc
        self.opener: Callable[[str, Mapping[str, str | None]], None] | None = None
        """What opens a view; set by the page."""
        self.claimed: list[Callable[[], None]] = []
        """Called when another conversation has become this page's: after a reload, the one that the tab had."""
        self.keeper = keeper_of(runtime)
        self.kept = self.keeper.fresh(self)
        self.lost = False
        """The tab brought a key that nobody knows any more."""

    @property
    def session(self) -> str:
        """What this page's turns and own numbers are counted under; a reload brings it back, so never copy it."""
        return self.kept.scope

    @property
    def connected(self) -> bool:
        """Whether a browser is at the other end of the websocket."""
        context = self.document.session_context if self.document is not None else None
        session = getattr(context, "session", None)
        return session is not None and session.connection_count > 0

    @property
    def behind(self) -> bool:
        """Whether the browser reads so slowly that nothing new should be sent now."""
        return outgoing.behind(self.page)

    def claim(self, key: str) -> None:
        """The browser tab brings the key of the conversation that it had; "" for none."""
        if key == self.kept.key or self.kept.turns:
            self.keeper.claim(self.kept.key, self)
            return
        found = self.keeper.claim(key, self)
        self.lost = found is None and bool(key)
        if found is not None:
            self.keeper.gone(self.kept, self)
        if found is not None or self.lost:
            self._have(found or self.kept)

    def released(self) -> None:
        """Another page of the same tab has the conversation now: this one has an empty one."""
        self.lost = False
        self._have(self.keeper.fresh(self))

    def _have(self, kept: Kept) -> None:
        self.kept = kept
        for tell in self.claimed:
            tell()

    def close(self) -> None:
        """The session is gone; its conversation waits for a page that brings the key."""
        self.claimed.clear()
        self.keeper.gone(self.kept, self)
        self.runtime.end_session(self.page)

    def go(self, view: str, **query: str | None) -> None:
        """`go("inspect", turn="…")` opens a view, from anywhere on the loop; a value of None leaves the address."""
        if self.opener is not None:
            self.opener(view, query)

    @property
    def backend(self) -> str:
        """The backend in the address if it is configured, else the first."""
        asked = self.query.get("backend", "")
        return asked if asked in self.runtime.backends else next(iter(self.runtime.backends))

    def remember(self, **query: str | None) -> None:
        """Puts values into the address, so that a reload brings them back; None takes one out."""
        for name, value in query.items():
            if value is None:
                self.query.pop(name, None)
            else:
                self.query[name] = value
        if pn.state.location:
            pn.state.location.search = _search(self.query)

    def soon(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` in a moment with the document's lock held, as everything that changes Bokeh models must; nothing without a browser."""

        async def locked() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
                self.failed("page view", error)

        if self.document is not None and self.document.session_context is not None:
            self.document.add_next_tick_callback(locked)

    def failed(self, name: str, error: BaseException) -> None:
        """Something of the page went wrong that nobody else will see."""
        self.runtime.task_failed(name, error)


def _search(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""


class HasVisit(Protocol):
    visit: Visit


V = TypeVar("V", bound=HasVisit)


def choice(choose: Callable[[V, Event], Awaitable[None]]) -> Callable[[V, Event], Awaitable[None]]:
    """A watcher of a widget: it changes Bokeh models, so it needs the document's lock; its failure is told."""

    @with_lock
    @wraps(choose)
    async def chosen(view: V, event: Event) -> None:
        try:
            await choose(view, event)
        except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
            view.visit.failed("page choice", error)

    locked: Callable[[V, Event], Awaitable[None]] = chosen
    return locked
