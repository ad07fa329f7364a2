"""One browser session's conversation: its turns, what the page was told of them, and the history sent back."""

from __future__ import annotations

import secrets
import time
from typing import Any

from dashboard.backend.live import LiveTurn
from dashboard.config import AskOptions
from dashboard.turn.machine import TurnState
from dashboard.ui.console import Console
from dashboard.ui.markdown import Blocks
from dashboard.ui.plain import one_line, visible
from dashboard.ui.turn_view import REASONING_SHOWN, Fields, fields, pill
from dashboard.ui.words import plural
from dashboard.wire.dialect import Question

TURNS_SHOWN = 50
"""Older turns leave the page; the page says how many did."""


class Shown:
    """One turn as the page shows it; `patch` tells only what changed since the last one."""

    def __init__(
        self, live: LiveTurn, asked: Question, at: str, *, options: AskOptions | None = None, about: str = ""
    ) -> None:
        self.live = live
        self.asked = asked
        """The whole of what was asked: history and scenario too."""
        self.options = options
        """Model and system prompt, where the person chose them."""
        self.on_screen_at = 0.0
        """When the newest text that the browser was sent had been read."""
        self._opening = {"id": live.id, "question": visible(asked.text), "about": about or f"{live.backend} · {at}"}
        self._blocks = Blocks()
        self._read = 0
        self._told: Fields = {}
        self._told_blocks = 0
        self._told_reasoning = 0
        self._told_open = ""

    @property
    def answer(self) -> str:
        """The answer so far, as it came."""
        return self.live.transcript.text

    @property
    def told(self) -> bool:
        """Whether all of it was told since it ended: then a page changes nothing in it any more."""
        return bool(self._told) and not self._told["live"]

    @property
    def size(self) -> int:
        """About how many bytes it holds on to: text, its HTML, reasoning."""
        transcript = self.live.transcript
        return 2_000 + len(self.asked.text) + 4 * len(transcript.text) + len(transcript.reasoning)

    def again(self) -> Shown:
        """The same turn for a second page, that was told nothing yet."""
        return Shown(self.live, self.asked, "", options=self.options, about=self._opening["about"])

    @property
    def open_chars(self) -> int:
        """How long the block is that grows."""
        return self._blocks.open_chars

    @property
    def language(self) -> str:
        """The language of the code that is being written, which will want colours when it ends; "" for none."""
        return self._blocks.language

    def _grow(self) -> None:
        text = self.live.transcript.text
        self._blocks.grow(text[self._read :])
        self._read = len(text)
        if self.live.done:
            self._blocks.finish()

    def _fields(self) -> Fields:
        live, gauge = self.live, self.live.gauge
        report = gauge.report() if live.transcript.state is TurnState.ENDED else gauge.so_far()
        return fields(live.transcript, report, time.monotonic(), queued=live.queued, seen=live.seen)

    def patch(self) -> dict[str, Any]:
        """What changed: fields, blocks from the first that is not yet final there, reasoning from where it stood."""
        self._grow()
        now = self._fields()
        changed = {key: value for key, value in now.items() if self._told.get(key) != value}
        self._told = now
        html = self._blocks.html
        from_block, tail = self._told_blocks, html[self._told_blocks :]
        message: dict[str, Any] = {"id": self.live.id, "fields": changed}
        if len(tail) > 1 or (tail[-1] if tail else "") != self._told_open or self._blocks.finished > from_block:
            kept = _common(self._told_open, tail[0]) if tail else 0
            message["blocks"] = {
                "from": from_block,
                "keep": _utf16(tail[0][:kept]) if tail else 0,
                "html": [tail[0][kept:], *tail[1:]] if tail else [],
            }
        self._told_blocks = self._blocks.finished
        self._told_open = html[-1] if len(html) > self._blocks.finished else ""
        reasoning = self._reasoning()
        if len(reasoning) > self._told_reasoning:
            message["reasoning"] = {"from": self._told_reasoning, "text": reasoning[self._told_reasoning :]}
            self._told_reasoning = len(reasoning)
        return message

    def full(self) -> dict[str, Any]:
        """All of it, for a page that has just rendered or lost something; changes nothing of what was told."""
        told = self._told or self._fields()
        tail = [self._told_open] if self._told_open else []
        return {
            **self._opening,
            "fields": told,
            "blocks": {"from": 0, "html": [*self._blocks.html[: self._told_blocks], *tail]},
            "reasoning": {"from": 0, "text": self._reasoning()[: self._told_reasoning]},
        }

    def _reasoning(self) -> str:
        return visible(self.live.transcript.reasoning[:REASONING_SHOWN])


def _common(one: str, two: str) -> int:
    """How many characters both begin with: of a block that grows only what follows them is sent."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == two[:middle] else (low, middle - 1)
    return low


def _utf16(text: str) -> int:
    """The length of `text` as a browser counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


class Conversation:
    """The turns of one conversation, oldest first, at most TURNS_SHOWN of them."""

    def __init__(self) -> None:
        self.console = Console()
        self.turns: list[Shown] = []
        self.dropped = 0
        self.id = secrets.token_hex(8)

    @property
    def last(self) -> Shown | None:
        return self.turns[-1] if self.turns else None

    @property
    def running(self) -> Shown | None:
        """The turn under way; one at a time."""
        return self.last if self.last and not self.last.live.done else None

    def begin(self, live: LiveTurn, asked: Question, options: AskOptions | None = None) -> Shown:
        """Takes in a turn that was just asked."""
        shown = Shown(live, asked, "", options=options, about=self._about(live.backend, asked, options))
        self.turns.append(shown)
        if len(self.turns) > TURNS_SHOWN:
            del self.turns[0]
            self.dropped += 1
        return shown

    def find(self, turn: str) -> Shown | None:
        """The turn with that id, if it is still shown."""
        return next((each for each in self.turns if each.live.id == turn), None)

    def history(self, most: int, backend: str) -> tuple[tuple[str, str], ...]:
        """The last `most` turns that `backend` answered, as (role, text) pairs: what another was told stays with it."""
        answered = [each for each in self.turns if each.answer and each.live.backend == backend][-most:] if most else []
        return tuple(pair for each in answered for pair in (("user", each.asked.text), ("assistant", each.answer)))

    def _about(self, backend: str, asked: Question, options: AskOptions | None) -> str:
        """Who was asked, when, and what it was not told."""
        others = [each.live.backend for each in self.turns if each.answer and each.live.backend != backend]
        parts = [
            backend,
            one_line(options.model, 80) if options else "",
            f"acting out {asked.scenario}" if asked.scenario else "",
            time.strftime("%H:%M:%S"),
            f"not told the {plural(len(others), 'turn')} with {', '.join(dict.fromkeys(others))}" if others else "",
        ]
        return " · ".join(part for part in parts if part)

    @property
    def size(self) -> int:
        """About how many bytes it holds on to."""
        return sum(each.size for each in self.turns) + self.console.size

    def copy(self) -> Conversation:
        """The same turns for a second page: the ended ones shared, a running one shown anew; they go apart from here."""
        copy = Conversation()
        copy.turns = [each if each.live.done and each.told else each.again() for each in self.turns]
        copy.console.take(self.console)
        copy.dropped = self.dropped
        return copy

    def clear(self) -> None:
        """New chat: nothing of it is shown or sent back any more."""
        self.turns.clear()
        self.console.clear()
        self.dropped = 0
        self.id = secrets.token_hex(8)

    def pill(self) -> dict[str, str]:
        """The connection of the newest turn."""
        last = self.last
        return pill(last.live.transcript, queued=last.live.queued) if last else pill(None)
