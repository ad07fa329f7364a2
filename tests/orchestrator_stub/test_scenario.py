from __future__ import annotations

import pytest

from orchestrator_stub.config import origin, shipped
from orchestrator_stub.scenario import Garble, Route, Say, ScenarioError, parse

GOOD = """
name: good
about: A scenario for this test.
steps: [{do: route}, {do: say, text: hello}, {do: repeat, times: 2, steps: [{do: garble}]}]
expect: {outcome: completed, diagnosis: healthy}
"""
PROMISED = (
    "happy", "simple", "stall", "stall-forever", "heartbeats-only", "slow-start", "truncated", "error-event", "burst",
    "refused-503", "drop-and-resume", "malformed-frame", "garbage", "reset", "reasoning", "empty",
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
def test_a_scenario_explains_itself(name: str) -> None:
    scenario = shipped()[name]
    assert scenario.about.endswith(".")
    assert (scenario.expect.outcome in ("completed", "stopped")) == (scenario.expect.fault == "")


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
