"""The turns that can be inspected, as rows: those that run, then those that have ended, the newest first."""

from __future__ import annotations

from typing import Any

from dashboard.runtime import Runtime
from dashboard.telemetry.recent import RecentTurn
from dashboard.ui.inspected import Fields
from dashboard.ui.plain import one_line
from dashboard.ui.turn_view import verdict
from dashboard.ui.words import seconds

ROWS = 100
QUESTION_CHARS = 140


def rows(runtime: Runtime, session: str) -> list[Fields]:
    """At most ROWS of them."""
    running = [
        _row(live.id, live.transcript.question, live.backend, live.source, mine=live.session == session)
        | {"live": True}
        for live in reversed(runtime.turns())
        if live.source != "replay"
    ]
    ended = [
        _ended(past, session, kept=runtime.flight.holds(past.turn))
        for past, _ in zip(runtime.recent.newest(), range(ROWS), strict=False)
    ]
    return [*running, *ended][:ROWS]


def stamp(runtime: Runtime) -> tuple[Any, ...]:
    """Differs when the rows do."""
    return (runtime.recent.ended, *(live.id for live in runtime.turns() if live.source != "replay"))


def _row(turn: str, question: str, backend: str, source: str, *, mine: bool) -> Fields:
    return {
        "id": turn,
        "question": one_line(question, QUESTION_CHARS),
        "backend": backend,
        "source": source,
        "mine": mine,
    }


def _ended(past: RecentTurn, session: str, *, kept: bool) -> Fields:
    report = past.report
    said = verdict(report)
    return {
        **_row(past.turn, past.question, report.backend, past.source, mine=bool(session) and past.session == session),
        "live": False,
        "kept": kept,
        "at": (past.ended_at - (report.duration_s or 0.0)) * 1000,
        "outcome": said["outcome"],
        "word": said["word"],
        "tone": said["tone"],
        "why": said["kind"].replace("_", " ") if (said["outcome"], said["tone"]) == ("completed", "warn") else "",
        "took": seconds(report.duration_s),
    }
