"""One question to several backends at once, side by side on one clock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from dashboard.runtime import Refused
from dashboard.ui.conversation import Shown
from dashboard.ui.course import Course
from dashboard.ui.pane import Handler, Pane, source
from dashboard.ui.standing import ROWS, marks, rows
from dashboard.ui.view import Visit
from dashboard.wire.dialect import Question

LEAST, MOST = 2, 4


class Lane:
    """A place for one backend: the turn that it was asked last, or why it was not."""

    _ids = count()

    def __init__(self, backend: str) -> None:
        self.id = str(next(self._ids))
        self.backend = backend
        self.shown: Shown | None = None
        self.course = Course()
        self.refusal = ""
        self._rows: list[str] = []

    @property
    def running(self) -> bool:
        return self.shown is not None and not self.shown.live.done

    def patch(self) -> dict[str, Any]:
        """What is new of its turn."""
        if self.shown is None:
            return {"lane": self.id}
        told = {"lane": self.id, "turn": self.shown.patch(), "course": self.course.patch()}
        now = rows(self.shown.live.gauge.report())
        if now != self._rows:
            self._rows = told["rows"] = now
        return told

    def full(self) -> dict[str, Any]:
        """All of it, as far as it was told."""
        told: dict[str, Any] = {"lane": self.id, "backend": self.backend, "refusal": self.refusal}
        if self.shown is not None:
            told |= {"turn": self.shown.full(), "course": self.course.full(), "rows": self._rows}
        return told


class ComparePane(Pane):
    """The lanes, what they are asked, and how they compare."""

    _esm = source(
        "dom.js",
        "chat_turn.js",
        "chat_composer.js",
        "link.js",
        "pane.js",
        "timeline.js",
        "compare_lane.js",
        "compare.js",
    )
    _stylesheets = [source("tokens.css", "chat.css", "answer.css", "compare.css")]

    def __init__(self, visit: Visit, backends: Sequence[str], **params: Any) -> None:
        runtime = visit.runtime
        self._lanes = [Lane(name) for name in backends]
        self._question = self._draft = ""
        self._start = 0.0
        self.on_choice: Callable[[list[str]], None] = lambda _names: None
        settings = {
            "backends": list(runtime.backends),
            "least": LEAST,
            "most": MOST,
            "rows": [[row.label, row.about] for row in ROWS],
            "question_chars": runtime.config.limits.question_chars,
            "examples": list(runtime.config.backends[0].examples[:3]),
        }
        super().__init__(visit, settings=settings, **params)

    @property
    def backends(self) -> list[str]:
        """Whom the next question goes to, in order."""
        return [lane.backend for lane in self._lanes]

    @property
    def running(self) -> bool:
        """Whether any lane still is on its way."""
        return any(lane.running for lane in self._lanes)

    # What the page is told

    def _full(self) -> None:
        self._tell_all("full")

    def _tell_all(self, kind: str) -> None:
        self._tell(
            kind,
            lanes=[lane.full() for lane in self._lanes],
            question=self._question,
            running=self.running,
            elapsed_s=round(time.monotonic() - self._start, 3),
            marks=self._marks(),
            draft=self._draft,
        )

    def _marks(self) -> list[list[str]]:
        """Which is the best; nobody is before all have ended."""
        if self.running:
            return []
        return marks([lane.shown.live.gauge.report() if lane.shown else None for lane in self._lanes])

    def _flush(self, shown: Shown) -> None:
        lane = next((each for each in self._lanes if each.shown is shown), None)
        if lane is None or not self.visible_in_browser:
            return
        over = {} if self.running else {"running": False, "marks": self._marks()}
        self._tell("lane", **lane.patch(), **over)

    def _catch_up(self) -> None:
        for lane in self._lanes:
            lane.patch()

    def _find(self, turn: str) -> Shown | None:
        return next((each.shown for each in self._lanes if each.shown and each.shown.live.id == turn), None)

    # What the page says

    def _answers(self) -> Mapping[str, Handler]:
        return {
            "ask": self._ask,
            "again": self._again,
            "stop": self._stop,
            "add": self._add,
            "drop": self._drop,
            "use": self._use,
            "drafted": self._drafted,
        }

    async def _ask(self, data: dict[str, Any]) -> None:
        for name in dict.fromkeys(self.backends):
            await self._runtime.discover(name)
        self.ask(str(data.get("text", "")))

    async def _again(self, _data: dict[str, Any]) -> None:
        await self._ask({"text": self._question})

    def ask(self, text: str) -> None:
        """Asks every lane at once; one that is refused does not keep the others from it. History goes to nobody."""
        if self.running:
            self.note("Answers are still streaming. Stop them first, or wait until they end; your question stays here.")
            return
        asked = [self._begin(Lane(lane.backend), text) for lane in self._lanes]
        start = time.monotonic()  # none of them runs before this coroutine waits, so all begin here
        if not any(lane.shown for lane in asked):
            self.note(asked[0].refusal)
            return
        self._lanes, self._question, self._start, self._draft = asked, text, start, ""
        for lane in asked:
            lane.course.start = start
        self._tell_all("begin")
        begun = [lane.shown for lane in asked if lane.shown]
        for shown in begun:
            self._follow(shown, together=len(begun))

    def _begin(self, lane: Lane, text: str) -> Lane:
        question = Question(text, conversation=secrets.token_hex(8))
        try:
            live = self._runtime.ask(lane.backend, question, session=self._visit.session, also=lane.course.observe)
        except Refused as refusal:
            lane.refusal = str(refusal)
            return lane
        lane.shown = Shown(live, question, time.strftime("%H:%M:%S"))
        lane.patch()
        return lane

    async def _stop(self, data: dict[str, Any]) -> None:
        """One lane where it is named, else all."""
        for lane in self._lanes:
            if lane.shown is not None and data.get("lane") in (None, lane.id):
                lane.shown.live.cancel("person")

    async def _drafted(self, _data: dict[str, Any]) -> None:
        self._draft = ""

    # Whom it goes to

    async def _add(self, _data: dict[str, Any]) -> None:
        if len(self._lanes) < MOST and not self.running:
            free = [name for name in self._runtime.backends if name not in self.backends]
            self._choose([*self._lanes, Lane((free or self.backends)[0])])

    async def _drop(self, data: dict[str, Any]) -> None:
        if len(self._lanes) > LEAST and not self.running:
            self._choose([lane for lane in self._lanes if lane.id != data.get("lane")])

    async def _use(self, data: dict[str, Any]) -> None:
        name = str(data.get("backend"))
        if name in self._runtime.backends and not self.running:
            self._choose([Lane(name) if lane.id == data.get("lane") else lane for lane in self._lanes])

    def _choose(self, lanes: list[Lane]) -> None:
        self._lanes = lanes
        self._full()
        self.on_choice(self.backends)

    def use(self, backends: Sequence[str], draft: str = "") -> None:
        """These from now on, and a question to begin with; an answer that streams is not cut off."""
        self._draft = draft or self._draft
        if list(backends) != self.backends and not self.running:
            self._lanes = [Lane(name) for name in backends]
        self._full()
