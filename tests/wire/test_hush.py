"""A backend's credentials in what it says: none is told on, whatever the spelling; no other word changes."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import Backend, Custom, Secret
from dashboard.turn.events import Connected, HeadRefused, Heartbeat, MessageArrived, TextArrived
from dashboard.turn.request import Head
from dashboard.wire.frame import Comment, Message, Retry
from dashboard.wire.hush import Hush
from tests.turn.script import STREAM, Play, frame, say

KEY = 'k-"ä/+= 0123'
BACKEND = Backend("b", "http://h/?token=query-token", headers={"Authorization": Secret(f"Bearer {KEY}"), "X-Team": Secret("streaming")})  # fmt: skip
HUSH = Hush(BACKEND)


@pytest.mark.parametrize(
    "spelling",
    [
        KEY,
        f"Bearer {KEY}",
        json.dumps(KEY)[1:-1],
        json.dumps(KEY, ensure_ascii=False)[1:-1],
        json.dumps(KEY)[1:-1].replace("/", "\\/"),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        json.dumps(json.dumps(json.dumps(KEY)))[7:-7],
        html.escape(KEY),
        base64.b64encode(KEY.encode()).decode().rstrip("="),
        "query-token",
    ],
)
def test_no_spelling_is_told_and_all_lengths_stay(spelling: str) -> None:
    said = f"you sent {spelling}, did you?"
    message = Message(spelling, said, spelling, own_id=True)
    (told, comment, retry) = HUSH.frames([message, Comment(said), Retry(100)])
    assert isinstance(told, Message)
    assert isinstance(comment, Comment)
    stars = "*" * len(spelling.encode())
    assert told.data == comment.text == said.replace(spelling, stars)
    assert (told.event, told.last_event_id, told.own_id) == (stars, stars, True)
    assert retry == Retry(100)
    assert HUSH.headers({"server": said, "via": "1.1 x"}) == {"server": told.data, "via": "1.1 x"}


@given(st.text(st.characters(codec=None, exclude_categories=[]), max_size=80))
def test_other_words_are_the_same_objects(words: str) -> None:
    message = Message("message", words, words)
    assert HUSH.frames([message])[0] is message
    assert Hush(Backend("b", "http://h/")).frames([message])[0] is message


def test_json_stays_json() -> None:
    """The n of an escaped line end is no beginning of a key that begins with n."""
    hush = Hush(Backend("b", "http://h/", headers={"X-Api-Key": Secret("need/to-know")}))
    for words in ("a\nneed/to-know", "\\need/to-know", "a\need/to-know", 'x"need/to-know"'):
        told = json.loads(hush.text(json.dumps({"text": words}).replace("/", "\\/")))["text"]
        assert told == words.replace("need/to-know", "*" * 13)


def test_words_under_harmless_names_and_short_ones_are_no_credentials() -> None:
    short = Backend("b", "http://u:pw@h/", headers={"X-Api-Key": Secret("short"), "X-Team": Secret("streaming")})
    assert not Hush(short)
    assert HUSH.text("a streaming answer") == "a streaming answer"


def test_a_body_of_the_configuration_may_hold_one() -> None:
    ours = Backend("b", "http://h/", custom=Custom("t", json={"q": "{question}", "api_key": "in-the-body", "x": "in-the-open"}))  # fmt: skip
    assert Hush(ours).text("in-the-body, in-the-open") == "***********, in-the-open"


def test_a_turn_tells_none_however_its_reads_are_cut() -> None:
    key = "credential-0123"
    said = b": %b\n\n" % key.encode() + frame({"event": "response_chunk", "text": f"<{key}>"}, key) + say("!", "2")
    for cut in range(1, len(said)):
        play = Play(headers={"X-Api-Key": Secret(key)})
        play.take(play.turn.connected(Head(200, {**STREAM.headers, "server": key}), 0.1))
        play.feed(said[:cut], 0.2)
        play.feed(said[cut:], 0.3)
        assert play.text == f"<{'*' * len(key)}>!"
        told = [*play.kinds(Connected), *play.kinds(Heartbeat), *play.kinds(MessageArrived), *play.kinds(TextArrived)]
        assert len(told) == 6
        assert key not in repr(told)


def test_a_refusal_tells_none() -> None:
    key = "credential-0123"
    play = Play(headers={"X-Api-Key": Secret(key)})
    play.take(play.turn.refused(Head(401, {"server": key}), f"no such key: {key}".encode(), 0.1))
    assert key not in repr(play.events)
    assert play.kinds(HeadRefused)[0].headers == {"server": "*" * len(key)}
