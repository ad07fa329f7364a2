"""What one turn of the ledger says: chunks that no other turn says, and the bytes that carry them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

WORDS = (
    "river",
    "gauge",
    "flood",
    "ford",
    "Ufer",
    "šťáva",
    "水位",
    "пристань",
    "🌊",
    "👩‍🔬",
    "ñandú",
    "e\u0301",
    "\u2028",
    "\\n",
)
LINE_ENDS = (b"\n", b"\r\n", b"\r")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Item(NamedTuple):
    """One event of the wire; `seq` counts the chunks of text from 0, None when it carries none."""

    raw: bytes
    id: str = ""
    seq: int | None = None

    @property
    def dispatched_at(self) -> int:
        """How many bytes of it must arrive before it counts: a line ends at its CR, not at the LF after it."""
        return len(self.raw) - (self.raw.endswith(b"\r\n"))


class Answer:
    """A turn's text and events, the same for the same seed.

    `ids` numbers the events `run`.1, `run`.2 …; `line_end` None chooses one; `noise` mixes in comments, retry lines,
    names of events and data over several lines.
    """

    def __init__(
        self,
        turn: str,
        rng: Random,
        *,
        chunks: int = 0,
        ids: bool = True,
        run: str = "r",
        line_end: bytes | None = None,
        noise: bool = True,
    ) -> None:
        self.turn = turn
        self._ids, self._run, self._noise, self._rng = ids, run, noise, rng
        self._end = line_end or rng.choice(LINE_ENDS)
        count = chunks or rng.randint(2, 12)
        self.pieces = [f"[{turn}.{seq}]{self._words()} " for seq in range(count)]
        self.items: list[Item] = []
        if noise and rng.random() < 0.5:
            self._add({"event": "routing_started"})
            self._add({"event": "routing_completed", "agent_id": "a", "agent_name": "A", "protocol": "a2a"})
        for seq, piece in enumerate(self.pieces):
            self._add(chunk(piece), seq)
        self._add({"event": "completed", "agent_id": "a", "protocol": "a2a"})

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def _words(self) -> str:
        return " ".join(self._rng.choices(WORDS, k=self._rng.randint(1, 6)))

    def _add(self, body: dict[str, Any], seq: int | None = None) -> None:
        rng, end = self._rng, self._end
        number = f"{self._run}.{len(self.items) + 1}" if self._ids else ""
        lines: list[str] = []
        if self._noise and rng.random() < 0.15:
            lines += [": still there", ""] if rng.random() < 0.5 else [f"retry: {rng.choice((0, 1, 100))}", ""]
        if number:
            lines.append(f"id: {number}")
        if self._noise and rng.random() < 0.2:
            lines.append(f"event: {body['event']}")
        indent = 1 if self._noise and rng.random() < 0.2 else None
        space = rng.choice(("", " ")) if self._noise else " "
        lines += [
            f"data:{space}{line}"
            for line in json.dumps(body, ensure_ascii=rng.random() < 0.5, indent=indent).split("\n")
        ]
        raw = end.join(line.encode() for line in [*lines, "", ""])
        self.items.append(Item(raw, number, seq))

    def after(self, last_event_id: str) -> list[Item]:
        """The items that a resume owes."""
        ids = [item.id for item in self.items]
        return self.items[ids.index(last_event_id) + 1 :] if last_event_id else list(self.items)


def chunk(text: str) -> dict[str, Any]:
    parts = [{"kind": "text", "text": text}]
    return {"event": "response_chunk", "response_data": {"raw_response": {"parts": parts}}, "protocol": "a2a"}


def body_of(items: Sequence[Item]) -> bytes:
    return b"".join(item.raw for item in items)
