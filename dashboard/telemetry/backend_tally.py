"""One backend's children of every metric, looked up once; and the live turns that count into them."""

from __future__ import annotations

from math import isnan, nan

from dashboard.config import Backend
from dashboard.health.diagnosis import Kind
from dashboard.health.objective import OBJECTIVES, judged
from dashboard.telemetry.catalogue import SOURCES
from dashboard.telemetry.tally import Cell, Histogram, Table
from dashboard.turn.events import MESSAGE_KINDS, Asked, Ended
from dashboard.turn.verdict import AnomalyKind, Fault, Outcome

STATES = ("connecting", "open", "stalled", "backing_off")
LABEL_CHARS = 64


class Tables:
    """Every metric's table, by its name in the catalogue."""

    def __init__(self, by_name: dict[str, Table]) -> None:
        self.by_name = by_name

    def cell(self, metric: str, *labels: str) -> Cell:
        return self.by_name[metric].cell(*labels)

    def histogram(self, metric: str, *labels: str) -> Histogram:
        return self.by_name[metric].histogram(*labels)

    def forget(self, backend: str) -> None:
        """Every series of that backend goes."""
        for table in self.by_name.values():
            table.forget("backend", backend)


class SourceTally:
    """What is counted by backend and source."""

    def __init__(self, backend: str, source: str, tables: Tables) -> None:
        self.outcomes = {each.value: tables.cell("turns_total", backend, source, each.value) for each in Outcome}
        self.good = {each: tables.cell("turns_good_total", backend, source, each) for each in OBJECTIVES}
        self.counted = {each: tables.cell("turns_counted_total", backend, source, each) for each in OBJECTIVES}
        self.duration = tables.histogram("turn_duration_seconds", backend, source)
        self.first_event = tables.histogram("time_to_first_event_seconds", backend, source)
        self.first_text = tables.histogram("time_to_first_text_seconds", backend, source)


class BackendTally:
    """What is counted by backend. All children exist from the start, so that a first increase is seen as one."""

    def __init__(self, backend: Backend, tables: Tables) -> None:
        name = self.name = backend.name
        self.last_event_at = nan
        """On the events' clock."""
        self.sources = {source: SourceTally(name, source, tables) for source in SOURCES}
        self.active = tables.cell("turns_active", name)
        self.stalled_turns = tables.cell("turns_stalled_total", name)
        self.stalls = {clock: tables.cell("stalls_total", name, clock) for clock in ("bytes", "progress")}
        self.gaps = tables.histogram("chunk_gap_seconds", name)
        self.events = {kind: tables.cell("events_total", name, kind) for kind in (*MESSAGE_KINDS, "heartbeat")}
        self.bytes = tables.cell("received_bytes_total", name)
        self.characters = tables.cell("text_characters_total", name)
        self.tokens = {kind: tables.cell("tokens_total", name, kind) for kind in ("input", "output")}
        self.reconnects = {each.value: tables.cell("reconnects_total", name, each.value) for each in Fault}
        self.faults = {each.value: tables.cell("faults_total", name, each.value) for each in Fault}
        self.anomalies = {each.value: tables.cell("anomalies_total", name, each.value) for each in AnomalyKind}
        self.diagnoses = {each.value: tables.cell("diagnoses_total", name, each.value) for each in Kind}
        self.states = {state: tables.cell("connections", name, state) for state in STATES}
        self.limit(backend, tables)

    def limit(self, backend: Backend, tables: Tables) -> None:
        """These thresholds and objectives hold from now on; what was judged before stays judged."""
        self.ttft_s = backend.thresholds.ttft_s
        for kind, value in _thresholds(backend).items():
            tables.cell("threshold_seconds", self.name, kind).value = value
        for objective in OBJECTIVES:
            tables.cell("objective_ratio", self.name, objective).value = getattr(backend.objectives, objective)


def _thresholds(backend: Backend) -> dict[str, float]:
    limits = backend.thresholds
    return {name.removesuffix("_s"): getattr(limits, name) for name in limits.__struct_fields__}


class LiveTurn:
    """What the sink must remember of a turn until it ends."""

    __slots__ = (
        *(
            "asked_at",
            "backend",
            "event_seen",
            "exemplar",
            "had_stall",
            "reason",
            "source",
            "stall_open",
            "state",
            "text_at",
        ),
        *("tokens_in", "tokens_out", "ttft_s"),
    )

    def __init__(self, backend: BackendTally, source: SourceTally, asked: Asked) -> None:
        self.backend, self.source, self.asked_at = backend, source, asked.at
        self.exemplar = {"turn": asked.turn, **({"trace_id": asked.trace_id} if asked.trace_id else {})}
        """Where a sample of this turn leads."""
        self.text_at = self.ttft_s = nan
        self.event_seen = self.had_stall = self.stall_open = False
        self.state, self.reason = "connecting", ""
        self.tokens_in = self.tokens_out = 0
        backend.active.value += 1
        backend.states[self.state].value += 1

    def move(self, state: str) -> None:
        states = self.backend.states
        states[self.state].value -= 1
        states[state].value += 1
        self.state = state

    def leave(self) -> None:
        """The turn is live no longer."""
        self.backend.active.value -= 1
        self.backend.states[self.state].value -= 1

    def judge(self, event: Ended) -> None:
        """Count the objectives."""
        verdict = judged(
            event.outcome,
            None if isnan(self.ttft_s) else self.ttft_s,
            event.at - self.asked_at,
            stall_open=self.stall_open,
            limit_s=self.backend.ttft_s,
        )
        if verdict is not None:
            for objective in OBJECTIVES:
                self.source.counted[objective].value += 1
                self.source.good[objective].value += getattr(verdict, objective)
