"""One question to several backends at once, side by side on one clock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.runtime import Refused
from dashboard.ui.comparison import Comparison, Lane
from dashboard.ui.conversation import Shown
from dashboard.ui.modules import source
from dashboard.ui.pane import Handler, Pane
from dashboard.ui.standing import ROWS
from dashboard.ui.view import Visit
from dashboard.wire.dialect import Question

LEAST, MOST = 2, 4


class ComparePane(Pane):
    """The lanes, what they are asked, and how they compare."""

    _esm = source(
        "dom.js",
        "chat_turn.js",
        "chat_composer.js",
        "link.js",
        "help.js",
        "pane.js",
        "timeline.js",
        "compare_lane.js",
        "compare.js",
    )
    _stylesheets = [source("tokens.css", "help.css", "chat.css", "answer.css", "compare.css")]

    def __init__(self, visit: Visit, backends: Sequence[str], **params: Any) -> None:
        self._draft, self._first = "", list(backends)
        self._config = visit.runtime.config
        self.on_choice: Callable[[list[str]], None] = lambda _names: None
        self.on_claim: Callable[[], None] = lambda: None
        """Another comparison is this page's now: the one that its tab had."""
        super().__init__(visit, settings=_settings(visit), **params)
        visit.claimed.append(self._claimed)
        self._take_over()

    def follow(self) -> None:
        """Where another configuration holds, its backends are offered; a lane whose own is gone keeps its answer and says so."""
        if self._config is self._runtime.config:
            return
        known = {each.name for each in self._config.backends}
        self._config = self._runtime.config
        self.settings = _settings(self._visit)
        names = dict.fromkeys(name for name in self.backends if name in known and name not in self._runtime.backends)
        if names:
            self.note(f"No longer configured: {', '.join(names)}. Choose another backend there.")

    @property
    def _all(self) -> Comparison:
        return self._visit.kept.comparison

    @property
    def backends(self) -> list[str]:
        """Whom the next question goes to, in order."""
        return self._all.backends

    # What the page is told

    def _full(self) -> None:
        self._tell_all("full")

    def _tell_all(self, kind: str) -> None:
        self._tell(
            kind,
            lanes=[lane.full() for lane in self._all.lanes],
            question=self._all.question,
            running=self._all.running,
            elapsed_s=round(time.monotonic() - self._all.start, 3),
            marks=self._all.marks,
            draft=self._draft,
            lost=self._visit.lost and not self._visit.kept.turns,
        )

    def _flush(self, shown: Shown) -> None:
        lane = self._all.lane_of(shown)
        if lane is None or not self.visible_in_browser:
            return
        over = {} if self._all.running else {"running": False, "marks": self._all.marks}
        self._tell("lane", **lane.patch(), **over)

    def _catch_up(self) -> None:
        for lane in self._all.lanes:
            lane.patch()

    def _find(self, turn: str) -> Shown | None:
        return next((each for each in self._all.turns if each.live.id == turn), None)

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
        await self._ask({"text": self._all.question})

    def ask(self, text: str) -> None:
        """Asks every lane at once; one that is refused does not keep the others from it. History goes to nobody."""
        if self._all.running:
            self.note("Answers are still streaming. Stop them first, or wait until they end; your question stays here.")
            return
        asked = [self._begin(Lane(lane.backend), text) for lane in self._all.lanes]
        start = time.monotonic()  # none of them runs before this coroutine waits, so all begin here
        if not any(lane.shown for lane in asked):
            self.note(asked[0].refusal)
            return
        self._all.lanes, self._all.question, self._all.start, self._draft = asked, text, start, ""
        for lane in asked:
            lane.course.start = start
        self._tell_all("begin")
        self._follow_all()

    def _follow_all(self) -> None:
        running = [each for each in self._all.turns if not each.live.done]
        for shown in running:
            self._follow(shown, together=len(running))

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
        for lane in self._all.lanes:
            if lane.shown is not None and data.get("lane") in (None, lane.id):
                lane.shown.live.cancel("person")

    async def _drafted(self, _data: dict[str, Any]) -> None:
        self._draft = ""

    # Whom it goes to

    async def _add(self, _data: dict[str, Any]) -> None:
        lanes = self._all.lanes
        if len(lanes) < MOST and not self._all.running:
            free = [name for name in self._runtime.backends if name not in self.backends]
            self._choose([*lanes, Lane((free or self.backends)[0])])

    async def _drop(self, data: dict[str, Any]) -> None:
        lanes = self._all.lanes
        if len(lanes) > LEAST and not self._all.running:
            self._choose([lane for lane in lanes if lane.id != data.get("lane")])

    async def _use(self, data: dict[str, Any]) -> None:
        name = str(data.get("backend"))
        if name in self._runtime.backends and not self._all.running:
            self._choose([Lane(name) if lane.id == data.get("lane") else lane for lane in self._all.lanes])

    def _choose(self, lanes: list[Lane]) -> None:
        self._all.lanes = lanes
        self._full()
        self.on_choice(self.backends)

    def use(self, backends: Sequence[str], draft: str = "") -> None:
        """These from now on, and a question to begin with; an answer that streams is not cut off."""
        self._draft = draft or self._draft
        if list(backends) != self.backends and not self._all.running:
            self._all.lanes = [Lane(name) for name in backends]
        self._full()

    # Life

    def _take_over(self) -> None:
        """The lanes that the tab had, or empty ones; what streams there is followed."""
        self._all.lanes = self._all.lanes or [Lane(name) for name in self._first]
        self._catch_up()
        self._follow_all()

    def _claimed(self) -> None:
        self.close()
        self._take_over()
        self._full()
        self.on_claim()


def _settings(visit: Visit) -> dict[str, Any]:
    runtime = visit.runtime
    return {
        "notice": " ".join(visit.notices),
        "backends": list(runtime.backends),
        "least": LEAST,
        "most": MOST,
        "rows": [[row.label, row.about] for row in ROWS],
        "question_chars": runtime.config.limits.question_chars,
        "examples": list(runtime.config.backends[0].examples[:3]),
    }
