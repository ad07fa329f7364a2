"""Recorded bytes through the decoder and a dialect, folded into what a table can compare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Reasoning,
    Routed,
    Step,
    Text,
    ToolCall,
    Unknown,
    Usage,
)
from dashboard.wire.dialect import Dialect, Endpoint
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.frame import Message
from dashboard.wire.recorded import parse_recording
from dashboard.wire.sse import SseDecoder

CORPUS = Path(__file__).parents[1] / "corpus"

URL = "http://127.0.0.1:8004/process/stream"


def made(name: str, method: str = "POST", url: str = URL, **options: Any) -> Dialect:
    """A dialect's object with these options."""
    return DIALECTS[name](Endpoint(url, method, options))


def read(dialect: Dialect | str, data: Any, event: str = "message") -> list[ChatEvent]:
    """What one message means; `data` other than a string is sent as JSON."""
    reader = made(dialect) if isinstance(dialect, str) else dialect
    return list(reader.read(Message(event, data if isinstance(data, str) else json.dumps(data))))


def expectations(dialect: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((CORPUS / dialect / "expected.yaml").read_text("utf-8"))
    return found


def recorded(dialect: str, name: str) -> bytes:
    """The body of a recording, whole."""
    with (CORPUS / dialect / f"{name}.jsonl").open("rb") as lines:
        (attempt,) = parse_recording(lines)
    return b"".join(data for _, data in attempt.reads)


def messages(chunks: Iterable[bytes]) -> list[Message]:
    decoder = SseDecoder()
    return [frame for chunk in chunks for frame in decoder.feed(chunk) if isinstance(frame, Message)]


def chat_events(dialect: Dialect, chunks: Iterable[bytes]) -> list[ChatEvent]:
    """What the stream means, up to its terminator or its error."""
    events: list[ChatEvent] = []
    for message in messages(chunks):
        events += dialect.read(message)
        if events and isinstance(events[-1], End | BackendError):
            break
    return events


def folded(events: Iterable[ChatEvent]) -> dict[str, Any]:
    """The keys of expected.yaml; those with nothing in them are left out, `text` and `ends` never are."""
    told: dict[str, Any] = {"text": "", "reasoning": "", "steps": [], "tools": [], "unread": [], "ends": False}
    for event in events:
        match event:
            case Text(text):
                told["text"] += text
            case Reasoning(text):
                told["reasoning"] += text
            case Routed(agent_id, agent_name, protocol, confidence):
                told["agent"] = [agent_id, agent_name, protocol, confidence]
            case Step(name, phase):
                told["steps"].append(name if phase == "start" else f"{name} {phase}")
            case ToolCall(name, _, phase, detail):
                told["tools"].append(f"{name} {phase} {detail}".rstrip())
            case Usage(input_tokens, output_tokens):
                before = told.get("usage", [None, None])
                tokens = [input_tokens, output_tokens]
                told["usage"] = [old if new is None else new for old, new in zip(before, tokens, strict=True)]
            case Finish(reason):
                told["finish"] = reason
            case BackendError(code, message):
                told["error"] = [code, message]
            case End():
                told["ends"] = True
            case Unknown(words) | Malformed(words):
                told["unread"].append(words)
    return {key: value for key, value in told.items() if value or key in ("text", "ends")}
