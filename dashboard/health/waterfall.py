"""One turn on a time axis: bars for its phases, a tick for every read, marks for what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    HeadRefused,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
)
from dashboard.wire.chat_event import Reasoning, Routed, Step, ToolCall

BARS = 60
"""Of phases, tools and reconnects together; the rest is counted."""
MARKS = 200
TICKS = 20_000
"""So many reads have a tick of their own; then neighbours share one, and the page says so."""

OTHER, HEARTBEAT, PROGRESS, TEXT = range(4)
"""What a read held, the most telling of it: nothing that moves the answer on, a heartbeat, progress, text."""


class Bar(msgspec.Struct):
    """From `start_s` to `end_s` seconds after the request (None: still going on). `tone` is "", "warn" or "bad"."""

    phase: str
    start_s: float
    end_s: float | None = None
    tone: str = ""
    note: str = ""
    """The back end's own words, perhaps."""


class Mark(msgspec.Struct, frozen=True):
    """A moment; `tone` as of a bar."""

    kind: str
    at_s: float
    tone: str = ""
    note: str = ""


class Tick(msgspec.Struct):
    """One read: when, how many bytes, messages and characters of the answer, and the most telling of what it held."""

    at_s: float
    size: int
    messages: int = 0
    characters: int = 0
    held: int = OTHER


class Waterfall:
    """An Observer of one turn. Bars come in the order in which they began; `reads` counts all, `joined` share a tick."""

    def __init__(self) -> None:
        self.bars: list[Bar] = []
        self.marks: list[Mark] = []
        self.ticks: list[Tick] = []
        self.reads = 0
        self.joined = 1
        """So many reads share a tick."""
        self.bars_left_out = self.marks_left_out = 0
        self.end_s: float | None = None
        self.now_s = 0.0
        """When the newest event happened."""
        self._asked_at = 0.0
        self._open: dict[str, Bar] = {}
        self._text: Bar | None = None
        self._attempt = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            ChunkArrived: self._read,
            MessageArrived: self._message,
            Heartbeat: self._heartbeat,
            TextArrived: self._text_arrived,
            Progressed: self._progressed,
            Asked: self._asked,
            Connecting: self._connecting,
            Connected: self._connected,
            HeadRefused: self._refused,
            Disconnected: self._lost,
            RetryScheduled: self._retry,
            Stalled: self._stalled,
            Recovered: self._recovered,
            Anomaly: self._anomaly,
            Ended: self._ended,
        }

    def observe(self, event: TurnEvent) -> None:
        """Folds one event."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            if type(event) is not Asked:
                self.now_s = event.at - self._asked_at
            handler(event)

    # Bars

    def _begin(self, key: str, phase: str, *, tone: str = "", note: str = "", since: float | None = None) -> None:
        if len(self.bars) >= BARS:
            self.bars_left_out += 1
            return
        self._open[key] = bar = Bar(phase, self.now_s if since is None else since, None, tone, note)
        self.bars.append(bar)

    def _close(self, *keys: str) -> None:
        for key in keys:
            bar = self._open.pop(key, None)
            if bar is not None:
                bar.end_s = self.now_s

    def _mark(self, kind: str, tone: str = "", note: str = "") -> None:
        if len(self.marks) < MARKS:
            self.marks.append(Mark(kind, self.now_s, tone, note))
        else:
            self.marks_left_out += 1

    def _asked(self, event: Asked) -> None:
        self._asked_at = event.at

    def _connecting(self, event: Connecting) -> None:
        self._attempt = event.attempt
        self._close("wait", "head")
        self._begin("head", "connect", note="" if event.attempt == 1 else f"attempt {event.attempt}")

    def _connected(self, event: Connected) -> None:
        dialling = self._open.get("head")
        if dialling is not None and event.dialled_at is not None:
            dialling.end_s = max(dialling.start_s, event.dialled_at - self._asked_at)
            self._begin("head", "head", since=dialling.end_s)
        elif dialling is not None:
            dialling.phase = "connect, head"  # an older recording does not tell them apart
        self._close("head")
        self._mark("head", note=f"HTTP {event.status}")
        self._begin("first", "first text" if self._text is None else "more text")

    def _refused(self, event: HeadRefused) -> None:
        if "head" in self._open:
            self._open["head"].phase = "connect, head"
        self._close("head")
        self._mark("refused", "bad", f"HTTP {event.status}")

    def _lost(self, event: Disconnected) -> None:
        self._close(*self._open)
        self._mark("disconnected", "bad", event.fault)

    def _retry(self, event: RetryScheduled) -> None:
        self._begin("wait", "wait to reconnect", tone="warn", note=event.reason)

    def _stalled(self, event: Stalled) -> None:
        self._begin("stall", "stall", tone="warn", note=event.clock, since=max(0.0, self.now_s - event.silent_s))

    def _recovered(self, _event: Recovered) -> None:
        self._close("stall")

    def _anomaly(self, event: Anomaly) -> None:
        self._mark(event.kind, "warn", event.detail)

    def _ended(self, event: Ended) -> None:
        text = self._text
        if text is not None and text.end_s is not None and self.now_s > text.end_s and "stall" not in self._open:
            self._begin("ending", "end", since=text.end_s)
        self._close(*self._open)
        self._mark("ended", "" if event.outcome in ("completed", "stopped") else "bad", event.outcome)
        self.end_s = self.now_s

    # What a read held

    def _read(self, event: ChunkArrived) -> None:
        self.reads += 1
        last = self.ticks[-1] if self.ticks else None
        if last is not None and self.joined > 1 and self.reads % self.joined:
            last.size += event.size
            return
        if len(self.ticks) >= TICKS:
            self._thin()
        self.ticks.append(Tick(self.now_s, event.size))

    def _thin(self) -> None:
        """Joins neighbours: the earlier one's time, the sum of both."""
        old = self.ticks
        self.ticks = [_both(old[i], old[i + 1]) for i in range(0, len(old) - 1, 2)]
        self.joined *= 2

    def _held(self, what: int) -> Tick:
        tick = self.ticks[-1] if self.ticks else Tick(self.now_s, 0)
        tick.held = max(tick.held, what)
        return tick

    def _message(self, event: MessageArrived) -> None:
        self._held(OTHER).messages += 1
        if event.kind == "agent":
            self._close("agent")

    def _heartbeat(self, _event: Heartbeat) -> None:
        self._held(HEARTBEAT)

    def _text_arrived(self, event: TextArrived) -> None:
        self._held(TEXT).characters += len(event.text)
        if self._text is None or "first" in self._open:
            self._close("first", "agent", "reasoning")
            self._text = Bar("answer", self.now_s, self.now_s)
            if len(self.bars) < BARS:
                self.bars.append(self._text)
        self._text.end_s = self.now_s

    def _progressed(self, event: Progressed) -> None:
        self._held(PROGRESS)
        match event.chat_event:
            case Reasoning():
                if "reasoning" not in self._open and self._text is None:
                    self._begin("reasoning", "reasoning")
            case Routed() as routed:
                self._close("routing")
                if self._text is None:
                    self._begin("agent", "agent", note=routed.agent_name or routed.agent_id)
            case Step(name="routing"):
                self._begin("routing", "routing")
            case Step():
                self._close("agent")
            case ToolCall() as tool:
                self._tool(tool)

    def _tool(self, tool: ToolCall) -> None:
        key = f"tool {tool.call_id or tool.name}"
        if tool.phase in ("end", "result"):
            self._close(key)
        elif key not in self._open:
            self._begin(key, "tool", note=tool.name)


def _both(first: Tick, second: Tick) -> Tick:
    return Tick(
        first.at_s,
        first.size + second.size,
        first.messages + second.messages,
        first.characters + second.characters,
        max(first.held, second.held),
    )
