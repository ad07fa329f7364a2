"""Turn events → numbers: what each event adds to which metric's child."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

from dashboard.config import Backend
from dashboard.health.diagnosis import Kind
from dashboard.health.report import Report
from dashboard.health.wording import clean
from dashboard.telemetry.backend_tally import LABEL_CHARS, BackendTally, LiveTurn, Tables
from dashboard.telemetry.catalogue import SOURCES
from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
    TurnEvent,
    UsageReported,
)
from dashboard.turn.verdict import AnomalyKind
from dashboard.wire.chat_event import Routed

TRIPLES = 64
"""(backend, agent, protocol) label triples in the process."""
AGENTS = 32
LIVE_TURNS = 4096
OTHER = "other"


class TurnCounts:
    """Counts the turns of the configured backends, of sources live and canary; at most LIVE_TURNS at once.

    `wall` is Unix time, for exemplars.
    """

    def __init__(self, backends: Iterable[Backend], tables: Tables, wall: Callable[[], float]) -> None:
        self.backends = {each.name: BackendTally(each, tables) for each in backends}
        self._tables, self._wall = tables, wall
        self._live: dict[str, LiveTurn] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {
            Asked: self._asked,
            Connecting: self._connecting,
            Connected: self._connected,
            ChunkArrived: self._chunk,
            Heartbeat: self._heartbeat,
            MessageArrived: self._message,
            TextArrived: self._text,
            Progressed: self._progressed,
            UsageReported: self._usage,
            Anomaly: self._anomaly,
            Stalled: self._stalled,
            Recovered: self._recovered,
            Disconnected: self._disconnected,
            RetryScheduled: self._retry,
            Ended: self._ended,
        }

    def configure(self, backends: Iterable[Backend]) -> None:
        """These are the backends from now on: series of those that left go, those that stay count on."""
        wanted = {each.name: each for each in backends}
        for name in self.backends.keys() - wanted.keys():
            del self.backends[name]
            self._tables.forget(name)
        for name, backend in wanted.items():
            if name in self.backends:
                self.backends[name].limit(backend, self._tables)
            else:
                self.backends[name] = BackendTally(backend, self._tables)

    def observe(self, event: TurnEvent) -> None:
        """Count one event; turns of unknown backends and of sources that are not exported are passed over."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def route(self, kind: type) -> Callable[[Any], None] | None:
        """What counts events of that kind; None: nothing does."""
        return self._handlers.get(kind)

    def ended(self, report: Report, backend: str, source: str) -> None:
        """A turn's report is final: count its diagnosis, and the burst that it may tell."""
        tally = self.backends.get(backend)
        if tally is None or source not in SOURCES or report.diagnosis is None:
            return
        tally.diagnoses[report.diagnosis.kind].value += 1
        if report.diagnosis.kind == Kind.BURST_SUSPECTED:
            tally.anomalies[AnomalyKind.BURST].value += 1

    # One event

    def _asked(self, event: Asked) -> None:
        backend = self.backends.get(event.backend)
        source = backend.sources.get(event.source) if backend else None
        if backend is None or source is None or event.turn in self._live:
            return
        if len(self._live) >= LIVE_TURNS:
            self._live.pop(next(iter(self._live))).leave()
        self._live[event.turn] = LiveTurn(backend, source, event)

    def _chunk(self, event: ChunkArrived) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.backend.bytes.value += event.size

    def _message(self, event: MessageArrived) -> None:
        turn = self._live.get(event.turn)
        if turn is None:
            return
        turn.backend.events[event.kind].value += 1
        turn.backend.last_event_at = event.at
        if not turn.event_seen:
            turn.event_seen = True
            turn.source.first_event.add(event.at - turn.asked_at)

    def _text(self, event: TextArrived) -> None:
        turn = self._live.get(event.turn)
        if turn is None:
            return
        backend, at, before = turn.backend, event.at, turn.text_at
        backend.characters.value += len(event.text)
        if at == before:
            backend.gaps.counts[0] += 1
        elif event.first:
            turn.ttft_s = at - turn.asked_at
            turn.source.first_text.add_example(turn.ttft_s, turn.exemplar, self._wall())
        else:
            backend.gaps.add(at - before)
        turn.text_at = at

    def _heartbeat(self, event: Heartbeat) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.backend.events["heartbeat"].value += 1
            turn.backend.last_event_at = event.at

    def _progressed(self, event: Progressed) -> None:
        if isinstance(event.chat_event, Routed):
            turn = self._live.get(event.turn)
            if turn is not None and turn.backend is self.backends.get(turn.backend.name):
                self._routed(turn.backend.name, event.chat_event)

    def _routed(self, backend: str, routed: Routed) -> None:
        agent = clean(routed.agent_name or routed.agent_id, LABEL_CHARS) or "unknown"
        triple = (backend, agent, clean(routed.protocol, LABEL_CHARS) or "unknown")
        table = self._tables.by_name["routing_decisions_total"]
        if triple not in table.cells and len(table.cells) >= TRIPLES:
            triple = (backend, OTHER, OTHER)
            self._tables.cell("label_overflow_total").value += 1
        table.cell(*triple).value += 1
        if routed.confidence is not None and isfinite(routed.confidence):
            confidence = self._tables.by_name["routing_confidence_ratio"]
            if (agent,) not in confidence.histograms and len(confidence.histograms) >= AGENTS:
                agent = OTHER
            confidence.histogram(agent).add(routed.confidence)

    def _usage(self, event: UsageReported) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.tokens_in = turn.tokens_in if event.input_tokens is None else event.input_tokens
            turn.tokens_out = turn.tokens_out if event.output_tokens is None else event.output_tokens

    def _connecting(self, event: Connecting) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            if event.attempt > 1 and turn.reason in turn.backend.reconnects:
                turn.backend.reconnects[turn.reason].value += 1
            turn.move("connecting")

    def _connected(self, event: Connected) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.move("open")

    def _anomaly(self, event: Anomaly) -> None:
        turn = self._live.get(event.turn)
        if turn is not None and event.kind != AnomalyKind.STALL:
            turn.backend.anomalies[event.kind].value += 1

    def _stalled(self, event: Stalled) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.had_stall = turn.stall_open = True
            turn.backend.stalls[event.clock].value += 1
            turn.backend.anomalies[AnomalyKind.STALL].value += 1
            turn.move("stalled")

    def _recovered(self, event: Recovered) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.stall_open = False
            turn.move("open")

    def _disconnected(self, event: Disconnected) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.stall_open = False
            turn.backend.faults[event.fault].value += 1
            turn.move("backing_off")

    def _retry(self, event: RetryScheduled) -> None:
        turn = self._live.get(event.turn)
        if turn is not None:
            turn.reason = event.reason
            turn.move("backing_off")

    def _ended(self, event: Ended) -> None:
        turn = self._live.pop(event.turn, None)
        if turn is None:
            return
        backend, source = turn.backend, turn.source
        turn.leave()
        turn.judge(event)
        source.outcomes[event.outcome].value += 1
        source.duration.add_example(event.at - turn.asked_at, turn.exemplar, self._wall())
        backend.stalled_turns.value += turn.had_stall
        backend.tokens["input"].value += max(0, turn.tokens_in)
        backend.tokens["output"].value += max(0, turn.tokens_out)
        if event.fault:
            backend.faults[event.fault].value += 1
