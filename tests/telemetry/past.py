"""Turns that ended, made by hand."""

from __future__ import annotations

from typing import Any

from dashboard.telemetry.past_turn import PastTurn

NOW = 1_800_000_000.0
"""A Unix time."""


def past(turn: str = "t", ago_s: float = 0.0, **more: Any) -> PastTurn:
    """A completed, good, live turn of backend b that ended `ago_s` before NOW and took two seconds."""
    ended_at = NOW - ago_s
    values = {
        "backend": "b", "source": "live", "dialect": "orchestrator", "started_at": ended_at - 2, "ended_at": ended_at,
        "outcome": "completed", "fault": "", "diagnosis": "healthy", "sentence": "All well.", "availability": True,
        "ttft": True, "duration_s": 2.0, "first_event_s": 0.1, "ttft_s": 0.2, **more,
    }  # fmt: skip
    return PastTurn(turn, **values)
