"""A stream in another protocol than the configured one is malformed, and the ending says which it looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.turn.verdict import Fault, Outcome
from dashboard.wire.dialects import DIALECTS
from tests.turn.script import OPENAI_DONE, Play, delta, frame
from tests.wire.reading import CORPUS, recorded

GOOD = {
    "openai-chat": "llm_short",
    "orchestrator": "a2a_named",
    "a2a": "a2a_v1_task",
    "anthropic": "anthropic_llamaserver_text",
    "ag-ui": "agui_text",
    "vercel-ui": "vercel_text",
}
MCP = frame("") + frame({"jsonrpc": "2.0", "id": 1, "result": {"tools": []}})


def played(dialect: str, body: bytes) -> Play:
    play = Play(dialect)
    play.head()
    play.feed(body, 0.2)
    if play.turn.deadline < float("inf"):
        play.take(play.turn.eof(0.3))
    return play


@pytest.mark.parametrize("dialect", GOOD)
@pytest.mark.parametrize("spoken", GOOD)
def test_any_dialect_read_as_any_other(dialect: str, spoken: str) -> None:
    ended = played(dialect, recorded(spoken, GOOD[spoken])).ended
    if dialect == spoken:
        assert ended.outcome == Outcome.COMPLETED
    else:
        assert (ended.outcome, ended.fault) == (Outcome.MALFORMED, Fault.UNDECODABLE)
        assert f"this looks like {spoken}; set dialect: {spoken}" in ended.detail
        assert f"as {dialect}" in ended.detail


def test_every_dialect_that_can_be_told_apart_is_in_the_table() -> None:
    assert set(GOOD) == set(DIALECTS) - {"custom"}
    assert all((CORPUS / dialect / f"{name}.jsonl").is_file() for dialect, name in GOOD.items())


@pytest.mark.parametrize("dialect", GOOD)
def test_a_protocol_that_is_not_spoken_is_named(dialect: str) -> None:
    ended = played(dialect, MCP).ended
    assert ended.outcome == Outcome.MALFORMED
    assert "this looks like MCP, which no dialect speaks" in ended.detail


@pytest.mark.parametrize(
    ("dialect", "body", "outcome"),
    [
        ("openai-chat", OPENAI_DONE, Outcome.TRUNCATED),  # says nothing, but not in another language
        ("vercel-ui", OPENAI_DONE, Outcome.TRUNCATED),
        ("openai-chat", frame("") * 3, Outcome.TRUNCATED),
        ("anthropic", b"event: ping\ndata: {}\n\n", Outcome.TRUNCATED),
        ("openai-chat", b"event: ping\ndata: {}\n\ndata: {}\n\n" + OPENAI_DONE, Outcome.MALFORMED),
        ("openai-chat", frame({"type": "new"}) + delta("hi") + delta(finish="stop") + OPENAI_DONE, Outcome.COMPLETED),
    ],
)
def test_what_other_protocols_have_too_is_no_word_for_or_against(dialect: str, body: bytes, outcome: str) -> None:
    ended = played(dialect, body).ended
    assert ended.outcome == outcome
    assert "looks like" not in ended.detail


def test_a_mismatch_with_the_connection_open_is_said_when_we_give_up() -> None:
    play = Play("openai-chat")
    play.head()
    play.feed(frame({"type": "RUN_STARTED", "threadId": "t"}), 0.2)
    play.pass_to(100.0)
    assert (play.ended.outcome, play.ended.fault) == (Outcome.MALFORMED, Fault.UNDECODABLE)
    assert (
        "with the connection open; 1 messages, none readable as openai-chat; this looks like ag-ui" in play.ended.detail
    )


def test_only_the_first_messages_are_kept_and_only_small_ones() -> None:
    play = Play("openai-chat")
    play.head()
    play.feed(frame({"pad": "x" * 70_000, "type": "RUN_STARTED"}), 0.2)
    for _ in range(50):
        play.feed(frame({"type": "ping"}), 0.2)
    play.feed(frame({"type": "RUN_STARTED"}), 0.2)
    play.take(play.turn.eof(0.3))
    assert play.ended.outcome == Outcome.MALFORMED
    assert "looks like" not in play.ended.detail


# A cut stream whose protocol can take it up again

TASK = {"jsonrpc": "2.0", "result": {"task": {"id": "k", "status": {"state": "TASK_STATE_WORKING"}}}}


def piece(text: str, **more: Any) -> bytes:
    artifact = {"artifactId": "a", "parts": [{"text": text}]}
    return frame({"result": {"artifactUpdate": {"taskId": "k", "artifact": artifact, **more}}})


def snapshot(text: str, state: str) -> bytes:
    artifacts = [{"artifactId": "a", "parts": [{"text": text}]}]
    return frame({"result": {"task": {"id": "k", "status": {"state": state}, "artifacts": artifacts}}})


def test_a_cut_task_is_taken_up_again_and_nothing_is_told_twice() -> None:
    play = Play("a2a")
    play.head()
    play.feed(frame(TASK) + piece("One "), 0.2)
    play.take(play.turn.broke(Fault.CUT, "reset", 0.3))
    assert json.loads(play.turn.ask.body or b"")["method"] == "SubscribeToTask"
    play.pass_to(1.0)
    play.head(1.1)
    play.feed(snapshot("One two ", "TASK_STATE_WORKING"), 1.2)
    play.feed(piece("three.", append=True) + snapshot("One two three.", "TASK_STATE_COMPLETED"), 1.3)
    assert play.text == "One two three."
    assert (play.ended.outcome, play.ended.detail) == (Outcome.COMPLETED, "completed")


def test_a_hole_after_a_resume_is_never_completed() -> None:
    play = Play("a2a")
    play.head()
    play.feed(frame(TASK) + piece("One "), 0.2)
    play.take(play.turn.broke(Fault.CUT, "reset", 0.3))
    play.pass_to(1.0)
    play.head(1.1)
    done = frame({"result": {"kind": "status-update", "status": {"state": "completed"}, "final": True}})
    play.feed(piece("three.", append=True) + done, 1.2)
    assert (play.ended.outcome, play.ended.fault) == (Outcome.TRUNCATED, Fault.CUT)
    assert "without a snapshot" in play.ended.detail


def test_a_resume_that_fails_does_not_hide_the_cut() -> None:
    play = Play("a2a")
    play.head()
    play.feed(frame(TASK) + piece("One "), 0.2)
    play.take(play.turn.broke(Fault.CUT, "reset by peer", 0.3))
    while play.turn.deadline < float("inf"):
        play.pass_to(play.turn.deadline)
        play.take(play.turn.broke(Fault.CONNECT, "refused", 5.0))
    assert (play.ended.outcome, play.ended.fault) == (Outcome.TRUNCATED, Fault.CUT)
    assert play.ended.detail.startswith("reset by peer, after 2 messages without the good end of a2a; then: refused")


def test_a_resume_that_stays_silent_does_not_hide_the_cut() -> None:
    play = Play("a2a")
    play.head()
    play.feed(frame(TASK) + piece("One "), 0.2)
    play.take(play.turn.broke(Fault.CUT, "reset by peer", 0.3))
    play.pass_to(1.0)
    play.head(1.1)
    play.pass_to(100.0)
    assert play.ended.outcome == Outcome.STALLED
    assert "before that: reset by peer" in play.ended.detail


def test_each_turn_has_ids_of_its_own() -> None:
    asked = json.loads(Play("a2a").turn.ask.body or b"")
    assert (asked["id"], asked["params"]["message"]["messageId"]) == ("t", "t")
