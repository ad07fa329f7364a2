"""The condition of each alert of the table, in PromQL, and what its value says."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.watch.alerts import (
    DOWN_INTERVALS,
    DOWN_LESS_S,
    FROZEN_S,
    LOOP_LATE_S,
    SCREEN_LATE_S,
    STALE_INTERVALS,
    Rule,
)
from deploy.generate.promql import over_replicas, window

PERCENT = "{{ $value | humanizePercentage }}"


def _all_turns(over: str) -> str:
    return over_replicas(f"increase(streamgauge_turns_total[{over}])", "source", "outcome")


def _ratio(bad: str, everything: str, rule: Rule) -> str:
    """Bad ÷ all over the limit, of more bad ones than `least` (half a one is added, since increase() extrapolates)."""
    return f"{bad}\n  / {everything} > {rule.limit:g}\nand {bad} > {rule.least + 0.5:g}"


INTERVAL = 'streamgauge_threshold_seconds{kind="canary_interval"}'
SUCCESS = "max without (instance, pod) (streamgauge_canary_success)"
LAST_SUCCESS = "max without (instance, pod) (streamgauge_canary_last_success_timestamp_seconds)"


def _backend_down(_rule: Rule) -> tuple[str, str]:
    expression = (
        f"{SUCCESS} == 0\nunless\ntime() - {LAST_SUCCESS}\n"
        f"  <= {DOWN_INTERVALS:g} * max without (instance, pod, kind) ({INTERVAL}) - {DOWN_LESS_S:g}"
    )
    return expression, "Every place that probes it fails."


def _canary_stale(_rule: Rule) -> tuple[str, str]:
    expression = (
        f"time() - {LAST_SUCCESS}\n  > {STALE_INTERVALS:g} * max without (instance, pod, kind) ({INTERVAL})\n"
        f"  unless {SUCCESS} == 0\n"
        f"or\nmax without (instance, pod, kind) ({INTERVAL}\n  * {STALE_INTERVALS:g} < on (job, instance) group_left time() - "
        f"streamgauge_start_time_seconds)\n  unless {SUCCESS}"
    )
    return expression, f"No probe has ended for {STALE_INTERVALS:g} of its intervals."


def _streams_frozen(_rule: Rule) -> tuple[str, str]:
    expression = (
        'sum without (state) (streamgauge_connections{state=~"open|stalled"}) > 0\n'
        f"unless time() - streamgauge_last_event_timestamp_seconds <= {FROZEN_S:g}"
    )
    return (
        expression,
        f"{{{{ $value }}}} streams are open, and for {FROZEN_S:g} s not one message or heartbeat has come.",
    )


def _stalls(rule: Rule) -> tuple[str, str]:
    over = window(rule.window_s)
    stalled = over_replicas(f"increase(streamgauge_turns_stalled_total[{over}])")
    return (
        _ratio(stalled, _all_turns(over), rule),
        f"{PERCENT} of its turns in the last {over} fell silent for longer than stall_after_s.",
    )


def _reconnect_storm(rule: Rule) -> tuple[str, str]:
    over = window(rule.window_s)
    again = over_replicas(f"increase(streamgauge_reconnects_total[{over}])", "reason")
    return f"{again} > {rule.limit:g}", f'{{{{ $value | printf "%.0f" }}}} reconnects in the last {over}.'


def _slow_first_text(rule: Rule) -> tuple[str, str]:
    over = window(rule.window_s)
    counted, good = (
        over_replicas(f'increase(streamgauge_turns_{each}_total{{objective="ttft"}}[{over}])', "source", "objective")
        for each in ("counted", "good")
    )
    return (
        _ratio(f"({counted}\n  - {good})", counted, rule),
        f"{PERCENT} of its turns in the last {over} had no text within its ttft_s.",
    )


def _bursts(rule: Rule) -> tuple[str, str]:
    over = window(rule.window_s)
    bursts = over_replicas(f'increase(streamgauge_anomalies_total{{kind="burst"}}[{over}])', "kind")
    return (
        _ratio(bursts, _all_turns(over), rule),
        f"{PERCENT} of its turns in the last {over} came in a lump after a silence.",
    )


def _late(metric: str, limit_s: float, rule: Rule) -> tuple[str, str]:
    """How many were beyond `limit_s`, which is an edge of the histogram, and of how many."""
    over = window(rule.window_s)
    everything = f"increase(streamgauge_{metric}_count[{over}])"
    in_time = f'ignoring (le) increase(streamgauge_{metric}_bucket{{le="{limit_s}"}}[{over}])'
    return f"({everything} - {in_time})", everything


def _slow_screen(rule: Rule) -> tuple[str, str]:
    return (
        _ratio(*_late("screen_lag_seconds", SCREEN_LATE_S, rule), rule),
        f"{PERCENT} of the page updates in the last {window(rule.window_s)} came later than {SCREEN_LATE_S:g} s after their text.",
    )


def _loop_blocked(rule: Rule) -> tuple[str, str]:
    return (
        _ratio(*_late("event_loop_lag_seconds", LOOP_LATE_S, rule), rule),
        f"{PERCENT} of the timers in the last {window(rule.window_s)} ran later than {LOOP_LATE_S:g} s.",
    )


def _history_failing(_rule: Rule) -> tuple[str, str]:
    return "streamgauge_history_available == 0", "Turns that end now will be missing after a restart."


def _config_not_loaded(_rule: Rule) -> tuple[str, str]:
    expression = (
        "time() - streamgauge_config_last_reload_success_timestamp_seconds\n"
        "  and streamgauge_config_last_reload_successful == 0"
    )
    return expression, "The one in force was read {{ $value | humanizeDuration }} ago."


def _label_overflow(rule: Rule) -> tuple[str, str]:
    over = window(rule.window_s)
    return (
        f"increase(streamgauge_label_overflow_total[{over}]) > {rule.limit:g}",
        '{{ $value | printf "%.0f" }} label values became other.',
    )


CONDITIONS: dict[str, Callable[[Rule], tuple[str, str]]] = {
    "BackendDown": _backend_down,
    "CanaryStale": _canary_stale,
    "StreamsFrozen": _streams_frozen,
    "Stalls": _stalls,
    "ReconnectStorm": _reconnect_storm,
    "SlowFirstText": _slow_first_text,
    "Bursts": _bursts,
    "SlowScreen": _slow_screen,
    "EventLoopBlocked": _loop_blocked,
    "HistoryFailing": _history_failing,
    "ConfigNotLoaded": _config_not_loaded,
    "LabelOverflow": _label_overflow,
}
"""Name → (expression, a sentence that may quote its value)."""
