"""Inspect as one JSComponent: what is under the glass lives here, the browser gets it in revised messages.

As with the chat pane, what is sent before the component is rendered or while the websocket is down vanishes, so the
browser asks to `sync` when it renders, comes back or sees a gap in the revisions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from panel.custom import JSComponent

from dashboard.ui import inspect_list
from dashboard.ui.chat import source
from dashboard.ui.event_log import parsed
from dashboard.ui.inspect_load import Subject, bring
from dashboard.ui.inspect_raw import raw
from dashboard.ui.inspected import Fields, Told, of_numbers, question_of
from dashboard.ui.plain import one_line, visible
from dashboard.ui.view import Visit

ID_CHARS = 64


class InspectPane(JSComponent):
    """A list of turns, and one of them in full."""

    _esm = source(
        "dom.js",
        "inspect_list.js",
        "inspect_head.js",
        "inspect_waterfall.js",
        "inspect_log.js",
        "inspect_more.js",
        "inspect.js",
    )
    _stylesheets = [source("tokens.css", "inspect.css")]

    def __init__(self, visit: Visit, **params: Any) -> None:
        self._visit, self._runtime = visit, visit.runtime
        self._revision = 0
        self._subject: Subject | None = None
        self._told: Told | None = None
        self._wanted = ""
        self._loading: asyncio.Task[None] | None = None
        self._listed: tuple[Any, ...] = ()
        self._answers: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "sync": self._sync,
            "open": self._open,
            "row": self._row,
        }
        super().__init__(**params)

    # What is under the glass

    def show(self, turn: str) -> None:
        """Puts a turn under the glass; "" for none."""
        if turn == self._wanted and (self._subject or self._loading):
            return
        self._wanted = turn = turn[:ID_CHARS]
        self._put(None)
        self._cancel()
        if turn:
            self._loading = self._runtime.task(self._load(turn), name="inspect a turn")
        self._full()

    async def _load(self, turn: str) -> None:
        try:
            self._put(await bring(self._runtime, turn))
            self._full()
        except Exception as error:  # noqa: BLE001  # logged and counted; the page says so
            self._runtime.task_failed("inspect a turn", error)
            self._put(Subject(turn, "unknown"))
            self._full()
            self._tell("problem", text="This turn could not be read again: a mistake in this page, which was logged.")

    def _put(self, subject: Subject | None) -> None:
        if self._subject is not None:
            self._subject.let_go()
        self._subject, self._told = subject, None

    def _cancel(self) -> None:
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.cancel()

    # What the page is told

    def _tell(self, kind: str, **data: Any) -> None:
        self._revision += 1
        self._send_msg({"kind": kind, "r": self._revision, **data})

    def _full(self) -> None:
        subject = self._subject
        self._listed = inspect_list.stamp(self._runtime)
        self._tell(
            "full",
            turns=inspect_list.rows(self._runtime, self._visit.session),
            wanted=visible(self._wanted),
            loading=bool(self._wanted) and subject is None,
            subject=self._described(subject) if subject else None,
            shown=self._whole(subject) if subject else None,
        )

    def _described(self, subject: Subject) -> Fields:
        inspected, past = subject.inspected, subject.past
        backend = inspected.asked.backend if inspected and inspected.asked else past.report.backend if past else ""
        question = question_of(inspected) if inspected else visible(past.question) if past else ""
        return {
            "kind": subject.kind,
            "turn": visible(subject.turn),
            "name": one_line(subject.name, 80),
            "question": question,
            "backend": one_line(backend, 64),
            "dialect": inspected.dialect if inspected else past.report.dialect if past else "",
            "at": subject.asked_wall * 1000,
            "source": past.source if past else subject.live.source if subject.live else "",
            "dropped_bytes": subject.dropped_bytes,
        }

    def _whole(self, subject: Subject) -> Fields | None:
        inspected = subject.inspected
        if inspected is None:
            return of_numbers(subject.truth) if subject.truth else None
        self._told = None if inspected.ended else Told(inspected)
        return inspected.whole(subject.truth)

    def tick(self) -> None:
        """Four times a second while in sight: what is new in the list and in a turn that runs."""
        if self._listed != inspect_list.stamp(self._runtime):
            self._listed = inspect_list.stamp(self._runtime)
            self._tell("list", turns=inspect_list.rows(self._runtime, self._visit.session))
        subject = self._subject
        if subject is not None and self._told is not None:
            fresh = self._told.fresh(subject.truth)
            if fresh is not None:
                self._tell("more", **fresh)
            if subject.inspected is not None and subject.inspected.ended:
                self._told = None

    # What the page says

    async def _handle_msg(self, data: Any) -> None:
        """A message from the browser: {"type": …}; anything else is ignored."""
        answer = self._answers.get(str(data.get("type"))) if isinstance(data, dict) else None
        if answer is None:
            return
        try:
            await answer(data)
        except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
            self._runtime.task_failed("inspect message", error)
            self._tell(
                "problem", text="That did not work: a mistake in this page, which was logged. Reload it and try again."
            )

    async def _sync(self, data: dict[str, Any]) -> None:
        if data.get("have") != self._revision:
            self._full()

    async def _open(self, data: dict[str, Any]) -> None:
        self._visit.go("inspect", turn=str(data.get("turn", ""))[:ID_CHARS] or None)

    async def _row(self, data: dict[str, Any]) -> None:
        """What a row of the log said in full, and the bytes that it was."""
        subject, number = self._subject, data.get("row")
        inspected = subject.inspected if subject else None
        entry = inspected.log.entry(number) if inspected and isinstance(number, int) else None
        if subject is None or entry is None:
            return
        came = await asyncio.to_thread(partial(raw, self._runtime.flight, subject, entry))
        self._tell("row", row=number, parsed=parsed(entry), raw=visible(came.text), note=came.note)

    # Life

    def close(self) -> None:
        """The session ends."""
        self._cancel()
        self._put(None)
