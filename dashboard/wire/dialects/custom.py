"""A home-made stream, described in the config instead of in Python.

`json` or `query` say what to send, `{question}` and `{history}` stand for what they name. `text` says where the answer is:
a path into each message's JSON, `$` for the JSON value itself, `$data` for the data as it came (pieces are joined as
they are: a server that wants spaces sends them). `finish` is a data line ("[DONE]") or `path=value`; without one a clean
end of the transport is the good end. `error` is a path where a failure stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from dashboard.wire import payload
from dashboard.wire.chat_event import ChatEvent, End, Finish, Malformed, Ping, Text, Unknown
from dashboard.wire.dialect import Ask, Endpoint, Question, with_query
from dashboard.wire.frame import Message
from dashboard.wire.text_path import DATA, propose_text_path

SLOT = re.compile(r"\{(question|history)\}")
HISTORY = "{history}"
DEFAULT_JSON = {"message": "{question}"}
TERMINATOR = "[DONE]"


class Custom:
    """Reads one stream; remembers whether the text path ever led to text, to tell a wrong path from a quiet message."""

    name = "custom"
    paths: tuple[str, ...] = ()
    media_types = frozenset({"text/plain"})
    needs_finish = False

    def __init__(self, endpoint: Endpoint) -> None:
        options = endpoint.options
        self._endpoint = endpoint
        self._json, self._query = options.get("json"), options.get("query") or {}
        self._text_path: str = options.get("text") or DATA
        self._error_path: str = options.get("error") or ""
        self._finish: str = options.get("finish") or ""
        self._finish_path, self._finish_value = _condition(self._finish)
        self._text_seen = False
        self.ends_at_eof = not self._finish

    @classmethod
    def recognises(cls, message: Message) -> bool:  # noqa: ARG003  # a stream like this could be anybody's
        return False

    def ask(self, question: Question) -> Ask:
        query, body = self._query, self._json
        if self._endpoint.method == "GET":
            return self._get(question, {})
        if body is None and not query:
            body = DEFAULT_JSON
        url = with_query(self._endpoint.url, urlencode(filled(query, question)))
        if body is None:
            return Ask("POST", url)
        return Ask("POST", url, {"Content-Type": "application/json"}, msgspec.json.encode(filled(body, question)))

    def resume(self, question: Question, last_event_id: str) -> Ask | None:
        if self._endpoint.method != "GET" or not last_event_id:
            return None
        return self._get(question, {"Last-Event-ID": last_event_id})

    def _get(self, question: Question, headers: dict[str, str]) -> Ask:
        query = filled(self._query or DEFAULT_JSON, question)
        return Ask("GET", with_query(self._endpoint.url, urlencode(query)), headers)

    def read(self, message: Message) -> Sequence[ChatEvent]:
        data = message.data
        if message.event == "error":
            return [payload.error_event(data)]
        if message.event in payload.PINGS:
            return [Ping()]
        if self._finish and data.strip() == self._finish:
            return [End()]
        if self._text_path == DATA and not self._finish_path and not self._error_path:
            return [Text(data)] if data else []
        return self._read_json(data)

    def _read_json(self, data: str) -> Sequence[ChatEvent]:
        bare = self._text_path == DATA
        try:
            value = payload.parse(data)
        except payload.NotJson:
            if bare or not data.strip() or data.strip() == TERMINATOR:
                return [Text(data)] if bare and data else []
            return [Malformed(f"no JSON: {payload.one_line(data)}"[: payload.WORDS_CHARS])]
        if self._error_path and (error := payload.at(value, self._error_path)):
            return [payload.backend_error(error)]
        events: list[ChatEvent] = []
        text = data if bare else _text(payload.at(value, self._text_path))
        if text:
            self._text_seen = True
            events.append(Text(text))
        if self._finish_path:
            found = payload.at(value, self._finish_path)
            if found is not None and payload.said(found) == self._finish_value:
                return [*events, Finish(payload.one_line(self._finish_value)), End()]
        return events or self._quiet(data, text)

    def _quiet(self, data: str, text: str | None) -> Sequence[ChatEvent]:
        """A message without text is nothing to tell, unless its text seems to stand where nobody looked."""
        if text is None and not self._text_seen:
            elsewhere = propose_text_path([Message("message", data)])
            if elsewhere is not None:
                return [
                    Unknown(
                        f"nothing at `{self._text_path}`, but there is text at `{elsewhere}`"[: payload.WORDS_CHARS]
                    )
                ]
        return []


def _condition(finish: str) -> tuple[str, str]:
    """("path", "value") of `path=value`; ("", "") of a data line."""
    path, equals, value = finish.partition("=")
    return (path.strip(), value.strip()) if equals and re.fullmatch(r"[\w$.-]+", path.strip()) else ("", "")


def _text(value: Any) -> str | None:
    """Text as found; a number is what a model said, too; None where there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(item for item in value if isinstance(item, str))
    return payload.said(value) if payload.number(value) is not None else None


def filled(value: Any, question: Question) -> Any:
    """`value` with every slot in its strings filled. The values are filled, not their JSON, so none can break it."""
    if isinstance(value, dict):
        return {key: filled(item, question) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, question) for item in value]
    if not isinstance(value, str):
        return value
    if value == HISTORY:
        return [{"role": role, "content": text} for role, text in question.history]
    told = {
        "question": question.text,
        "history": "\n".join(f"{role}: {text}" for role, text in question.history),
    }
    return SLOT.sub(lambda slot: told[slot[1]], value)
