"""Pure: how well a backend is, of what is known about it, and why in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from dashboard.health.snapshot import Quantiles, Snapshot
from dashboard.telemetry.past_turn import PastTurn
from dashboard.ui.words import FAILED, OUTCOMES, UNWELL, plural
from dashboard.watch.alarms import Alarm
from dashboard.watch.alerts import PAGE, RULES
from dashboard.watch.canary import CanaryState
from dashboard.watch.slo import AVAILABILITY, TTFT, Standing, standing

BAD_IN_A_ROW = 2
"""So many last turns that ended badly: the backend is failing; fewer: it is unwell."""

FAILING, UNWELL_NOW, OVER, UNKNOWN, WELL = "failing", "unwell", "over", "unknown", "well"
HEALTH = {
    FAILING: ("Failing", 0),
    UNWELL_NOW: ("Unwell", 1),
    OVER: ("Over budget", 2),
    UNKNOWN: ("Not asked yet", 3),
    WELL: ("Well", 4),
}
"""health → word, and its place when the unwell stand first."""

CANARY_WORDS = {"unexpected_text": "other text", "slow": "too slow"}
FAILS = next(rule.what for rule in RULES if rule.name == "BackendDown")
WHERE = ("Back end", "Proxy", "Network", "Model")
"""How a diagnosis begins that says where the fault lies."""
WHERE_CHARS = 30


class Facts(msgspec.Struct, frozen=True):
    """All that a row is made of.

    `turns` are the last ones, oldest first; `ttft` and `gap` are over the last hour; `availability` and `in_time` (a first
    text within `ttft_s`) are over their objective's window, of the turns of `source`; `alarms` fire for this backend;
    `outcomes` counts all turns of that window.
    """

    name: str
    dialect: str
    snapshot: Snapshot
    turns: Sequence[PastTurn]
    ttft: Quantiles
    gap: Quantiles
    availability: Standing = standing(AVAILABILITY, 0, 0)
    source: str = "live"
    canary: CanaryState | None = None
    alarms: Sequence[Alarm] = ()
    in_time: Standing = standing(TTFT, 0, 0)
    ttft_s: float = 2.0
    outcomes: Mapping[str, int] = msgspec.field(default_factory=dict)


def wellness(facts: Facts) -> tuple[str, str]:
    """A key of HEALTH, and why in a few words ("" when well)."""
    worst = facts.alarms[0] if facts.alarms else None
    if worst is not None and worst.severity == PAGE:
        return FAILING, _with_canary(worst.rule.what, facts.canary)
    bad = _bad_in_a_row(facts.turns)
    if bad >= BAD_IN_A_ROW:
        return FAILING, f"its last {plural(bad, 'turn')} ended badly"
    if worst is not None:
        return UNWELL_NOW, _with_canary(worst.rule.what, facts.canary)
    if facts.snapshot.connection == "stalled":
        return UNWELL_NOW, "a stream is open and silent"
    if facts.canary is not None and facts.canary.success is False:
        return UNWELL_NOW, _with_canary(FAILS, facts.canary)
    health, why = _by_last_turn(facts.turns)
    return (OVER, "its error budget is used up") if health == WELL and used_up(facts.availability) else (health, why)


def _with_canary(what: str, state: CanaryState | None) -> str:
    return f"{what}: {canary_word(state)}" if what == FAILS and state is not None else what


def canary_word(state: CanaryState) -> str:
    """How its last probe failed: the turn's own outcome where it did not complete."""
    ended = state.outcome if state.kind == "ended" and state.outcome in OUTCOMES else "failed"
    return CANARY_WORDS.get(state.kind, ended)


def reason(facts: Facts) -> str:
    """What went wrong last, and where, in words for a wall: "Truncated · proxy"; "" where the last turn was well."""
    last = next((each for each in reversed(facts.turns) if each.outcome != "stopped"), None)
    state = facts.canary
    if state is not None and state.success is False and state.kind != "ended":
        return canary_word(state).capitalize()
    if last is None or tone(last) not in ("bad", "warn"):
        return ""
    where, colon, _ = last.sentence.partition(": ")
    known = colon and len(where) <= WHERE_CHARS and where.startswith(WHERE)
    return _kind(last).capitalize() + (f" · {where[0].lower()}{where[1:]}" if known else "")


def _kind(turn: PastTurn) -> str:
    kind = turn.diagnosis if turn.outcome in ("completed", "stalled") else turn.outcome
    return kind.replace("_", " ")


def _by_last_turn(turns: Sequence[PastTurn]) -> tuple[str, str]:
    if not turns:
        return UNKNOWN, ""
    last = turns[-1]
    if tone(last) in ("bad", "warn"):
        return UNWELL_NOW, f"last turn: {_kind(last)}"
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


def used_up(told: Standing) -> bool:
    """Whether more turns were bad than the objective allows."""
    return bool(told.counted) and round(told.budget_left, 9) <= 0
