"""Pure: what was measured → which alerts' conditions hold. The same conditions as in deploy/prometheus, over one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import inf

import msgspec

from dashboard.health.wording import count, percent, seconds
from dashboard.telemetry.past_counts import Counts
from dashboard.watch.alarms import Holds, Key
from dashboard.watch.alerts import (
    BURN_LEAST,
    BURNS,
    DOWN_INTERVALS,
    DOWN_LESS_S,
    FROZEN_S,
    LOOP_LATE_S,
    RULES,
    SCREEN_LATE_S,
    STALE_INTERVALS,
    TICKET,
    Rule,
)
from dashboard.watch.slo import DEFAULTS, Objective, burn_rate

Increase = Callable[[str, float], float]
"""How much a counter grew within the last so many seconds."""


MISTAKE_CHARS = 160
"""Of a sentence about the configuration so much is told; the log has the whole."""


class OfBackend(msgspec.Struct, frozen=True):
    """One backend now. `quiet_s`: nothing was heard of it, infinite for never; `canary_*` 0 and False without a canary,
    `canary_good_s`: since a probe succeeded, infinite for never.

    `increase` knows "turns", "stalled", "bursts", "reconnects", "ttft_counted" and "ttft_good"; `past` counts the turns
    that objectives are computed on.
    """

    increase: Increase
    past: Callable[[float], Counts]
    open_streams: int = 0
    quiet_s: float = 0.0
    canary_failed: bool = False
    canary_interval_s: float = 0.0
    canary_silent_s: float = 0.0
    canary_good_s: float = inf
    objectives: Mapping[str, Objective] = msgspec.field(default_factory=lambda: DEFAULTS)


class OfProcess(msgspec.Struct, frozen=True):
    """This process now; `increase` knows "loop", "loop_late", "screen", "screen_late" and "overflow".

    `config_at`: when the configuration in force was read, Unix time; `config_mistake`: why a later one was not taken.
    """

    increase: Increase
    history_alarm: str = ""
    config_mistake: str = ""
    config_at: float = 0.0


def holding(backends: Mapping[str, OfBackend], process: OfProcess) -> dict[Key, Holds]:
    """All conditions that hold."""
    found: dict[Key, Holds] = {}
    for rule in RULES:
        if rule.of_backend:
            for name, backend in backends.items():
                holds = BACKEND[rule.name](rule, backend)
                if holds is not None:
                    found[rule.name, name] = holds
        elif (holds := PROCESS[rule.name](rule, process)) is not None:
            found[rule.name, ""] = holds
    return found


def _down(rule: Rule, seen: OfBackend) -> Holds | None:
    long = seen.canary_good_s > DOWN_INTERVALS * seen.canary_interval_s - DOWN_LESS_S
    return Holds(rule.severity, "its last probe failed") if seen.canary_failed and long else None


def _stale(rule: Rule, seen: OfBackend) -> Holds | None:
    stale = not seen.canary_failed and seen.canary_silent_s > STALE_INTERVALS * seen.canary_interval_s > 0
    said = f"nothing heard of it for {seconds(seen.canary_silent_s)}, it is due every {seconds(seen.canary_interval_s)}"
    return Holds(rule.severity, said) if stale else None


def _frozen(rule: Rule, seen: OfBackend) -> Holds | None:
    frozen = seen.open_streams > 0 and seen.quiet_s > FROZEN_S
    return Holds(rule.severity, f"{count(seen.open_streams, 'stream')} open, no sign of life") if frozen else None


def _share(rule: Rule, bad: float, everything: float, noun: str) -> Holds | None:
    if bad <= rule.least or bad <= rule.limit * everything:
        return None
    of = f"{percent(bad / everything)}, {bad:.0f} of {count(round(everything), noun)}"
    return Holds(rule.severity, f"{of} in {rule.window_s / 60:.0f} min")


def _turns(counter: str) -> Callable[[Rule, OfBackend], Holds | None]:
    def condition(rule: Rule, seen: OfBackend) -> Holds | None:
        return _share(rule, seen.increase(counter, rule.window_s), seen.increase("turns", rule.window_s), "turn")

    return condition


def _slow_first_text(rule: Rule, seen: OfBackend) -> Holds | None:
    counted = seen.increase("ttft_counted", rule.window_s)
    return _share(rule, counted - seen.increase("ttft_good", rule.window_s), counted, "turn")


def _storm(rule: Rule, seen: OfBackend) -> Holds | None:
    again = seen.increase("reconnects", rule.window_s)
    said = f"{count(round(again), 'reconnect')} in {rule.window_s / 60:.0f} min"
    return Holds(rule.severity, said) if again > rule.limit else None


def _burn(name: str) -> Callable[[Rule, OfBackend], Holds | None]:
    def condition(rule: Rule, seen: OfBackend) -> Holds | None:
        objective = seen.objectives[name]
        for burn in BURNS:
            long, short = seen.past(burn.long_s), seen.past(burn.short_s)
            good, counted = long.good[name], long.counted[name]
            rates = (
                burn_rate(objective, good, counted),
                burn_rate(objective, short.good[name], short.counted[name]),
            )
            if min(rates) > burn.factor and counted - good > BURN_LEAST:
                severity = TICKET if rule.severity == TICKET else burn.severity
                bad = f"{counted - good} of {count(counted, 'turn')} in {burn.long_s / 3600:.0f} h were bad"
                return Holds(severity, f"{bad}: {rates[0]:.1f} times what its budget allows")
        return None

    return condition


def _late(counter: str, limit_s: float, noun: str) -> Callable[[Rule, OfProcess], Holds | None]:
    def condition(rule: Rule, seen: OfProcess) -> Holds | None:
        late, everything = (seen.increase(each, rule.window_s) for each in (f"{counter}_late", counter))
        holds = _share(rule, late, everything, noun)
        return Holds(holds.severity, f"later than {seconds(limit_s)}: {holds.detail}") if holds else None

    return condition


def _history(rule: Rule, seen: OfProcess) -> Holds | None:
    return Holds(rule.severity, seen.history_alarm) if seen.history_alarm else None


def _config(rule: Rule, seen: OfProcess) -> Holds | None:
    said, read = seen.config_mistake.rstrip("."), datetime.fromtimestamp(seen.config_at, UTC)
    if len(said) > MISTAKE_CHARS:  # where it is and what it got stand at its ends
        said = f"{said[: MISTAKE_CHARS // 2]} … {said[-MISTAKE_CHARS // 2 :]}"
    told = f"that of {read:%Y-%m-%d %H:%M} UTC stays in force. {said}"
    return Holds(rule.severity, told) if said else None


def _overflow(rule: Rule, seen: OfProcess) -> Holds | None:
    more = seen.increase("overflow", rule.window_s)
    return Holds(rule.severity, f"{count(round(more), 'label value')} in 1 h") if more > rule.limit else None


BACKEND: Mapping[str, Callable[[Rule, OfBackend], Holds | None]] = {
    "BackendDown": _down,
    "AvailabilityBurn": _burn("availability"),
    "TtftBurn": _burn("ttft"),
    "StreamsFrozen": _frozen,
    "Stalls": _turns("stalled"),
    "ReconnectStorm": _storm,
    "SlowFirstText": _slow_first_text,
    "Bursts": _turns("bursts"),
    "CanaryStale": _stale,
}
PROCESS: Mapping[str, Callable[[Rule, OfProcess], Holds | None]] = {
    "SlowScreen": _late("screen", SCREEN_LATE_S, "page update"),
    "EventLoopBlocked": _late("loop", LOOP_LATE_S, "timer"),
    "HistoryFailing": _history,
    "ConfigNotLoaded": _config,
    "LabelOverflow": _overflow,
}
