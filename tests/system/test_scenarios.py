"""Every scenario, end to end: the stub as a process, real sockets, the whole engine; what it says is what we conclude."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from dashboard.config import Backend, Config, Limits, Retry, Thresholds, Timeouts
from dashboard.health.report import Report
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question
from orchestrator_stub.config import shipped
from orchestrator_stub.scenario import Scenario
from tests.system.processes import stub

SPEED = 2.0
"""How much faster than life; the thresholds shrink with it."""

APART_S = 0.05
"""Between two starts: all at one moment would be a load of its own, and tell as slow starts."""

SCENARIOS: dict[str, Scenario] = dict(shipped())


def backend_for(scenario: Scenario, url: str) -> Backend:
    told = patience(scenario)
    timeouts = Timeouts(head_s=told.pop("head_s", Timeouts().head_s * SPEED) / SPEED)
    told = msgspec.to_builtins(Thresholds()) | {name: told[name] for name in told if name != "turn_s"}
    thresholds = Thresholds(**{name: seconds / SPEED for name, seconds in told.items()})
    retry = Retry(base_s=0.1, cap_s=0.2, max_attempts=3)
    return Backend(
        scenario.name, url, "orchestrator", thresholds=thresholds, timeouts=timeouts, retry=retry,
        verify=False,  # a list of certificates read 42 times would block the loop for a second
    )  # fmt: skip


def patience(scenario: Scenario) -> dict[str, float]:
    """What the scenario says of it, seconds at speed 1."""
    told = msgspec.to_builtins(scenario.expect.thresholds)
    return {name: seconds for name, seconds in told.items() if seconds is not None}


async def run_all(url: str) -> dict[str, Report]:
    """All scenarios at once, nearly: they mostly wait."""
    reports: dict[str, Report] = {}

    async def run(place: int, scenario: Scenario) -> None:
        await asyncio.sleep(place * APART_S)
        limits = Limits(turn_s=patience(scenario).get("turn_s", Limits().turn_s * SPEED) / SPEED)
        runtime = Runtime(Config([backend_for(scenario, url)], limits))
        live = runtime.ask(scenario.name, Question(scenario.question, scenario=scenario.name))
        await live.wait()
        reports[scenario.name] = live.gauge.report()
        await runtime.aclose()

    async with asyncio.timeout(110):
        await asyncio.gather(*(run(place, scenario) for place, scenario in enumerate(SCENARIOS.values())))
        # forty at once on a busy machine are late by themselves: what surprised is asked again, with nothing beside it
        for name, report in list(reports.items()):
            expect = SCENARIOS[name].expect
            told = report.diagnosis.kind if report.diagnosis else ""
            if told != expect.diagnosis or expect.stalls not in (None, report.stalls):
                await run(0, SCENARIOS[name])
    return reports


@pytest.fixture(scope="module")
def reports() -> Iterator[dict[str, Report]]:
    with stub("--speed", str(SPEED)) as url:
        yield asyncio.run(run_all(url))


@pytest.mark.system
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_a_scenario_says_is_what_we_conclude(name: str, reports: dict[str, Report]) -> None:
    expect, got = SCENARIOS[name].expect, reports[name]
    assert got.diagnosis
    concluded = (got.outcome, got.fault, got.diagnosis.kind)
    assert concluded == (expect.outcome, expect.fault, expect.diagnosis), (got.detail, got.diagnosis.sentence)
    assert expect.says in got.diagnosis.sentence
    if expect.stalls is not None:
        assert got.stalls == expect.stalls
    if expect.reconnects is not None:
        assert got.reconnects == expect.reconnects
    assert sorted({a.kind for a in got.anomalies}) == sorted(set(expect.anomalies))


@pytest.mark.system
def test_a_resumed_answer_is_whole_and_no_chunk_stands_twice(reports: dict[str, Report]) -> None:
    assert reports["drop-and-resume"].text == reports["happy"].text == "The answer is 4."
    assert reports["drop-and-resume"].reconnects == 1
