from __future__ import annotations

import json

import pytest

from orchestrator_stub.question import HISTORY_ITEMS, Asked, BadRequestError, from_body, from_query

NAMES = ("happy", "stall")


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        (body(message="hi"), Asked("hi")),
        (body(message="hi", scenario="stall", seed=7), Asked("hi", "stall", 7)),
        (body(message="hi", scenario=None, seed=None, history=None), Asked("hi")),
        (body(message="hi", history=[{"role": "user", "content": "x"}], conversation="c"), Asked("hi")),
        (body(message="x" * 100), Asked("x" * 100)),
        (b'{"message": "a\\u0000\\u2028b"}', Asked("a\0\u2028b")),
    ],
)
def test_what_a_body_may_ask(sent: bytes, asked: Asked) -> None:
    assert from_body(sent, {}, 100, NAMES) == asked


def test_a_query_may_ask_the_same() -> None:
    query = {"message": "hi", "scenario": "stall", "seed": "7", "other": ""}
    assert from_query(query, 100, NAMES) == Asked("hi", "stall", 7)


def test_scenario_and_seed_may_stand_in_the_query_of_a_post() -> None:
    query = {"scenario": "stall", "seed": "7", "message": "not this one"}
    assert from_body(body(message="hi"), query, 100, NAMES) == Asked("hi", "stall", 7)
    assert from_body(body(message="hi", scenario="happy", seed=1), query, 100, NAMES) == Asked("hi", "happy", 1)
    with pytest.raises(BadRequestError, match="a scenario's name, got 'nope'"):
        from_body(body(message="hi"), {"scenario": "nope"}, 100, NAMES)


@pytest.mark.parametrize(
    ("sent", "what", "where"),
    [
        (b"", "expected a JSON object, got no body", "body"),
        (b"message=hi", "expected a JSON object, got 10 bytes that are not JSON", "body"),
        (b"\xff\xfe", "not JSON", "body"),
        (b"[1]", "expected a JSON object, got a list", "body"),
        (b"3", "got a number", "body"),
        (b"null", "got null", "body"),
        (b"{}", "expected a text, got none", "message"),
        (body(message=""), "expected a text, got an empty one", "message"),
        (body(message=" \n"), "expected a text, got an empty one", "message"),
        (body(message=3), "expected a text, got a number", "message"),
        (body(message={"a": 1}), "expected a text, got an object", "message"),
        (body(message="x" * 101), "expected at most 100 characters, got 101", "message"),
        (body(message="x", scenario="nope"), "expected a scenario's name, got 'nope'", "scenario"),
        (body(message="x", scenario=["stall"]), "expected a scenario's name", "scenario"),
        (body(message="x", scenario="y" * 999), "got 'y{64}'$", "scenario"),
        (body(message="x", seed="1"), "expected a whole number, got a text", "seed"),
        (body(message="x", seed=True), "expected a whole number, got true or false", "seed"),
        (body(message="x", seed=1.5), "expected a whole number, got a number", "seed"),
        (body(message="x", history="y"), "expected a list of at most 1000, got a text", "history"),
        (body(message="x", history=[0] * (HISTORY_ITEMS + 1)), "got 1001 items", "history"),
    ],
)
def test_a_bad_body_is_refused_with_what_where_and_next(sent: bytes, what: str, where: str) -> None:
    with pytest.raises(BadRequestError, match=what) as raised:
        from_body(sent, {}, 100, NAMES)
    assert raised.value.where == where
    assert raised.value.next_step


def test_a_bad_query_is_refused() -> None:
    with pytest.raises(BadRequestError, match="got none"):
        from_query({}, 100, NAMES)
    with pytest.raises(BadRequestError, match="whole number"):
        from_query({"message": "x", "seed": "9" * 30 + "x"}, 100, NAMES)
