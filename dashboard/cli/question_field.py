"""Where the question stands in a pasted request, and how another takes its place. Pure."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from dashboard.cli.curl import Pasted

FIELDS = ("message", "prompt", "question", "query", "input", "q", "text", "content")
"""Names that a question usually has, the likeliest first."""

Path = tuple[str | int, ...]


def question_in(pasted: Pasted) -> str | None:
    """The question that `pasted` asks; None when no field of it is known to hold one."""
    body = _json(pasted)
    if body is not None:
        path = _path(body)
        return None if path is None else str(_at(body, path))
    name = _form_field(pasted)
    return None if name is None else dict(_form(pasted))[name]


def with_question(pasted: Pasted, question: str) -> Pasted | None:
    """`pasted` with `question` in place of its own; None when no field of it is known to hold one."""
    body = _json(pasted)
    if body is not None:
        path = _path(body)
        if path is None:
            return None
        _at(body, path[:-1])[path[-1]] = question
        return msgspec.structs.replace(pasted, body=json.dumps(body, ensure_ascii=False).encode())
    name = _form_field(pasted)
    if name is None:
        return None
    form = urlencode([(key, question if key == name else value) for key, value in _form(pasted)])
    if pasted.body is not None:
        return msgspec.structs.replace(pasted, body=form.encode())
    return msgspec.structs.replace(pasted, url=urlunsplit(urlsplit(pasted.url)._replace(query=form)))


def _json(pasted: Pasted) -> dict[str, Any] | None:
    try:
        value = json.loads(pasted.body or b"")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _path(body: dict[str, Any]) -> Path | None:
    """The path of the string that is the question: the last user message, A2A's first text part, or a telling name."""
    messages = body.get("messages")
    if isinstance(messages, list):
        users = [i for i, each in enumerate(messages) if isinstance(each, dict) and each.get("role", "user") == "user"]
        return _in_message(messages[users[-1]], ("messages", users[-1])) if users else None
    params = body.get("params")
    if isinstance(params, dict) and isinstance(params.get("message"), dict):
        return _in_message(params["message"], ("params", "message"))
    return next(((name,) for name in FIELDS if isinstance(body.get(name), str)), None)


def _in_message(message: dict[str, Any], at: Path) -> Path | None:
    if isinstance(message.get("content"), str):
        return (*at, "content")
    for key in ("content", "parts"):
        parts = message.get(key)
        for i, part in enumerate(parts if isinstance(parts, list) else []):
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                return (*at, key, i, "text")
    return None


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _form(pasted: Pasted) -> list[tuple[str, str]]:
    """The fields of a form, or of the address when nothing is sent."""
    text = urlsplit(pasted.url).query if pasted.body is None else pasted.body.decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True)


def _form_field(pasted: Pasted) -> str | None:
    kind = next((value for name, value in pasted.headers.items() if name.lower() == "content-type"), "")
    if pasted.body is not None and "urlencoded" not in kind:
        return None
    names = {name for name, _ in _form(pasted)}
    return next((name for name in FIELDS if name in names), None)
