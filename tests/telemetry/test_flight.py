"""The flight recorder: what it keeps of which turns, within its bounds, and that no secret leaves with it."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import timeit
from collections import deque
from pathlib import Path

import pytest

from dashboard.config import Backend, Config, Retry, Secret, Timeouts
from dashboard.runtime import Runtime
from dashboard.telemetry import flight as module
from dashboard.telemetry.flight import FlightRecorder
from dashboard.telemetry.packed import PackedReads
from dashboard.telemetry.recording import Recorder, read_recording
from dashboard.turn.events import (
    Asked,
    ChunkArrived,
    Connected,
    Connecting,
    Disconnected,
    Ended,
    RetryScheduled,
    TurnEvent,
)
from dashboard.wire.dialect import Question
from dashboard.wire.recorded import parse_recording
from dashboard.wire.redact import Redactor
from tests.backend.raw import HEAD, Peer, serving
from tests.test_cli_record import streamgauge
from tests.turn.script import DONE, frame, say


def told(turn: str, *chunks: bytes, outcome: str = "truncated", fault: str = "cut") -> list[TurnEvent]:
    events: list[TurnEvent] = [
        Asked(turn, 10.0, "b", "orchestrator", "", "live", "why?"),
        Connecting(turn, 10.0, 1),
        Connected(turn, 10.1, 200, {"content-type": "text/event-stream", "set-cookie": "secret"}),
    ]
    events += [ChunkArrived(turn, 10.2 + i, len(chunk), chunk) for i, chunk in enumerate(chunks)]
    return [*events, Ended(turn, 10.2 + len(chunks), outcome, fault, "")]


def fly(kept: FlightRecorder, events: list[TurnEvent], *, unwell: bool = False) -> None:
    observe = kept.begin(lambda: unwell)
    for event in events:
        observe(event)


@pytest.mark.parametrize(
    ("outcome", "fault", "unwell", "is_kept"),
    [
        ("completed", "", False, False),
        ("stopped", "", False, False),
        ("completed", "", True, True),
        ("stopped", "", True, True),
        ("stopped", "limit", False, True),
        *((outcome, "cut", False, True) for outcome in ("failed", "truncated", "stalled", "rejected", "malformed")),
    ],
)
def test_unwell_turns_are_kept_and_others_not(outcome: str, fault: str, *, unwell: bool, is_kept: bool) -> None:
    kept = FlightRecorder()
    fly(kept, told("t", b"data: x\n\n", outcome=outcome, fault=fault), unwell=unwell)
    assert [(each.turn, each.backend, each.outcome) for each in kept.list()] == [("t", "b", outcome)] * is_kept
    assert kept.kept("t") is not None, "a well turn too, as long as there is room"


def test_what_is_exported_is_what_a_recorder_writes() -> None:
    events = told("t", b"data: one\n\n", b"data: two\n\n")
    events[4:4] = [Disconnected("t", 10.3, "cut", "reset"), RetryScheduled("t", 10.3, 2, 0.5, "cut"), *events[1:3]]
    kept, recorder = FlightRecorder(), Recorder(Redactor())
    fly(kept, events)
    for event in events:
        recorder.observe(event)
    assert kept.export("t") == recorder.encoded()
    assert [len(attempt.reads) for attempt in parse_recording(kept.export("t").splitlines())] == [1, 1]
    assert b"secret" not in kept.export("t")


def test_the_last_twenty_newest_first() -> None:
    kept = FlightRecorder()
    for i in range(50):
        fly(kept, told(f"t{i}", b"x"))
    assert [each.turn for each in kept.list()] == [f"t{i}" for i in range(49, 29, -1)]
    with pytest.raises(KeyError):
        kept.export("t3")


def bodies(exported: bytes) -> bytes:
    return b"".join(data for attempt in parse_recording(exported.splitlines()) for _, data in attempt.reads)


def test_of_a_long_turn_the_beginning_and_the_end_are_kept_and_the_rest_is_counted() -> None:
    kept, size = FlightRecorder(), 10_000
    chunks = [f"{i:05}".encode() * (size // 5) for i in range(1000)]
    fly(kept, told("t", *chunks))
    (seen,) = kept.list()
    said = bodies(kept.export("t"))
    assert seen.bytes <= 2 * 1024 * 1024
    assert len(said) + seen.dropped_bytes == 1000 * size
    assert said[:size] == chunks[0]
    assert said[-size:] == chunks[-1]
    assert len(said) > 1_900_000
    meta = json.loads(kept.export("t").splitlines()[0])["meta"]
    assert meta["dropped_bytes"] == seen.dropped_bytes


def test_the_whole_is_bounded_and_counts_turns_that_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_BYTES", 200_000)
    kept = FlightRecorder()
    for i in range(12):
        fly(kept, told(f"t{i}", b"x" * 20_000))
    assert [each.turn for each in kept.list()] == [f"t{i}" for i in range(11, 2, -1)]
    running = [kept.begin(lambda: False) for _ in range(30)]
    for i, observe in enumerate(running):
        for event in told(f"r{i}", *[b"y" * 5_000] * 4)[:-1]:
            observe(event)
        assert kept._bytes <= 200_000 + 6_000
    assert [each.turn for each in kept.list()] == [f"t{i}" for i in range(11, 4, -1)]
    for i, observe in enumerate(running):
        observe(Ended(f"r{i}", 20.0, "completed", "", ""))
    assert kept._bytes <= 200_000


def test_many_turns_at_once_hold_little_each() -> None:
    kept = FlightRecorder()
    running = [kept.begin(lambda: True) for _ in range(200)]
    events = [told(f"r{i}")[:-1] for i in range(200)]
    for observe, begun in zip(running, events, strict=True):
        for event in begun:
            observe(event)
    for observe in running:
        for i in range(1000):
            observe(ChunkArrived("r", 11.0 + i, 200, b"x" * 200))
    assert kept._bytes <= 2.6 * 1024 * 1024
    for i, observe in enumerate(running):
        observe(Ended(f"r{i}", 30.0, "truncated", "cut", ""))
    assert len(kept.list()) == 20
    assert all(10_000 < each.bytes < 15_000 and each.dropped_bytes > 100_000 for each in kept.list())
    assert kept.share == 2 * 1024 * 1024


def test_the_sum_of_what_is_kept_is_right_whatever_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_BYTES", 50_000)
    monkeypatch.setattr(module, "TURN_BYTES", 10_000)
    kept = FlightRecorder()
    for i in range(100):
        fly(kept, told(f"t{i}", *[b"z" * (1 + i * 37 % 3000)] * (i % 11)), unwell=i % 3 == 0)
        assert kept._bytes == sum(each.bytes for each in kept.list()) <= 50_000


@pytest.mark.parametrize("size", [1, 700])
def test_packed_reads_come_out_as_they_went_in(size: int) -> None:
    packed, kept = PackedReads("t"), deque[ChunkArrived]()
    for i in range(5_000):
        chunk = ChunkArrived("t", i / 7, i % size, bytes([i % 256]) * (i % size))
        packed.append(chunk.at, chunk.data)
        kept.append(chunk)
        if i % 3 or i > 4_000:
            assert packed.popleft() == kept.popleft().size
        assert len(packed) == len(kept)
        if i % 500 == 0 or len(kept) < 5:
            assert list(packed.events()) == list(packed.copy().events()) == list(kept)


def test_well_turns_are_kept_too_and_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_BYTES", 10_000)
    kept = FlightRecorder()
    fly(kept, told("bad", b"x" * 1000))
    for i in range(30):
        fly(kept, told(f"w{i}", b"x" * 10, outcome="completed", fault=""))
    assert [i for i in range(30) if kept.kept(f"w{i}")] == list(range(10, 30))
    assert [each.turn for each in kept.list()] == ["bad"]
    fly(kept, told("big", b"y" * 8_970))
    assert [i for i in range(30) if kept.kept(f"w{i}")] == []
    assert [each.turn for each in kept.list()] == ["big", "bad"]


def test_a_forgotten_turn_leaves_nothing_behind() -> None:
    kept = FlightRecorder()
    events = told("t", b"x" * 100, outcome="completed", fault="")
    before = len(gc.get_referrers(events[3]))
    fly(kept, events)
    for i in range(module.WELL_TURNS):
        fly(kept, told(f"w{i}", outcome="completed", fault=""))
    gc.collect()
    assert len(gc.get_referrers(events[3])) == before


def test_a_turn_that_runs_can_be_read_so_far() -> None:
    kept = FlightRecorder()
    observe = kept.begin(lambda: False)
    for event in told("t", b"data: one\n\n", b"data: two\n\n")[:-2]:
        observe(event)
    assert bodies(kept.export("t")) == b"data: one\n\n"
    assert kept.list() == []


def test_it_costs_less_than_a_microsecond_an_event() -> None:
    observe = FlightRecorder().begin(lambda: False)
    for event in told("t")[:-1]:
        observe(event)
    chunk = ChunkArrived("t", 11.0, 200, b"x" * 200)
    best_s = min(timeit.repeat(lambda: observe(chunk), number=2000, repeat=20)) / 2000
    assert best_s < 2e-6, f"{best_s * 1e6:.2f} µs"  # the goal is 1 µs; the rest is for a loaded machine


CANARY = "canary-key-0123456789"


async def echo(peer: Peer) -> None:
    """A back end that tells everybody what it was sent, in pieces too."""
    await peer.read_request()
    cut = len(CANARY) // 2
    await peer.send(
        HEAD + say(f"you sent {CANARY}") + b'data: {"event": "response_chunk", "text": "' + CANARY[:cut].encode()
    )
    await asyncio.sleep(0.05)
    await peer.send(CANARY[cut:].encode() + b'"}\n\n' + frame({"event": "error", "message": f"bad key {CANARY}"}))


async def refuse(peer: Peer) -> None:
    await peer.read_request()
    said = f'{{"error": "unknown key {CANARY}"}}'.encode()
    head = (
        f"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nServer: {CANARY}\r\nContent-Length: {len(said)}\r\n\r\n"
    )
    await peer.send(head.encode() + said)


@pytest.mark.parametrize("script", [echo, refuse])
async def test_a_secret_is_nowhere_but_in_the_request(
    script: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dashboard")
    caplog.set_level(logging.INFO)
    async with serving(script) as server:  # type: ignore[arg-type]
        backend = Backend(
            "b", server.url, "orchestrator", headers={"Authorization": Secret(f"Bearer {CANARY}")},
            retry=Retry(0.01, 0.01, 1), timeouts=Timeouts(2, 2),
        )  # fmt: skip
        runtime = Runtime(Config([backend]))
        live = runtime.ask("b", Question("hello"))
        await live.wait()
        assert CANARY.encode() in server.peers[0].request
        (seen,) = runtime.flight.list()
        exported = runtime.flight.export(seen.turn)
        metrics = runtime.sink.render("", gzip=False)[0].decode()
        report = live.gauge.report()
        await runtime.aclose()
    file = tmp_path / "flight.jsonl"
    file.write_bytes(exported)
    said = bodies(exported).decode()
    assert "*" * len(CANARY) in said
    told_of_it = (
        exported.decode(),
        said,
        str(seen),
        metrics,
        caplog.text,
        report.detail,
        str(report.diagnosis),
        repr(runtime.config),
    )
    assert [CANARY in each for each in told_of_it] == [False] * len(told_of_it)
    assert report.detail
    assert read_recording(file)[0].status in (200, 401)
    replayed = streamgauge("replay", str(file), "--json")
    again = json.loads(replayed.stdout)
    assert (again["outcome"], again["fault"]) == (report.outcome, report.fault)
    assert CANARY not in replayed.stdout + replayed.stderr


async def test_a_good_turn_is_not_kept_and_a_truncated_one_replays_to_the_same(tmp_path: Path) -> None:
    async def good(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("hello") + DONE)

    async def cut(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("half of "))
        await asyncio.sleep(0.05)
        await peer.send(say("it"))

    async with serving(good, cut) as server:
        runtime = Runtime(Config([Backend("b", server.url, "orchestrator")]))
        for _ in range(2):
            live = runtime.ask("b", Question("hello"))
            await live.wait()
        (seen,) = runtime.flight.list()
        file = tmp_path / "flight.jsonl"
        file.write_bytes(runtime.flight.export(seen.turn))
        report = live.gauge.report()
        await runtime.aclose()
    assert seen.outcome == "truncated"
    assert read_recording(file)[0].end == "complete", "the transport ended cleanly; the answer did not"
    again = json.loads(streamgauge("replay", str(file), "--json").stdout)
    assert [again[key] for key in ("outcome", "fault", "detail", "text", "events")] == [
        report.outcome, report.fault, report.detail, report.text, report.events,
    ]  # fmt: skip
