"""What Chat and Compare have in common: numbered messages to one browser, and the painting of turns as they grow.

`_send_msg` is an event, not state: what is sent before the component is rendered, during a lost websocket or a reload
vanishes without a word. So every message has a revision; a browser that renders, sees a gap or comes back asks by `sync`
and is told everything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
import param
from tornado.websocket import WebSocketClosedError

from dashboard.ui.colours import prepare
from dashboard.ui.conversation import Shown
from dashboard.ui.curl import curl
from dashboard.ui.post import Posted
from dashboard.ui.view import Visit
from dashboard.wire.auto import dialect_of
from dashboard.wire.redact import redactor_for

PAINT_S = 0.04
"""At most one flush of a turn in this time: with a frame of the browser's, 95 % of the text is seen within 60 ms."""
PAINT_SHARE = 0.1
"""A flush that took long is followed by a longer rest, so that painting stays below this share of the loop."""
LAID_OUT_PER_S = 150_000
"""Characters. A browser lays all of the open block out anew at each flush: one paragraph of 100 KB takes it 0.1 s."""
LANGUAGES = 50
"""So many languages of code are prepared for a pane; no honest answer has more."""
BEHIND_POLL_S = 0.1
"""How often a browser that reads too slowly is looked at."""


def rest_s(cost_s: float, open_chars: int) -> float:
    """Seconds from a flush to the next, by what it cost this loop, and by the text that the browser lays out anew."""
    return max(PAINT_S, cost_s / PAINT_SHARE, open_chars / LAID_OUT_PER_S)


Handler = Callable[[dict[str, Any]], Awaitable[None]]


class Pane(Posted):
    """Turns on a page: a subclass says which (`_find`), what they are in full (`_full`) and what else it answers."""

    __abstract = True

    settings = param.Dict(default={}, doc="What the pane shows that is no turn: limits, names, choices.")

    def __init__(self, visit: Visit, **params: Any) -> None:
        self._visit, self._runtime = visit, visit.runtime
        self.visible_in_browser = True
        self.on_visible: Callable[[], None] = lambda: None
        self.on_inspect: Callable[[str], None] = lambda _turn: None
        """Opens the Inspect view on a turn; the view sets it."""
        self._revision = 0
        self._prepared: set[str] = set()
        self._followers: set[asyncio.Task[None]] = set()
        super().__init__(**params)

    @property
    def _session(self) -> str:
        """What this page's turns are counted under; it changes when the tab brings another conversation."""
        return self._visit.session

    # For a subclass to say

    def _answers(self) -> Mapping[str, Handler]:
        """What else the browser may say: its `type` → who answers."""
        raise NotImplementedError

    def _full(self) -> None:
        """Tells everything."""
        raise NotImplementedError

    def _flush(self, shown: Shown) -> None:
        """Tells what is new in a turn."""
        raise NotImplementedError

    def _find(self, turn: str) -> Shown | None:
        """The turn with that id, if it is still shown."""
        raise NotImplementedError

    # What the page is told

    def _tell(self, kind: str, **data: Any) -> None:
        """One message with the next revision; lost when the websocket is down, and the page sees the gap."""
        self._revision += 1
        with suppress(WebSocketClosedError):
            self._send_msg({"kind": kind, "r": self._revision, **data})

    def note(self, text: str, tone: str = "warn") -> None:
        """A sentence above the composer; what was typed stays there."""
        self._tell("note", text=text, tone=tone)

    # What the page says

    async def _handle_msg(self, data: Any) -> None:
        """A message from the browser: {"type": …}; anything else is ignored."""
        if not isinstance(data, dict):
            return
        common: dict[str, Handler] = {
            "sync": self._sync,
            "seen": self._seen,
            "clip": self._clip,
            "inspect": self._inspect,
        }
        answer = (common | dict(self._answers())).get(str(data.get("type")))
        if answer is None:
            return
        try:
            await answer(data)
        except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
            self._runtime.task_failed("page message", error)
            self.note("That did not work: a mistake in this page, which was logged. Reload it and try again.", "bad")

    async def _sync(self, data: dict[str, Any]) -> None:
        if data.get("have") != self._revision and not self._visit.behind:  # else it asks again, in a moment
            self._full()

    async def _seen(self, data: dict[str, Any]) -> None:
        self.visible_in_browser = bool(data.get("visible"))
        if self.visible_in_browser:
            self._catch_up()
            self._full()
            self.on_visible()

    async def _inspect(self, data: dict[str, Any]) -> None:
        shown = self._find(str(data.get("turn")))
        if shown is not None:
            self.on_inspect(shown.live.id)

    def _catch_up(self) -> None:
        """What grew while nobody looked is taken in, so that `_full` tells it."""

    async def _clip(self, data: dict[str, Any]) -> None:
        shown = self._find(str(data.get("turn")))
        if shown is not None:
            text = self._curl(shown) if data.get("what") == "curl" else shown.answer
            self._tell("clip", text=text, what=str(data.get("what")))

    def _curl(self, shown: Shown) -> str:
        backend = shown.live.configured
        if shown.options is not None:
            backend = msgspec.structs.replace(backend, ask=shown.options)
        return redactor_for(backend).text(curl(dialect_of(backend).ask(shown.asked), backend.headers))

    # Painting

    def _follow(self, shown: Shown, together: int = 1) -> None:
        """Paints a turn until it ends; `together` turns are painted at once and share the loop."""
        task = self._runtime.task(self._paint(shown, together), name=f"page of turn {shown.live.id}")
        self._followers.add(task)
        task.add_done_callback(self._followers.discard)

    async def _paint(self, shown: Shown, together: int) -> None:
        live, revision = shown.live, 0
        while not live.done:
            live.catch_up()
            revision = await live.changed(revision)
            await self._keeps_up()
            at, began = time.monotonic(), time.thread_time()  # CPU: on a busy machine wall time is mostly others'
            self._flush(shown)
            self._measure_screen(shown)
            self._prepare(shown.language)
            cost = time.thread_time() - began
            rest = rest_s(cost * together, 0 if shown.language else shown.open_chars)
            await live.ended(within=at + rest - time.monotonic())  # the last of it goes out at once
        await self._keeps_up()
        self._flush(shown)
        self._measure_screen(shown)

    async def _keeps_up(self) -> None:
        """Until the browser has read what it was sent: what grows meanwhile goes out in one piece."""
        while self._visit.behind:  # noqa: ASYNC110  # also time brings its end: there is nothing that would set an event
            await asyncio.sleep(BEHIND_POLL_S)

    def _prepare(self, language: str) -> None:
        """The colours of code, in a thread: the first block of a language would hold the loop when it ends."""
        if language and language not in self._prepared and len(self._prepared) < LANGUAGES:
            self._prepared.add(language)
            self._runtime.task(asyncio.to_thread(prepare, language), name="code colours")

    def _measure_screen(self, shown: Shown) -> None:
        """Wire to screen: this update was sent so long after the read of the newest text in it."""
        transcript = shown.live.transcript
        if transcript.text_at <= shown.on_screen_at:
            return
        shown.on_screen_at = transcript.text_at
        if not self.visible_in_browser:
            self._runtime.sink.screen_update("dropped")
            return
        lag_s = time.monotonic() - transcript.text_at
        shown.live.gauge.screen_lag_s = max(shown.live.gauge.screen_lag_s, lag_s)
        self._runtime.sink.screen_update("sent", lag_s)

    def close(self) -> None:
        """Nothing of this pane goes on. What runs is the keeper's: another page may have it by now."""
        for task in self._followers:
            task.cancel()
        self._followers.clear()
