"""What is told of one turn: the object of `check --json`, its keys in this order."""

from __future__ import annotations

from math import isfinite

import msgspec

from dashboard.health.diagnosis import Diagnosis


class Agent(msgspec.Struct, frozen=True):
    """Whom the orchestrator chose."""

    id: str
    name: str
    protocol: str
    confidence: float | None


class AnomalySeen(msgspec.Struct, frozen=True):
    """One anomaly; `kind` is one of verdict.AnomalyKind."""

    kind: str
    detail: str


class GapSeconds(msgspec.Struct, frozen=True):
    """Chunk gaps: p50, p95, p99 within 1 %, max exact; null without a gap."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


class UsageSeen(msgspec.Struct, frozen=True):
    """Tokens as the back end reported them."""

    input_tokens: int | None
    output_tokens: int | None


class Report(msgspec.Struct, frozen=True):
    """One turn in numbers; times in seconds from the request, None where unknown. Of a live turn: outcome ""."""

    backend: str
    dialect: str
    outcome: str
    fault: str
    detail: str
    diagnosis: Diagnosis | None
    text: str
    reasoning: str
    agent: Agent | None
    events: int
    chunks: int
    bytes: int
    heartbeats: int
    reconnects: int
    stalls: int
    anomalies: list[AnomalySeen]
    first_event_s: float | None
    ttft_s: float | None
    duration_s: float | None
    gap_s: GapSeconds
    smoothness: float | None
    finish_reason: str | None
    usage: UsageSeen | None


class SoFar(msgspec.Struct, frozen=True):
    """Of a report, what is worth to be told twenty times a second while its turn runs."""

    dialect: str
    events: int
    chunks: int
    ttft_s: float | None


def finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def rounded(value: float | None) -> float | None:
    """To a microsecond; None for what is unknown."""
    return round(value, 6) if value is not None and isfinite(value) else None
