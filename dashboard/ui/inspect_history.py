"""A turn of which only history knows: its numbers, from before this process began or before 300 others."""

from __future__ import annotations

from dashboard.health.diagnosis import Diagnosis
from dashboard.health.evidence import Evidence
from dashboard.health.report import Agent, GapSeconds, Report, UsageSeen
from dashboard.runtime import Runtime
from dashboard.telemetry.history_writer import RECENT
from dashboard.telemetry.past_turn import PastTurn
from dashboard.telemetry.recent import RecentTurn


def remembered(runtime: Runtime, turn: str) -> RecentTurn | None:
    """That turn as far as history has it; None when it has not, or no longer."""
    for backend in runtime.backends:
        for row in runtime.history.recent(backend, RECENT):
            if row.turn == turn:
                return RecentTurn(turn, "", row.source, "", row.ended_at, _report(row), _evidence(row))
    return None


def _report(row: PastTurn) -> Report:
    tokens = row.input_tokens is not None or row.output_tokens is not None
    return Report(
        backend=row.backend,
        dialect=row.dialect,
        outcome=row.outcome,
        fault=row.fault,
        detail="",
        diagnosis=Diagnosis(row.diagnosis, row.sentence, [], "") if row.diagnosis else None,
        text="",
        reasoning="",
        agent=Agent("", row.agent, "", None) if row.agent else None,
        events=row.events,
        chunks=row.chunks,
        bytes=row.bytes,
        heartbeats=row.heartbeats,
        reconnects=row.reconnects,
        stalls=row.stalls,
        anomalies=[],
        first_event_s=row.first_event_s,
        ttft_s=row.ttft_s,
        duration_s=row.duration_s,
        gap_s=GapSeconds(row.gap_p50_s, row.gap_p95_s, row.gap_p99_s, row.gap_max_s),
        smoothness=row.smoothness,
        finish_reason=None,
        usage=UsageSeen(row.input_tokens, row.output_tokens) if tokens else None,
    )


def _evidence(row: PastTurn) -> Evidence:
    """Of what a diagnosis rests on, history has the end alone; `anomalies` are one number there."""
    others = {"any": row.anomalies - row.stalls} if row.anomalies > row.stalls else {}
    return Evidence(outcome=row.outcome, fault=row.fault, anomalies=others)
