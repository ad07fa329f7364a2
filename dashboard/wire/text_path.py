"""Where in a stream's messages is the text? A proposal for the `text:` of the dialect custom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dashboard.wire import payload
from dashboard.wire.frame import Message

DATA = "$data"
"""The path that means: the data as it came."""

LOOKED_AT = 50
DEEPEST = 8
WIDEST = 200
LEAST_SCORE = 1.0

SPOKEN = (
    "content",
    "text",
    "delta",
    "token",
    "answer",
    "response",
    "output",
    "completion",
    "chunk",
    "reply",
    "message",
)
MACHINE = re.compile(
    r"(^|[._-])(id|uuid|role|event|type|kind|object|model|created|time|timestamp|ts|date|status|finish|"
    r"finish_reason|stop_reason|reason|fingerprint|version|name|index|seq|usage|code|url|protocol|agent|session)$"
)
SHAPED = re.compile(r"[0-9a-f-]{16,}|\d[\d:.TZ+-]*|[\w.-]*\d[\w.-]*[_-][\w.-]*", re.IGNORECASE)


def propose_text_path(messages: Sequence[Message]) -> str | None:
    """The path whose strings look most like the pieces of an answer; None when nothing does.

    `$data` when the data is no JSON, `$` when it is a JSON string. Looks at the first 50 messages.

    >>> propose_text_path([Message("message", '{"token": " two", "id": 1}')])
    'token'
    """
    found: dict[str, list[str]] = {}
    bare = looked = 0
    for message in messages[:LOOKED_AT]:
        data = message.data.strip()
        if not data or data == "[DONE]":
            continue
        looked += 1
        value = _container(data)
        if value is None:
            bare += 1
            continue
        for path, text in _strings(value):
            found.setdefault(path, []).append(text)
    if bare * 2 > looked:
        return DATA
    scored = [(score(path, texts), path) for path, texts in found.items()]
    best, path = max(scored, default=(0.0, ""), key=lambda each: each[0])
    return path if best >= LEAST_SCORE else None


def _container(data: str) -> Any:
    """The JSON object, list or string in `data`; None for bare text, and a bare number is one."""
    try:
        value = payload.parse(data)
    except payload.NotJson:
        return None
    return value if isinstance(value, dict | list | str) else None


def _strings(value: Any) -> Iterator[tuple[str, str]]:
    """(path, string) of the leaves, breadth first, at most WIDEST on each of DEEPEST levels."""
    level: list[tuple[tuple[str, ...], Any]] = [((), value)]
    for _ in range(DEEPEST):
        below: list[tuple[tuple[str, ...], Any]] = []
        for steps, each in level:
            if isinstance(each, str):
                yield ".".join(steps) or payload.WHOLE, each
            elif isinstance(each, dict):
                below += [((*steps, key), item) for key, item in each.items() if "." not in key]
            elif isinstance(each, list):
                below += [((*steps, str(place)), item) for place, item in enumerate(each[:WIDEST])]
        level = below[:WIDEST]


def score(path: str, texts: Sequence[str]) -> float:
    """How much like an answer in pieces: a telling name, values that vary, spaces and words, no ids or times."""
    filled = [text for text in texts if text]
    if not filled:
        return 0.0
    last = next((step for step in reversed(path.split(".")) if not step.isdecimal()), "").lower()
    named = 1.0 if last in SPOKEN or path == payload.WHOLE else -1.5 if MACHINE.search(last) else 0.0
    varied = len(set(filled)) / len(filled) if len(filled) > 1 else 0.5
    wordy = sum(any(char.isspace() for char in text) or not text.isascii() for text in filled) / len(filled)
    shaped = sum(SHAPED.fullmatch(text) is not None for text in filled) / len(filled)
    return named + varied + wordy - 1.5 * shaped
