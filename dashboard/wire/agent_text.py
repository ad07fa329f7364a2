"""The text in what an agent said, wherever the agent's own protocol puts it; an orchestrator passes it on as it came."""

from __future__ import annotations

from typing import Any

from dashboard.wire import payload

PLACES = {"a2a": ("parts", "text", "content"), "acp": ("content", "text", "parts"), "mcp": ("content", "text", "parts")}
ANY_PLACE = ("text", "content", "parts")
WRAPPERS = (
    "raw_response",
    "message",
    "result",
    "output",
    "response",
    "answer",
    "part",
    "artifact",
    "artifacts",
    "status",
)
UPDATES = frozenset(("artifact", "artifacts", "status"))
"""What wraps a piece of text in an agent's own events; a mere word there is none (`status: working`)."""
DEEPEST = 5


def text_in(body: dict[str, Any]) -> str | None:
    """The text of a chunk or of the whole answer: "" when there is a place for it and none in it, None without one."""
    if isinstance(text := body.get("text"), str):
        return text
    if "response_data" not in body:
        return None
    protocol = body.get("protocol")
    places = PLACES.get(protocol) if isinstance(protocol, str) else ANY_PLACE
    if places is None:
        places = PLACES.get(payload.name(protocol).lower(), ANY_PLACE)
    return _text(body["response_data"], places, DEEPEST)


def _text(value: Any, places: tuple[str, ...], deep: int) -> str | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or not deep:
        return _joined(value, places, deep - 1) if isinstance(value, list) and deep else None
    found = None
    for place in places:
        inner = value.get(place)
        text = inner if isinstance(inner, str) else _parts(inner) if isinstance(inner, list) else None
        if text:
            return text
        found = text if found is None else found
    for wrapper in WRAPPERS:
        if (inner := value.get(wrapper)) is None or (wrapper in UPDATES and isinstance(inner, str)):
            continue
        text = _text(inner, places, deep - 1)
        if text:
            return text
        found = text if found is None else found
    return found


def _joined(values: list[Any], places: tuple[str, ...], deep: int) -> str | None:
    texts = [text for value in values if (text := _text(value, places, deep)) is not None]
    return "".join(texts) if texts else None


def _parts(parts: list[Any]) -> str:
    """The text parts, joined; files and data are none. a2a tells parts apart by `kind`, mcp by `type`, acp by `content_type`."""
    texts = [
        part["text"] if "text" in part else _content(part)
        for part in parts
        if isinstance(part, dict) and part.get("kind", part.get("type", "text")) == "text"
    ]
    return "".join([text for text in texts if isinstance(text, str)])


def _content(part: dict[str, Any]) -> Any:
    return part.get("content") if str(part.get("content_type", "text")).startswith("text") else None
