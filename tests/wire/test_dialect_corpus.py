"""Every dialect reads its folder of recordings as expected.yaml there says, however the bytes were cut."""

from __future__ import annotations

import random

import pytest

from dashboard.wire.dialects import DIALECTS
from dashboard.wire.guess import guess_by_messages
from tests.wire.reading import CORPUS, chat_events, expectations, folded, made, messages, recorded

CASES = [(dialect, name) for dialect in DIALECTS for name in expectations(dialect)]
SMALL_BYTES = 8_000


def check(dialect: str, name: str, chunks: list[bytes]) -> None:
    expected = expectations(dialect)[name]
    told = folded(chat_events(made(dialect, **expected.get("options", {})), chunks))
    assert told == {key: value for key, value in expected.items() if key not in ("options", "turn")}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_recording_is_expected_and_every_expectation_recorded(dialect: str) -> None:
    assert {path.stem for path in (CORPUS / dialect).glob("*.jsonl")} == set(expectations(dialect))


@pytest.mark.parametrize(("dialect", "name"), CASES)
def test_whole(dialect: str, name: str) -> None:
    check(dialect, name, [recorded(dialect, name)])


@pytest.mark.parametrize(("dialect", "name"), CASES)
def test_cut_at_random(dialect: str, name: str) -> None:
    body, chance = recorded(dialect, name), random.Random(name)
    for most in (7, 200, 3_000):
        chunks, at = [], 0
        while at < len(body):
            size = chance.randint(1, most)
            chunks.append(body[at : at + size])
            at += size
        check(dialect, name, chunks)


@pytest.mark.parametrize(("dialect", "name"), CASES)
def test_byte_by_byte(dialect: str, name: str) -> None:
    body = recorded(dialect, name)
    check(dialect, name, [body[at : at + 1] for at in range(len(body))])


SMALL = [(dialect, name) for dialect, name in CASES if len(recorded(dialect, name)) <= SMALL_BYTES]


@pytest.mark.parametrize(("dialect", "name"), SMALL)
def test_cut_in_two_at_every_byte(dialect: str, name: str) -> None:
    body = recorded(dialect, name)
    whole = messages([body])
    for at in range(len(body) + 1):
        assert messages([body[:at], body[at:]]) == whole


@pytest.mark.parametrize(("dialect", "name"), [case for case in CASES if case[0] != "custom"])
def test_guessed_by_its_first_messages(dialect: str, name: str) -> None:
    found = messages([recorded(dialect, name)])
    said_nothing = not expectations(dialect)[name]["text"] and "error" in expectations(dialect)[name]
    assert guess_by_messages(found[:2]) == (dialect if found and not said_nothing else None)


@pytest.mark.parametrize("name", expectations("custom"))
def test_custom_is_never_guessed(name: str) -> None:
    guessed = guess_by_messages(messages([recorded("custom", name)]))
    assert guessed == ("openai-chat" if name == "done_line" else None)  # its shape is OpenAI's
