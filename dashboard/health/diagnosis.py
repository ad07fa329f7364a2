"""Evidence → whose fault, on what evidence, what next: one diagnosis a turn, from a closed set.

The order is deliberate, the first that fits is told: what ended badly speaks for itself; then what would make our own
times untrustworthy (a proof, a blocked loop); then bursts, since a burst also looks like a slow start and a stall;
then stalls, slow starts, a slow page, blemishes of the protocol; what is left is healthy.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from dashboard.health import courses, cuts, endings, unopened
from dashboard.health.audits import audited
from dashboard.health.evidence import Evidence, Told
from dashboard.turn.verdict import Outcome

LAG_S = 0.5
"""A loop blocked, or a screen late, for this long is worth a word."""


class Kind(StrEnum):
    """What a turn's diagnosis can be."""

    HEALTHY = "healthy"
    SLOW_START = "slow_start"
    STALLED_MIDWAY = "stalled_midway"
    BURST_SUSPECTED = "burst_suspected"
    BURST_PROVED = "burst_proved"
    CUT = "cut"
    BACKEND_FAILED = "backend_failed"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    PROTOCOL_BROKEN = "protocol_broken"
    PAGE_SLOW = "page_slow"
    STOPPED = "stopped"


class Diagnosis(msgspec.Struct, frozen=True):
    """One sentence that says whose fault, the evidence for it, and what to do next. Plain text, never markup."""

    kind: str
    sentence: str
    evidence: list[str]
    next: str


def diagnose(evidence: Evidence) -> Diagnosis:
    """The one diagnosis of a turn that has ended."""
    for kind, fits, tell in RULES:
        if fits(evidence):
            sentence, lines, next_step = tell(evidence)
            lines = [*lines, *audited(evidence.audit, evidence.anomalies)]
            return Diagnosis(kind.value, sentence, lines, next_step)
    raise AssertionError("the last rule fits always")


# When each fits


def _loop_lagged(evidence: Evidence) -> bool:
    return evidence.loop_lag_s >= LAG_S and evidence.loop_lag_s >= evidence.blamed_s / 2


def _screen_lagged(evidence: Evidence) -> bool:
    return evidence.screen_lag_s >= LAG_S and evidence.screen_lag_s > evidence.p95_gap_s


def _gave_up_on_text(evidence: Evidence) -> bool:
    return evidence.outcome == Outcome.STALLED and evidence.ttft_s is not None


def _stalled_midway(evidence: Evidence) -> bool:
    return evidence.stall(after_text=True) is not None or evidence.worst_gap_s > evidence.limits.gap_s


def _slow_start(evidence: Evidence) -> bool:
    late = evidence.ttft_s is not None and evidence.ttft_s > evidence.limits.ttft_s
    return late or evidence.stall(after_text=False) is not None


def _outcome(outcome: Outcome) -> Callable[[Evidence], bool]:
    return lambda evidence: evidence.outcome == outcome


RULES: tuple[tuple[Kind, Callable[[Evidence], bool], Callable[[Evidence], Told]], ...] = (
    (Kind.STOPPED, _outcome(Outcome.STOPPED), endings.stopped),
    (Kind.PROTOCOL_BROKEN, _outcome(Outcome.MALFORMED), endings.protocol_broken),
    (Kind.BACKEND_FAILED, _outcome(Outcome.FAILED), endings.backend_failed),
    (Kind.CUT, _outcome(Outcome.TRUNCATED), cuts.cut),
    (Kind.REJECTED, _outcome(Outcome.REJECTED), unopened.rejected),
    (Kind.UNREACHABLE, _outcome(Outcome.UNREACHABLE), unopened.unreachable),
    (Kind.STALLED_MIDWAY, _gave_up_on_text, courses.midway),
    (Kind.SLOW_START, _outcome(Outcome.STALLED), courses.slow),
    (Kind.BURST_PROVED, lambda e: e.proof is not None, courses.burst_proved),
    (Kind.PAGE_SLOW, _loop_lagged, courses.page_blocked),
    (Kind.BURST_SUSPECTED, lambda e: e.arrival.burst, courses.burst_suspected),
    (Kind.STALLED_MIDWAY, _stalled_midway, courses.midway),
    (Kind.SLOW_START, _slow_start, courses.slow),
    (Kind.PAGE_SLOW, _screen_lagged, courses.page_late),
    (Kind.PROTOCOL_BROKEN, lambda e: bool(e.anomalies), courses.blemished),
    (Kind.HEALTHY, lambda e: True, courses.healthy),  # noqa: ARG005  # every rule takes the evidence
)
