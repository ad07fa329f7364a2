"""Each alert: just below its threshold it is silent, just above it is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from typing import Any

import pytest

from dashboard.health.objective import OBJECTIVES
from dashboard.telemetry.past_counts import Counts
from dashboard.watch.alerts import BURNS, PAGE, RULES, TICKET
from dashboard.watch.conditions import BACKEND, PROCESS, OfBackend, OfProcess, holding
from dashboard.watch.slo import DAY_S, Objective

NONE = Counts({}, dict.fromkeys(OBJECTIVES, 0), dict.fromkeys(OBJECTIVES, 0))


def turns(bad: int, counted: int, objective: str = "availability") -> Counts:
    others = {each: 0 for each in OBJECTIVES if each != objective}
    return Counts({}, {objective: counted - bad, **others}, {objective: counted, **others})


def grown(amounts: Mapping[str, float]) -> Any:
    return lambda counter, _window_s: amounts.get(counter, 0.0)


def told(amounts: Mapping[str, float] = {}, past: Any = lambda _window_s: NONE, **now: Any) -> dict[str, str]:
    """alert → severity, of one backend."""
    found = holding({"b": OfBackend(grown(amounts), past, **now)}, OfProcess(grown({})))
    assert {backend for _, backend in found} <= {"b"}
    return {name: holds.severity for (name, _), holds in found.items()}


def of_process(amounts: Mapping[str, float] = {}, alarm: str = "", mistake: str = "") -> dict[str, str]:
    found = holding({}, OfProcess(grown(amounts), alarm, mistake, 1_800_000_000.0))
    return {name: holds.detail for (name, _), holds in found.items()}


def test_every_rule_has_its_condition() -> None:
    assert set(BACKEND) == {rule.name for rule in RULES if rule.of_backend}
    assert set(PROCESS) == {rule.name for rule in RULES if not rule.of_backend}


def test_where_nothing_happened_nothing_is_told() -> None:
    assert told() == {}
    assert told(quiet_s=inf) == {}
    assert of_process() == {}


@pytest.mark.parametrize(
    ("amounts", "names"),
    [
        ({"turns": 20, "stalled": 2}, set()),
        ({"turns": 30, "stalled": 3}, set()),
        ({"turns": 29, "stalled": 3}, {"Stalls"}),
        ({"turns": 12, "bursts": 3}, set()),
        ({"turns": 11, "bursts": 3}, {"Bursts"}),
        ({"turns": 2, "bursts": 2}, set()),
        ({"ttft_counted": 12, "ttft_good": 9}, set()),
        ({"ttft_counted": 11, "ttft_good": 8}, {"SlowFirstText"}),
        ({"ttft_counted": 2, "ttft_good": 0}, set()),
        ({"reconnects": 20}, set()),
        ({"reconnects": 21}, {"ReconnectStorm"}),
    ],
)
def test_shares_and_counts(amounts: Mapping[str, float], names: set[str]) -> None:
    assert set(told(amounts)) == names


@pytest.mark.parametrize(
    ("now", "names"),
    [
        ({"canary_failed": True}, {"BackendDown"}),
        ({"canary_failed": True, "canary_interval_s": 300.0, "canary_good_s": 540.0}, set()),
        ({"canary_failed": True, "canary_interval_s": 300.0, "canary_good_s": 540.1}, {"BackendDown"}),
        ({"canary_failed": True, "canary_interval_s": 60.0, "canary_good_s": 60.1}, {"BackendDown"}),
        ({"canary_interval_s": 60.0, "canary_silent_s": 180.0}, set()),
        ({"canary_interval_s": 60.0, "canary_silent_s": 180.1}, {"CanaryStale"}),
        ({"canary_interval_s": 60.0, "canary_silent_s": 999.0, "canary_failed": True}, {"BackendDown"}),
        ({"canary_silent_s": 999.0}, set()),
        ({"open_streams": 1, "quiet_s": 60.0}, set()),
        ({"open_streams": 1, "quiet_s": 60.1}, {"StreamsFrozen"}),
        ({"open_streams": 1, "quiet_s": inf}, {"StreamsFrozen"}),
        ({"open_streams": 0, "quiet_s": 999.0}, set()),
    ],
)
def test_states(now: Mapping[str, Any], names: set[str]) -> None:
    assert set(told(**now)) == names


@pytest.mark.parametrize("burn", BURNS, ids=lambda burn: str(burn.factor))
def test_a_budget_that_burns_in_both_windows_is_told_and_in_one_is_not(burn: Any) -> None:
    """1,000 turns a window: with an objective of 99.5 % a factor of 1 are five bad ones."""
    over, under = turns(int(5 * burn.factor) + 1, 1000), turns(int(5 * burn.factor), 1000)

    def past(long: Counts, short: Counts) -> Any:
        return lambda window_s: {burn.long_s: long, burn.short_s: short}.get(window_s, NONE)

    assert told(past=past(over, over)) == {"AvailabilityBurn": burn.severity}
    assert told(past=past(over, under)) == told(past=past(under, over)) == {}


@pytest.mark.parametrize(("target", "fires"), [(0.9, True), (0.8, True), (0.75, False)])
def test_what_burns_is_the_budget_of_the_objective_that_is_configured(target: float, fires: bool) -> None:
    """Of the day's 100 turns 70 are bad: 7 times what 0.9 allows, 3.5 times what 0.8 does, 2.8 times what 0.75 does."""
    past = lambda window_s: turns(70, 100) if window_s <= DAY_S else NONE  # noqa: E731
    wanted = {"availability": Objective("availability", target), "ttft": Objective("ttft", 0.5)}
    assert ("AvailabilityBurn" in told(past=past, objectives=wanted)) is fires


def test_one_failure_at_night_wakes_nobody() -> None:
    assert told(past=lambda _window_s: turns(2, 2)) == {}
    assert told(past=lambda _window_s: turns(3, 3)) == {"AvailabilityBurn": PAGE}


def test_late_first_texts_are_a_ticket_however_fast_their_budget_goes() -> None:
    assert told(past=lambda _window_s: turns(9, 9, "ttft")) == {"TtftBurn": TICKET}


@pytest.mark.parametrize(
    ("amounts", "alarm", "names"),
    [
        ({"screen": 500, "screen_late": 25}, "", set()),
        ({"screen": 500, "screen_late": 26}, "", {"SlowScreen"}),
        ({"screen": 20, "screen_late": 20}, "", set()),
        ({"loop": 1200, "loop_late": 12}, "", set()),
        ({"loop": 1200, "loop_late": 13}, "", {"EventLoopBlocked"}),
        ({"overflow": 1}, "", {"LabelOverflow"}),
        ({}, "disk is full", {"HistoryFailing"}),
    ],
)
def test_this_process(amounts: Mapping[str, float], alarm: str, names: set[str]) -> None:
    assert set(of_process(amounts, alarm)) == names


def test_the_numbers_are_told() -> None:
    assert of_process({"loop": 100, "loop_late": 13})["EventLoopBlocked"] == (
        "later than 0.25 s: 13 %, 13 of 100 timers in 5 min"
    )
    assert of_process({}, "disk is full")["HistoryFailing"] == "disk is full"
    assert of_process(mistake="c.yaml: a: expected b, got c.") == {
        "ConfigNotLoaded": "that of 2027-01-15 08:00 UTC stays in force. c.yaml: a: expected b, got c"
    }
    long = of_process(mistake=f"c.yaml: a: expected {'b, ' * 99}got c")["ConfigNotLoaded"]
    assert re.search(r"UTC stays in force\. c\.yaml: a: expected b, .* … .*b, got c$", long)
    assert len(long) < 240
