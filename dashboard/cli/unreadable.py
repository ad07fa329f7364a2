"""When nothing could be read: the first frames as they came, and a proposal for config.yaml to paste."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from dashboard.cli.curl import Pasted
from dashboard.cli.printable import one_line
from dashboard.cli.question_field import with_question
from dashboard.turn.events import ChunkArrived, MessageArrived, TextArrived, TurnEvent
from dashboard.wire.frame import Message
from dashboard.wire.guess import propose_text_path

SHOWN = 5
KEPT = 50
KEPT_CHARS = 256 * 1024
KEPT_BYTES = 2048
NEVER_TEXT = frozenset({"unknown", "malformed"})


class Seen:
    """An Observer that keeps the first frames, bounded, and whether anything of them was understood."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.raw = b""
        self.last = ""
        self.understood = False
        self._room = KEPT_CHARS

    def observe(self, event: TurnEvent) -> None:
        """Keeps what `event` carries."""
        if type(event) is MessageArrived:
            self.last = event.data[:KEPT_BYTES]
            self.understood = self.understood or event.kind not in NEVER_TEXT
            if len(self.messages) < KEPT and len(event.data) <= self._room:
                self._room -= len(event.data)
                self.messages.append(Message(event.event, event.data, event.id))
        elif type(event) is ChunkArrived and len(self.raw) < KEPT_BYTES:
            self.raw += event.data[: KEPT_BYTES - len(self.raw)]
        elif type(event) is TextArrived:
            self.understood = True


def unread(seen: Seen, asked: Pasted) -> Iterator[str]:
    """What to tell a person: the first frames, and what to paste."""
    yield ""
    yield "Nothing of it could be read. It began with:"
    yield from (f"  {line}" for line in frames(seen))
    block = proposal(seen, asked)
    if block is None:
        yield "No text can be made out in it; say where it is with `dialect: custom` in config.yaml."
    else:
        yield "The text may stand where this says; paste it into config.yaml, then `streamgauge check ours`:"
        yield ""
        yield from block.rstrip().splitlines()


def frames(seen: Seen) -> list[str]:
    """The first five frames, one line each; the first raw lines when there was no frame at all."""
    if seen.messages:
        return [_frame(message) for message in seen.messages[:SHOWN]]
    raw = seen.raw.decode("utf-8", "replace").splitlines()
    return [one_line(line) for line in raw if line.strip()][:SHOWN]


def proposal(seen: Seen, asked: Pasted) -> str | None:
    """A `backends:` entry that would read these frames; None when no text can be made out."""
    path = propose_text_path(seen.messages)
    if path is None:
        return None
    custom: dict[str, Any] = {}
    template = with_question(asked, "{question}")
    if template is not None and template.body is not None:
        custom["json"] = _json(template.body)
    elif template is not None:
        custom["query"] = dict(parse_qsl(urlsplit(template.url).query))
    custom["text"] = path
    if seen.last == "[DONE]":
        custom["finish"] = "[DONE]"
    entry: dict[str, Any] = {"name": "ours", "url": asked.url.partition("?")[0], "dialect": "custom"}
    if asked.method == "GET":
        entry["method"] = "GET"
    block = {"backends": [{**entry, "custom": {key: value for key, value in custom.items() if value is not None}}]}
    return yaml.safe_dump(block, sort_keys=False, width=10_000, allow_unicode=False)


def _frame(message: Message) -> str:
    named = "" if message.event == "message" else f"event: {one_line(message.event, 60)}  "
    return f"{named}data: {one_line(message.data)}"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
