"""Asking from your own program: turn events by `async for`, or clean callbacks, and a report at the end."""

from __future__ import annotations

import inspect
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypedDict, Unpack, cast

from dashboard.backend.answer import Driver, Stop
from dashboard.backend.seam import Transport
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend, Custom, Limits, Secret, check_custom, check_headers
from dashboard.config_yaml import check_url
from dashboard.health.report import Report
from dashboard.health.turn_gauge import TurnGauge
from dashboard.turn.events import Connected, Disconnected, Ended, Progressed, TextArrived, TurnEvent
from dashboard.turn.machine import TurnState
from dashboard.turn.request import Origin
from dashboard.turn.turn import Turn
from dashboard.turn.verdict import Outcome
from dashboard.wire.auto import dialect_of
from dashboard.wire.chat_event import Routed, Step
from dashboard.wire.dialect import Question


class Callbacks(TypedDict, total=False):
    """What may be told, each by a function or a coroutine function."""

    on_routing_started: Callable[[], Any]
    on_routing_completed: Callable[[Routed], Any]
    on_agent_execution_started: Callable[[str], Any]
    """The agent's name."""
    on_response_chunk: Callable[[str], Any]
    on_completed: Callable[[Report], Any]
    on_error: Callable[[Report], Any]
    """The turn ended, and not as completed; the report says how and whose fault it was."""
    on_connection: Callable[[str], Any]
    """connected, reconnecting or closed."""


class Asking:
    """One question on its way: `await` it for its Report, or iterate over its TurnEvents (then `report` has it).

    Leaving the loop early, or cancelling, ends the turn as stopped and closes the connection.
    """

    def __init__(
        self, backend: Backend, question: Question, callbacks: Callbacks, transport: Transport | None = None
    ) -> None:
        self._backend, self._callbacks, self._transport = backend, callbacks, transport
        self._gauge = TurnGauge(backend.thresholds)
        self._turn = Turn(
            secrets.token_hex(8),
            backend,
            dialect_of(backend),
            question,
            limits=Limits(),
            origin=Origin(source="check"),
            chance=random.random,
        )

    @property
    def report(self) -> Report:
        """The numbers so far; whole once the turn has ended."""
        return self._gauge.report()

    def __await__(self) -> Any:
        return self._run().__await__()

    async def _run(self) -> Report:
        async for _ in self:
            pass
        return self.report

    async def __aiter__(self) -> AsyncIterator[TurnEvent]:
        own = HttpTransport(self._backend) if self._transport is None else None
        transport: Transport = self._transport or own  # type: ignore[assignment]  # one of the two is there
        driver = Driver(self._turn, transport)
        try:
            while self._turn.state is not TurnState.ENDED:
                for event in await driver.step():
                    self._gauge.observe(event)
                    await self._tell(event)
                    yield event
        finally:
            for event in await driver.stop(Stop("person")):
                self._gauge.observe(event)
            if own is not None:
                await own.aclose()

    async def _tell(self, event: TurnEvent) -> None:
        match event:
            case TextArrived(text=text):
                await self._call("on_response_chunk", text)
            case Progressed(chat_event=Step(name="routing")):
                await self._call("on_routing_started")
            case Progressed(chat_event=Routed() as routed):
                await self._call("on_routing_completed", routed)
            case Progressed(chat_event=Step(name=name, phase="start")):
                await self._call("on_agent_execution_started", name)
            case Connected():
                await self._call("on_connection", "connected")
            case Disconnected():
                await self._call("on_connection", "reconnecting")
            case Ended(outcome=outcome):
                await self._call("on_connection", "closed")
                await self._call("on_completed" if outcome == Outcome.COMPLETED else "on_error", self.report)
            case _:
                pass

    async def _call(self, name: str, *what: Any) -> None:
        callback = self._callbacks.get(name)
        if callable(callback):
            told = callback(*what)
            if inspect.isawaitable(told):
                await told


class Settings(Callbacks, total=False):
    """What `ask` takes beside the address and the question."""

    dialect: str
    method: str
    headers: Mapping[str, str]
    custom: Custom


def ask(where: str | Backend, question: str | Question, **settings: Unpack[Settings]) -> Asking:
    """Asks one question of an address or a configured Backend, when awaited or iterated.

    `dialect` is guessed when left out; settings of the connection go with an address only. Errors: ConfigError for a
    dialect that does not exist. What the network does is no exception but an outcome in the report.
    """
    asked = question if isinstance(question, Question) else Question(question)
    backend = where if isinstance(where, Backend) else _backend(where, settings)
    told = {name: value for name, value in settings.items() if name in Callbacks.__annotations__}
    return Asking(backend, asked, cast("Callbacks", told))


def _backend(url: str, settings: Settings) -> Backend:
    check_url(url, "URL")
    headers = {name: Secret(value) for name, value in settings.get("headers", {}).items()}
    check_headers(headers, "headers")
    if "custom" in settings:
        check_custom(settings["custom"], "custom")
    return Backend(
        "embedded",
        url,
        settings.get("dialect", "custom" if "custom" in settings else "auto"),
        headers=headers,
        method="GET" if settings.get("method") == "GET" else "POST",
        custom=settings.get("custom"),
    )
