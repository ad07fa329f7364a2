"""Series for the unit tests of the rules, in promtool's notation: of instance a's backend demo, where nothing else is said."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.watch.slo import DEFAULTS
from deploy.generate.unit_test import Fires

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
