"""Unit tests of the rules about processes, and of those that only Prometheus can know."""

from __future__ import annotations

from deploy.generate.series import A, B, late, series, up
from deploy.generate.unit_test import Case, Check, Fires

INSTANCES = [
    Case(
        "a target answers, then it does not",
        [up("1x5 0x10")],
        [
            Check("5m", "Watchdog", [Fires({})]),
            Check("7m", "InstanceDown"),
            Check("9m", "InstanceDown", [Fires(A)]),
            Check("9m", "InstanceMissing"),
        ],
    ),
    Case(
        "no target at all",
        [up("1x10", "other")],
        [
            Check("4m", "InstanceMissing"),
            Check("6m", "InstanceMissing", [Fires({"job": "streamgauge"})]),
            Check("6m", "InstanceDown"),
        ],
    ),
    Case(
        "Prometheus probes by itself: one place fails, then both",
        [
            (f'probe_success{{job="streamgauge-probe", instance="{place}:5006", backend="demo"}}', values)
            for place, values in (("a", "1x5 0x20"), ("b", "1x10 0x20"))
        ],
        [
            Check("10m", "ProbeFails"),
            Check("13m", "ProbeFails"),
            Check("15m", "ProbeFails", [Fires({"job": "streamgauge-probe", "backend": "demo"})]),
        ],
    ),
    Case(
        "a probe that gives no answer: at one place, then at both",
        [
            (f'up{{job="streamgauge-probe", instance="{place}:5006", backend="demo"}}', values)
            for place, values in (("a", "1x2 0x30"), ("b", "1x10 0x20"))
        ],
        [
            Check("15m", "ProbeMissing"),
            Check("15m", "ProbeFails"),
            Check("22m", "ProbeMissing", [Fires({"job": "streamgauge-probe", "backend": "demo"})]),
        ],
    ),
    Case(
        "one update in eight is late",
        late("screen_lag_seconds", "0.5", "0+70x40", "0+80x40"),
        [Check("1m", "SlowScreen"), Check("8m", "SlowScreen", [Fires(A, "12.5%")])],
    ),
    Case(
        "one update in 32 is late", late("screen_lag_seconds", "0.5", "0+62x40", "0+64x40"), [Check("8m", "SlowScreen")]
    ),
    Case(
        "few updates, all of them late",
        late("screen_lag_seconds", "0.5", "0x40", "0+4x40"),
        [Check("8m", "SlowScreen")],
    ),
    Case(
        "one timer in eight is late",
        late("event_loop_lag_seconds", "0.25", "0+210x40", "0+240x40"),
        [Check("1m", "EventLoopBlocked"), Check("8m", "EventLoopBlocked", [Fires(A, "12.5%")])],
    ),
    Case(
        "the loop runs",
        late("event_loop_lag_seconds", "0.25", "0+240x40", "0+240x40"),
        [Check("8m", "EventLoopBlocked")],
    ),
    Case(
        "the history cannot be written, then it can",
        [series("history_available", "1x5 0x5 1x20", A)],
        [
            Check("5m", "HistoryFailing"),
            Check("8m", "HistoryFailing", [Fires(A)]),
            Check("12m", "HistoryFailing"),
        ],
    ),
    Case(
        "agents beyond the cap",
        [series("label_overflow_total", "0x5 3+0x60", A)],
        [Check("4m", "LabelOverflow"), Check("10m", "LabelOverflow", [Fires(A, "3")])],
    ),
    Case(
        "a task fails here, an observer there",
        [
            series("task_failures_total", "0x5 1x60", A),
            series("observer_errors_total", "0x60", A),
            series("task_failures_total", "0x60", B),
            series("observer_errors_total", "0x5 2x60", B),
        ],
        [Check("4m", "TaskFailures"), Check("10m", "TaskFailures", [Fires(A), Fires(B)])],
    ),
    Case(
        "a configuration that was not taken",
        [
            series("config_last_reload_successful", "1x5 0x5 1x20", A),
            series("config_last_reload_success_timestamp_seconds", "0x10 660x20", A),
        ],
        [
            Check("5m", "ConfigNotLoaded"),
            Check("9m", "ConfigNotLoaded", [Fires(A, "9m 0s")]),
            Check("12m", "ConfigNotLoaded"),
        ],
    ),
]
