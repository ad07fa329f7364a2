"""A stream of which nothing could be read: how it began, as it came. Hostile text until a surface escapes it."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.turn.events import ChunkArrived, MessageArrived, TextArrived, TurnEvent
from dashboard.wire.frame import Message
from dashboard.wire.guess import propose_text_path

SHOWN = 5
KEPT = 50
KEPT_CHARS = 256 * 1024
KEPT_BYTES = 2048
NEVER_TEXT = frozenset({"unknown", "malformed"})


class Seen:
    """An Observer that keeps the first frames, bounded, and whether anything of them was understood."""

    def __init__(self, done: Callable[[], None] = lambda: None) -> None:
        self._done = done
        """Called when it has seen enough: something was understood."""
        self.messages: list[Message] = []
        self.raw = b""
        self.last = ""
        self.understood = False
        self._room = KEPT_CHARS

    def observe(self, event: TurnEvent) -> None:
        """Keeps what `event` carries, until something was understood."""
        if self.understood:
            return
        if type(event) is MessageArrived:
            self.last = event.data[:KEPT_BYTES]
            self.understood = event.kind not in NEVER_TEXT
            if len(self.messages) < KEPT and len(event.data) <= self._room:
                self._room -= len(event.data)
                self.messages.append(Message(event.event, event.data, event.id))
        elif type(event) is ChunkArrived and len(self.raw) < KEPT_BYTES:
            self.raw += event.data[: KEPT_BYTES - len(self.raw)]
        elif type(event) is TextArrived:
            self.understood = True
        if self.understood:
            self._done()

    @property
    def frames(self) -> list[str]:
        """The first five frames, a line each; the first raw lines when there was no frame at all."""
        if self.messages:
            return [_frame(message) for message in self.messages[:SHOWN]]
        lines = self.raw.decode("utf-8", "replace").splitlines()
        return [line for line in lines if line.strip()][:SHOWN]

    @property
    def text_path(self) -> str | None:
        """Where the text may stand, for `custom: {text: …}`; None when no text can be made out."""
        return propose_text_path(self.messages)


def _frame(message: Message) -> str:
    named = "" if message.event == "message" else f"event: {message.event[:60]}  "
    return f"{named}data: {message.data[:1000]}"
