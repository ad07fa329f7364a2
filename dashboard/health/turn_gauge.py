"""Events of one turn → its report: the object that `check --json` prints, a badge shows and a sink counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.config import Thresholds
from dashboard.health.arrival import Arrivals
from dashboard.health.audits import Audits
from dashboard.health.diagnosis import Diagnosis, Kind, diagnose
from dashboard.health.evidence import Evidence
from dashboard.health.objective import Judged, judged
from dashboard.health.report import Agent, GapSeconds, Report, SoFar, UsageSeen, finite, rounded
from dashboard.health.rolling import Sketch
from dashboard.health.troubles import DETAIL_CHARS, Troubles
from dashboard.health.wording import clean, percent, seconds
from dashboard.turn.events import (
    Anomaly,
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    FinishHeard,
    Guessed,
    Heartbeat,
    MessageArrived,
    Progressed,
    Recovered,
    RetryHeard,
    RetryScheduled,
    Stalled,
    StopAudited,
    TextArrived,
    TurnEvent,
    UsageReported,
)
from dashboard.turn.growing import GrowingText
from dashboard.turn.verdict import AnomalyKind
from dashboard.wire.chat_event import Reasoning, Routed, Step
from dashboard.wire.encodable import encodable


class TurnGauge:
    """An Observer of ONE turn. Memory: the answer's own pieces, and bounded lists.

    `loop_lag_s` and `screen_lag_s` are the runtime's to raise before the turn ends.
    """

    def __init__(self, limits: Thresholds) -> None:
        self.loop_lag_s = self.screen_lag_s = 0.0
        self.diagnosis: Diagnosis | None = None
        self._limits = limits
        self._backend = self._dialect = ""
        self._at = self._asked_at = 0.0
        self._times: dict[str, float] = {}
        self._events = self._chunks = self._bytes = self._heartbeats = self._reconnects = self._largest = 0
        self._text, self._reasoning = GrowingText(), GrowingText()
        self._text_at: float | None = None
        self._gaps = Sketch()
        self._arrivals = Arrivals(0.0, limits.ttft_s)
        self._troubles = Troubles()
        self._audits = audits = Audits()
        self._headers: Mapping[str, str] = {}
        self._agent: Agent | None = None
        self._usage: tuple[int | None, int | None] | None = None
        self._finish: str | None = None
        self._end: Ended | None = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            Asked: self._asked,
            Guessed: self._guessed,
            Connecting: self._connecting,
            Connected: self._connected,
            ChunkArrived: self._chunk,
            Heartbeat: self._heartbeat,
            MessageArrived: self._message,
            TextArrived: self._text_arrived,
            Progressed: self._progressed,
            UsageReported: self._usage_reported,
            FinishHeard: self._finish_heard,
            RetryHeard: audits.retry_heard,
            RetryScheduled: audits.scheduled,
            StopAudited: audits.stopped,
            Anomaly: self._anomaly,
            Stalled: self._stalled,
            Recovered: self._stall_over,
            Disconnected: self._stall_over,
            Ended: self._ended,
        }

    @property
    def anomalies_total(self) -> int:
        """How many there were; a report lists the first ANOMALIES of them."""
        return self._troubles.total

    def observe(self, event: TurnEvent) -> None:
        """Fold one event."""
        self._at = event.at
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def route(self, kind: type) -> Callable[[Any], None] | None:
        """What folds events of that kind; those that come with every read note their time themselves."""
        return self._handlers[kind] if kind in _FREQUENT else self.observe

    def report(self) -> Report:
        """The numbers so far; with outcome and diagnosis once the turn has ended."""
        end, gaps = self._end, self._gaps.quantiles()
        smoothness = self._arrivals.arrival().smoothness
        return Report(
            backend=self._backend,
            dialect=self._dialect,
            outcome=end.outcome if end else "",
            fault=end.fault if end else "",
            detail=encodable(end.detail) if end else "",
            diagnosis=self.diagnosis,
            text=encodable(str(self._text)),
            reasoning=encodable(str(self._reasoning)),
            agent=self._agent,
            events=self._events,
            chunks=self._chunks,
            bytes=self._bytes,
            heartbeats=self._heartbeats,
            reconnects=self._reconnects,
            stalls=self._troubles.stalls_total,
            anomalies=list(self._troubles.anomalies),
            first_event_s=rounded(self._times.get("event")),
            ttft_s=rounded(self._times.get("text")),
            duration_s=rounded(self._at - self._asked_at) if self._backend else None,
            gap_s=GapSeconds(*(rounded(each) for each in (gaps.p50, gaps.p95, gaps.p99, gaps.max))),
            smoothness=rounded(smoothness),
            finish_reason=self._finish,
            usage=UsageSeen(*self._usage) if self._usage else None,
        )

    def so_far(self) -> SoFar:
        """The few numbers that change while it runs; costs the same however much has come."""
        return SoFar(self._dialect, self._events, self._chunks, rounded(self._times.get("text")))

    def judged(self) -> Judged | None:
        """Whether the turn, which has ended, was good; None when it counts for no objective."""
        return judged(
            self._end.outcome if self._end else "",
            self._times.get("text"),
            self._at - self._asked_at,
            stall_open=self._troubles.stall_open,
            limit_s=self._limits.ttft_s,
        )

    def evidence(self) -> Evidence:
        """What a diagnosis of this turn rests on."""
        end, gaps, times = self._end, self._gaps.quantiles(), self._times
        troubles = self._troubles
        return Evidence(
            outcome=end.outcome if end else "",
            fault=end.fault if end else "",
            detail=end.detail if end else "",
            by=end.by if end else "",
            dialect=self._dialect,
            limits=self._limits,
            connecting_s=times.get("connecting"),
            dialled_s=times.get("dialled"),
            head_s=times.get("head"),
            routing_s=times.get("routing"),
            routed_s=times.get("routed"),
            agent_s=times.get("agent"),
            reasoning_s=times.get("reasoning"),
            ttft_s=times.get("text"),
            last_byte_s=times.get("byte"),
            duration_s=self._at - self._asked_at,
            events=self._events,
            bytes=self._bytes,
            largest_event=self._largest,
            heartbeats=self._heartbeats,
            reconnects=self._reconnects,
            worst_gap_s=gaps.max if gaps.n else 0.0,
            p95_gap_s=gaps.p95 if gaps.n else 0.0,
            stalls=tuple(troubles.stalls),
            anomalies={kind: n for kind, n in troubles.kinds.items() if kind not in _TOLD_APART},
            anomaly_details=troubles.first_details(),
            arrival=self._arrivals.arrival(),
            headers=self._headers,
            loop_lag_s=self.loop_lag_s,
            screen_lag_s=self.screen_lag_s,
            audit=self._audits.audit(self._events),
        )

    # One event

    def _asked(self, event: Asked) -> None:
        self._backend, self._dialect = event.backend, event.dialect
        self._asked_at = event.at
        self._arrivals = Arrivals(event.at, self._limits.ttft_s)

    def _guessed(self, event: Guessed) -> None:
        self._dialect = event.dialect

    def _connecting(self, event: Connecting) -> None:
        self._audits.connecting(event)
        self._reconnects += event.attempt > 1
        if "text" not in self._times:
            self._times["connecting"] = event.at - self._asked_at
            self._times.pop("head", None)

    def _connected(self, event: Connected) -> None:
        self._headers = event.headers
        if "text" not in self._times:
            self._times["head"] = event.at - self._asked_at
            if event.dialled_at is not None:
                self._times["dialled"] = event.dialled_at - self._asked_at

    def _chunk(self, event: ChunkArrived) -> None:
        at = self._at = event.at
        self._bytes += event.size
        self._times["byte"] = at - self._asked_at
        self._arrivals.read(at)

    def _heartbeat(self, _event: Heartbeat) -> None:
        self._heartbeats += 1

    def _message(self, event: MessageArrived) -> None:
        self._at = event.at
        if not self._events:
            self._first("event")
        self._events += 1
        self._largest = max(self._largest, len(event.data))
        if not event.id:
            self._audits.unidentified += 1
        if event.kind == "agent":
            self._first("agent")

    def _text_arrived(self, event: TextArrived) -> None:
        text = event.text
        at = self._at = event.at
        if self._text_at is None:
            self._first("text")
        else:
            self._gaps.add(at - self._text_at)
        self._text_at = at
        self._chunks += 1
        self._text.add(text)
        self._arrivals.text(at, len(text))

    def _progressed(self, event: Progressed) -> None:
        match event.chat_event:
            case Reasoning(text=text):
                self._first("reasoning")
                self._reasoning.add(text)
            case Routed() as routed:
                self._first("routed")
                names = (routed.agent_id, routed.agent_name, routed.protocol)
                agent_id, name, protocol = (clean(each, DETAIL_CHARS) for each in names)
                self._agent = Agent(agent_id, name, protocol, finite(routed.confidence))
            case Step(name="routing"):
                self._first("routing")

    def _usage_reported(self, event: UsageReported) -> None:
        before_in, before_out = self._usage or (None, None)
        told_in, told_out = event.input_tokens, event.output_tokens
        self._usage = (before_in if told_in is None else told_in, before_out if told_out is None else told_out)

    def _finish_heard(self, event: FinishHeard) -> None:
        self._finish = clean(event.reason, DETAIL_CHARS)

    def _anomaly(self, event: Anomaly) -> None:
        if event.kind != AnomalyKind.STALL:
            self._troubles.note(event.kind, event.detail)

    def _stalled(self, event: Stalled) -> None:
        self._troubles.stall(event.clock, event.silent_s, event.at, after_text="text" in self._times)
        self._troubles.note(AnomalyKind.STALL, f"{event.clock} clock silent for {seconds(event.silent_s)}")

    def _stall_over(self, event: Recovered | Disconnected) -> None:
        self._troubles.close(event.at, over=True)

    def _ended(self, event: Ended) -> None:
        self._end = event
        self._arrivals.finish()
        self._troubles.close(event.at, over=False)
        self.diagnosis = diagnose(self.evidence())
        if self.diagnosis.kind == Kind.BURST_SUSPECTED:
            seen = self._arrivals.arrival()
            said = f"{percent(seen.bulk_share)} of the text at once after {seconds(seen.silence_s)}"
            self._troubles.note(AnomalyKind.BURST, said)

    def _first(self, what: str) -> None:
        self._times.setdefault(what, self._at - self._asked_at)


_FREQUENT = frozenset({ChunkArrived, MessageArrived, TextArrived})
_TOLD_APART = (AnomalyKind.STALL, AnomalyKind.BURST)
