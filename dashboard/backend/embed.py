"""Asking from your own program: turn events by `async for`, or clean callbacks, and a report at the end."""

from __future__ import annotations

import asyncio
import inspect
import random
import secrets
import weakref
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Self, TypedDict, Unpack, cast

from dashboard.backend.answer import Driver, Stop
from dashboard.backend.seam import Transport
from dashboard.backend.transport import HttpTransport
from dashboard.config import Backend, ConfigError, Custom, Limits, Secret, check_custom, check_headers
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
    """One question, asked once: `await` it for its Report, or iterate over its TurnEvents (then `report` has it).

    Leaving the loop early, or cancelling, ends the turn as stopped and closes the connection. After `aclose()`, or behind
    `async with`, that has happened.
    """

    def __init__(
        self, backend: Backend, question: Question, callbacks: Callbacks, transport: Transport | None = None
    ) -> None:
        self._backend, self._callbacks, self._transport = backend, callbacks, transport
        self._gauge = TurnGauge(backend.thresholds)
        self._running: weakref.ref[AsyncGenerator[TurnEvent]] | None = (
            None  # held, it would outlive the loop that is left
        )
        self._over = asyncio.Event()
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

    def __aiter__(self) -> AsyncGenerator[TurnEvent]:
        if self._running is not None and not self._over.is_set():
            raise RuntimeError("this question is on its way already; ask() makes another one")
        events = self._drive()
        self._running = weakref.ref(events)
        return events

    async def aclose(self) -> None:
        """Stops the turn if it still runs; returns when its connection is closed and `report` is whole. Idempotent."""
        if self._running is None or self._turn.state is TurnState.IDLE:
            return
        events = self._running()
        if events is not None:
            await events.aclose()
        await self._over.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.aclose()

    async def _drive(self) -> AsyncGenerator[TurnEvent]:
        own = HttpTransport(self._backend) if self._transport is None else None
        transport: Transport = self._transport or own  # type: ignore[assignment]  # one of the two is there
        driver = Driver(self._turn, transport)
        try:
            while not driver.over:
                events = await driver.step()
                for event in events:  # all of them before the first is told: the loop may be left there
                    self._gauge.observe(event)
                for event in events:
                    await self._tell(event)
                    yield event
        finally:
            for event in await driver.stop(Stop("person")):
                self._gauge.observe(event)
            if own is not None:
                await own.aclose()
            self._over.set()

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
        callback = cast("Callable[..., Any] | None", self._callbacks.get(name))
        told = callback(*what) if callback is not None else None
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
    dialect that does not exist, TypeError for a setting that does not. What the network does is no exception but an
    outcome in the report.
    """
    _check(question, settings, own=isinstance(where, str))
    asked = question if isinstance(question, Question) else Question(question)
    backend = where if isinstance(where, Backend) else _backend(where, settings)
    told = {name: value for name, value in settings.items() if name in Callbacks.__annotations__}
    return Asking(backend, asked, cast("Callbacks", told))


def _check(question: object, settings: Mapping[str, Any], *, own: bool) -> None:
    """Errors: TypeError, a sentence for whoever wrote the call."""
    if not isinstance(question, str | Question):
        raise TypeError(f"question: expected a text or a Question, got {type(question).__name__}")
    for name, value in settings.items():
        if name in Callbacks.__annotations__:
            if not callable(value) and value is not None:
                raise TypeError(f"{name}: expected a function, got {type(value).__name__}")
        elif name not in Settings.__annotations__:
            raise TypeError(f"ask: expected settings among {', '.join(Settings.__annotations__)}, got {name}")
        elif not own:
            raise TypeError(f"{name}: expected an address beside it, got a Backend, which says it itself")


def _backend(url: str, settings: Settings) -> Backend:
    check_url(url, "URL")
    headers = {name: Secret(value) for name, value in settings.get("headers", {}).items()}
    check_headers(headers, "headers")
    custom, method = settings.get("custom"), settings.get("method", "POST")
    dialect = settings.get("dialect", "custom" if custom is not None else "auto")
    if custom is not None:
        check_custom(custom, "custom")
    if (custom is not None) != (dialect == "custom"):
        raise ConfigError("custom: expected a Custom(…) and the dialect custom, got only one of them")
    if method not in ("POST", "GET"):
        raise ConfigError(f"method: expected POST or GET, got {method!r}")
    return Backend(
        "embedded",
        url,
        dialect,
        headers=headers,
        method="GET" if method == "GET" else "POST",
        custom=custom,
    )
