"""The numbers of one scope, and the live turns that feed them."""

from __future__ import annotations

from math import floor, inf, nan

from dashboard.health.rolling import RollingQuantiles, RollingRate, Sketch
from dashboard.health.series import RATES, WINDOWS, Sample, Series
from dashboard.health.snapshot import Quantiles, Scope, Snapshot
from dashboard.turn.verdict import Outcome

TELLING = ("stalled", "backing_off", "open", "connecting")
"""Which of several live turns' states tells the most, first to last."""
STATES = ("open", "connecting", "stalled", "backing_off")
UNWELL = frozenset({Outcome.UNREACHABLE, Outcome.REJECTED, Outcome.TRUNCATED, Outcome.STALLED, Outcome.MALFORMED})
CLASSES = {"text": 0, "routing": 1, "agent": 1}
"""The series that a message's kind belongs to; any other kind is "other"."""
OTHER, HEARTBEAT = 2, 3
SLOT_S = 0.25
REST_AFTER_S = 60.0


class LiveTurn:
    """One turn that has not ended: what happened since its last flush, at most one SLOT_S long."""

    __slots__ = (
        *("asked_at", "chunks", "edge", "gaps", "messages", "opened_at", "progress_at", "reason", "scopes", "size"),
        *("state", "text_at", "turn"),
    )

    def __init__(self, turn: str, at: float, scopes: list[Numbers]) -> None:
        self.turn = turn
        self.asked_at = self.progress_at = at
        self.opened_at = self.text_at = nan
        self.scopes = scopes
        self.state = "connecting"
        self.reason = ""
        self.messages = [0] * RATES
        self.chunks = self.size = 0
        self.gaps = Sketch()
        self.edge = (floor(at / SLOT_S) + 1) * SLOT_S

    def flush(self, now: float) -> None:
        """Hand what gathered to the scopes; call when an event's time has reached `edge`, and before reading."""
        if self.size or self.chunks or any(self.messages):
            for scope in self.scopes:
                scope.take(self)
            self.messages = [0] * RATES
            self.chunks = self.size = 0
            if self.gaps.n:
                self.gaps.clear()
        if now >= self.edge:
            self.edge = (floor(now / SLOT_S) + 1) * SLOT_S


class Numbers:
    """All that is known about one scope; `snapshot` freezes it."""

    def __init__(self, scope: Scope, now: float) -> None:
        self.scope = scope
        self.live: dict[str, LiveTurn] = {}
        self.revision = 0
        self.connection = "idle"
        self.connection_since = self.awake_at = now
        self.states = dict.fromkeys(STATES, 0)
        self.outcomes: dict[str, int] = {each.value: 0 for each in Outcome}
        self.last_outcome = self.last_fault = ""
        self.turns = self.chunks = self.size = self.stalls = self.anomalies = 0
        self.counters = [0] * (RATES + 2)
        self.last_reconnect_at = self.ttft_s = nan
        self.uptime_s = 0.0
        self._ttft, self._gap = RollingQuantiles(), RollingQuantiles()
        self._hour = None if scope.session else (RollingQuantiles(3600, 60), RollingQuantiles(3600, 60))
        self._rate = RollingRate()
        self._series = {name: Series(span_s, step_s, now) for name, (span_s, step_s) in WINDOWS.items()}
        self._step_gaps = Sketch()
        self._step_ttft_s = nan
        self._step_live = self._resting = False
        self._moving: tuple[float, ...] = ()

    # What happens

    def join(self, turn: LiveTurn) -> None:
        self.live[turn.turn] = turn
        self.turns += 1
        self.awake_at = turn.asked_at
        self.states[turn.state] += 1
        self._step_live = True
        self.changed(turn.asked_at)

    def leave(self, turn: LiveTurn, outcome: str, fault: str, at: float) -> None:
        del self.live[turn.turn]
        self.states[turn.state] -= 1
        if outcome:
            self.outcomes[outcome] += 1
            self.last_outcome, self.last_fault = outcome, fault
        self.awake_at = at
        self.changed(at)

    def move(self, old: str, new: str, at: float) -> None:
        self.states[old] -= 1
        self.states[new] += 1
        self.changed(at)

    def take(self, turn: LiveTurn) -> None:
        """What a live turn gathered within one slot."""
        at = turn.edge - SLOT_S
        text, routing, other, heartbeats = turn.messages
        counters = self.counters
        counters[0] += text
        counters[1] += routing
        counters[OTHER] += other
        counters[HEARTBEAT] += heartbeats
        self.chunks += turn.chunks
        self.size += turn.size
        if text or routing or other:
            self._rate.add(text + routing + other, at)
        if turn.gaps.n:
            self._gap.merge(turn.gaps, at)
            if self._hour:
                self._hour[1].merge(turn.gaps, at)
            self._step_gaps.merge(turn.gaps)
        self.revision += 1

    def first_text(self, ttft_s: float, at: float) -> None:
        self.ttft_s = self._step_ttft_s = ttft_s
        self._ttft.add(ttft_s, at)
        if self._hour:
            self._hour[0].add(ttft_s, at)
        self.revision += 1

    def reconnected(self, at: float) -> None:
        self.counters[RATES] += 1
        self.last_reconnect_at = at
        self.revision += 1

    def faulted(self) -> None:
        self.counters[RATES + 1] += 1
        self.revision += 1

    def changed(self, at: float) -> None:
        """The states of live turns changed: tell the connection anew."""
        self.revision += 1
        ended = "failed" if self.last_outcome in UNWELL else "idle"
        connection = next((state for state in TELLING if self.states[state]), ended)
        if connection != self.connection:
            self.connection, self.connection_since = connection, at

    # What is read

    def sample(self, now: float, wall_now: float, before: tuple[float, float]) -> None:
        """One step of the series; a session's scope without a turn for REST_AFTER_S rests: no rows until the next.

        `before` is the time of the previous sample of the process, monotonic and Unix.
        """
        live = bool(self.live) or self._step_live
        if live and self._resting:
            for series in self._series.values():
                series.restart(before[0], before[1] * 1000, tuple(self.counters))
        self._resting = bool(self.scope.session) and not live and now - self.awake_at > REST_AFTER_S
        if self._resting:
            return
        for turn in self.live.values():
            turn.flush(now)
        states = tuple(self.states[state] for state in STATES)
        ttft_ms = self._step_ttft_s * 1000
        happened = (self.counters[RATES], self.stalls, *self.outcomes.values())
        sample = Sample(now, wall_now * 1000, live, tuple(self.counters), states, self._step_gaps, ttft_ms, happened)
        for series in self._series.values():
            series.fold(sample)
        self._step_live, self._step_ttft_s = bool(self.live), nan
        if self._step_gaps.n:
            self._step_gaps.clear()
        self.revision += live

    def snapshot(self, now: float, wall_now: float) -> Snapshot:
        """The numbers, frozen; `revision` also grows when a window has lost old events since the last snapshot."""
        for turn in self.live.values():
            turn.flush(now)
        per_s, per_s_10s = self._rate.per_s(now), self._rate.per_s(now, 10)
        ttft, gap = self._ttft.quantiles(now), self._gap.quantiles(now)
        moving = (per_s, per_s_10s, ttft.n, gap.n)
        if moving != self._moving:
            self._moving = moving
            self.revision += 1
        silent_since, opened_at = self._open_times()
        return Snapshot(
            revision=self.revision,
            at=now,
            wall_at=wall_now,
            scope=self.scope,
            connection=self.connection,
            connection_since=self.connection_since,
            silent_s=max(0.0, now - silent_since),
            uptime_s=self.uptime_s if opened_at == inf else max(0.0, now - opened_at),
            uptime_live=opened_at != inf,
            events_total=sum(self.counters[:HEARTBEAT]),
            heartbeats_total=self.counters[HEARTBEAT],
            chunks_total=self.chunks,
            bytes_total=self.size,
            events_per_s=per_s,
            events_per_s_10s=per_s_10s,
            turns_total=self.turns,
            turns_active=len(self.live),
            outcomes=dict(self.outcomes),
            last_outcome=self.last_outcome,
            last_fault=self.last_fault,
            reconnects_total=self.counters[RATES],
            faults_total=self.counters[RATES + 1],
            stalls_total=self.stalls,
            anomalies_total=self.anomalies,
            last_reconnect_at=self.last_reconnect_at,
            ttft_last_s=self.ttft_s,
            ttft=ttft,
            gap=gap,
            windows={name: series.window for name, series in self._series.items()},
        )

    def hour(self, now: float) -> tuple[Quantiles, Quantiles]:
        """Time to first text and chunk gap over the last hour, by whole minutes; of a process's scope only."""
        return (
            (self._hour[0].quantiles(now), self._hour[1].quantiles(now)) if self._hour else (Quantiles(), Quantiles())
        )

    def _open_times(self) -> tuple[float, float]:
        """Of the open turns: the earliest last progress and the earliest opening; infinity when none is open."""
        silent_since = opened_at = inf
        for turn in self.live.values():
            if turn.state in ("open", "stalled"):
                silent_since = min(silent_since, turn.progress_at)
                opened_at = min(opened_at, turn.opened_at)
        return silent_since, opened_at
