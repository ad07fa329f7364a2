from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import orchestrator_stub
from dashboard.health.diagnosis import Kind
from dashboard.turn.verdict import AnomalyKind, Fault, Outcome
from orchestrator_stub.config import origin, shipped
from orchestrator_stub.scenario import ScenarioError, parse
from orchestrator_stub.steps import Garble, Route, Say

FOLDER = Path(orchestrator_stub.__file__).parent / "scenarios"
GOOD = """
name: good
about: A scenario for this test.
steps: [{do: route}, {do: say, text: hello}, {do: repeat, times: 2, steps: [{do: garble}]}]
expect: {outcome: completed, diagnosis: healthy}
"""
PROMISED = (
    "happy", "simple", "stall", "stall-forever", "heartbeats-only", "slow-start", "truncated", "error-event", "burst",
    "refused-503", "drop-and-resume", "malformed-frame", "garbage", "reset", "reasoning", "empty", "resume-duplicates",
    "resume-gap", "resume-disorder", "hostile-retry", "slow-head", "slow-router", "slow-agent", "slow-tool", "late-bytes",
    "unknown-events", "odd-bytes", "big-event", "endless-line", "endless", "json-instead", "error-500", "redirect-loop",
    "no-content", "no-head", "reset-at-once", "drip", "tools", "one-piece", "restart", "other-dialect",
)  # fmt: skip


def test_a_file_becomes_typed_steps() -> None:
    scenario = parse(GOOD, "good.yaml")
    assert scenario.steps[:2] == [Route(), Say("hello")]
    assert scenario.steps[2].steps == [Garble()]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("do: route", "do: rout"), r"bad\.yaml: steps\[0\]\.do: Invalid value 'rout'"),
        (("text: hello", "txt: hello"), r"bad\.yaml: steps\[1\]: .*unknown field `txt`"),
        (("text: hello", "per_s: -1"), r"bad\.yaml: steps\[1\]\.per_s: Expected `float` >= 0"),
        (("outcome: completed", "outcome: fine"), r"bad\.yaml: expect\.outcome: Invalid enum value 'fine'"),
        (("name: good", "name: Not Good"), r"bad\.yaml: name: Expected `str` matching"),
        (("name: good", "name: good\nsed: 3"), r"bad\.yaml: \(top level\): .*unknown field `sed`"),
        (("steps: [", "steps: ["[:-1]), r"bad\.yaml: .*"),
        (("times: 2", "times: 0"), r"bad\.yaml: steps\[2\]\.times: Expected `int` >= 1"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(change: tuple[str, str], sentence: str) -> None:
    with pytest.raises(ScenarioError, match=rf"^{sentence}") as raised:
        parse(GOOD.replace(*change), "bad.yaml")
    assert "\n" not in str(raised.value)


def test_the_promised_scenarios_are_shipped_and_happy_comes_first() -> None:
    assert set(PROMISED) <= shipped().keys()
    assert next(iter(shipped())) == "happy"


@pytest.mark.parametrize("name", shipped())
def test_a_scenario_explains_itself_and_says_all_that_is_expected(name: str) -> None:
    scenario = shipped()[name]
    assert scenario.about.endswith(".")
    assert scenario.expect is not None
    assert (scenario.expect.outcome == "completed") == (scenario.expect.fault == "")
    written = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))["expect"]
    assert {"outcome", "fault", "diagnosis", "anomalies", "reconnects", "stalls"} <= written.keys()


def test_what_a_person_on_call_meets_can_be_chosen() -> None:
    expected = [scenario.expect for scenario in shipped().values()]
    outcomes, faults, diagnoses = (
        {getattr(each, what) for each in expected} for what in ("outcome", "fault", "diagnosis")
    )
    anomalies = {kind for each in expected if each for kind in each.anomalies}
    assert outcomes == set(Outcome)
    ours_alone = {"burst_proved", "page_slow"}  # one needs a second address, one a page that lags
    assert diagnoses == set(Kind) - ours_alone
    needs_a_network = {"dns", "connect", "tls", "proxy", "connect_timeout", "internal"}
    assert faults - {""} == set(Fault) - needs_a_network
    assert anomalies == set(AnomalyKind)


@pytest.mark.parametrize(
    ("given", "origin_"),
    [("http://localhost:5006", "http://localhost:5006"), ("HTTPS://Example.org/", "https://example.org"),
     ("http://[::1]:5006", "http://[::1]:5006")],
)  # fmt: skip
def test_an_origin_is_written_as_browsers_send_it(given: str, origin_: str) -> None:
    assert origin(given) == origin_


@pytest.mark.parametrize("given", ["*", "localhost:5006", "http://a/b", "null", "", "http://a b", "http://u@h"])
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="expected an origin like"):
        origin(given)
