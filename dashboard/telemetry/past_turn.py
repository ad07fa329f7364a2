"""A turn that has ended, as history keeps it: who, when, how it ended, its numbers. No question and no answer."""

from __future__ import annotations

import msgspec

from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.wording import clean

SENTENCE_CHARS = 500


class PastTurn(msgspec.Struct, frozen=True):
    """One row of history. `*_at` are Unix times, every other `_s` seconds; None where unknown.

    `availability` and `ttft` say whether the turn was good for that objective, None where it was not counted.
    `sentence` is the diagnosis in words, which may quote the back end: hostile until escaped.
    """

    turn: str
    backend: str
    source: str
    dialect: str
    started_at: float
    ended_at: float
    outcome: str
    fault: str
    diagnosis: str
    sentence: str
    availability: bool | None
    ttft: bool | None
    duration_s: float | None = None
    first_event_s: float | None = None
    ttft_s: float | None = None
    gap_p50_s: float | None = None
    gap_p95_s: float | None = None
    gap_p99_s: float | None = None
    gap_max_s: float | None = None
    smoothness: float | None = None
    events: int = 0
    chunks: int = 0
    bytes: int = 0
    heartbeats: int = 0
    reconnects: int = 0
    stalls: int = 0
    anomalies: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    agent: str = ""
    trace_id: str = ""


COLUMNS = PastTurn.__struct_fields__


def past_turn(turn: str, source: str, trace_id: str, gauge: TurnGauge, ended_at: float) -> PastTurn:
    """What is kept of a turn that ended just now, at the Unix time `ended_at`."""
    report, judged = gauge.report(), gauge.judged()
    diagnosis, gap, usage = report.diagnosis, report.gap_s, report.usage
    return PastTurn(
        turn=turn,
        backend=report.backend,
        source=source,
        dialect=report.dialect,
        started_at=ended_at - (report.duration_s or 0.0),
        ended_at=ended_at,
        outcome=report.outcome,
        fault=report.fault,
        diagnosis=diagnosis.kind if diagnosis else "",
        sentence=clean(diagnosis.sentence, SENTENCE_CHARS) if diagnosis else "",
        availability=judged.availability if judged else None,
        ttft=judged.ttft if judged else None,
        duration_s=report.duration_s,
        first_event_s=report.first_event_s,
        ttft_s=report.ttft_s,
        gap_p50_s=gap.p50,
        gap_p95_s=gap.p95,
        gap_p99_s=gap.p99,
        gap_max_s=gap.max,
        smoothness=report.smoothness,
        events=report.events,
        chunks=report.chunks,
        bytes=report.bytes,
        heartbeats=report.heartbeats,
        reconnects=report.reconnects,
        stalls=report.stalls,
        anomalies=gauge.anomalies_total,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        agent=report.agent.name or report.agent.id if report.agent else "",
        trace_id=trace_id,
    )
