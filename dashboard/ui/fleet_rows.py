"""Pure: what is known about one backend → the small JSON row that Fleet and the wall show of it.

Times in a row are Unix seconds; the browser counts ages by itself, so that a row changes only when something happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec

from dashboard.health.snapshot import Quantiles, Snapshot
from dashboard.telemetry.past_turn import PastTurn
from dashboard.ui.plain import one_line
from dashboard.ui.words import FAILED, OUTCOMES, UNWELL, count, plural, seconds

Row = dict[str, Any]

SENTENCE_CHARS = 240
SILENT_S = 2.0
"""From here on the silence of an open stream is told."""
BAD_IN_A_ROW = 2
"""So many last turns that ended badly: the backend is failing; fewer: it is unwell."""

FAILING, UNWELL_NOW, UNKNOWN, WELL = "failing", "unwell", "unknown", "well"
HEALTH = {FAILING: ("Failing", 0), UNWELL_NOW: ("Unwell", 1), UNKNOWN: ("Not asked yet", 2), WELL: ("Well", 3)}
"""health → word, and its place when the unwell stand first."""

CONNECTIONS = {
    "idle": ("⚫", "Not connected", "calm"),
    "connecting": ("🟡", "Connecting", "warn"),
    "backing_off": ("🟡", "Connecting again", "warn"),
    "open": ("🟢", "Connected", "good"),
    "stalled": ("🟢", "Connected", "warn"),
    "failed": ("🔴", "Failed", "bad"),
}


class Facts(msgspec.Struct, frozen=True):
    """All that a row is made of; `turns` the last ones, oldest first; `ttft` and `gap` are over the last hour."""

    name: str
    dialect: str
    snapshot: Snapshot
    turns: Sequence[PastTurn]
    ttft: Quantiles
    gap: Quantiles


def row(facts: Facts) -> Row:
    """The row of one backend."""
    health, why = wellness(facts)
    last = facts.turns[-1] if facts.turns else None
    snapshot = facts.snapshot
    return {
        "name": facts.name,
        "dialect": facts.dialect,
        "health": health,
        "word": HEALTH[health][0],
        "why": why,
        "connection": connection(snapshot, last),
        "ttft": _quantile(facts.ttft, "turn"),
        "gap": _quantile(facts.gap, "gap"),
        "stalls": count(snapshot.stalls_total),
        "live": count(snapshot.turns_active),
        "strip": [mark(each) for each in facts.turns],
        "diagnosis": _diagnosis(last),
        "order": {
            "name": facts.name.lower(),
            "health": HEALTH[health][1],
            "connection": list(CONNECTIONS).index(snapshot.connection),
            "ttft": _or_none(facts.ttft.p95),
            "gap": _or_none(facts.gap.p95),
            "stalls": snapshot.stalls_total,
            "live": snapshot.turns_active,
            "last": last.ended_at if last else None,
        },
    }


def wellness(facts: Facts) -> tuple[str, str]:
    """failing, unwell, unknown or well, and why in a few words ("" when well)."""
    bad = _bad_in_a_row(facts.turns)
    if bad >= BAD_IN_A_ROW:
        return FAILING, f"its last {plural(bad, 'turn')} ended badly"
    if facts.snapshot.connection == "stalled":
        return UNWELL_NOW, "a stream is open and silent"
    if not facts.turns:
        return UNKNOWN, ""
    last = facts.turns[-1]
    if tone(last) in ("bad", "warn"):
        kind = last.diagnosis if last.outcome in ("completed", "stalled") else last.outcome
        return UNWELL_NOW, f"last turn: {kind.replace('_', ' ')}"
    return WELL, ""


def _bad_in_a_row(turns: Sequence[PastTurn]) -> int:
    """How many of the last turns ended badly, one after the other; stopped ones are passed over."""
    bad = 0
    for each in reversed(turns):
        if each.outcome == "stopped":
            continue
        if tone(each) != "bad" and each.outcome not in FAILED:
            break
        bad += 1
    return bad


def tone(turn: PastTurn) -> str:
    """good, calm, warn or bad: as the badge of the turn has it."""
    said = OUTCOMES.get(turn.outcome, ("", "bad"))[1]
    return "warn" if said == "good" and turn.diagnosis in UNWELL else said


def mark(turn: PastTurn) -> Row:
    """One mark of the strip: leads to its turn, says in words how it ended."""
    word = OUTCOMES.get(turn.outcome, (turn.outcome, ""))[0]
    about = turn.diagnosis.replace("_", " ")
    return {
        "turn": turn.turn,
        "at": round(turn.ended_at),
        "tone": tone(turn),
        "icon": turn.outcome,
        "word": word if about in ("", turn.outcome) else f"{word}, {about}",
        "canary": turn.source == "canary",
        "sentence": one_line(turn.sentence, SENTENCE_CHARS),
    }


def connection(snapshot: Snapshot, last: PastTurn | None) -> Row:
    """Sign and words; `silent_since` only while an open stream says nothing."""
    sign, word, said = CONNECTIONS[snapshot.connection]
    if snapshot.connection == "failed" and last is not None:
        word = f"Failed: {OUTCOMES.get(last.outcome, (last.outcome, ''))[0].lower()}"
    silent = snapshot.uptime_live and snapshot.silent_s >= SILENT_S
    since = round(snapshot.wall_at - snapshot.silent_s) if silent else None
    return {"sign": sign, "word": word, "tone": said, "silent_since": since}


def _diagnosis(last: PastTurn | None) -> Row | None:
    return None if last is None else mark(last)


def _quantile(told: Quantiles, noun: str) -> list[str]:
    """p95 in words, and of how many."""
    return [seconds(told.p95), f"{plural(told.n, noun)}, 1 h" if told.n else "none in 1 h"]


def _or_none(value: float) -> float | None:
    return value if isfinite(value) else None
