"""However long a stream goes on, and whatever it repeats: what a turn holds is bounded, its answer apart."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from random import Random
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import Backend, Config, Limits
from dashboard.health.monitor import Monitor
from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.unread import Seen
from dashboard.telemetry.flight import TURN_BYTES, FlightRecorder
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.turn.events import Progressed, TextArrived
from dashboard.turn.request import Head
from dashboard.turn.turn import Turn
from dashboard.wire.auto import dialect_of
from dashboard.wire.chat_event import Reasoning
from dashboard.wire.dialect import Question
from dashboard.wire.dialects import DIALECTS
from tests.fuzz.examples import examples
from tests.fuzz.mutated import CUSTOM, changed, documents
from tests.turn.script import STREAM

PAD, TIMES = "p" * 2_000, 200
"""So long a string in each event, and so many events before and after the first look: 400 KB each time."""
GROWTH = 120_000
"""Bytes that may be added beside the answer while those 400 KB go by: ids, buckets of a histogram."""
FLIGHT_BYTES = TURN_BYTES * 9 // 8
"""A bytearray that grew takes up to an eighth more than is in it."""
SHARED = (ModuleType, type, FunctionType, BuiltinFunctionType, Backend, Config, Limits, Head, Question)


def held(*roots: object) -> int:
    """Bytes of all that can be reached from the roots, code and configuration apart."""
    seen: set[int] = set()
    todo: list[object] = list(roots)
    total = 0
    while todo:
        each = todo.pop()
        if id(each) in seen or isinstance(each, SHARED):
            continue
        seen.add(id(each))
        total += sys.getsizeof(each)
        todo += fields(each) if isinstance(each, msgspec.Struct) else gc.get_referents(each)
    return total


def fields(struct: msgspec.Struct) -> Iterator[object]:
    """Of a struct that the collector does not track, too."""
    return (getattr(struct, name) for name in struct.__struct_fields__)


class Unit:
    """One message, said again and again with something else in it each time."""

    def __init__(self, chance: Random) -> None:
        self._document = changed(chance.choice(documents()), chance, "@")
        self._as_id, self._as_event, self._bare = (chance.random() < share for share in (0.2, 0.1, 0.1))
        self._whole = json.dumps(self._document)

    def said(self, number: int) -> bytes:
        words = f"{number} {PAD}"
        data = f"@{words}" if self._bare else self._whole.replace("@", words)
        head = f"id: {words}\n" if self._as_id else f"id: {number}\n" if number % 2 else ""
        return f"{head}{f'event: {words}' + chr(10) if self._as_event else ''}data: {data}\n\n".encode()


@examples(40)
@given(st.integers(0, 2**32), st.sampled_from([*DIALECTS, "auto"]), st.booleans())
def test_what_a_turn_holds_does_not_grow_with_the_stream(seed: int, dialect: str, resumed: bool) -> None:
    custom = CUSTOM if dialect == "custom" else None
    backend = Backend("b", "http://127.0.0.1:1/unknown", dialect, custom=custom, replay=True)
    turn = Turn("t", backend, dialect_of(backend), Question("?"), limits=Limits())
    gauge, seen = TurnGauge(backend.thresholds), Seen()
    monitor, sink, flight = Monitor(["b"]), PrometheusSink([backend]), FlightRecorder([backend])
    flown = flight.begin(lambda: True)
    unit, answered = Unit(Random(seed)), 0

    def tell(events: list[Any]) -> None:
        nonlocal answered
        for event in events:
            for observe in (gauge.observe, seen.observe, monitor.observe, sink.observe, flown):
                observe(event)
            if isinstance(event, TextArrived):
                answered += len(event.text)
            elif isinstance(event, Progressed) and isinstance(event.chat_event, Reasoning):
                answered += len(event.chat_event.text)

    def look() -> list[int]:
        gauge.report()
        watching = (held(each) for each in (monitor, sink, seen))
        of_turn = max(0, held(turn) - answered)  # an A2A agent says its answer again: it is kept to be compared
        return [of_turn, *watching, max(0, held(gauge) - 3 * answered), max(0, held(flight, flown) - FLIGHT_BYTES)]

    tell(turn.asked(0.0))
    tell(turn.connected(STREAM, 0.0))
    for number in range(2 * TIMES):
        if number == TIMES:
            before = look()
            tell(turn.eof(number / 100) if resumed else [])
            tell(turn.tick(turn.deadline) if resumed and turn.deadline < 1e9 else [])
            tell(turn.connected(STREAM, turn.deadline))
        tell(turn.feed(unit.said(number), number / 100))
    names = ("turn", "monitor", "metrics", "unread frames", "report", "flight recorder")
    grown = {name: after - early for name, early, after in zip(names, before, look(), strict=True)}
    assert all(size < GROWTH for size in grown.values()), grown
