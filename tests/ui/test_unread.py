"""A stream that nobody can read: the page says so while it streams, and shows how it began with a path to try."""

from __future__ import annotations

import json

from dashboard.config import Thresholds
from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.unread import Seen
from dashboard.turn.events import MessageArrived, TextArrived, TurnEvent
from dashboard.turn.transcript import Transcript
from dashboard.ui.turn_view import began, fields
from tests.turn.script import Play, frame

WORDS = ("The river ", "rose quickly ", "after the rain, ", "and then ", "it fell ", "again.")


def play(count: int) -> tuple[Play, Seen]:
    turn, seen = Play("orchestrator"), Seen()
    turn.head()
    for at, word in enumerate(WORDS[:count]):
        turn.feed(frame({"out": {"piece": word}}), 0.2 + at / 10)
    for event in turn.events:
        seen.observe(event)
    return turn, seen


def told(events: list[TurnEvent], seen: Seen) -> dict[str, object]:
    transcript, gauge = Transcript("t"), TurnGauge(Thresholds())
    for event in events:
        transcript.observe(event)
        gauge.observe(event)
    return fields(transcript, gauge.report(), 1.0, seen=seen)


def test_while_it_talks_and_nothing_is_understood_the_page_says_so() -> None:
    turn, seen = play(4)
    assert "4 messages so far, none readable as orchestrator" in json.dumps(told(turn.events, seen)["phases"])
    silent, nothing = play(0)
    assert "none readable" not in json.dumps(told(silent.events, nothing)["phases"])


def test_at_the_end_it_shows_the_first_five_frames_and_where_the_text_may_stand() -> None:
    turn, seen = play(6)
    turn.take(turn.turn.eof(2.0))
    verdict = told(turn.events, seen)["verdict"]
    assert isinstance(verdict, dict)
    assert verdict["outcome"] == "malformed"
    assert len(verdict["frames"]) == 5
    assert verdict["frames"][0] == 'data: {"out": {"piece": "The river "}}'
    assert verdict["proposal"] == 'dialect: custom\ncustom: {text: "out.piece"}'


def test_what_was_understood_shows_no_frames_and_hostile_ones_are_made_visible() -> None:
    seen = Seen()
    seen.observe(MessageArrived("t", 0.1, "unknown", "message", "\u202e<img src=x>\x1b[2J", ""))
    assert "\u202e" not in str(began(seen)["frames"])
    assert "\x1b" not in str(began(seen)["frames"])
    seen.observe(TextArrived("t", 0.2, "now it speaks", first=True))
    assert began(seen) == {"frames": [], "proposal": ""}


def test_a_guess_that_never_comes_true_ends_as_malformed() -> None:
    turn = Play("auto")
    turn.head()
    for at in range(60):
        turn.feed(frame({"out": {"piece": f"{at} "}}), 0.2 + at / 100)
    assert (turn.ended.outcome, turn.ended.fault) == ("malformed", "undecodable")
