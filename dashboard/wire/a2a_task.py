"""What was told of one A2A task, so that nothing is told twice; and the text in its parts.

Agents say again in one piece what they streamed: in the last status, in the task itself, in an artifact after a stream of
messages, in the snapshot after a resume.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.wire import payload
from dashboard.wire.chat_event import ChatEvent, Malformed, Reasoning, Text, ToolCall

DETAIL_CHARS = 2048
MOST_TOLD = 10_000
"""So many artifacts and messages are remembered; of later ones it is not known whether they come again."""
TOOL_PARTS = {"function_call": ("start", "args"), "function_response": ("result", "response")}


class Told:
    """What was told of one task: pieces by artifact, messages by id and text."""

    def __init__(self) -> None:
        self._artifacts: dict[str, list[str]] = {}
        self._messages: set[tuple[str, str]] = set()
        self._pieces: list[str] = []
        self._chars = 0
        self._newest = ""

    @property
    def anything(self) -> bool:
        return bool(self._pieces)

    def artifact(self, artifact: Any, *, append: bool, snapshot: bool = False) -> Iterator[ChatEvent]:
        """An artifact, or a piece of one. Without `append` it replaces what it was: then only what is new is told.

        `snapshot`: a resume begins with it. Then its last piece may come once more, as the update that it still was
        when the snapshot was taken.
        """
        if not isinstance(artifact, dict):
            yield Malformed("`artifact` is no object")
            return
        text, others = parts_of(artifact)
        yield from others
        pieces = self._pieces_of(either(artifact, "artifactId"))
        again = bool(text) and self._newest.endswith(text) if append else self._repeats(text, least=1)
        if pieces and not append:
            text = text.removeprefix("".join(pieces))
        elif again:
            text = ""
        self._newest = text if snapshot else ""
        if text or not pieces:
            pieces.append(text)
        yield from self._tell(text)

    def _pieces_of(self, artifact: str) -> list[str]:
        known = self._artifacts
        return known.setdefault(artifact, []) if artifact in known or len(known) < MOST_TOLD else []

    def message(self, message: Any, *, closing: bool) -> Iterator[ChatEvent]:
        """An agent's message, once by its id; the closing one may say again what was streamed."""
        said = spoken(message)
        text, others = parts_of(said)
        key = either(said, "messageId"), text  # some agents give every piece of an answer the same id
        if key[0] and key in self._messages:
            return
        if len(self._messages) < MOST_TOLD:
            self._messages.add(key)
        yield from others
        if closing:
            whole = "".join(self._pieces)
            text = "" if whole and text.strip() in whole else text.removeprefix(whole)
        elif self._repeats(text, least=2):
            text = ""
        yield from self._tell(text)

    def _repeats(self, text: str, least: int) -> bool:
        """Whether `text` is all that came so far, in one piece; of fewer pieces than `least` it may be a mere twin."""
        return len(self._pieces) >= least and len(text) == self._chars and text == "".join(self._pieces)

    def _tell(self, text: str) -> Iterator[ChatEvent]:
        if text:
            self._pieces.append(text)
            self._chars += len(text)
            yield Text(text)


def either(value: Mapping[str, Any], camel: str) -> str:
    """An id by its name in camel case or in snake case."""
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in camel)
    return payload.name(value.get(camel)) or payload.name(value.get(snake))


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def spoken(message: Any) -> Mapping[str, Any]:
    """The message, when it is an agent's."""
    return message if isinstance(message, dict) and message.get("role") not in ("user", "ROLE_USER") else {}


def parts_of(holder: Mapping[str, Any]) -> tuple[str, list[ChatEvent]]:
    """The text of a message or an artifact; thoughts and tool calls apart, as Google's agents mark them."""
    texts: list[str] = []
    others: list[ChatEvent] = []
    for part in items(holder.get("parts") or holder.get("content")):
        if not isinstance(part, dict):
            continue
        metadata, text, data = part.get("metadata"), part.get("text"), part.get("data")
        marks = metadata if isinstance(metadata, dict) else {}
        if isinstance(text, str) and text:
            if marks.get("adk_thought") is True or marks.get("thought") is True:
                others.append(Reasoning(text))
            else:
                texts.append(text)
        elif isinstance(data, dict) and (made := TOOL_PARTS.get(payload.name(marks.get("adk_type")))):
            phase, field = made
            detail = payload.said(data.get(field))[:DETAIL_CHARS]
            others.append(ToolCall(payload.name(data.get("name")), payload.name(data.get("id")), phase, detail))
    return "".join(texts), others
