"""Unit tests of the rules: each alert fires after its time, and stays quiet below its limit and below its floor."""

from __future__ import annotations

from collections.abc import Callable

from deploy.generate.instance_cases import INSTANCES
from deploy.generate.series import AVAILABILITY, DEMO, TTFT, A, B, burns, frozen, series, stalls, turns
from deploy.generate.unit_test import Case, Check, Fires, written

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
        "a canary that asks every five minutes: one probe fails; later two do",
        [
            series("threshold_seconds", "300x60", kind="canary_interval"),
            series("canary_success", "1x9 0x4 1x9 0x20"),
            series("canary_last_success_timestamp_seconds", "0x4 300x9 900x4 1200x30"),
        ],
        [
            Check("13m", "BackendDown"),
            Check("25m", "BackendDown"),
            Check("30m", "BackendDown"),
            Check("32m", "BackendDown", [Fires(DEMO)]),
        ],
    ),
    Case(
        "a canary that asks every minute fails",
        [
            PROBED_EVERY_MINUTE,
            series("canary_success", "1x5 0x20"),
            series("canary_last_success_timestamp_seconds", "0+60x5 300+0x20"),
        ],
        [Check("7m", "BackendDown"), Check("9m", "BackendDown", [Fires(DEMO)])],
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

FILES: dict[str, Callable[[], str]] = {
    "burn.test.yml": lambda: written("tests/burn.test.yml", "5m", BURN),
    "slow-burn.test.yml": lambda: written("tests/slow-burn.test.yml", "30m", SLOW_BURN),
    "backends.test.yml": lambda: written("tests/backends.test.yml", "1m", BACKENDS),
    "instances.test.yml": lambda: written("tests/instances.test.yml", "1m", INSTANCES),
}
