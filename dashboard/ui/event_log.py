"""Pure: the events of one turn as rows, bounded; of each row what it said in full, for whoever selects it."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

import msgspec

from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    FinishHeard,
    HeadRefused,
    Heartbeat,
    MessageArrived,
    Progressed,
    RetryHeard,
    StopAudited,
    TextArrived,
    TurnEvent,
    UsageReported,
)
from dashboard.turn.verdict import AnomalyKind
from dashboard.ui.console import describe
from dashboard.ui.plain import one_line, visible
from dashboard.wire.chat_event import Reasoning, Routed, Step, ToolCall

HALF = 500
"""The first and the last so many rows are kept; what lies between is counted."""
DATA_CHARS = 300
SAID_CHARS = 120
"""So much of what a message said goes along when its meaning does."""
WHOLE_CHARS = 20_000
MEANT = 12

Row = tuple[int, int, float, str, str, str, str]
"""Number from 0, number of the read (-1: none), seconds after the request, kind, tone, what it means, what it says."""


class Place(msgspec.Struct, frozen=True):
    """Which of the bytes it was: the how-manieth message (or comment) of which connection, from 0."""

    attempt: int
    number: int
    comment: bool


class Entry(msgspec.Struct):
    """One row with all that is known of it; `meant` grows while the rest of its message is told."""

    number: int
    read: int
    at_s: float
    kind: str
    tone: str
    said: str
    event: TurnEvent
    place: Place | None
    meant: list[str]

    @property
    def row(self) -> Row:
        words = "; ".join(self.meant)
        said = self.said if not words else self.said[:SAID_CHARS]
        return (self.number, self.read, self.at_s, self.kind, self.tone, one_line(words, DATA_CHARS), said)


class EventLog:
    """An Observer of one turn; `written` counts every row ever written, `counts` does so by kind."""

    def __init__(self) -> None:
        self.written = 0
        self.counts: Counter[str] = Counter()
        self._head: list[Entry] = []
        self._tail: deque[Entry] = deque(maxlen=HALF)
        self._asked_at = 0.0
        self._read = -1
        self._attempt = -1
        self._messages = self._comments = 0
        self._latest: Entry | None = None

    @property
    def dropped(self) -> int:
        """So many rows are missing between the first and the last HALF."""
        return self.written - len(self._head) - len(self._tail)

    def since(self, written: int) -> list[Row]:
        """The rows from number `written` on, as far as they are kept."""
        kept = [*self._head[written:], *(entry for entry in self._tail if entry.number >= written)]
        return [entry.row for entry in kept]

    def entry(self, number: int) -> Entry | None:
        """The row of that number; None when it is not kept."""
        if 0 <= number < len(self._head):
            return self._head[number]
        return next((entry for entry in self._tail if entry.number == number), None)

    def observe(self, event: TurnEvent) -> None:
        """Takes in one event; what a message meant is noted with its row."""
        place = None
        match event:
            case Asked():
                self._asked_at = event.at
            case ChunkArrived():
                self._read += 1
                return
            case Connected() | HeadRefused():
                self._attempt += 1
                self._messages = self._comments = 0
            case MessageArrived():
                place = Place(self._attempt, self._messages, comment=False)
                self._messages += 1
            case Heartbeat() if self._latest is not None and self._is_ping(event):
                self._latest.meant.append("heartbeat")
                return
            case Heartbeat():
                place = Place(self._attempt, self._comments, comment=True)
                self._comments += 1
            case Anomaly(kind=AnomalyKind.DUPLICATE):
                self._messages += 1  # it was a message, and was shown to nobody
            case _:
                self._note(event)
        told = _describe(event)
        if told is not None:
            self._write(event, place, told)

    def _is_ping(self, event: Heartbeat) -> bool:
        """Whether it belongs to the message before it, which the dialect knows as a ping and which has its row."""
        latest = self._latest
        if latest is None or not isinstance(latest.event, MessageArrived) or event.text != "ping":
            return False
        return latest.event.kind == "empty" and latest.event.at == event.at and not latest.meant

    def _note(self, event: TurnEvent) -> None:
        meaning = meant(event)
        if (
            meaning
            and self._latest
            and isinstance(self._latest.event, MessageArrived)
            and len(self._latest.meant) < MEANT
        ):
            self._latest.meant.append(meaning)

    def _write(self, event: TurnEvent, place: Place | None, told: tuple[str, str, str]) -> None:
        kind, tone, data = told
        at_s = round(event.at - self._asked_at, 6)
        read = self._read if place is not None else -1
        entry = Entry(self.written, read, at_s, kind, tone, one_line(data, DATA_CHARS), event, place, [])
        self.counts[kind] += 1
        self.written += 1
        self._latest = entry
        if len(self._head) < HALF:
            self._head.append(entry)
        else:
            self._tail.append(entry)


def _describe(event: TurnEvent) -> tuple[str, str, str] | None:
    match event:
        case HeadRefused():
            return "refused", "bad", f"{event.status} {event.body[:DATA_CHARS].decode('utf-8', 'replace')}"
        case RetryHeard():
            return "retry", "calm", f"asks for reconnects after {event.delay_s:g} s"
        case StopAudited():
            return "stopping", "calm", _audit(event)
        case _:
            return describe(event)


def _audit(event: StopAudited) -> str:
    if event.closed is None:
        return "no connection was open"
    how = "closed" if event.closed else "not closed"
    return f"connection {how} {event.closed_s * 1000:.0f} ms after Stop, {event.unread:,} bytes unread"


def meant(event: TurnEvent) -> str:
    """What a message turned out to be, in a few words; "" for what is not part of one."""
    match event:
        case TextArrived():
            return f"“{_shown(event.text)}”" + (", the first text" if event.first else "")
        case Progressed(chat_event=said):
            return _progress(said)
        case UsageReported():
            return f"usage: {event.input_tokens} tokens in, {event.output_tokens} out"
        case FinishHeard():
            return f"finish: {one_line(event.reason)}"
        case _:
            return ""


def _shown(text: str) -> str:
    """Text with its spaces as they came, line ends as a sign."""
    cut = text[:DATA_CHARS]
    return visible(cut).replace("\n", "↵").replace("\r", "↵") + ("…" if len(text) > len(cut) else "")


def _progress(said: Reasoning | Routed | Step | ToolCall) -> str:
    match said:
        case Reasoning():
            return f"reasoning “{_shown(said.text)}”"
        case Routed():
            sure = "" if said.confidence is None else f", confidence {said.confidence:.2f}"
            return f"routed to {one_line(said.agent_name or said.agent_id)} by {one_line(said.protocol) or '?'}{sure}"
        case Step():
            return f"step: {one_line(said.name)}, {one_line(said.phase)}"
        case ToolCall():
            return f"tool: {one_line(said.name)}, {one_line(said.phase)} {one_line(said.detail)}".rstrip()


def parsed(entry: Entry) -> list[list[str]]:
    """(label, value) lines of a row: its fields in full, JSON indented, everything visible."""
    event = entry.event
    if isinstance(event, MessageArrived):
        lines = [["kind", event.kind], ["event", event.event], ["id", event.id], ["data", _pretty(event.data)]]
        return [[label, visible(value)] for label, value in lines if value] + [["means", each] for each in entry.meant]
    fields: dict[str, Any] = msgspec.structs.asdict(event)
    skipped = ("turn", "at")
    return [
        [name, visible(_words(value))]
        for name, value in fields.items()
        if name not in skipped and value not in ("", None)
    ]


def _words(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")[:WHOLE_CHARS]
    if isinstance(value, dict):
        return "\n".join(f"{name}: {said}" for name, said in value.items())[:WHOLE_CHARS]
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:WHOLE_CHARS]


def _pretty(data: str) -> str:
    """JSON indented, anything else as it is; at most WHOLE_CHARS of it, saying so."""
    said = data
    if len(data) <= WHOLE_CHARS and data[:1] in "{[":
        try:
            said = msgspec.json.format(data.encode("utf-8", "surrogatepass"), indent=2).decode("utf-8", "replace")
        except (msgspec.MsgspecError, RecursionError):
            said = data
    return said if len(said) <= WHOLE_CHARS else f"{said[:WHOLE_CHARS]}\n… {len(said) - WHOLE_CHARS:,} characters more"
