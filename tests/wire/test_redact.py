"""Secrets taken out of others' words: in any spelling, across reads, and nothing else."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import AskOptions, Backend, Custom, Secret
from dashboard.wire.redact import Redactor, redactor_for, secrets_of

CANARY = 'cän/ary "7"+\\x'


@pytest.mark.parametrize(
    "spelling",
    [
        CANARY,
        json.dumps(CANARY)[1:-1],
        json.dumps(CANARY, ensure_ascii=False)[1:-1],
        json.dumps(CANARY)[1:-1].replace("/", "\\/"),
        quote(CANARY, safe=""),
        base64.b64encode(CANARY.encode()).decode().rstrip("="),
    ],
)
def test_a_configured_secret_is_taken_out_however_it_is_spelled(spelling: str) -> None:
    said = f"before {spelling} after"
    found = Redactor([CANARY]).text(said)
    assert spelling not in found
    assert (found[:7], found[-6:]) == ("before ", " after")
    assert len(found.encode()) == len(said.encode())


@pytest.mark.parametrize(
    "key",
    [
        "Authorization: Bearer abcd1234efgh",
        "authorization: basic dXNlcjpwYXNzd29yZA==",
        '{"api_key": "0123456789abcdef"}',
        '{\\"api_key\\": \\"0123456789abcdef\\"}',
        "apikey=0123456789abcdef&x=1",
        '"password":"correct-horse"',
        "invalid key sk-proj-abcdefghijklmnop123",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "xoxb-1234567890-abcdef",
        "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_key_is_taken_out(key: str) -> None:
    found = Redactor().text(key)
    assert "****" in found
    assert len(found) == len(key)
    assert Redactor().text(found) == found


@pytest.mark.parametrize(
    "words",
    [
        "the bearer of good news arrived",
        '{"token": "wonderful", "text": "a password is a word"}',
        "task-management-of-everything and a desk-mounted-thing-or-two",
        '{"event": "response_chunk", "authorization": null}',
        "data: [DONE]\n\n",
        "https://example.org/a?b=c#d",
    ],
)
def test_other_words_stay_as_they_are(words: str) -> None:
    assert Redactor(["canary-key"]).text(words) == words


def test_a_secret_that_is_cut_between_reads_is_taken_out_of_both() -> None:
    reads = [b"data: my can", b"ary-", b"key is", b"", b" secret\n\n"]
    found = Redactor(["canary-key"]).reads(reads)
    assert found == [b"data: my ***", b"****", b"*** is", b"", b" secret\n\n"]


@given(st.binary(max_size=200), st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_lengths_stay_and_no_secret_does(data: bytes, secrets: list[str]) -> None:
    redactor = Redactor(secrets)
    found = redactor.scrub(data + "".join(secrets).encode("utf-8", "surrogatepass"))
    assert len(found) == len(data) + len("".join(secrets).encode("utf-8", "surrogatepass"))
    assert redactor.reads([data]) == [redactor.scrub(data)]


def test_what_of_a_backend_is_secret() -> None:
    backend = Backend(
        "b",
        "http://someone:url-pass@h/",
        headers={
            "Authorization": Secret("Bearer token-one"),
            "X-Key": Secret("key-two"),
            "Cookie": Secret("session=cookie-three; a=b"),
            "Proxy-Authorization": Secret("Basic " + base64.b64encode(b"me:basic-four").decode()),
            "Accept": Secret("text/event-stream"),
            "anthropic-version": Secret("2023-06-01"),
            "X-Short": Secret("abc"),
        },
        proxy="http://user-five:pass-five@p:1",
        ask=AskOptions(params={"api_key": "param-six", "temperature": 1, "stop": ["not-secret"]}),
        custom=Custom(
            "$data", json={"q": "{question}", "auth": {"deep": ["json-seven"]}}, query={"token": "query-eight"}
        ),
    )
    found = secrets_of(backend)
    assert {
        "token-one", "Bearer token-one", "key-two", "cookie-three", "basic-four", "url-pass", "someone", "pass-five",
        "user-five", "param-six", "json-seven", "query-eight",
    } <= found  # fmt: skip
    assert not found & {"text/event-stream", "2023-06-01", "abc", "not-secret", "{question}"}
    assert redactor_for(backend).text("got key-two and text/event-stream") == "got ******* and text/event-stream"
