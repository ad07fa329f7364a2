"""Unit tests of the rules: each alert fires after its time, and stays quiet below its limit and below its floor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboard.watch.slo import DEFAULTS
from deploy.generate.unit_test import Case, Check, Fires, written

Series = list[tuple[str, str]]

A = {"job": "streamgauge", "instance": "a:5006"}
B = {"job": "streamgauge", "instance": "b:5006"}
DEMO = {"job": "streamgauge", "backend": "demo"}
AVAILABILITY = {**DEMO, "source": "canary", "objective": "availability"}
TTFT = {**DEMO, "source": "canary", "objective": "ttft"}


def series(metric: str, values: str, of: Mapping[str, str] | None = None, **labels: str) -> tuple[str, str]:
    """A series of instance a's backend demo, unless `of` names other labels."""
    told = ", ".join(
        f'{key}="{value}"' for key, value in {**({**A, "backend": "demo"} if of is None else of), **labels}.items()
    )
    return (f"streamgauge_{metric}{{{told}}}", values)


def up(values: str, job: str = "streamgauge") -> tuple[str, str]:
    return (f'up{{job="{job}", instance="a:5006"}}', values)


TARGETS = {name: objective.target for name, objective in DEFAULTS.items()}


def turns(objective: str, good: str, counted: str, source: str = "canary", target: float | None = None) -> Series:
    """What is good and what counts, and the objective, which another replica may not know yet."""
    return [
        series("objective_ratio", f"{target or TARGETS[objective]}x200", objective=objective),
        series("objective_ratio", "0.5x200", {**B, "backend": "demo"}, objective=objective),
        series("turns_good_total", good, source=source, objective=objective),
        series("turns_counted_total", counted, source=source, objective=objective),
    ]


def burns(objective: Mapping[str, str], value: str, *windows: str) -> list[Fires]:
    return [Fires(objective, value, each) for each in windows]


def frozen(last: str | None) -> Series:
    connections = [
        series("connections", f"{n}x20", state=state) for state, n in (("open", 2), ("stalled", 1), ("connecting", 4))
    ]
    return connections + ([] if last is None else [series("last_event_timestamp_seconds", last)])


def stalls(stalled: str, turned: str) -> Series:
    return [
        series("turns_stalled_total", stalled),
        series("turns_total", turned, source="live", outcome="completed"),
        series("turns_total", turned, source="canary", outcome="stalled"),
    ]


def late(metric: str, edge: str, in_time: str, everything: str) -> Series:
    return [series(f"{metric}_bucket", in_time, A, le=edge), series(f"{metric}_count", everything, A)]


PROBED_EVERY_MINUTE = series("threshold_seconds", "60x30", kind="canary_interval")
BAD_EIGHTH = turns("availability", "0+35x80", "0+40x80")

BURN = [
    Case(
        "one turn in eight is bad: the fast windows burn",
        BAD_EIGHTH,
        [Check("70m", "AvailabilityBurn", burns(AVAILABILITY, "12.5%", "1h", "6h", "1d", "3d"))],
        [
            (
                "70m",
                "backend:streamgauge_turns_bad:ratio_rate1h",
                'backend:streamgauge_turns_bad:ratio_rate1h{job="streamgauge", backend="demo", source="canary", objective="availability"}',
                0.125,
            )
        ],
    ),
    Case("the objective is met", turns("availability", "0+40x80", "0+40x80"), [Check("70m", "AvailabilityBurn")]),
    Case(
        "one failure at night, among few probes, and a second",
        turns("availability", "0+1x6 6+1x6 12+1x12", "0+1x26"),
        [Check(at, "AvailabilityBurn") for at in ("40m", "60m", "80m", "2h")],
    ),
    Case(
        "it is over: the short window lets the page go first",
        turns("availability", "0+35x13 495+40x40", "0+40x60"),
        [
            Check("65m", "AvailabilityBurn", burns(AVAILABILITY, "12.5%", "1h", "6h", "1d", "3d")),
            Check("85m", "AvailabilityBurn", burns(AVAILABILITY, "9.559%", "6h", "1d", "3d")),
        ],
    ),
    Case(
        "one turn in eight is bad, where the objective allows one in ten: only the slow windows burn",
        turns("availability", "0+35x80", "0+40x80", target=0.9),
        [Check("70m", "AvailabilityBurn", burns(AVAILABILITY, "12.5%", "3d"))],
    ),
    Case(
        "live turns are judged on request only",
        turns("availability", "0+35x80", "0+40x80", "live"),
        [Check("70m", "AvailabilityBurn")],
    ),
    Case(
        "most first texts are late",
        turns("ttft", "0+5x80", "0+40x80"),
        [Check("70m", "TtftBurn", burns(TTFT, "87.5%", "1h", "6h", "1d", "3d"))],
    ),
    Case("one first text in 32 is late", turns("ttft", "0+31x80", "0+32x80"), [Check("70m", "TtftBurn")]),
]

SLOW_BURN = [
    Case(
        "one turn in 128 for days: the slowest window alone sees it",
        turns("availability", "0+127x160", "0+128x160"),
        [Check("74h", "AvailabilityBurn", burns(AVAILABILITY, "0.7812%", "3d"))],
    )
]

BACKENDS = [
    Case(
        "one place fails, then every place",
        [
            series("canary_success", "1x5 0x20", {**A, "backend": "demo"}),
            series("canary_success", "1x10 0x20", {**B, "backend": "demo"}),
        ],
        [Check("9m", "BackendDown"), Check("12m", "BackendDown"), Check("14m", "BackendDown", [Fires(DEMO)])],
    ),
    Case(
        "a canary that stopped while all was well",
        [
            PROBED_EVERY_MINUTE,
            series("canary_success", "1x30"),
            series("canary_last_success_timestamp_seconds", "0+60x10 600+0x20"),
        ],
        [Check("13m", "CanaryStale"), Check("15m", "CanaryStale", [Fires(DEMO)])],
    ),
    Case(
        "a canary that never asked",
        [PROBED_EVERY_MINUTE, series("start_time_seconds", "0x30", A)],
        [Check("3m", "CanaryStale"), Check("5m", "CanaryStale", [Fires(DEMO)])],
    ),
    Case(
        "a canary that fails is not stale",
        [
            PROBED_EVERY_MINUTE,
            series("start_time_seconds", "0x30", A),
            series("canary_success", "0x30"),
            series("canary_last_success_timestamp_seconds", "0x30"),
        ],
        [Check("20m", "CanaryStale"), Check("20m", "BackendDown", [Fires(DEMO)])],
    ),
    Case(
        "streams are open, and nothing comes any more",
        frozen("0+60x5 300+0x15"),
        [Check("6m", "StreamsFrozen"), Check("8m", "StreamsFrozen", [Fires({**A, "backend": "demo"}, "3")])],
    ),
    Case(
        "streams are open, and something comes; another back end is silent and has none",
        [*frozen("0+60x20"), series("connections", "0x20", {**A, "backend": "idle"}, state="open")],
        [Check("15m", "StreamsFrozen")],
    ),
    Case(
        "streams are open at a back end that has never said a thing",
        frozen(None),
        [Check("3m", "StreamsFrozen", [Fires({**A, "backend": "demo"}, "3")])],
    ),
    Case(
        "one turn in eight stalls",
        stalls("0+1x40", "0+4x40"),
        [Check("2m", "Stalls"), Check("12m", "Stalls", [Fires(DEMO, "12.5%")])],
    ),
    Case("one turn in sixteen stalls", stalls("0+1x40", "0+8x40"), [Check("20m", "Stalls")]),
    Case(
        "both turns of the night stall",
        stalls("0x5 2x40", "0x5 1x40"),
        [Check(f"{minute}m", "Stalls") for minute in (6, 8, 15)],
    ),
    Case(
        "a storm of reconnects, and an ordinary day elsewhere",
        [
            *(series("reconnects_total", "0+4x40", reason=reason) for reason in ("cut", "connect")),
            series("reconnects_total", "0+4x40", {**A, "backend": "calm"}, reason="cut"),
        ],
        [Check("1m", "ReconnectStorm"), Check("12m", "ReconnectStorm", [Fires(DEMO, "40")])],
    ),
    Case(
        "half of the first texts are late, live and probed",
        [*turns("ttft", "0+2x40", "0+4x40", "live"), *turns("ttft", "0+2x40", "0+4x40")],
        [Check("12m", "SlowFirstText", [Fires(DEMO, "50%")])],
    ),
    Case("one first text in eight is late", turns("ttft", "0+7x40", "0+8x40"), [Check("12m", "SlowFirstText")]),
    Case("the only two first texts are late", turns("ttft", "0x40", "0x5 2x40"), [Check("8m", "SlowFirstText")]),
    Case(
        "half of the turns come in bursts, and one in eight elsewhere",
        [
            series("anomalies_total", "0+4x40", kind="burst"),
            series("anomalies_total", "0+8x40", kind="gap"),
            series("turns_total", "0+8x40", source="live", outcome="completed"),
            series("anomalies_total", "0+1x40", {**A, "backend": "calm"}, kind="burst"),
            series("turns_total", "0+8x40", {**A, "backend": "calm"}, source="live", outcome="completed"),
        ],
        [Check("12m", "Bursts", [Fires(DEMO, "50%")])],
    ),
    Case(
        "two bursts are two turns",
        [
            series("anomalies_total", "0x5 2x40", kind="burst"),
            series("turns_total", "0x5 2x40", source="live", outcome="completed"),
        ],
        [Check("8m", "Bursts")],
    ),
]

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

FILES: dict[str, Callable[[], str]] = {
    "burn.test.yml": lambda: written("tests/burn.test.yml", "5m", BURN),
    "slow-burn.test.yml": lambda: written("tests/slow-burn.test.yml", "30m", SLOW_BURN),
    "backends.test.yml": lambda: written("tests/backends.test.yml", "1m", BACKENDS),
    "instances.test.yml": lambda: written("tests/instances.test.yml", "1m", INSTANCES),
}
