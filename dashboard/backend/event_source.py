"""An event source in Python: a GET stream that reconnects with Last-Event-ID (WHATWG HTML §9.2), pulled by `async for`.

It is a Turn whose dialect means nothing by any message, so it keeps every rule of a turn's connections.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Self

import msgspec

from dashboard.backend.answer import Driver
from dashboard.backend.seam import Transport
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend, Limits, Retry, Secret, Thresholds, Timeouts
from dashboard.turn.events import Connecting, Ended, HeadRefused, MessageArrived
from dashboard.turn.machine import TurnState
from dashboard.turn.request import Start
from dashboard.turn.turn import Turn
from dashboard.wire.chat_event import ChatEvent, End, Step, Text
from dashboard.wire.dialect import Ask, Endpoint, Question
from dashboard.wire.frame import Message

FOREVER_S = 10.0 * 365 * 86_400
NO_CONTENT = 204


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How an event source behaves; seconds.

    `retry` is the backoff until the server's `retry:` says otherwise (`jitter` False waits the whole delay), `idle_s`
    the silence after which it connects anew (None: never), `end_marker` a data line that ends it well. A POST is not
    sent again once its bytes went out, unless `resume` is True and an id came: then by GET with Last-Event-ID.
    """

    method: str = "GET"
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    last_event_id: str = ""
    retry: Retry = Retry(1.0, 30.0, 1_000_000_000)
    jitter: bool = True
    timeouts: Timeouts = Timeouts()
    max_event_bytes: int = 8 * 1024 * 1024
    resume: bool = False
    end_marker: str = ""


class EventSource:
    """`async with EventSource(url) as source: async for message in source: …`.

    Iteration ends when the server says so, on an error that no reconnect can mend, or after `close`. Then `end` is one
    of complete, stopped_by_server (HTTP 204), error, closed, and `error` says what was seen. Nothing is read ahead of
    the loop's body beyond a bounded buffer: TCP pushes back.
    """

    def __init__(self, url: str, options: Options = Options(), transport: Transport | None = None) -> None:  # noqa: B008  # frozen
        backend = Backend(
            "event-source",
            url,
            "event-source",
            headers={name: Secret(value) for name, value in options.headers.items()},
            thresholds=Thresholds(*(FOREVER_S,) * 5),
            timeouts=options.timeouts,
            retry=options.retry,
        )
        self.end = self.error = ""
        self._own = HttpTransport(backend) if transport is None else None
        self._transport: Transport = transport or self._own  # type: ignore[assignment]  # one of the two is there
        self._turn = Turn(
            "event-source",
            backend,
            _EveryMessage(Endpoint(url, options.method), options),
            Question(""),
            limits=Limits(turn_bytes=1 << 62, turn_s=FOREVER_S, event_bytes=options.max_event_bytes),
            chance=random.random if options.jitter else lambda: 1.0,
            start=Start(last_event_id=options.last_event_id, dedupe=False),
        )
        self._driver = Driver(self._turn, self._transport, looks=False)
        self._ready: deque[Message] = deque()
        self.attempts = 0
        """How many connections were tried so far."""
        self._refused = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        while not self._ready:
            if self._turn.state is TurnState.ENDED:
                raise StopAsyncIteration
            for event in await self._driver.step():
                if type(event) is MessageArrived:
                    self._ready.append(Message(event.event, event.data, event.id))
                elif type(event) is Connecting:
                    self.attempts = event.attempt
                elif type(event) is HeadRefused:
                    self._refused = event.status
                elif type(event) is Ended:
                    self._ended(event)
        return self._ready.popleft()

    def _ended(self, event: Ended) -> None:
        if event.outcome == "completed":
            self.end = "complete"
        elif event.outcome == "stopped":
            self.end = "closed"
        else:
            self.end = "stopped_by_server" if self._refused == NO_CONTENT else "error"
            self.error = event.detail or event.fault

    async def close(self) -> None:
        """Ends it at once, also while it waits to reconnect; nothing is left open. Idempotent."""
        for event in self._turn.abandon(self._transport.now(), "person"):
            if type(event) is Ended:
                self._ended(event)
        await self._driver.aclose()
        if self._own is not None:
            await self._own.aclose()


class _EveryMessage:
    """The dialect of an event source: any message moves it on, and only its end marker means anything."""

    name = "event-source"
    paths: tuple[str, ...] = ()
    media_types: frozenset[str] = frozenset()
    needs_finish = False

    def __init__(self, endpoint: Endpoint, options: Options = Options()) -> None:  # noqa: B008  # frozen
        self._endpoint, self._options = endpoint, options
        self.ends_at_eof = endpoint.method != "GET"

    @classmethod
    def recognises(cls, message: Message) -> bool:  # noqa: ARG003  # never a guess
        return False

    def _get(self, last_event_id: str) -> Ask:
        return Ask("GET", self._endpoint.url, {"Last-Event-ID": last_event_id} if last_event_id else {})

    def ask(self, question: Question) -> Ask:  # noqa: ARG002  # asks what the options say
        if self._endpoint.method == "GET":
            return self._get(self._options.last_event_id)
        return Ask(self._endpoint.method, self._endpoint.url, {}, self._options.body)

    def read(self, message: Message) -> Sequence[ChatEvent]:
        if self._options.end_marker and message.data == self._options.end_marker:
            return [End()]
        return [Text(message.data)] if message.data else [Step("message")]

    def resume(self, question: Question, last_event_id: str) -> Ask | None:  # noqa: ARG002  # as ask
        if self._endpoint.method == "GET" or (self._options.resume and last_event_id):
            return self._get(last_event_id)
        return None
