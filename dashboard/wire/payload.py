"""The data of a message as JSON, and what can safely be taken out of it: the far end may send anything.

Paths are written `choices.0.delta.content`: names and list positions, joined by dots; `$` is the whole value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from dashboard.wire.chat_event import BackendError, Malformed
from dashboard.wire.encodable import encodable

WORDS_CHARS = 200
"""Names and reasons are cut to this; the answer itself never is."""

DEEPEST_ERROR = 8

WHOLE = "$"

PINGS = frozenset(("ping", "heartbeat", "keepalive", "keep-alive", "keep_alive"))
"""Names of events that servers of no protocol of their own send to keep a connection alive."""


class NotJson(ValueError):  # noqa: N818  # a fact about the data, in the reader's words
    """The data is no JSON, or JSON nested beyond all reason."""


def parse(data: str) -> Any:
    """The JSON value in `data`; a lone surrogate in a string becomes U+FFFD. Errors: NotJson.

    msgspec refuses what Python's json writes (NaN) and what JavaScript cuts in two (a surrogate pair), so json has the
    second word.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError):
        try:
            return _cleaned(json.loads(data))
        except (ValueError, RecursionError) as error:
            raise NotJson(one_line(str(error))) from None


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    return value


def parse_object(data: str) -> dict[str, Any] | Malformed:
    """The JSON object in `data`, or what is there instead."""
    try:
        value = parse(data)
    except NotJson:
        return Malformed(f"no JSON: {one_line(data)}"[:WORDS_CHARS])
    return value if isinstance(value, dict) else Malformed(f"no JSON object: {one_line(data)}"[:WORDS_CHARS])


def one_line(words: str, limit: int = WORDS_CHARS) -> str:
    """The beginning of `words` without line breaks and control characters."""
    cut = words[: limit * 2]
    if cut.isprintable():  # nearly always
        return " ".join(cut.split())[:limit]
    return " ".join("".join(char if char.isprintable() else " " for char in cut).split())[:limit]


def name(value: Any) -> str:
    """A name out of a hostile value: its text when it is one, cut; else ""."""
    return one_line(value) if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """A finite number, booleans not counted; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def count(value: Any) -> int | None:
    """A non-negative whole number that a counter can hold; else None."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value if fits else None


def at(value: Any, path: str) -> Any:
    """What stands at `path`, None when nothing does. A position counts from 0, or from the end when negative."""
    if path == WHOLE:
        return value
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.removeprefix("-").isdecimal() and len(step) < WORDS_CHARS:
            place = int(step)
            value = value[place] if -len(value) <= place < len(value) else None
        else:
            return None
    return value


def said(value: Any) -> str:
    """A value as a person would write it in a config: true, null, 3, stop; JSON where it is more than a leaf."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "JSON nested beyond all reason"


def error_event(data: str) -> BackendError:
    """The failure in the data of an event that is named `error`: an object, or mere words."""
    try:
        value = parse(data)
    except NotJson:
        value = data
    return (failure(value) if isinstance(value, dict) else None) or backend_error(value)


def failure(body: Mapping[str, Any]) -> BackendError | None:
    """The failure that a JSON object tells of by itself, whatever its event is named; None when it tells of none.

    Some servers send an `error` with nothing in it along with every message.
    """
    several = body.get("errors")
    error = body.get("error") or (several[0] if isinstance(several, list) and several else None)
    if error is True:
        return backend_error({key: value for key, value in body.items() if key != "error"})
    if isinstance(error, dict) and any(error.values()):
        return backend_error(error)
    if error and not isinstance(error, dict):
        code = next((said(body[key]) for key in ("code", "error_type", "status_code") if body.get(key)), "")
        return BackendError(one_line(code), said(error)[:2048])
    if "error" in [body.get(key) for key in ("object", "type", "event", "status")]:
        inner = body.get("data")
        return backend_error(inner if isinstance(inner, dict) and inner else body)
    return None


def backend_error(value: Any, deep: int = DEEPEST_ERROR) -> BackendError:
    """The server's own words for its failure, whatever shape it gives them; looked for at most `deep` levels down."""
    if not isinstance(value, dict):
        return BackendError("", said(value)[:2048])
    code = next((said(value[key]) for key in ("code", "type", "status") if value.get(key) is not None), "")
    words = next((value[key] for key in ("message", "error", "detail", "msg") if value.get(key)), None)
    if isinstance(words, dict) and deep:
        inner = backend_error(words, deep - 1)
        return BackendError(inner.code or one_line(code), inner.message)
    return BackendError(one_line(code), said(words if words is not None else value)[:2048])
