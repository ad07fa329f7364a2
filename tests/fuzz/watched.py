"""One turn and everything that watches turns; `finish` says whatever no turn may do."""

from __future__ import annotations

import json
from math import isfinite, isnan
from typing import Any
from unicodedata import category

import msgspec
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from dashboard.cli.phases import Phases
from dashboard.cli.printable import HIDDEN, JOINERS, in_json
from dashboard.cli.verdict import told
from dashboard.config import Backend
from dashboard.health.monitor import Monitor
from dashboard.health.report import Report
from dashboard.health.snapshot import Scope, Snapshot
from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.unread import Seen
from dashboard.telemetry.flight import FlightRecorder
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.telemetry.recording import Recorder
from dashboard.turn.events import ChunkArrived, Ended, HeadRefused, TextArrived, TurnEvent
from dashboard.turn.machine import TurnState
from dashboard.turn.transcript import Transcript
from dashboard.turn.verdict import Outcome
from dashboard.ui.console import Console
from dashboard.ui.turn_view import fields
from dashboard.wire.recorded import Attempt, parse_recording
from dashboard.wire.redact import redactor_for

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
DAY_S = 86_400.0


class Watched:
    """An Observer made of all of ours; none of them may raise."""

    def __init__(self, backend: Backend, turn: str = "t") -> None:
        self.now = self.wall_off = 0.0
        """`wall_off` is how far the wall clock was set off, in seconds."""
        self.events: list[TurnEvent] = []
        self.lines: list[str] = []
        self.transcript, self.gauge = Transcript(turn), TurnGauge(backend.thresholds)
        self.sink = PrometheusSink([backend], clock=lambda: self.now, wall=lambda: 1.7e9 + self.wall_off)
        self.monitor, self.console, self.seen = Monitor([backend.name]), Console(), Seen()
        self.flight, self.redactor = FlightRecorder([backend]), redactor_for(backend)
        self.recorder = Recorder(self.redactor)
        self._backend = backend
        phases = Phases(lambda at, word, rest: self.lines.append(f"{at:.3f} {word} {rest}"))
        self._observers = [
            *(each.observe for each in (self.transcript, self.gauge, self.sink, self.monitor, self.console, self.seen)),
            self.flight.begin(lambda: self.gauge.anomalies_total > 0),
            self.recorder.observe,
            phases.observe,
        ]

    def observe(self, event: TurnEvent) -> None:
        assert not self.events or event.at >= self.events[-1].at, "no event before the one before it"
        self.events.append(event)
        self.now = event.at
        for observe in self._observers:
            observe(event)

    def take(self, events: list[TurnEvent]) -> list[TurnEvent]:
        for event in events:
            self.observe(event)
        return events

    # What must hold

    def look(self) -> None:
        """What can be seen at any time."""
        report = self.gauge.report()
        sane(report)
        told = msgspec.structs.asdict(self.gauge.so_far())
        assert told == {name: getattr(report, name) for name in told}
        shown = fields(self.transcript, report, self.now, seen=self.seen)
        assert json.loads(json.dumps(shown)) == shown
        self.monitor.sample(self.now, 1.7e9 + self.wall_off)
        snapshot = self.monitor.snapshot(Scope(self._backend.name), self.now, 1.7e9 + self.wall_off)
        assert all(value >= 0 for value in numbers(counted(snapshot)))

    def finish(self, *, scrape: bool = False) -> Report:
        """The turn is over; `scrape` parses the exposition too (milliseconds)."""
        endings = [event for event in self.events if isinstance(event, Ended)]
        assert len(endings) == 1, "exactly one ending"
        assert self.events[-1] is endings[0], "nothing after the ending"
        assert endings[0].outcome in set(Outcome)
        assert self.transcript.state is TurnState.ENDED
        assert self.transcript.text == "".join(e.text for e in self.events if isinstance(e, TextArrived))
        self.look()
        report = self.gauge.report()
        self.sink.ended(report, self._backend.name, "live")
        assert report.diagnosis is not None
        encoded = in_json(msgspec.json.encode(report).decode())
        assert json.loads(encoded) == msgspec.to_builtins(report), "JSON reads back as the same"
        assert not hidden(encoded)
        assert not any(hidden(line) for line in self.lines)
        assert all(hidden(line) <= {"\n", "\t"} for _, line in told(report, []))
        assert not any({char for char in line if category(char) in ("Cc", "Cs")} for *_, line in self.console.since(0))
        self._recorded()
        if scrape:
            self.scraped()
        return report

    def scraped(self) -> dict[str, Any]:
        """Both expositions parse; OpenMetrics' families by name."""
        text, _, _ = self.sink.render("text/plain", gzip=False)
        assert list(parse_text(text.decode()))
        body, _, _ = self.sink.render(OPENMETRICS, gzip=False)
        return {family.name: family for family in parse_openmetrics(body.decode())}

    def attempts(self) -> list[Attempt]:
        return parse_recording(self.recorder.encoded().splitlines())

    def _recorded(self) -> None:
        """Every byte is in the recording, unless it looks like a secret; then as many are."""
        bodies = (
            e.data if isinstance(e, ChunkArrived) else e.body
            for e in self.events
            if isinstance(e, ChunkArrived | HeadRefused)
        )
        sent = b"".join(bodies)
        kept = b"".join(data for attempt in self.attempts() for _, data in attempt.reads)
        assert len(kept) == len(sent)
        assert kept == sent or b"*" in kept
        for kept_turn in self.flight.list():
            assert parse_recording(self.flight.export(kept_turn.turn).splitlines())


def hidden(text: str) -> set[str]:
    """What of `text` could move a cursor or turn words around."""
    return {c for c in text if not c.isprintable() and category(c) in HIDDEN} - JOINERS


def counted(snapshot: Snapshot) -> Any:
    """The numbers of a snapshot that can't be negative; columns hold Unix times and NaN, which are none."""
    told = {name: getattr(snapshot, name) for name in Snapshot.__struct_fields__}
    windows = told.pop("windows").values()
    for name in ("at", "wall_at", "scope", "last_reconnect_at"):
        told.pop(name)
    columns = [
        float(cell) for each in windows for name, column in each.columns.items() if name != "t" for cell in column
    ]
    return [msgspec.to_builtins(told), columns]


def numbers(value: Any) -> list[float]:
    """All numbers in nested built-ins, NaN (nothing was measured) left out."""
    if isinstance(value, dict):
        return [number for inner in value.values() for number in numbers(inner)]
    if isinstance(value, list | tuple):
        return [number for inner in value for number in numbers(inner)]
    return [value] if isinstance(value, int | float) and not isnan(value) else []


def sane(report: Report) -> None:
    """No number that cannot be: negative, infinite, or a part longer than its whole."""
    told_by_backend = ("usage", "agent")
    told = {name: value for name, value in msgspec.to_builtins(report).items() if name not in told_by_backend}
    assert all(isfinite(number) and number >= 0 for number in numbers(told)), told
    whole_s = (report.duration_s or 0.0) + 1e-6
    for part_s in (report.first_event_s, report.ttft_s, report.gap_s.max):
        assert part_s is None or part_s <= whole_s
    if report.ttft_s is not None and report.first_event_s is not None:
        assert report.first_event_s <= report.ttft_s + 1e-6
    assert report.smoothness is None or 0 <= report.smoothness <= 1
    assert bool(report.text) == (report.ttft_s is not None)
