"""The conversation as one component: stable blocks with revisions, and what the person may do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dashboard.config import AskOptions
from dashboard.runtime import Refused
from dashboard.ui.ask_fields import Asking
from dashboard.ui.console import LINES, Console
from dashboard.ui.conversation import TURNS_SHOWN, Conversation, Shown
from dashboard.ui.modules import source
from dashboard.ui.pane import Handler, Pane
from dashboard.ui.view import Visit
from dashboard.wire.dialect import Question

__all__ = ["ChatPane", "source"]


class ChatPane(Pane):
    """Conversation, connection pill, composer and event console; speaks to the runtime for one session."""

    _esm = source(
        *("dom.js", "help.js", "chat_turn.js", "chat_console.js", "chat_composer.js", "link.js", "pane.js", "chat.js")
    )
    _stylesheets = [source("tokens.css", "help.css", "chat.css", "answer.css")]

    def __init__(self, visit: Visit, backend: str, **params: Any) -> None:
        self._visit, self._runtime, self._now = visit, visit.runtime, Asking(backend)
        self._scenario_about = ""
        self._console_open = False
        self._console_told = 0
        self.asking: Callable[[Any, Asking], Asking] = lambda _told, now: now
        """What stands in the browser's fields, as it says with a question; the view knows them."""
        self.on_other: Callable[[Shown], None] = lambda _shown: None
        visit.claimed.append(self._claimed)
        super().__init__(visit, settings=self._settings(), **params)

    @property
    def _talk(self) -> Conversation:
        return self._visit.kept.talk

    # What the page is told

    def _settings(self) -> dict[str, Any]:
        backend = self._runtime.backends.get(
            self._now.backend
        )  # none when it left the configuration: asking it says so
        return {
            "backend": self._now.backend,
            "dialect": backend.dialect if backend else "",
            "question_chars": self._runtime.config.limits.question_chars,
            "examples": list(backend.examples[:3]) if backend else [],
            "lines": LINES,
            "turns": TURNS_SHOWN,
            "scenario": self._now.scenario,
            "scenario_about": self._scenario_about,
            "notice": " ".join(self._visit.notices),
        }

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
            lost=self._visit.lost and not self._visit.kept.turns,  # said once, and before anything new
            **self._console_lines(),
        )

    # What the page says

    def _answers(self) -> Mapping[str, Handler]:
        return {
            "ask": self._ask,
            "again": self._again,
            "other": self._other,
            "stop": self._stop,
            "new": self._new,
            "console": self._console,
        }

    def _find(self, turn: str) -> Shown | None:
        return self._talk.find(turn)

    def _catch_up(self) -> None:
        for shown in self._talk.turns:
            shown.patch()

    async def _ask(self, data: dict[str, Any]) -> None:
        asking = self.asking(data.get("chosen"), self._now)
        if asking.backend in self._runtime.backends:
            await self._runtime.discover(asking.backend)
        self.ask(str(data.get("text", "")), asking)

    async def _again(self, data: dict[str, Any]) -> None:
        """The same request once more, to the backend that answered it, whichever is chosen now."""
        shown = self._talk.find(str(data.get("turn")))
        if shown is not None:
            await self._runtime.discover(shown.live.backend)
            self._begin(shown.live.backend, shown.asked, shown.options)

    async def _other(self, data: dict[str, Any]) -> None:
        shown = self._talk.find(str(data.get("turn")))
        if shown is not None:
            self.on_other(shown)

    def ask(self, text: str, asking: Asking | None = None) -> None:
        """Begins a turn with what is chosen, or with `asking`; a refusal becomes a note and loses nothing typed."""
        asking = asking or self._now
        history = self._talk.history(self._runtime.config.limits.history_turns, asking.backend)
        self._begin(asking.backend, Question(text, history, self._talk.id, asking.scenario), asking.options)

    def _begin(self, backend: str, question: Question, options: AskOptions | None) -> None:
        if self._talk.running is not None:
            self.note("One answer is still streaming. Stop it first, or wait until it ends; your question stays here.")
            return
        console = self._talk.console
        try:
            live = self._runtime.ask(
                backend, question, session=self._visit.session, also=console.observe, options=options
            )
        except Refused as refusal:
            self.note(str(refusal))
            return
        shown = self._talk.begin(live, question, options)
        shown.patch()
        self._tell("begin", turn=shown.full(), pill=self._talk.pill(), dropped=self._talk.dropped)
        self._follow(shown)

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

    # Life

    def _claimed(self) -> None:
        """Another conversation is this page's now: all of it is shown, and a running answer followed."""
        self.close()
        self._catch_up()
        if self._talk.running is not None:
            self._follow(self._talk.running)
        self._full()

    def use_backend(self, name: str) -> None:
        """Questions go to that backend from now on."""
        self._now, self._scenario_about = Asking(name), ""
        self.settings = self._settings()

    def refresh(self) -> None:
        """The backend's dialect and examples, and the limits, as they are configured now."""
        if (fresh := self._settings()) != self.settings:
            self.settings = fresh

    def use_options(self, options: AskOptions | None) -> None:
        """Questions are sent with this model and system prompt from now on; None: with the configured ones."""
        self._now = msgspec.structs.replace(self._now, options=options)

    def use_scenario(self, name: str, about: str) -> None:
        """The demo back end is asked to act that out from now on; "" for none."""
        self._now, self._scenario_about = msgspec.structs.replace(self._now, scenario=name), about
        self.settings = self._settings()
