"""The conversation as one JSComponent: state lives here, the browser gets small patches.

What is sent with `_send_msg` before the component is rendered, or while the websocket is down, vanishes. So every
message carries a revision; the browser asks to `sync` when it renders, sees a gap, comes back or hears nothing for a
while, and gets everything anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent
from tornado.websocket import WebSocketClosedError

from dashboard.runtime import Refused, Runtime
from dashboard.ui.console import LINES, Console
from dashboard.ui.conversation import TURNS_SHOWN, Conversation, Shown
from dashboard.ui.curl import curl
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Question

PAINT_S = 0.1
"""At most one flush in this time: ten paints a second."""
PAINT_SHARE = 0.1
"""A flush that took long is followed by a longer rest, so that painting stays below this share of the loop."""

_HERE = Path(__file__).parent


def source(*names: str) -> str:
    """Files of this package, joined: an ES module or a style sheet that is easier to read in parts."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


class ChatPane(JSComponent):
    """Conversation, connection pill, composer and event console; speaks to the runtime for one session."""

    _esm = source("dom.js", "chat_turn.js", "chat_console.js", "chat_composer.js", "chat.js")
    _stylesheets = [source("tokens.css", "chat.css", "answer.css")]

    settings = param.Dict(default={}, doc="Static words of the page: limits, examples, the backend's name.")

    def __init__(self, runtime: Runtime, session: str, backend: str, **params: Any) -> None:
        self._runtime, self._session, self._backend = runtime, session, backend
        self._scenario = self._scenario_about = ""
        self.visible_in_browser = True
        self.on_visible: Callable[[], None] = lambda: None
        self._talk = Conversation()
        self._revision = 0
        self._console_open = False
        self._console_told = 0
        self._followers: set[asyncio.Task[None]] = set()
        super().__init__(settings=self._settings(), **params)

    # What the page is told

    def _settings(self) -> dict[str, Any]:
        backend = self._runtime.backends[self._backend]
        return {
            "backend": backend.name,
            "dialect": backend.dialect,
            "question_chars": self._runtime.config.limits.question_chars,
            "examples": list(backend.examples[:3]),
            "lines": LINES,
            "turns": TURNS_SHOWN,
            "scenario": self._scenario,
            "scenario_about": self._scenario_about,
        }

    def _tell(self, kind: str, **data: Any) -> None:
        """One message with the next revision; lost when the websocket is down, and the page sees the gap."""
        self._revision += 1
        with suppress(WebSocketClosedError):
            self._send_msg({"kind": kind, "r": self._revision, **data})

    def _flush(self, shown: Shown) -> None:
        """Sends what is new in a turn; a hidden page is told nothing and syncs when it is seen again."""
        if self.visible_in_browser and shown in self._talk.turns:
            self._tell("turn", **shown.patch(), pill=self._talk.pill(), **self._console_lines())

    def _console_lines(self) -> dict[str, Any]:
        console: Console = self._talk.console
        if not self._console_open or console.written == self._console_told:
            return {}
        fresh = console.since(self._console_told)
        self._console_told = console.written
        return {"console": {"lines": fresh, "written": console.written, "dropped": console.dropped}}

    def _full(self) -> None:
        self._console_told = 0
        self._tell(
            "full",
            turns=[each.full() for each in self._talk.turns],
            dropped=self._talk.dropped,
            pill=self._talk.pill(),
            running=self._talk.running is not None,
            **self._console_lines(),
        )

    def note(self, text: str, tone: str = "warn") -> None:
        """A sentence above the composer; what was typed stays there."""
        self._tell("note", text=text, tone=tone)

    # What the page says

    async def _handle_msg(self, data: Any) -> None:
        """A message from the browser: {"type": …}; anything else is ignored."""
        if not isinstance(data, dict):
            return
        answers: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "sync": self._sync,
            "ask": self._ask,
            "again": self._again,
            "stop": self._stop,
            "new": self._new,
            "clip": self._clip,
            "console": self._console,
            "seen": self._seen,
        }
        answer = answers.get(str(data.get("type")))
        if answer is None:
            return
        try:
            await answer(data)
        except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
            self._runtime.task_failed("page message", error)
            self.note("That did not work: a mistake in this page, which was logged. Reload it and try again.", "bad")

    async def _sync(self, data: dict[str, Any]) -> None:
        if data.get("have") != self._revision:
            self._full()

    async def _seen(self, data: dict[str, Any]) -> None:
        self.visible_in_browser = bool(data.get("visible"))
        if self.visible_in_browser:
            for shown in self._talk.turns:
                shown.patch()
            self._full()
            self.on_visible()

    async def _ask(self, data: dict[str, Any]) -> None:
        await self._runtime.discover(self._backend)
        self.ask(str(data.get("text", "")))

    async def _again(self, data: dict[str, Any]) -> None:
        shown = self._talk.find(str(data.get("turn")))
        if shown is not None:
            await self._runtime.discover(self._backend)
            self.ask(shown.question)

    def ask(self, text: str) -> None:
        """Begins a turn; a refusal becomes a note and loses nothing typed."""
        if self._talk.running is not None:
            self.note("One answer is still streaming. Stop it first, or wait until it ends; your question stays here.")
            return
        history = self._talk.history(self._runtime.config.limits.history_turns)
        question = Question(text, history, self._talk.id, self._scenario)
        try:
            live = self._runtime.ask(self._backend, question, session=self._session, also=self._talk.console.observe)
        except Refused as refusal:
            self.note(str(refusal))
            return
        shown = self._talk.begin(live, text)
        shown.asked = question
        shown.patch()
        self._tell("begin", turn=shown.full(), pill=self._talk.pill(), dropped=self._talk.dropped)
        self._follow(shown)

    def _follow(self, shown: Shown) -> None:
        task = self._runtime.task(self._paint(shown), name=f"page of turn {shown.live.id}")
        self._followers.add(task)
        task.add_done_callback(self._followers.discard)

    async def _paint(self, shown: Shown) -> None:
        """Flushes what is new, at most ten times a second, until the turn has ended."""
        live, revision = shown.live, 0
        while not live.done:
            revision = await live.changed(revision)
            began = time.perf_counter()
            self._flush(shown)
            self._measure_screen(shown)
            cost = time.perf_counter() - began
            await asyncio.sleep(max(PAINT_S, cost / PAINT_SHARE))
        self._flush(shown)
        self._measure_screen(shown)

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

    async def _stop(self, _data: dict[str, Any]) -> None:
        if self._talk.running is not None:
            self._talk.running.live.cancel("person")

    async def _new(self, _data: dict[str, Any]) -> None:
        await self._stop({})
        self._talk.clear()
        self._console_told = 0
        self._full()

    async def _console(self, data: dict[str, Any]) -> None:
        self._console_open = bool(data.get("open"))
        if self._console_open:
            self._console_told = 0
            self._tell("console", **self._console_lines())

    async def _clip(self, data: dict[str, Any]) -> None:
        shown = self._talk.find(str(data.get("turn")))
        if shown is not None:
            text = self._curl(shown) if data.get("what") == "curl" else shown.answer
            self._tell("clip", text=text, what=str(data.get("what")))

    def _curl(self, shown: Shown) -> str:
        backend = self._runtime.backends[shown.live.backend]
        return curl(dialect_of(backend).ask(shown.asked), backend.headers)

    # Life

    def use_backend(self, name: str) -> None:
        """Questions go to that backend from now on."""
        self._backend, self._scenario, self._scenario_about = name, "", ""
        self.settings = self._settings()

    def use_scenario(self, name: str, about: str) -> None:
        """The demo back end is asked to act that out from now on; "" for none."""
        self._scenario, self._scenario_about = name, about
        self.settings = self._settings()

    def close(self) -> None:
        """The session ends: nothing of this pane goes on. The runtime ends the turns."""
        for task in self._followers:
            task.cancel()
