"""The numbers of the turns that have ended, newest last: what is still known of one when its bytes are gone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from dashboard.health.evidence import Evidence
from dashboard.health.report import Report
from dashboard.health.turn_gauge import TurnGauge

TURNS = 300
"""So many are remembered; the oldest goes first."""
QUESTION_CHARS = 2_000
DETAIL_CHARS = 500
ANOMALIES = 20


class RecentTurn(msgspec.Struct, frozen=True):
    """One ended turn. `ended_at` is wall-clock time in seconds; the report is without the answer's text."""

    turn: str
    session: str
    source: str
    question: str
    ended_at: float
    report: Report
    evidence: Evidence


class RecentTurns:
    """The last TURNS ended turns of the process; a few kilobytes each, whatever they said."""

    def __init__(self) -> None:
        self._turns: dict[str, RecentTurn] = {}
        self.ended = 0
        """So many ended since the start; a page looks here whether its list is still true."""

    def add(self, turn: str, session: str, source: str, question: str, gauge: TurnGauge) -> None:
        """Remembers a turn that has just ended; a replay is nobody's turn."""
        if source == "replay":
            return
        report, evidence = _small(gauge.report()), _bounded(gauge.evidence())
        self._turns[turn] = RecentTurn(turn, session, source, question[:QUESTION_CHARS], time.time(), report, evidence)
        self.ended += 1
        if len(self._turns) > TURNS:
            del self._turns[next(iter(self._turns))]

    def get(self, turn: str) -> RecentTurn | None:
        """What is remembered of that turn; None when nothing is."""
        return self._turns.get(turn)

    def newest(self) -> Iterator[RecentTurn]:
        """All of them, the newest first."""
        return reversed(self._turns.values())


def _small(report: Report) -> Report:
    """Without what can be long: the answer, the reasoning, the server's words beyond a few lines."""
    return msgspec.structs.replace(
        report, text="", reasoning="", detail=report.detail[:DETAIL_CHARS], anomalies=report.anomalies[:ANOMALIES]
    )


def _bounded(evidence: Evidence) -> Evidence:
    """Without the response headers, which are as long as a server likes."""
    return msgspec.structs.replace(evidence, headers={}, detail=evidence.detail[:DETAIL_CHARS])
