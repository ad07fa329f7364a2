"""Keeps conversations while no page has them: a reload, a lost websocket or a sleeping laptop loses no character.

A conversation lies under a key that nobody can guess and only the browser's tab knows. One page at a time has it. When
its page is gone, its running answers go on for a while, and it waits for a page that brings the key; then it is dropped.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol
from weakref import WeakKeyDictionary, proxy

from dashboard.backend.live import LiveTurn
from dashboard.runtime import Runtime
from dashboard.ui.comparison import Comparison
from dashboard.ui.conversation import Conversation, Shown

GOODBYE_S = 3.0
"""The browser said that the page goes: if no page comes instead within this time, the running answers are stopped."""
COMING_S = 60.0
"""A new page of the same tab has begun to load: so long the running answers wait for it."""
LOST_S = 45.0
"""The websocket of a page was lost without a word: so long its answers run on, whether Bokeh's session still lives or not."""


class Tenant(Protocol):
    """The page that has a conversation."""

    page: str
    """The id of its Bokeh session."""

    @property
    def connected(self) -> bool:
        """Whether a browser is at the other end of its websocket."""

    def released(self) -> None:
        """Another page has taken the conversation; this one gets a new, empty one."""


class Kept:
    """One conversation, the comparison beside it, and who has them.

    `key` is the tab's secret; `scope` is what its turns and numbers are counted under (never shown, no secret).
    """

    def __init__(self, page: Tenant, talk: Conversation | None = None, comparison: Comparison | None = None) -> None:
        self.key = secrets.token_urlsafe(24)
        self.scope = secrets.token_hex(8)
        self.talk = talk or Conversation()
        self.comparison = comparison or Comparison()
        self.page: Tenant | None = page
        self.gone_at = 0.0
        self.stop: asyncio.TimerHandle | None = None
        self.drop: asyncio.TimerHandle | None = None

    @property
    def turns(self) -> list[Shown]:
        """All that was asked, here or there."""
        return [*self.talk.turns, *self.comparison.turns]

    @property
    def size(self) -> int:
        """About how many bytes it holds on to."""
        return self.talk.size + self.comparison.size

    def stay(self) -> None:
        """A page has it: nothing is stopped, nothing dropped."""
        for timer in (self.stop, self.drop):
            if timer is not None:
                timer.cancel()
        self.stop = self.drop = None


class Keeper:
    """All conversations of the process, by key; those without a page are bounded in number, bytes and seconds."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime: Runtime = proxy(runtime)  # which holds this one, in effect, and must be able to go
        self._kept: dict[str, Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def fresh(self, page: Tenant) -> Kept:
        """A new conversation for a page."""
        kept = Kept(page)
        self._kept[kept.key] = kept
        return kept

    def claim(self, key: str, page: Tenant) -> Kept | None:
        """The conversation under that key, for a page that brings it; None when nobody knows the key (any more).

        While another page that is connected has it (the tab was duplicated), the new one gets a copy, under a key of
        its own, that shows the same running answer; the two go apart from there.
        """
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.page is not None and kept.page is not page:
            if kept.page.connected:
                return self._copy(kept, page)
            kept.page.released()
        kept.stay()
        kept.page = page
        return kept

    def _copy(self, kept: Kept, page: Tenant) -> Kept:
        copy = Kept(page, kept.talk.copy(), kept.comparison.copy())
        self._kept[copy.key] = copy
        return copy

    # What becomes of a page

    def going(self, key: str) -> None:
        """The browser says that the page goes: closed, or followed by another one."""
        if (kept := self._kept.get(key)) is not None:
            self._stop_in(kept, GOODBYE_S)

    def coming(self, key: str) -> None:
        """The browser says that a page with that key is loading."""
        if (kept := self._kept.get(key)) is not None and kept.stop is not None:
            self._stop_in(kept, COMING_S)

    def unplugged(self, session: str) -> None:
        """The websocket of that Bokeh session is closed; whether it comes back, nobody knows."""
        for kept, page in self._of(session):
            if kept.stop is None and not page.connected:
                self._stop_in(kept, LOST_S)

    def plugged(self, session: str) -> None:
        """The websocket of that Bokeh session is open, perhaps again."""
        for kept, _page in self._of(session):
            kept.stay()

    def _of(self, session: str) -> list[tuple[Kept, Tenant]]:
        return [
            (each, each.page) for each in self._kept.values() if each.page is not None and each.page.page == session
        ]

    def gone(self, kept: Kept, page: Tenant) -> None:
        """The session of a page has ended. What it had is kept for a while, if there is anything to keep."""
        if kept.page is not page:
            return
        kept.page = None
        kept.gone_at = time.monotonic()
        if not kept.turns:
            self._drop(kept)
            return
        if kept.stop is None:
            self._stop_in(kept, LOST_S)
        kept.drop = asyncio.get_running_loop().call_later(self._runtime.config.limits.kept_s, self._drop, kept)
        self._make_room()

    def _stop_in(self, kept: Kept, seconds: float) -> None:
        if kept.stop is not None:
            kept.stop.cancel()
        kept.stop = asyncio.get_running_loop().call_later(seconds, self._stop, kept)

    def _make_room(self) -> None:
        """The conversations longest without a page give way."""
        limits = self._runtime.config.limits
        waiting = sorted((each for each in self._kept.values() if each.page is None), key=lambda each: each.gone_at)
        taken = sum(each.size for each in waiting)
        for first, each in enumerate(waiting):
            if len(waiting) - first <= limits.kept and taken <= limits.kept_bytes:
                return
            taken -= each.size
            self._drop(each)

    def _stop(self, kept: Kept) -> None:
        kept.stop = None
        for live in self._running(kept):
            live.cancel("session")

    def _running(self, kept: Kept) -> Iterable[LiveTurn]:
        """Its running turns, without those that a copy of it still shows."""
        shown = {
            turn.live.id
            for each in self._kept.values()
            if each is not kept and (each.page is not None or each.stop is not None)
            for turn in each.turns
            if not turn.live.done
        }
        mine = {live.id: live for live in self._runtime.turns(kept.scope)}
        mine.update({turn.live.id: turn.live for turn in kept.turns if not turn.live.done})
        return [live for live in mine.values() if live.id not in shown]

    def _drop(self, kept: Kept) -> None:
        self._stop(kept)
        kept.stay()
        self._kept.pop(kept.key, None)
        self._runtime.forget(kept.scope)


_keepers: WeakKeyDictionary[Runtime, Keeper] = WeakKeyDictionary()


def keeper_of(runtime: Runtime) -> Keeper:
    """The one Keeper of a runtime."""
    with suppress(KeyError):
        return _keepers[runtime]
    return _keepers.setdefault(runtime, Keeper(runtime))
