"""A2A, versions 0.3 and 1.0, by JSON-RPC or REST: the updates of one task, or one lone message.

`params: {version: "0.3"|"1.0", binding: jsonrpc|rest}` say how to ask; both versions are read, whatever was asked. Text
comes as pieces of artifacts or in the messages of a status. What an agent sends again in one piece at the end, or in the
snapshot after a resume, is not told twice. 0.3 ends with `final: true`, 1.0 with a state and the end of the stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from dashboard.wire import payload
from dashboard.wire.a2a_task import Told, either, items, parts_of, spoken
from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Step,
    Unknown,
)
from dashboard.wire.dialect import Ask, Endpoint, Question
from dashboard.wire.frame import Message

STREAM = "/message:stream"
METHODS = {"0.3": ("message/stream", "tasks/resubscribe"), "1.0": ("SendStreamingMessage", "SubscribeToTask")}
KINDS = {
    "task": "task",
    "message": "message",
    "msg": "message",
    "statusUpdate": "status-update",
    "status_update": "status-update",
    "artifactUpdate": "artifact-update",
    "artifact_update": "artifact-update",
}
FAILED = frozenset(("failed", "rejected", "canceled", "cancelled"))
WAITS = frozenset(("completed", "input-required"))
"""The states in which an agent has said what it has to say."""

BLIND = "resumed without a snapshot of the task: what was said in between is missing"
"""0.3 has no snapshot; its agents go on from where they are by then."""
DETAIL_CHARS = 2048


class A2A:
    """Reads one task; remembers what was told of it, so that nothing is told twice."""

    name = "a2a"
    paths: tuple[str, ...] = (STREAM, "/a2a")
    media_types: frozenset[str] = frozenset()
    ends_at_eof = True

    def __init__(self, endpoint: Endpoint) -> None:
        params = dict(endpoint.options.get("params") or {})
        self.needs_finish = True
        self.incomplete = ""
        self._endpoint = endpoint
        self._version = "0.3" if str(params.pop("version", "1.0")).startswith("0") else "1.0"
        binding = str(params.pop("binding", "")).lower()
        self._rest = binding in ("rest", "http+json") or (not binding and urlsplit(endpoint.url).path.endswith(STREAM))
        self._more = {key: value for key, value in params.items() if value is not None}
        self._task = self._state = ""
        self._resumed = self._blind = False
        self._told = Told()

    @classmethod
    def recognises(cls, message: Message) -> bool:
        body = payload.parse_object(message.data)
        if isinstance(body, Malformed):
            return False
        kind, what = _unwrapped(body)
        if kind == "message":
            return isinstance(what.get("parts"), list) and bool(either(what, "messageId"))
        return bool(kind) and isinstance(what.get("artifact" if kind == "artifact-update" else "status"), dict)

    def ask(self, question: Question) -> Ask:
        part = {"text": question.text}
        message: dict[str, Any] = {"messageId": question.id or "1"}
        if self._version == "0.3" and not self._rest:
            message |= {"kind": "message", "role": "user", "parts": [{"kind": "text", **part}]}
        else:
            parts = "content" if self._version == "0.3" else "parts"
            message |= {"role": "ROLE_USER", parts: [part]}
        if question.conversation:
            message["contextId"] = question.conversation
        params = {"message": message, **self._more}
        if self._rest:
            return self._sent(self._under(STREAM), params)
        return self._called(METHODS[self._version][0], params, question)

    def resume(self, question: Question, last_event_id: str) -> Ask | None:  # noqa: ARG002  # the task's id is what counts
        if not self._task:
            return None
        self._resumed = self._blind = True
        if self._rest:
            return Ask("GET", self._under(f"/tasks/{quote(self._task, safe='')}:subscribe"), self._headers())
        return self._called(METHODS[self._version][1], {"id": self._task}, question)

    def _under(self, path: str) -> str:
        """The address of a REST method; 0.3 has them below /v1."""
        parts = urlsplit(self._endpoint.url)
        base = parts.path.removesuffix(STREAM).rstrip("/")
        if self._version == "0.3" and not base.endswith("/v1"):
            base += "/v1"
        return parts._replace(path=base + path).geturl()

    def _called(self, method: str, params: dict[str, Any], question: Question) -> Ask:
        call = {"jsonrpc": "2.0", "id": question.id or "1", "method": method, "params": params}
        return self._sent(self._endpoint.url, call)

    def _sent(self, url: str, body: dict[str, Any]) -> Ask:
        return Ask("POST", url, {"Content-Type": "application/json", **self._headers()}, msgspec.json.encode(body))

    def _headers(self) -> dict[str, str]:
        return {"A2A-Version": "1.0"} if self._version == "1.0" else {}

    def read(self, message: Message) -> Sequence[ChatEvent]:
        if not message.data.strip():
            return []
        if message.event == "error":
            return [payload.error_event(message.data)]
        body = payload.parse_object(message.data)
        if isinstance(body, Malformed):
            return [body]
        if error := body.get("error"):
            return [payload.backend_error(error)]
        kind, what = _unwrapped(body)
        match kind:
            case "task":
                return list(self._snapshot(what))
            case "message" if isinstance(what.get("parts"), list) or either(what, "messageId"):
                self.needs_finish = False
                return [*self._told.message(what, closing=True), End()]
            case "status-update":
                self._seen(what, fresh=False)
                return list(self._status(what.get("status"), what.get("final")))
            case "artifact-update":
                append = what.get("append") is True
                self._seen(what, fresh=not append and not self._told.anything)
                return list(self._told.artifact(what.get("artifact"), append=append))
        return [Unknown(payload.one_line(str(body.get("method") or "a JSON object that is no A2A event")))]

    def _remember(self, task: str) -> None:
        self._task = self._task or task

    def _seen(self, update: Mapping[str, Any], *, fresh: bool) -> None:
        """An update came; after a resume it is not known what came before it, unless it begins the answer."""
        self._remember(either(update, "taskId"))
        if self._blind and not fresh:
            self.incomplete = BLIND
        self._blind = False

    def _snapshot(self, task: Mapping[str, Any]) -> Iterator[ChatEvent]:
        """A whole task: the first event, the answer of an agent that does not stream, or where a resume begins."""
        self._remember(either(task, "id"))
        self._blind = False
        history = [each for each in items(task.get("history")) if isinstance(each, dict)]
        if self._resumed:
            for message in history:
                yield from self._told.message(message, closing=False)
        for artifact in items(task.get("artifacts")):
            yield from self._told.artifact(artifact, append=False, snapshot=self._resumed)
        ending = list(self._status(task.get("status"), None))
        if _closed(ending) and not self._told.anything:  # an agent without artifacts: its last message is the answer
            said = [each for message in history[-1:] for each in self._told.message(message, closing=True)]
            ending = [*said, *self._status(task.get("status"), None)]
        yield from ending

    def _status(self, status: Any, final: Any) -> Iterator[ChatEvent]:
        if not isinstance(status, dict):
            yield Malformed("`status` is no object")
            return
        state = payload.name(status.get("state")).lower().removeprefix("task_state_").replace("_", "-")
        if state in FAILED:
            words = parts_of(spoken(status.get("message")))[0]
            yield BackendError(state, words[:DETAIL_CHARS] or f"the task {'' if state == 'failed' else 'was '}{state}")
            return
        closing = state in WAITS or final is True
        yield from self._told.message(status.get("message"), closing=closing)
        if state == "working" and self._state != state:
            yield Step(state)
        self._state = state
        if closing or state == "auth-required":
            yield Finish(state or "final")
        if final is True or (state in WAITS and final is None and self._told.anything):
            yield End()  # without any text, a snapshot of the task with the answer may follow before the close


def _unwrapped(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Kind and content of an event, out of its JSON-RPC envelope where it has one; ("", {}) when it is none."""
    result = body.get("result", body)
    if not isinstance(result, dict):
        return "", {}
    kind = result.get("kind")
    if isinstance(kind, str) and kind in KINDS.values():
        return kind, result
    return next(
        ((KINDS[key], what) for key, what in result.items() if key in KINDS and isinstance(what, dict)), ("", {})
    )


def _closed(events: list[ChatEvent]) -> bool:
    return any(type(event) is Finish for event in events)
