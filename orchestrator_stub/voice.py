"""One run's voice: things said in one protocol, numbered and framed. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal

from orchestrator_stub.dialects.encoder import Encoder
from orchestrator_stub.dialects.said import Chunk, Said
from orchestrator_stub.dice import Dice
from orchestrator_stub.instructions import Event, Outcome, Send

LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
MOST_AGAIN = 100
"""How many messages it can say again."""


class Voice:
    """Says things as `encoder` does; `fresh` makes another encoder of the kind, for what is only half said."""

    def __init__(self, run: str, encoder: Encoder, fresh: Callable[[], Encoder], *, ids: bool, line_end: str) -> None:
        self._run = run
        self._encoder = encoder
        self._fresh = fresh
        self._ids = ids and encoder.resumable
        self._end = LINE_ENDS[line_end]
        self._seq = 0
        self._latest: deque[Event] = deque(maxlen=MOST_AGAIN)

    @property
    def encoder(self) -> Encoder:
        return self._encoder

    def tell(self, said: Said, outcome: Outcome = "") -> Iterator[Send]:
        """The messages that say it; the last one carries the `outcome`."""
        messages = self._encoder.encode(said)
        for left, data in zip(range(len(messages) - 1, -1, -1), messages, strict=True):
            event = self._event(data)
            yield Send(event.data, (event,), "" if left else outcome)

    def again(self, events: int) -> Iterator[Send]:
        """The latest messages once more, ids and all."""
        for event in list(self._latest)[-events:]:
            yield Send(event.data, (event,))

    def cut(self, size: int) -> Send:
        """The first `size` bytes of a message."""
        return Send(self._event(self._example("cut")).data[:size])

    def garbled(self, how: Literal["json", "noise", "bytes"], dice: Dice) -> Send:
        """A message that can't be read."""
        if how == "bytes":
            return Send(dice.noise(64))
        data = self._example("these words never arrive")
        broken = data[: len(data) // 2] if how == "json" else dice.noise(24).hex("~", 3)
        return Send(f"data: {broken}{self._end}{self._end}".encode())

    def _example(self, text: str) -> str:
        return (self._fresh().encode(Chunk(text, "a2a")) or [text])[-1]

    def _event(self, data: str) -> Event:
        """WHATWG HTML §9.2.6: a field is a name, a colon, an optional space and a value; a blank line dispatches."""
        self._seq += 1
        if not self._encoder.streamed:
            return Event(self._seq, data.encode())
        end = self._end
        mark = f"id: {self._run}.{self._seq}{end}" if self._ids else ""
        event = Event(self._seq, f"{mark}data: {data}{end}{end}".encode())
        self._latest.append(event)
        return event
