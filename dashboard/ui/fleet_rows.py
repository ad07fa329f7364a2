"""Pure: what is known about one backend → the small JSON row that Fleet and the wall show of it.

A mark of the strip, an alarm and a canary are small rows of their own.

Times in a row are Unix seconds; the browser counts ages by itself, so that a row changes only when something happened.
"""

from __future__ import annotations

from math import floor, isfinite
from typing import Any

from dashboard.health.snapshot import Quantiles, Snapshot
from dashboard.telemetry.past_turn import PastTurn
from dashboard.ui.plain import one_line
from dashboard.ui.wellness import FAILING, HEALTH, UNWELL_NOW, Facts, canary_word, reason, tone, wellness
from dashboard.ui.words import DEFINITIONS, OUTCOMES, count, plural, seconds
from dashboard.watch.alarms import Alarm
from dashboard.watch.canary import CanaryState
from dashboard.watch.slo import WINDOW_S, Standing

Row = dict[str, Any]

SENTENCE_CHARS = 240
SILENT_S = 2.0
"""From here on the silence of an open stream is told."""
AUTO = "auto"
LITTLE_LEFT = 0.25
"""Less than this of an error budget left is amber."""
DAYS = round(WINDOW_S / 86_400)

CONNECTIONS = {
    "idle": ("⚫", "Not connected", "calm"),
    "connecting": ("🟡", "Connecting", "warn"),
    "backing_off": ("🟡", "Connecting again", "warn"),
    "open": ("🟢", "Connected", "good"),
    "stalled": ("🟢", "Connected", "warn"),
    "failed": ("🔴", "Failed", "bad"),
}


ABOUT = {
    "health": "Failing: an alert that pages fires, or its last two turns ended badly. Unwell: another alert fires, a "
    "stream is silent now, its canary or its last turn was not as it should be. Over budget: well now, but more turns of "
    "the objective's window were bad than it allows.",
    "connection": "The most telling of its streams now; when none is open, how the last one ended.",
    "availability": f"Completed turns of those that count, in the last {DAYS} days: the canary's, or people's where no "
    "canary asks.",
    "budget": "The part of the bad turns that the objective allows that is not used up.",
    "ttft": f"{DEFINITIONS['ttft']} 95 % of the last hour's were at most this long.",
    "gap": "Time between two non-empty text chunks. 95 % of the last hour's were at most this long.",
    "stalls": f"{DEFINITIONS['stalls']} Since this server began.",
    "live": "Turns that run now.",
    "last": f"The last 30 turns, oldest first: the taller the mark, the worse. Below, how all turns of the last {DAYS} days ended.",
    "canary": "A question that is asked on a timer: how it went last, and when it is asked again.",
}
"""column → what it says, shown where it stands."""


def row(facts: Facts) -> Row:
    """The row of one backend."""
    health, why = wellness(facts)
    last = facts.turns[-1] if facts.turns else None
    snapshot = facts.snapshot
    return {
        "name": facts.name,
        "dialect": _dialect(facts),
        "health": health,
        "word": HEALTH[health][0],
        "why": why,
        "reason": reason(facts) if health in (FAILING, UNWELL_NOW) else "",
        "connection": connection(snapshot, last),
        "availability": _availability(facts),
        "budget": _budget(facts.availability),
        "ttft": [*_quantile(facts.ttft, "turn"), _in_time(facts)],
        "gap": _quantile(facts.gap, "gap"),
        "stalls": [count(snapshot.stalls_total), ""],
        "live": [count(snapshot.turns_active), ""],
        "strip": [mark(each) for each in facts.turns],
        "outcomes": [[name, facts.outcomes[name]] for name in OUTCOMES if facts.outcomes.get(name)],
        "diagnosis": mark(last) if last else None,
        "canary": canary(facts.canary),
        "alarms": [alarm_row(each) for each in facts.alarms],
        "order": {
            "name": facts.name.lower(),
            "health": HEALTH[health][1],
            "connection": list(CONNECTIONS).index(snapshot.connection),
            "availability": facts.availability.share,
            "budget": facts.availability.budget_left if facts.availability.counted else None,
            "ttft": _or_none(facts.ttft.p95),
            "gap": _or_none(facts.gap.p95),
            "stalls": snapshot.stalls_total,
            "live": snapshot.turns_active,
            "last": last.ended_at if last else None,
            "canary": _canary_order(facts.canary),
        },
    }


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


def canary(state: CanaryState | None) -> Row:
    """What the last probe gave, when it ended, when the next is due; `about` says why, in the back end's words too."""
    if state is None:
        return {"word": "none", "tone": "calm", "at": None, "next_at": None, "sub": "not configured", "about": ""}
    good = state.success
    word = "not asked yet" if good is None else "passed" if good else canary_word(state)
    return {
        "word": word,
        "tone": "calm" if good is None else "good" if good else "bad",
        "at": None if state.ended_at is None else round(state.ended_at),
        "next_at": None if state.next_at is None else round(state.next_at),
        "sub": "asking now" if state.running else "" if state.interval_s else "asked from outside",
        "about": one_line(state.why, SENTENCE_CHARS),
    }


def _canary_order(state: CanaryState | None) -> int | None:
    return None if state is None or state.success is None else int(state.success)


def alarm_row(alarm: Alarm) -> Row:
    """One alarm in words: what, with which numbers, since when, and what to do next."""
    return {
        "id": alarm.id,
        "name": alarm.rule.name,
        "anchor": alarm.rule.anchor,
        "severity": alarm.severity,
        "backend": alarm.backend,
        "what": alarm.rule.what,
        "detail": one_line(alarm.detail, SENTENCE_CHARS),
        "next": alarm.rule.next,
        "since": round(alarm.since),
    }


def _availability(facts: Facts) -> list[str]:
    """The share of good turns, the objective, and of what: never rounded up to what it is not."""
    told, target = facts.availability, f"goal {_percent(facts.availability.target)}"
    if told.share is None:
        return ["–", target, f"No turn was counted in the last {DAYS} days; {target}."]
    return [f"{floor(told.share * 10_000) / 100:g} %", target, f"{_of(facts, told, 'were good')}; {target}."]


def _in_time(facts: Facts) -> str:
    """The other objective, for whoever asks: how many first texts came in time, and how many shall."""
    target = f"goal {_percent(facts.in_time.target)}"
    if facts.in_time.share is None:
        return f"{ABOUT['ttft']} No turn was counted in the last {DAYS} days; {target} within {seconds(facts.ttft_s)}."
    within = f"had their first text within {seconds(facts.ttft_s)}"
    return f"{ABOUT['ttft']} {_of(facts, facts.in_time, within)}; {target}."


def _of(facts: Facts, told: Standing, what: str) -> str:
    return f"{count(told.good)} of {plural(told.counted, 'turn')} ({facts.source}) {what} in the last {DAYS} days"


def _percent(share: float) -> str:
    return f"{100 * share:.8g} %"


def _dialect(facts: Facts) -> str:
    """As it is configured; where that is to be guessed, what the newest turn was recognised as."""
    if facts.dialect != AUTO:
        return facts.dialect
    guessed = next((each.dialect for each in reversed(facts.turns) if each.dialect not in ("", AUTO)), "")
    return f"{guessed}, guessed" if guessed else AUTO


def _budget(told: Standing) -> list[Any]:
    """The part of the allowed bad turns that is left, in words and for a bar, and its tone."""
    if not told.counted:
        return ["–", "", 0.0, "calm"]
    left = round(told.budget_left, 9)  # what is exactly used up shall not be a hair above
    said = "used up" if left <= 0 else f"{floor(100 * left)} %"
    return [said, "", max(0.0, left), "bad" if left <= 0 else "warn" if left < LITTLE_LEFT else "good"]


def _quantile(told: Quantiles, noun: str) -> list[str]:
    """p95 in words, and of how many."""
    return [seconds(told.p95), f"{plural(told.n, noun)}, 1 h" if told.n else "none in 1 h"]


def _or_none(value: float) -> float | None:
    return value if isfinite(value) else None
