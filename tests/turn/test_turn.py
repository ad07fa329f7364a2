"""How turns end, and whose word that is: timelines on a clock that the test sets."""

from __future__ import annotations

import pytest

from dashboard.config import Limits
from dashboard.turn.events import (
    Anomaly,
    Connecting,
    Disconnected,
    Heartbeat,
    MessageArrived,
    Recovered,
    RetryScheduled,
    Stalled,
    TextArrived,
)
from dashboard.turn.machine import TurnState
from dashboard.turn.request import Head
from dashboard.turn.verdict import Fault, Outcome
from tests.turn.script import DONE, OPENAI_DONE, STREAM, Play, delta, frame, say


def test_a_good_turn_is_completed_and_every_message_is_counted_once() -> None:
    play = Play()
    play.head()
    play.feed(frame({"event": "routing_started"}) + say("4") + say("2") + DONE, 0.2)
    assert play.text == "42"
    assert (play.ended.outcome, play.ended.fault) == (Outcome.COMPLETED, "")
    assert [e.kind for e in play.kinds(MessageArrived)] == ["routing", "text", "text", "finish"]
    assert [e.first for e in play.kinds(TextArrived)] == [True, False]


def test_fin_without_the_good_end_is_truncated_never_completed() -> None:
    play = Play()
    play.head()
    play.feed(say("half"), 0.2)
    play.take(play.turn.eof(0.3))
    assert (play.ended.outcome, play.ended.fault) == (Outcome.TRUNCATED, Fault.CUT)
    assert "without the good end" in play.ended.detail


def test_a_cut_event_is_named_and_its_text_not_shown() -> None:
    play = Play()
    play.head()
    play.feed(say("half") + b'data: {"event": "response_chunk", "text": "lost"}', 0.2)
    play.take(play.turn.eof(0.3))
    assert play.text == "half"
    assert "in the middle of an event" in play.ended.detail


@pytest.mark.parametrize(
    ("body", "outcome", "fault"),
    [
        (b"", Outcome.TRUNCATED, Fault.CUT),
        (b": only comments\n\n", Outcome.TRUNCATED, Fault.CUT),
        (b"<html>no stream at all</html>\n", Outcome.MALFORMED, Fault.UNDECODABLE),
        (b"data: not json\n\ndata: neither\n\n", Outcome.MALFORMED, Fault.UNDECODABLE),
        (b'data: {"ev', Outcome.TRUNCATED, Fault.CUT),
        (b"d", Outcome.TRUNCATED, Fault.CUT),
        (b"\xef\xbb", Outcome.TRUNCATED, Fault.CUT),
        (b"\xef\xbb\xbfretr", Outcome.TRUNCATED, Fault.CUT),
        (b"dada", Outcome.MALFORMED, Fault.UNDECODABLE),
        (frame({"event": "error", "message": "boom"}), Outcome.FAILED, Fault.BACKEND_ERROR),
        (say("x") + frame({"event": "error", "message": "boom"}), Outcome.FAILED, Fault.BACKEND_ERROR),
        (b"data: not json\n\n" + say("x") + DONE, Outcome.COMPLETED, ""),
        (DONE, Outcome.COMPLETED, ""),
    ],
)
def test_what_a_body_means(body: bytes, outcome: str, fault: str) -> None:
    play = Play()
    play.head()
    if body:
        play.feed(body, 0.2)
    play.take(play.turn.eof(0.3))
    assert (play.ended.outcome, play.ended.fault) == (outcome, fault)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (delta("hi") + delta(finish="stop") + OPENAI_DONE, Outcome.COMPLETED),
        (delta("hi") + OPENAI_DONE, Outcome.TRUNCATED),
        (delta("hi") + delta(finish="stop"), Outcome.TRUNCATED),
        (delta("hi") + delta(finish="error") + OPENAI_DONE, Outcome.FAILED),
        (delta(finish="stop") + OPENAI_DONE, Outcome.COMPLETED),
    ],
)
def test_done_is_not_success_without_a_finish_reason(body: bytes, outcome: str) -> None:
    play = Play("openai-chat")
    play.head()
    play.feed(body, 0.2)
    play.take(play.turn.eof(0.3))
    assert play.ended.outcome == outcome


def test_a_stated_empty_answer_is_completed_and_flagged() -> None:
    play = Play("openai-chat")
    play.head()
    play.feed(delta(finish="stop") + OPENAI_DONE, 0.2)
    assert [e.kind for e in play.kinds(Anomaly)] == ["empty_answer"]


def test_what_comes_after_the_good_end_is_flagged() -> None:
    play = Play()
    play.head()
    play.feed(say("x") + DONE + say("late"), 0.2)
    assert [e.kind for e in play.kinds(Anomaly)] == ["late_bytes"]
    assert play.text == "x"
    assert play.ended.outcome == Outcome.COMPLETED


def test_silence_is_a_stall_on_the_bytes_clock_then_the_end() -> None:
    play = Play()
    play.head(0.0)
    play.feed(say("x"), 1.0)
    play.pass_to(3.5)
    assert [(e.clock, e.at) for e in play.kinds(Stalled)] == [("bytes", 3.0)]
    assert play.turn.state is TurnState.STALLED
    play.pass_to(100.0)
    assert (play.ended.outcome, play.ended.fault, play.ended.at) == (Outcome.STALLED, Fault.SILENT, 7.0)
    assert len(play.kinds(Stalled)) == 1


def test_heartbeats_only_is_a_stall_on_the_progress_clock() -> None:
    play = Play()
    play.head(0.0)
    play.feed(say("x"), 1.0)
    for at in (1.5, 2.0, 2.5, 2.9):
        play.feed(b": ping\n\n", at)
    play.pass_to(3.0)
    assert [e.clock for e in play.kinds(Stalled)] == ["progress"]
    play.feed(b": ping\n\n", 5.0)
    play.pass_to(100.0)
    assert play.ended.at == 7.0, "heartbeats buy no time"
    assert len(play.kinds(Heartbeat)) == 5


def test_a_stall_is_one_episode_until_progress_resumes() -> None:
    play = Play()
    play.head(0.0)
    play.feed(say("x"), 1.0)
    play.pass_to(3.2)
    play.feed(b": ping\n\n", 3.3)
    play.feed(say("y") + DONE, 4.0)
    assert [(e.clock, e.gap_s) for e in play.kinds(Recovered)] == [("bytes", 3.0)]
    assert play.ended.outcome == Outcome.COMPLETED


def test_reasoning_is_progress_so_a_model_that_thinks_is_no_stall_and_is_not_given_up() -> None:
    play = Play(dialect="openai-chat")
    play.head(0.0)
    for at in range(1, 40):
        play.pass_to(float(at))
        play.feed(frame({"choices": [{"delta": {"reasoning_content": "hm"}}]}), float(at))
    assert not play.kinds(Stalled)
    assert play.turn.state is TurnState.WAITING


def test_before_the_first_text_the_patience_is_longer() -> None:
    play = Play()
    play.head(0.0)
    play.pass_to(9.9)
    assert play.turn.state is TurnState.STALLED
    play.pass_to(10.0)
    assert (play.ended.outcome, play.ended.at) == (Outcome.STALLED, 10.0)


def test_no_head_in_time_is_unreachable_and_a_post_is_not_sent_again() -> None:
    play = Play()
    play.pass_to(3.0)
    assert (play.ended.outcome, play.ended.fault) == (Outcome.UNREACHABLE, Fault.HEAD_TIMEOUT)
    assert len(play.kinds(Connecting)) == 1


def test_a_refused_connection_is_tried_again_with_growing_delays_then_unreachable() -> None:
    play = Play()
    for _ in range(3):
        play.take(play.turn.broke(Fault.CONNECT, "refused", play.turn.deadline - 2.9))
        play.pass_to(play.turn.deadline if play.turn.state is TurnState.BACKING_OFF else 0.0)
    assert [round(e.delay_s, 3) for e in play.kinds(RetryScheduled)] == [0.375, 0.75]
    assert (play.ended.outcome, play.ended.fault) == (Outcome.UNREACHABLE, Fault.CONNECT)


@pytest.mark.parametrize(
    ("status", "again"), [(503, True), (429, True), (408, True), (500, False), (502, False), (404, False), (204, False)]
)
def test_which_statuses_a_post_is_sent_again_for(status: int, *, again: bool) -> None:
    play = Play()
    play.take(play.turn.refused(Head(status, {}), b"the server's own words", 0.2))
    if again:
        assert play.turn.state is TurnState.BACKING_OFF
    else:
        assert (play.ended.outcome, play.ended.fault) == (Outcome.REJECTED, Fault.HTTP_STATUS)
        assert "the server's own words" in play.ended.detail
        assert str(status) in play.ended.detail


def test_retry_after_is_honoured() -> None:
    play = Play()
    play.take(play.turn.refused(Head(503, {}), b"", 0.2, retry_after_s=7.0))
    assert play.kinds(RetryScheduled)[0].delay_s == 7.0


def test_a_wrong_media_type_is_rejected_and_named() -> None:
    play = Play("openai-chat")
    head = Head(200, {"content-type": "application/json"})
    assert play.turn.refusal(head) is Fault.MEDIA_TYPE
    play.take(play.turn.refused(head, b'{"error": "no"}', 0.2))
    assert (play.ended.outcome, play.ended.fault) == (Outcome.REJECTED, Fault.MEDIA_TYPE)
    assert "application/json" in play.ended.detail


def test_text_plain_is_taken_from_an_orchestrator_and_flagged() -> None:
    play = Play()
    head = Head(200, {"content-type": "text/plain; charset=utf-8"})
    assert play.turn.refusal(head) is None
    play.head(0.1, head)
    assert [e.kind for e in play.kinds(Anomaly)] == ["media_type"]


def test_after_an_id_a_cut_stream_is_resumed_by_get_and_nothing_is_shown_twice() -> None:
    play = Play()
    play.head()
    play.feed(say("one ", "r.1") + say("two ", "r.2"), 0.2)
    play.take(play.turn.broke(Fault.CUT, "reset", 0.3))
    assert [e.fault for e in play.kinds(Disconnected)] == [Fault.CUT]
    assert play.turn.ask.method == "GET"
    assert play.turn.ask.headers["Last-Event-ID"] == "r.2"
    play.pass_to(play.turn.deadline)
    play.head(2.0)
    play.feed(say("two ", "r.2") + say("three", "r.3") + frame({"event": "completed"}, "r.4"), 2.1)
    assert play.text == "one two three"
    assert [e.kind for e in play.kinds(Anomaly)] == ["duplicate"]
    assert play.ended.outcome == Outcome.COMPLETED


def test_a_resume_that_is_refused_is_truncated_not_rejected() -> None:
    play = Play()
    play.head()
    play.feed(say("one ", "r.1"), 0.2)
    play.take(play.turn.eof(0.3))
    play.pass_to(play.turn.deadline)
    play.take(play.turn.refused(Head(204, {}), b"", 1.0))
    assert (play.ended.outcome, play.ended.fault) == (Outcome.TRUNCATED, Fault.CUT)


def test_retry_from_the_stream_sets_the_base_of_the_backoff() -> None:
    play = Play()
    play.head()
    play.feed(b"retry: 2000\n" + say("one ", "r.1"), 0.2)
    play.take(play.turn.eof(0.3))
    assert 1.0 <= play.kinds(RetryScheduled)[0].delay_s <= 2.0


def test_an_event_over_the_size_is_malformed() -> None:
    play = Play(limits=Limits(event_bytes=2048))
    play.head()
    play.feed(say("x"), 0.2)
    play.feed(b"data: " + b"x" * 4096, 0.3)
    assert (play.ended.outcome, play.ended.fault) == (Outcome.MALFORMED, Fault.TOO_LARGE)


def test_limits_on_bytes_and_time_stop_a_turn() -> None:
    play = Play(limits=Limits(turn_bytes=1024))
    play.head()
    for n in range(100):
        play.feed(say("x" * 50), 0.2 + n / 1000)
    assert (play.ended.outcome, play.ended.fault, play.ended.by) == (Outcome.STOPPED, Fault.LIMIT, "limit")
    slow = Play(limits=Limits(turn_s=5.0))
    slow.head()
    for at in range(1, 10):
        slow.pass_to(float(at))
        slow.feed(say("x"), float(at))
    assert (slow.ended.outcome, slow.ended.fault, slow.ended.at) == (Outcome.STOPPED, Fault.LIMIT, 5.0)


@pytest.mark.parametrize("moment", ["before the head", "open", "stalled", "backing off", "ended"])
def test_stop_at_any_moment_is_stopped_once(moment: str) -> None:
    play = Play()
    if moment != "before the head":
        play.head()
        play.feed(say("x", "r.1"), 0.2)
    if moment == "stalled":
        play.pass_to(3.0)
    if moment == "backing off":
        play.take(play.turn.eof(0.3))
    if moment == "ended":
        play.feed(DONE, 0.3)
    play.take(play.turn.abandon(4.0))
    play.take(play.turn.abandon(5.0))
    assert play.ended.outcome == (Outcome.COMPLETED if moment == "ended" else Outcome.STOPPED)


def test_a_get_without_ids_starts_again_only_while_no_text_was_shown() -> None:
    fresh = Play(method="GET")
    fresh.head()
    fresh.feed(frame({"event": "routing_started"}), 0.2)
    fresh.take(fresh.turn.eof(0.3))
    assert fresh.turn.state is TurnState.BACKING_OFF
    shown = Play(method="GET")
    shown.head()
    shown.feed(say("x"), 0.2)
    shown.take(shown.turn.eof(0.3))
    assert shown.ended.outcome == Outcome.TRUNCATED


def test_a_status_other_than_200_is_no_stream() -> None:
    play = Play()
    assert play.turn.refusal(Head(210, STREAM.headers)) is Fault.HTTP_STATUS


def test_a_call_that_means_nothing_in_a_state_says_nothing() -> None:
    play = Play()
    assert play.turn.asked(0.1) == []
    play.head()
    assert play.feed(b"", 0.2) == [], "an empty read is the shell's end of the stream, told by eof"
    play.feed(DONE, 0.3)
    assert play.turn.asked(0.4) == []
    assert play.names.count("Asked") == play.names.count("Connecting") == 1


def test_a_read_leads_through_the_states_of_all_its_events() -> None:
    play = Play()
    play.head()
    states = [play.turn.state]
    for piece, at in ((b": ping\n\n", 0.2), (say("a") + b": ping\n\n", 0.3)):
        play.feed(piece, at)
        states.append(play.turn.state)
    play.pass_to(2.4)
    states.append(play.turn.state)
    play.feed(frame({"event": "reasoning", "text": "hm"}) + b": ping\n\n", 2.5)
    states.append(play.turn.state)
    assert states == ["waiting", "waiting", "answering", "stalled", "waiting"]


def test_a_turn_that_is_stopped_between_two_attempts_says_what_it_waited_for() -> None:
    play = Play()
    play.take(play.turn.refused(Head(429, {"content-type": "text/plain"}), b"no quota", 0.2, 60.0))
    play.take(play.turn.abandon(5.0))
    assert (play.ended.outcome, play.ended.by) == (Outcome.STOPPED, "person")
    assert play.ended.detail == "waiting to ask again after: HTTP 429, text/plain: no quota"
