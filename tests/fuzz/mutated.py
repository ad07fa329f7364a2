"""Real streams, made wrong: recordings of the corpus with bytes flipped, cut, doubled, moved, spliced and cut anew."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Any

import msgspec
import yaml
from hypothesis import strategies as st

from dashboard.config import Custom
from dashboard.telemetry.recording import read_recording
from dashboard.wire.recorded import Attempt
from tests.fuzz.hostile import KNOWN, STRINGS
from tests.wire.reading import CORPUS, messages

FILES = sorted(CORPUS.glob("*/*.jsonl"))
CUSTOM = Custom("choices.0.delta.content", finish="[DONE]", error="error.message")
LONGEST = 30_000
"""Bytes of a body: the long recordings say nothing more than their beginnings."""


@cache
def attempts(index: int) -> tuple[Attempt, ...]:
    return tuple(read_recording(FILES[index]))


@cache
def options(folder: str, name: str) -> Custom:
    """The `custom:` block that the corpus reads this file with."""
    entry = yaml.safe_load((CORPUS / folder / "expected.yaml").read_text("utf-8"))[name]
    return Custom(**entry["options"])


def body(attempt: Attempt) -> bytes:
    return b"".join(data for _, data in attempt.reads)[:LONGEST]


@cache
def documents() -> list[Any]:
    """Every JSON value that a message of the corpus carries, once per shape."""
    found: dict[str, Any] = {}
    for index in range(len(FILES)):
        for attempt in attempts(index):
            for message in messages([body(attempt)]):
                try:
                    value = json.loads(message.data)
                except ValueError:
                    continue
                found.setdefault(json.dumps(_shape(value)), value)
    return list(found.values())


@cache
def spoken(folder: str) -> list[bytes]:
    """Events as the servers of one protocol wrote them, each once."""
    bodies = (
        body(attempt) for index, path in enumerate(FILES) if path.parent.name == folder for attempt in attempts(index)
    )
    return list(dict.fromkeys(event for each in bodies for event in _events(each)))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        kinds = {key: inner for key, inner in value.items() if key in ("type", "event", "kind", "state")}
        return {key: _shape(inner) for key, inner in value.items()} | kinds
    return [_shape(value[0])] if isinstance(value, list) and value else type(value).__name__


LEAVES = st.one_of(
    STRINGS, st.none(), st.booleans(), st.integers(), st.floats(), st.just([]), st.just({}), st.just([[]])
)


def changed(document: Any, chance: Random, leaf: Any) -> Any:
    """`document` with one thing in it replaced by `leaf`, taken away, doubled, or put one level deeper."""
    document = json.loads(json.dumps(document))
    places: list[tuple[Any, Any]] = []
    todo = [document]
    while todo:
        inside = todo.pop()
        keys = inside if isinstance(inside, dict) else range(len(inside)) if isinstance(inside, list) else ()
        for key in keys:
            places.append((inside, key))
            todo.append(inside[key])
    if not places:
        return leaf
    inside, key = chance.choice(places)
    how = chance.randrange(6)
    if how == 0 and isinstance(inside, dict):
        del inside[key]
    elif how == 1:
        inside[key] = [inside[key]]
    elif how == 2 and isinstance(inside, list):
        inside.append(inside[key])
    elif how == 3:
        inside[key] = {"text": inside[key], "content": inside[key], "type": inside[key]}
    else:
        inside[key] = leaf
    return document


@st.composite
def _documents(draw: st.DrawFn) -> Any:
    document = draw(st.sampled_from(documents()))
    for _ in range(draw(st.integers(0, 3))):
        document = changed(document, draw(st.randoms(use_true_random=False)), draw(LEAVES))
    return document


DOCUMENTS = _documents()
"""Messages of real protocols, with up to three things wrong in them."""


def _place(chance: Random, data: bytes) -> int:
    return chance.randrange(len(data) + 1)


def _events(data: bytes) -> list[bytes]:
    return [event + b"\n\n" for event in data.replace(b"\r\n", b"\n").split(b"\n\n") if event]


def flip(data: bytes, other: bytes, chance: Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 40))):
        if out:
            out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def truncate(data: bytes, other: bytes, chance: Random) -> bytes:
    return data[: _place(chance, data)]


def take_out(data: bytes, other: bytes, chance: Random) -> bytes:
    begin = _place(chance, data)
    return data[:begin] + data[begin + chance.choice((1, 2, 7, 100)) :]


def double(data: bytes, other: bytes, chance: Random) -> bytes:
    events = _events(data)
    for _ in range(chance.choice((1, 3))):
        if events:
            at = chance.randrange(len(events))
            events.insert(chance.randrange(len(events)), events[at])
    return b"".join(events)


def reorder(data: bytes, other: bytes, chance: Random) -> bytes:
    events = _events(data)
    if len(events) < 40:
        chance.shuffle(events)
    elif len(events) > 1:
        a, b = chance.randrange(len(events)), chance.randrange(len(events))
        events[a], events[b] = events[b], events[a]
    return b"".join(events)


def splice(data: bytes, other: bytes, chance: Random) -> bytes:
    return data[: _place(chance, data)] + other[_place(chance, other) :]


def insert(data: bytes, other: bytes, chance: Random) -> bytes:
    at = _place(chance, data)
    strange = chance.choice((
        b"\r", b"\n", b"\r\n\r\n", b"\x00", b"\xef\xbb\xbf", b"\xe2\x82", b"id: 1\n", b"id\n", b"retry: 0\n", b"retry: 99999999999\n",
        b"event: error\n", b"data: [DONE]\n\n", b"data: " + b"[" * 3_000 + b"\n\n", b": " + b"p" * 9_000 + b"\n", chance.choice(KNOWN).encode("utf-8", "surrogatepass"),
    ))  # fmt: skip
    return data[:at] + strange + data[at:]


def number(data: bytes, other: bytes, chance: Random) -> bytes:
    """Ids that count, and now and then do not."""
    return b"".join(
        b"id: %d\n%b" % (n if chance.random() < 0.95 else chance.randrange(9), e) for n, e in enumerate(_events(data))
    )


MUTATIONS = (flip, truncate, take_out, double, reorder, splice, insert, number)
ENDS = ("complete", "truncated", "reset", "timeout", "client-closed", "close", "dns", "", "\ud800")


class Case(msgspec.Struct, frozen=True):
    """What is replayed: attempts, and the dialect that reads them."""

    attempts: tuple[Attempt, ...]
    dialect: str
    custom: Custom | None


def mutate(data: bytes, other: bytes, chance: Random, most: int) -> bytes:
    for _ in range(chance.randint(0, most)):
        data = chance.choice(MUTATIONS)(data, other, chance)[: 2 * LONGEST]
    return data


def recut(data: bytes, chance: Random) -> list[bytes]:
    """`data` in other reads: one, some, or a byte each."""
    size = chance.choice((1, 7, 60, 700, LONGEST * 2)) if len(data) < 3_000 else chance.choice((60, 700, LONGEST * 2))
    out, at = [], 0
    while at < len(data):
        step = chance.randint(1, size)
        out.append(data[at : at + step])
        at += step
    return out


def _timed(reads: list[bytes], began: float, chance: Random) -> list[tuple[float, bytes]]:
    at, timed = began, []
    for read in reads:
        at += chance.choice((0.0, 0.0, 0.001, 0.02, 0.5)) if chance.random() < 0.97 else chance.choice((3.0, 70.0))
        timed.append((at, read))
    return timed


def case(chance: Random) -> Case:
    """One to three attempts of a recording, made wrong; now and then read as another protocol."""
    index = chance.randrange(len(FILES))
    folder, name = FILES[index].parent.name, FILES[index].stem
    found, at = [], 0.0
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        original = chance.choice(attempts(index))
        other = body(chance.choice(attempts(chance.randrange(len(FILES)))))
        reads = _timed(
            recut(mutate(body(original), other, chance, 3), chance), at + chance.choice((0.0, 0.1, 2.0)), chance
        )
        head_t = reads[0][0] if reads else at
        status = original.status if chance.random() < 0.9 else chance.choice((0, 204, 301, 429, 500))
        headers = original.headers if chance.random() < 0.9 else {"content-type": chance.choice(KNOWN)}
        at = (reads[-1][0] if reads else at) + chance.choice((0.0, 0.3, 90.0))
        found.append(
            Attempt(
                status,
                headers,
                tuple(reads),
                chance.choice(ENDS) if chance.random() < 0.5 else original.end,
                at,
                head_t,
            )
        )
    dialect = chance.choice((folder, folder, folder, "auto", "custom", "openai-chat", "orchestrator"))
    dialect = "auto" if dialect == "other" else dialect
    custom = None if dialect != "custom" else options(folder, name) if folder == "custom" else CUSTOM
    return Case(tuple(found), dialect, custom)
