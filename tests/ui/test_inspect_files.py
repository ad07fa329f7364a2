"""Files out of Inspect and into it: nothing secret leaves, nothing in a file is believed, and both replay to the same."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import Backend, Config, Secret
from dashboard.runtime import Runtime
from dashboard.ui import inspect_open
from dashboard.ui.inspect_export import FORMATS, Taken, cell, taken
from dashboard.ui.inspect_open import CannotOpen, Upload
from dashboard.ui.inspect_pane import InspectPane
from dashboard.ui.inspect_player import speed_of
from dashboard.ui.view import Visit
from dashboard.wire.recorded import parse_recording
from dashboard.wire.redact import Redactor
from tests.backend.raw import HEAD, Peer, serving
from tests.telemetry.test_flight import told
from tests.turn.script import frame, say
from tests.ui.test_inspect import asked, shown, told_by

CANARY = "canary-key-0123456789"
HEADED = HEAD.replace(b"\r\n\r\n", b"\r\nX-Secret-Thing: " + CANARY.encode() + b"\r\n\r\n")


async def echo(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEADED + say("=1+1", "1") + say(f"you sent {CANARY}") + b": +x\n\n")
    await asyncio.sleep(0.02)
    await peer.send(frame({"event": "error", "message": f"bad key {CANARY}"}))


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    async with serving(echo) as server:
        made = Runtime(Config([Backend("b", server.url, "orchestrator", headers={"X-Key": Secret(CANARY)})]))
        yield made
        await made.aclose()


async def inspecting(runtime: Runtime) -> tuple[InspectPane, list[dict[str, Any]], str]:
    live = await asked(runtime, f"hello {CANARY}")
    pane = InspectPane(Visit(runtime, "s", {}))
    messages = told_by(pane)
    await shown(pane, live.id)
    return pane, messages, live.id


async def export(pane: InspectPane, messages: list[dict[str, Any]], kind: str) -> tuple[str, bytes]:
    before = len(messages)
    await pane._handle_msg({"type": "export", "as": kind})
    pieces = messages[before:]
    assert [(each["kind"], each["n"], each["of"]) for each in pieces] == [
        ("file", n, len(pieces)) for n in range(len(pieces))
    ]
    return pieces[0]["name"], b"".join(base64.b64decode(each["piece"]) for each in pieces)


async def test_no_secret_is_in_anything_that_a_page_or_a_file_gets(runtime: Runtime) -> None:
    pane, messages, _ = await inspecting(runtime)
    await pane._handle_msg({"type": "preview"})
    preview = messages[-1]
    assert preview["total"] == 2
    assert preview["headers"] == ["x-secret-thing"]
    assert all("*" * len(CANARY) in place for place in preview["places"])
    for row in range(12):
        await pane._handle_msg({"type": "row", "row": row})
    await pane._handle_msg({"type": "client"})
    bodies = [body for kind in FORMATS for body in [(await export(pane, messages, kind))[1]]]
    reads = [data for attempt in parse_recording(bodies[0].splitlines()) for _, data in attempt.reads]
    list_and_head = [message for message in messages if message["kind"] in ("full", "list")]
    for message in list_and_head:
        message["turns"] = []  # the question is a person's own, and the list shows it as it was asked
        if message["subject"]:
            message["subject"]["question"] = ""
    found = [CANARY in json.dumps(messages), CANARY in str(bodies), CANARY in str(reads)]
    assert found == [False, False, False]


async def test_a_recording_that_was_exported_opens_as_the_same_turn(runtime: Runtime) -> None:
    pane, messages, turn = await inspecting(runtime)
    before = messages[-1]["shown"]
    name, body = await export(pane, messages, "recording")
    assert (name, body) == (f"streamgauge-{turn}.jsonl", runtime.flight.export(turn))
    await upload(pane, name, body)
    full = messages[-1]
    assert (full["kind"], full["subject"]["kind"], full["subject"]["name"]) == ("full", "file", name)
    for key in ("bars", "marks", "ticks", "counts", "gaps", "verdict"):
        assert full["shown"][key] == before[key], key
    again = await export(pane, messages, "recording")
    theirs, ours = parse_recording(again[1].splitlines()), parse_recording(body.splitlines())
    assert [(each.status, each.reads, each.end) for each in theirs] == [
        (each.status, each.reads, each.end) for each in ours
    ]
    for kind in ("ndjson", "csv"):
        await pane._handle_msg({"type": "export", "as": kind})
        assert messages[-1]["kind"] == "file"
    assert Upload.held > 0
    pane.close()
    assert Upload.held == 0


async def test_every_event_is_in_the_table_and_no_cell_of_it_is_a_formula(runtime: Runtime) -> None:
    pane, messages, _ = await inspecting(runtime)
    _, body = await export(pane, messages, "csv")
    _, lines = await export(pane, messages, "ndjson")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    events = [json.loads(line) for line in lines.splitlines()]
    assert [row["type"] for row in rows] == [event["type"] for event in events]
    assert next(event["text"] for event in events if event["type"] == "TextArrived") == "=1+1"
    assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@"))]
    assert "Ended" in {row["type"] for row in rows}
    assert {key for event in events if event["type"] == "ChunkArrived" for key in event} == {"t", "type", "size"}
    await pane._handle_msg({"type": "export", "as": "../../etc"})
    assert messages[-1]["kind"] == "file"
    assert messages[-1]["name"].endswith(".ndjson")


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell(text).endswith(text)


def test_asterisks_of_its_own_are_no_redaction() -> None:
    events = told("t", b"data: ******** and sk-", b"abcdefghijklmnopqrst\n\n")
    found = taken(events, Redactor())
    assert found == Taken(["data: ******** and " + "*" * 23], 1, ["set-cookie"])


# In


async def upload(pane: InspectPane, name: str, body: bytes, size: Any = None, piece: int = 1000) -> None:
    first = {"name": name, "size": len(body) if size is None else size}
    for at in range(0, max(1, len(body)), piece):
        text = base64.b64encode(body[at : at + piece]).decode()
        await pane._handle_msg({"type": "upload", **(first if at == 0 else {}), "piece": text})
    if pane._loading is not None:
        await pane._loading


META = b'{"meta": {"backend": "b", "dialect": "orchestrator"}}\n'
BAD: list[tuple[bytes, str]] = [
    (b"", "got nothing"),
    (b"\xff\xfe\x00", "line 1"),
    (b"<html>", "line 1"),
    (b"[" * 100_000, "line 1"),
    (META + b'{"t": "1e999", "b64": ""}', "line 2"),
    (META + b'{"t": 1, "b64": "not base64!"}', "line 2"),
    (b'{"t": 1, "b64": ""}', "line 1"),
    (b'{"meta": {"dialect": "custom"}}\n{"t": 1, "b64": "", "end": "complete"}', "custom"),
]


@pytest.mark.parametrize(("body", "says"), BAD)
async def test_a_file_that_is_no_recording_is_told_where_and_what_next(
    runtime: Runtime, body: bytes, says: str
) -> None:
    pane = InspectPane(Visit(runtime, "s", {}))
    messages = told_by(pane)
    await upload(pane, "x\u202e<b>.jsonl", body)
    notes = [message["text"] for message in messages if message["kind"] == "note"]
    assert len(notes) == 1
    assert says in notes[0]
    assert "\u202e" not in notes[0]
    assert Upload.held == 0
    assert pane._subject is None


async def test_any_bytes_of_a_recording_may_be_damaged(runtime: Runtime) -> None:
    pane, messages, turn = await inspecting(runtime)
    whole, chance = runtime.flight.export(turn), random.Random(7)
    for _ in range(60):
        body = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        await upload(pane, "damaged", bytes(body))
        assert messages[-1]["kind"] in ("full", "note", "uploaded")
    assert not [each for each in messages if each["kind"] == "note" and "mistake" in each["text"]]
    pane.close()
    assert Upload.held == 0


async def test_a_page_that_closes_in_the_middle_of_a_file_holds_nothing(runtime: Runtime) -> None:
    pane = InspectPane(Visit(runtime, "s", {}))
    told_by(pane)
    await pane._handle_msg({"type": "upload", "name": "f", "size": 100, "piece": base64.b64encode(b"half").decode()})
    assert Upload.held == 100
    pane.close()
    assert Upload.held == 0


@pytest.mark.parametrize(
    ("size", "says"),
    [(inspect_open.OPEN_BYTES + 1, "at most"), (-1, "unknown"), ("7", "unknown"), (None, "unknown"), (3, "as long")],
)
def test_a_file_is_bounded_before_it_is_held(size: Any, says: str) -> None:
    with pytest.raises(CannotOpen, match=says):
        Upload("f", size).take(base64.b64encode(b"four").decode())
    Upload.held = 0


def test_all_pages_together_hold_no_more_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_open, "ALL_BYTES", 100)
    first = Upload("a", 60)
    with pytest.raises(CannotOpen, match="Too many"):
        Upload("b", 60)
    first.let_go()
    first.let_go()
    Upload("b", 60).let_go()
    assert Upload.held == 0


# Playing


async def test_a_turn_plays_again_and_is_counted_nowhere(runtime: Runtime) -> None:
    pane, messages, turn = await inspecting(runtime)
    metrics, ended = runtime.sink.render("", gzip=False)[0], runtime.recent.ended
    full = messages[-1]["shown"]
    await pane._handle_msg({"type": "play", "speed": 0.25})
    assert messages[-1]["player"]["speed"] == 0.25
    player = pane._player
    assert player is not None
    await pane._handle_msg({"type": "play", "speed": 16, "playing": False})
    assert (messages[-1]["player"]["speed"], messages[-1]["player"]["playing"]) == (16, False)
    await pane._handle_msg({"type": "play", "speed": 0, "playing": True})
    await player._live.wait()
    pane.tick()
    await pane._handle_msg({"type": "sync", "have": -1})
    assert messages[-1]["player"] is None
    assert messages[-1]["shown"] == full
    assert player.inspected.gauge.report().outcome == "failed"
    assert (runtime.recent.ended, runtime.flight.holds(turn)) == (ended, True)
    assert not runtime.flight.holds(player._live.id)
    counted = [line for line in metrics.splitlines() if line.startswith((b"streamgauge_turns", b"streamgauge_events"))]
    after = runtime.sink.render("", gzip=False)[0].splitlines()
    assert counted
    assert [line for line in counted if line not in after] == []


async def test_a_replay_that_stands_still_ends_with_its_page(runtime: Runtime) -> None:
    pane, _, _ = await inspecting(runtime)
    await pane._handle_msg({"type": "play", "speed": 0.25})
    await pane._handle_msg({"type": "play", "playing": False})
    player = pane._player
    assert player is not None
    pane.close()
    await asyncio.wait_for(player._live.wait(), 30)
    assert runtime.turns() == []
    assert player.inspected.gauge.report().outcome == "stopped"


@pytest.mark.parametrize(
    ("said", "speed"),
    [(0, 0.0), (0.25, 0.25), (16, 16.0), (17, 1.0), (None, 1.0), (True, 1.0), ("2", 1.0), (float("nan"), 1.0)],
)
def test_speeds_are_those_that_are_offered(said: Any, speed: float) -> None:
    assert speed_of(said) == speed


async def test_what_an_ordinary_client_would_have_received(runtime: Runtime) -> None:
    pane, messages, _ = await inspecting(runtime)
    await pane._handle_msg({"type": "client"})
    told_of = messages[-1]
    assert [row[0] for row in told_of["differences"]] == ["phantom message"]
    assert any("=1+1" in str(row) for row in told_of["rows"]) or told_of["same"] > 1
