"""What the custom dialect makes of messages, by its options."""

from __future__ import annotations

import pytest

from dashboard.wire.chat_event import BackendError, ChatEvent, End, Finish, Malformed, Ping, Text, Unknown
from tests.wire.reading import made, read


@pytest.mark.parametrize(
    ("options", "data", "expected"),
    [
        ({}, "hello", [Text("hello")]),
        ({}, '{"a": 1}', [Text('{"a": 1}')]),
        ({}, "two\nlines", [Text("two\nlines")]),
        ({}, "", []),
        ({"finish": "[DONE]"}, " [DONE]", [End()]),
        ({"finish": "[DONE]"}, "[DONE", [Text("[DONE")]),
        ({"finish": "done=true"}, '{"done": true}', [Text('{"done": true}'), Finish("true"), End()]),
        ({"text": "t"}, '{"t": "x"}', [Text("x")]),
        ({"text": "t"}, '{"t": 4}', [Text("4")]),
        ({"text": "t"}, '{"t": ["a", 1, "b"]}', [Text("ab")]),
        ({"text": "t"}, '{"t": ""}', []),
        ({"text": "t"}, '{"t": null}', []),
        ({"text": "t"}, '{"t": true}', []),
        ({"text": "t"}, '{"kind": "start"}', []),
        ({"text": "t"}, '{"token": "Hello "}', [Unknown("nothing at `t`, but there is text at `token`")]),
        ({"text": "a.-1.b"}, '{"a": [{"b": "x"}, {"b": "y"}]}', [Text("y")]),
        ({"text": "a.7.b"}, '{"a": [{"b": "x"}]}', []),
        ({"text": "a.²"}, '{"a": ["x"]}', []),
        ({"text": "$"}, '"x\\n"', [Text("x\n")]),
        ({"text": "$"}, "42", [Text("42")]),
        ({"text": "t"}, "[DONE]", []),
        ({"text": "t"}, "hello", [Malformed("no JSON: hello")]),
        ({"text": "t", "finish": "kind=end"}, '{"t": "x", "kind": "end"}', [Text("x"), Finish("end"), End()]),
        ({"text": "t", "finish": "left=0"}, '{"left": 0}', [Finish("0"), End()]),
        ({"text": "t", "error": "error.message"}, '{"error": {"message": "no"}}', [BackendError("", "no")]),
        ({"text": "t", "error": "error"}, '{"error": {"type": "x", "msg": "no"}}', [BackendError("x", "no")]),
        ({"text": "t", "error": "error"}, '{"error": null, "t": "x"}', [Text("x")]),
        ({"error": "error"}, '{"error": "no"}', [BackendError("", "no")]),
        ({"error": "error"}, "fine", [Text("fine")]),
    ],
)
def test_custom_reads(options: dict[str, str], data: str, expected: list[ChatEvent]) -> None:
    assert read(made("custom", **options), data) == expected


def test_custom_does_not_wonder_about_quiet_messages_once_text_came() -> None:
    dialect = made("custom", text="t")
    read(dialect, {"t": "x"})
    assert read(dialect, {"note": "all is well here"}) == []


def test_custom_ends_with_the_stream_only_when_no_finish_is_named() -> None:
    assert made("custom").ends_at_eof
    assert not made("custom", finish="[DONE]").ends_at_eof


@pytest.mark.parametrize("event", ["ping", "heartbeat", "keepalive"])
def test_a_sign_of_life_is_no_text(event: str) -> None:
    assert read(made("custom", text="$data"), "2026-11-23T05:00:00Z", event) == [Ping()]
