from __future__ import annotations

import json
from collections.abc import Generator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_stub.agents import Agent, words
from orchestrator_stub.config import shipped
from orchestrator_stub.instructions import Cut, Forget, Head, Instruction, Reshape, Send, Wait
from orchestrator_stub.scenario import Scenario, ScenarioError, parse
from orchestrator_stub.script import play, spoken

SHIPPED = shipped()


def made(steps: str, more: str = "") -> Scenario:
    head = "name: made\nabout: Made for one test.\nexpect: {outcome: completed, diagnosis: healthy}\n"
    return parse(f"{head}{more}\nsteps: [{steps}]", "made.yaml")


def sent(instructions: list[Instruction]) -> bytes:
    return b"".join(each.data for each in instructions if isinstance(each, Send))


def played(scenario: Scenario, question: str = "What's 2+2?", seed: int = 1) -> list[Instruction]:
    return list(islice(play(scenario, seed, question), 5000))


@given(st.sampled_from(sorted(SHIPPED)), st.integers(), st.text(max_size=50))
def test_same_seed_same_instructions(name: str, seed: int, question: str) -> None:
    first, second = (list(islice(play(SHIPPED[name], seed, question), 400)) for _ in range(2))
    assert first == second


UNORDERED = ("resume-duplicates", "resume-gap", "resume-disorder")


@given(st.sampled_from(sorted(SHIPPED)), st.integers(), st.text(max_size=50))
def test_every_script_is_well_formed(name: str, seed: int, question: str) -> None:
    scenario = SHIPPED[name]
    instructions = [i for i in islice(play(scenario, seed, question), 400) if not isinstance(i, Wait)]
    heads = [number for number, i in enumerate(instructions) if isinstance(i, Head)]
    assert heads == ([] if name in ("no-head", "reset-at-once") else [0])
    assert not any(isinstance(i, Reshape) for i in instructions)
    events = [event for i in instructions if isinstance(i, Send) for event in i.events]
    if name not in UNORDERED:
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
    end = b"\r\n" if scenario.line_end == "crlf" else b"\n"
    for event in events:
        assert event.data.endswith(end + end)
        assert event.data.count(end) == (3 if scenario.ids else 2)
        assert event.data.count(b"\r") + event.data.count(b"\n") == len(end) * event.data.count(end)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("resume-duplicates", [1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9]),
        ("resume-gap", [*range(1, 12), *range(14, 20)]),
        ("resume-disorder", [*range(1, 12), 15, 14, 13, 12, 16, 17, 18, 19]),
    ],
)
def test_ids_after_a_resume_go_wrong_as_told(name: str, numbers: list[int]) -> None:
    sends = [i for i in played(SHIPPED[name]) if isinstance(i, Send)]
    assert [event.seq for send in sends for event in send.events] == numbers
    by_number: dict[int, bytes] = {}
    for event in (event for send in sends for event in send.events):
        assert by_number.setdefault(event.seq, event.data) == event.data


def test_the_native_events_are_as_documented() -> None:
    instructions = played(SHIPPED["happy"])
    assert sent(instructions).startswith(b"retry: 1000\n\nid: 0.1\n")
    events = [json.loads(line[6:]) for line in sent(instructions).decode().split("\n") if line.startswith("data: ")]
    agent = {"agent_id": "a2a-math", "agent_name": "Math Agent", "protocol": "a2a"}
    assert events[0] == {"event": "routing_started"}
    why = "User asked for arithmetic, math agent is perfect for this."
    assert events[1] == {"event": "routing_completed", **agent, "confidence": 0.95, "reasoning": why}
    assert events[2] == {"event": "agent_execution_started", **agent}
    parts = {"raw_response": {"parts": [{"kind": "text", "text": "The"}]}}
    assert events[3] == {"event": "response_chunk", "response_data": parts, "protocol": "a2a"}
    whole = {"raw_response": {"parts": [{"kind": "text", "text": "The answer is 4."}]}}
    assert events[-1] == {"event": "completed", "agent_id": "a2a-math", "protocol": "a2a", "response_data": whole}


def test_the_simple_events_are_as_documented() -> None:
    instructions = played(SHIPPED["simple"])
    assert isinstance(instructions[0], Head)
    assert instructions[0].headers["Content-Type"].startswith("text/plain")
    events = [json.loads(line[6:]) for line in sent(instructions).decode().split("\n") if line.startswith("data: ")]
    assert events[1] == {"event": "routing_completed", "agent": "math", "confidence": 0.95}
    assert events[2] == {"event": "response_chunk", "text": "The"}
    assert events[-1] == {"event": "completed"}


def test_the_error_event_has_words_and_a_code() -> None:
    instructions = played(SHIPPED["error-event"])
    assert '"event": "error", "message": "Math Agent did not answer' in sent(instructions).decode()
    assert [i.outcome for i in instructions if isinstance(i, Send)][-1] == "failed"


def test_the_natural_pace_is_a_demo_s() -> None:
    waits = [i.s for i in played(SHIPPED["happy"], "Show me a markdown tour") if isinstance(i, Wait)]
    assert waits[:2] == [0.3, 0.3]
    pace = (len(waits) - 2) / sum(waits[2:])
    assert 20 <= pace <= 40


def test_a_say_takes_so_many_chunks_and_the_next_goes_on() -> None:
    scenario = made("{do: say, chunks: 2}, {do: wait, s: 5}, {do: say}, {do: complete}", "heartbeat_s: 0")
    assert spoken(scenario, 1, "What's 2+2?") == "The answer is 4."
    kinds = [5 if i == Wait(5) else "say" for i in played(scenario) if i == Wait(5) or isinstance(i, Send)]
    assert kinds == ["say", "say", "say", 5, "say", "say", "say", "say"]  # retry, 2 chunks, pause, 3 chunks, end


def test_a_named_agent_is_routed_to() -> None:
    text = sent(played(made("{do: route, agent: a2a-echo}, {do: say}"), "1+1")).decode()
    assert '"agent_id": "a2a-echo"' in text
    assert "You" in text


def test_idle_waits_have_heartbeats() -> None:
    instructions = played(made("{do: wait, s: 40}"))[2:]
    beat = Send(b": heartbeat\n\n")
    assert instructions == [Wait(15), beat, Wait(15), beat, Wait(10)]


def test_heartbeats_alone_may_go_on_for_ever() -> None:
    instructions = list(islice(play(SHIPPED["heartbeats-only"], 1, "x"), 1000))
    beat = Send(b": heartbeat\n\n")
    assert instructions.count(beat) > 400
    assert all(i == beat or i == Wait(0.5) for i in instructions[-500:])


def test_an_opening_sets_status_headers_and_body() -> None:
    head, body = played(SHIPPED["refused-503"])
    assert head == Head(503, {"Content-Type": "application/json", "Cache-Control": "no-store", "Retry-After": "1"})
    assert isinstance(body, Send)
    assert "overloaded" in json.loads(body.data)["error"]["message"]


def test_a_refusal_without_a_body_is_empty() -> None:
    assert [type(i) for i in played(made("{do: respond, status: 503}"))] == [Head]


def test_an_opening_may_come_late_and_change_the_media_type() -> None:
    first, head = played(made("{do: content_type, value: text/html}, {do: respond, after_s: 3}", "retry_ms: null"))
    assert (first, isinstance(head, Head) and head.headers["Content-Type"]) == (Wait(3), "text/html")


def test_an_opening_in_the_middle_is_a_mistake() -> None:
    with pytest.raises(ScenarioError, match="made: Respond must come before"):
        played(made("{do: route}, {do: respond, status: 500}"))


def test_raw_retry_repeat_and_cuts() -> None:
    steps = (
        '{do: retry, value: "-5"}, {do: repeat, times: 2, steps: [{do: raw, text: "x"}, {do: raw, hex: "ff 00"}]}, '
        "{do: raw, text: abc, fill: 7}, {do: forget}, {do: truncate, bytes: 10}, {do: reset}, {do: close}"
    )
    instructions = played(made(steps, "retry_ms: null"))[1:]
    assert instructions == [
        Send(b"retry: -5\n\n"), Send(b"x"), Send(b"\xff\x00"), Send(b"x"), Send(b"\xff\x00"),
        Send(b"abcabca"), Forget(), Send(b"id: 0.1\nda"), Cut("truncate"), Cut("reset"), Cut("close"),
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["json", "noise", "bytes"])
def test_garbled_messages_cannot_be_read(how: str) -> None:
    scenario = made(f"{{do: garble, how: {how}, events: 30}}", "ids: false\nretry_ms: null")
    writes = [i.data for i in played(scenario) if isinstance(i, Send)]
    assert len(writes) == 30
    for write in writes:
        if how == "bytes":
            assert b"\n" not in write
            assert not write.startswith(b"data")
        else:
            with pytest.raises(json.JSONDecodeError):
                json.loads(write.removeprefix(b"data: ").decode())


def test_a_say_may_be_one_chunk_of_any_size() -> None:
    text = spoken(made('{do: say, text: "ab c", fill: 10}, {do: say, text: " d e"}'), 1, "x")
    assert text == "ab cab cab d e"
    events = [e for i in played(made('{do: say, text: "ab c", fill: 10}')) if isinstance(i, Send) for e in i.events]
    assert len(events) == 1


def test_the_end_may_say_what_no_chunk_said() -> None:
    text = sent(played(SHIPPED["one-piece"])).decode()
    assert "response_chunk" not in text
    assert '"text": "The answer is 4, and it came in one piece."' in text


def test_tools_steps_and_tokens_are_told() -> None:
    events = [
        json.loads(line[6:]) for line in sent(played(SHIPPED["tools"])).decode().split("\n") if line[:5] == "data:"
    ]
    assert {"event": "step", "name": "reading the gauge", "phase": "start"} in events
    start, result = (event for event in events if event["event"] == "tool_call")
    call = {"event": "tool_call", "name": "read_gauge", "call_id": "call_1"}
    assert start == {**call, "phase": "start", "arguments": '{"post": "bridge"}'}
    assert result == {**call, "phase": "result", "result": "2.41 m"}
    assert events[-1]["usage"] == {"input_tokens": 2, "output_tokens": 9}


def test_lines_may_end_in_a_return_alone() -> None:
    data = sent(played(made("{do: say, text: hello}", "line_end: cr\nretry_ms: null")))
    assert b"\n" not in data
    assert data.startswith(b"id: 0.1\rdata: {")
    assert data.endswith(b"}\r\r")


def test_without_ids_nothing_is_marked() -> None:
    assert b"id:" not in sent(played(SHIPPED["truncated"]))


def test_closing_a_script_closes_the_agent() -> None:
    closed: list[bool] = []
    kept: list[Generator[str]] = []  # a reference, or Python would close it for us

    def working(question: str) -> Generator[str]:
        try:
            yield from words(question * 1000)
        finally:
            closed.append(True)

    def answer(question: str, seed: int) -> Generator[str]:
        kept.append(working(question))
        return kept[0]

    agent = Agent("a", "A", lambda _: 1.0, "It is alone.", answer, 10)
    script = play(SHIPPED["happy"], 1, "word ", roster=(agent,))
    assert len(list(islice(script, 20))) == 20
    assert not closed
    script.close()  # type: ignore[attr-defined]
    assert closed == [True]
