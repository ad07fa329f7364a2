"""What a request for a chat completion asks. Pure: an OpenAI body in, a question out, or a refusal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import replace

from orchestrator_stub.question import HISTORY_ITEMS, Asked, BadRequestError, asked_in, json_object, kind_of

_EXAMPLE = '{"model": "stub", "messages": [{"role": "user", "content": "What\'s 2+2?"}], "stream": true}'
MODEL_CHARS = 100


def from_chat(body: bytes, query: Mapping[str, str], limit: int, scenarios: Collection[str]) -> Asked:
    """The last message is the question. A scenario is named by `scenario`, in the query, or as the model.

    Errors: BadRequestError.
    """
    fields = json_object(body, _EXAMPLE)
    model = fields.get("model") or "stub"
    if not isinstance(model, str) or len(model) > MODEL_CHARS:
        raise BadRequestError(f"expected a name, got {kind_of(model)}", "model", "send stub, or see GET /v1/models")
    asked = asked_in({**fields, "message": _question(fields.get("messages"))}, query, limit, scenarios)
    options = fields.get("stream_options")
    usage = isinstance(options, dict) and options.get("include_usage") is True
    named = asked.scenario or (model if model in scenarios else "")
    return replace(asked, scenario=named, model=model, usage=usage, streamed=fields.get("stream") is True)


def _question(messages: Any) -> str:
    if not isinstance(messages, list) or not 0 < len(messages) <= HISTORY_ITEMS:
        got = f"{len(messages)} items" if isinstance(messages, list) else kind_of(messages)
        raise BadRequestError(f"expected a list of 1 to {HISTORY_ITEMS}, got {got}", "messages", f"send {_EXAMPLE}")
    last = messages[-1]
    text = _text(last.get("content")) if isinstance(last, dict) else ""
    if not text.strip():
        raise BadRequestError("expected a last message with a text in it", "messages", f"send {_EXAMPLE}")
    return text


def _text(content: Any) -> str:
    """A text, or the text parts of a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))
