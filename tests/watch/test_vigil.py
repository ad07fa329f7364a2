"""The vigil reads the process that it lives in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dashboard.config import Backend, CanarySettings, Config
from dashboard.runtime import Runtime
from dashboard.turn.events import Asked, Connected, Connecting, Ended, Stalled, TextArrived
from dashboard.watch.vigil import EVALUATE_S, Vigil, judged_by
from tests.telemetry.past import past

WALL = 1_800_000_000.0


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    made = Runtime(Config([Backend(name, "http://127.0.0.1:9/", "orchestrator") for name in ("b", "c")]))
    yield made
    await made.aclose()


def turn(runtime: Runtime, number: int, *, stall: bool = False) -> None:
    """One turn of backend b."""
    name = f"t{number}"
    runtime.sink.observe(Asked(name, 1.0, "b", "orchestrator", "s", "live", "hi"))
    runtime.sink.observe(Connecting(name, 1.0, 1))
    runtime.sink.observe(Connected(name, 1.1, 200, {}))
    runtime.sink.observe(TextArrived(name, 1.5, "hi", True))
    if stall:
        runtime.sink.observe(Stalled(name, 7.0, "bytes", 5.0))
    runtime.sink.observe(Ended(name, 9.0, "completed", "", ""))


def fires(vigil: Vigil, at: float, wait_s: float = 60.0) -> list[tuple[str, str]]:
    """After the numbers of now were seen, and again `wait_s` later."""
    vigil.beat(at, WALL + at)
    vigil.beat(at + wait_s, WALL + at + wait_s)
    return [(alarm.rule.name, alarm.backend) for alarm in vigil.firing]


async def test_stalls_of_a_backend(runtime: Runtime) -> None:
    vigil = runtime.vigil
    vigil.beat(0.0, WALL)
    for number in range(10):
        turn(runtime, number, stall=number < 3)
    assert fires(vigil, 10.0) == [("Stalls", "b")]
    assert vigil.firing[0].detail == "30 %, 3 of 10 turns in 15 min"


async def test_what_was_long_ago_is_forgotten(runtime: Runtime) -> None:
    vigil = runtime.vigil
    vigil.beat(0.0, WALL)
    for number in range(10):
        turn(runtime, number, stall=True)
    for at in range(10, 1000, 5):
        vigil.beat(float(at), WALL + at)
        fired = [alarm.rule.name for alarm in vigil.firing]
        assert fired == (["Stalls"] if 70 <= at < 915 else []), at


async def test_an_open_stream_of_which_nothing_is_heard(runtime: Runtime) -> None:
    runtime.sink.observe(Asked("t", 1.0, "b", "orchestrator", "s", "live", "hi"))
    runtime.sink.observe(Connecting("t", 1.0, 1))
    runtime.sink.observe(Connected("t", 1.1, 200, {}))
    assert fires(runtime.vigil, 5.0) == [("StreamsFrozen", "b")]
    runtime.sink.observe(Ended("t", 9.0, "stopped", "", ""))
    assert fires(runtime.vigil, 100.0) == []


async def test_a_loop_that_is_late(runtime: Runtime) -> None:
    runtime.vigil.beat(0.0, WALL)
    for _ in range(90):
        runtime.sink.loop_lag(0.25)
    assert fires(runtime.vigil, 10.0) == []
    for _ in range(10):
        runtime.sink.loop_lag(0.26)
    assert fires(runtime.vigil, 100.0) == [("EventLoopBlocked", "")]


async def test_a_budget_that_burns_is_seen_in_history(runtime: Runtime) -> None:
    now = runtime.history._wall()
    for number in range(4):
        runtime.history.add(
            past(f"t{number}", backend="c", started_at=now, ended_at=now, outcome="truncated", availability=False)
        )
    assert fires(runtime.vigil, 10.0) == [("AvailabilityBurn", "c")]


async def test_objectives_are_computed_on_the_canary_where_there_is_one(runtime: Runtime) -> None:
    now = runtime.history._wall()
    assert judged_by(runtime.history, "c") == "live"
    runtime.history.add(past("l", backend="c", ended_at=now))
    assert judged_by(runtime.history, "c") == "live"
    runtime.history.add(past("p", backend="c", ended_at=now, source="canary"))
    assert judged_by(runtime.history, "c") == "canary"


async def test_a_probe_from_outside_leaves_no_alert_that_nothing_takes_back(runtime: Runtime) -> None:
    await runtime.canaries.probe("c", CanarySettings(), 0.1)
    assert runtime.canaries.states["c"].success is False
    assert fires(runtime.vigil, 10.0, 3600.0) == []
    assert [name for name in ("canary_success", "canary_probes_total") if "c" in runtime.sink.total(name)] == []


async def test_between_two_evaluations_nothing_is_read(runtime: Runtime) -> None:
    runtime.vigil.beat(0.0, WALL)
    turn(runtime, 1, stall=True)
    before = runtime.vigil.firing
    runtime.vigil.beat(EVALUATE_S - 0.1, WALL + EVALUATE_S)
    assert runtime.vigil.firing is before
