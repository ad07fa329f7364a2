"""One event to every observer whom it concerns, to the same effect as if each had been called with all."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.backend.live import live_turn
from dashboard.config import Backend, Limits
from dashboard.health.snapshot import Scope
from dashboard.health.unread import Seen
from dashboard.telemetry.broadcast import Broadcast
from dashboard.turn.events import ChunkArrived, Ended, MessageArrived, TextArrived, TurnEvent, way
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Question
from tests.fuzz.examples import examples
from tests.fuzz.watched import OPENMETRICS, Watched
from tests.turn.script import DONE, Play, frame, say

PIECES = st.sampled_from(
    [
        *(say("a", "r.1"), say("b", "r.2"), say("c", "r.9"), say("", "r.3"), say("x"), say("y") * 7, DONE),
        *(
            b": ping\n\n",
            b"retry: 20\n\n",
            b"retry: no\n\n",
            b"data: {\n\n",
            b"data: half",
            frame({"event": "unheard"}),
        ),
        *(frame({"event": each}) for each in ("routing_started", "agent_execution_started", "error")),
        frame({"event": "routing_completed", "agent_name": "poet", "protocol": "a2a", "confidence": 0.5}),
        frame({"event": "reasoning", "text": "hm"}),
        frame({"event": "tool_call", "name": "search"}),
        frame({"event": "completed", "usage": {"input_tokens": 3, "output_tokens": 4}}),
    ]
)
STEPS = st.lists(st.one_of(PIECES, st.floats(0.01, 8), st.sampled_from(["eof", "broke", "stop"])), max_size=30)


def played(steps: list[bytes | float | str]) -> list[TurnEvent]:
    """Pieces of a stream, seconds that pass, and what ends a connection."""
    play, now = Play(method="GET"), 0.1
    play.head(now)
    for step in steps:
        if isinstance(step, float):
            now += step
            play.pass_to(now)
            play.head(now)
        elif isinstance(step, bytes):
            play.feed(step, now)
        elif step == "stop":
            play.take(play.turn.abandon(now))
        else:
            play.take(play.turn.eof(now) if step == "eof" else play.turn.broke(Fault.CUT, "reset", now))
    play.take(play.turn.abandon(now + 1))
    return play.events


def all_that_is_seen(watched: Watched, turn: str) -> list[object]:
    scope, transcript = Scope("b"), watched.transcript
    told = {name: getattr(transcript, name) for name in vars(transcript) if not name.startswith("_")}
    return [
        repr(watched.gauge.report()),
        repr(watched.gauge.evidence()),
        repr(watched.monitor.snapshot(scope, watched.now, 1.7e9)),
        watched.sink.render(OPENMETRICS, gzip=False)[0].split(b"# TYPE process_")[0].split(b"# TYPE python_")[0],
        watched.flight.export(turn),
        (told, transcript.text, transcript.reasoning),
        (watched.seen.understood, watched.seen.last, watched.seen.frames),
        watched.recorder.encoded(),
    ]


@examples(150)
@given(STEPS)
def test_what_an_observer_is_not_told_would_have_changed_nothing(steps: list[bytes | float | str]) -> None:
    events = played(steps)
    backend = Play().backend
    plain, routed = Watched(backend), Watched(backend)
    broadcast = Broadcast(routed._observers, pytest.fail)
    routed.seen = seen = Seen(lambda: broadcast.remove(seen.observe))
    broadcast.add(seen.observe)
    for event in events:
        plain.observe(event)
        routed.now = event.at
        broadcast(event)
        assert repr(plain.gauge.report()) == repr(routed.gauge.report())
    assert all_that_is_seen(plain, "t") == all_that_is_seen(routed, "t")


def test_most_events_of_a_read_concern_few() -> None:
    watched = Watched(Play().backend)
    live = live_turn(Backend("b", "http://127.0.0.1:1/", "orchestrator"), Question("?"), Limits(), "", "live")
    observers = [
        *(watched.gauge.observe, watched.monitor.observe, watched.sink.observe, watched.flight.begin(lambda: False)),
        live.observe,
    ]
    taken = [[way(observe, kind) is not None for observe in observers] for kind in (ChunkArrived, MessageArrived, TextArrived)]  # fmt: skip
    assert taken == [[True, True, True, True, False], [True, True, True, False, False], [True, True, True, False, True]]
    assert all(way(observe, Ended) is not None for observe in observers)
    assert {way(watched.recorder.observe, kind) for kind in get_args(TurnEvent)} == {watched.recorder.observe}


def test_whose_way_raises_is_dropped_alone_and_counted() -> None:
    class Broken:
        heard = 0

        def observe(self, event: TurnEvent) -> None:
            self.heard += 1
            raise ZeroDivisionError

        def route(self, kind: type) -> object:
            return self.observe if kind is TextArrived else None

    def other(event: TurnEvent) -> None:
        heard.append(event)

    heard: list[TurnEvent] = []
    failed: list[str] = []
    broken = Broken()
    broadcast = Broadcast([broken.observe, other], failed.append)
    events = played([say("a"), say("b"), DONE])
    for event in events:
        broadcast(event)
    assert heard == events
    assert (broken.heard, len(failed)) == (1, 1)
    assert failed[0].endswith("Broken.observe")


def test_one_that_is_added_hears_what_follows_and_one_that_is_removed_no_more() -> None:
    heard: list[TurnEvent] = []
    broadcast = Broadcast([], pytest.fail)
    first, second, third, *_ = played([say("a")])
    broadcast(first)
    broadcast.add(heard.append)
    broadcast(second)
    broadcast.remove(heard.append)
    broadcast.remove(heard.append)
    broadcast(third)
    assert heard == [second]
