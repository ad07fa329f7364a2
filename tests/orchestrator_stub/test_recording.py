"""Recordings: read, played back in a script, and offered from a folder."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import msgspec
import pytest

from orchestrator_stub.config import all_scenarios, recorded
from orchestrator_stub.instructions import Cut, Hang, Head, Instruction, Send, Wait
from orchestrator_stub.recording import Recording, RecordingError, parse_recording
from orchestrator_stub.scenario import Scenario, ScenarioError
from orchestrator_stub.steps import Replay
from tests.orchestrator_stub.conftest import Serve
from tests.orchestrator_stub.test_script import made, played


def lines(*rows: object, **meta: object) -> str:
    return "\n".join(json.dumps(row) for row in ({"meta": meta}, *rows)) + "\n"


def read(t: float, data: bytes, **more: object) -> dict[str, object]:
    return {"t": t, "b64": base64.b64encode(data).decode(), **more}


def replaying(recording: Recording, speed: float = 1) -> Scenario:
    return msgspec.structs.replace(made("{do: route}", "heartbeat_s: 0"), steps=[Replay("x.jsonl", speed, recording)])


GOOD = lines(
    read(0.7, b"one"), read(1.5, b"two"), read(2.0, b"", end="reset"), {"meta": {"status": 500}}, read(3.0, b"not played"),
    status=200, note="why", t_headers=0.5, headers={"content-type": "text/event-stream", "x-b": "1", "Connection": "close"},
)  # fmt: skip


def test_the_first_attempt_is_read() -> None:
    headers = {"Content-Type": "text/event-stream", "X-B": "1"}
    assert parse_recording(GOOD, "good.jsonl") == Recording(
        200, headers, 0.5, ((0.7, b"one"), (1.5, b"two")), "reset", 2.0, "why"
    )


def test_a_recording_without_an_end_was_left_by_its_client() -> None:
    found = parse_recording(lines(read(0.7, b"one"), status=200), "x.jsonl")
    assert (found.head_s, found.end, found.end_s) == (0.7, "client-closed", 0.7)
    again = lines(
        read(0.7, b"one"), {"meta": {"status": 200}}, read(3.0, b"two"), read(4.0, b"", end="reset"), status=200
    )
    assert parse_recording(again, "x.jsonl") == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", 'x.jsonl: line 1: expected {"meta": …}, got'),
        ("hello", 'x.jsonl: line 1: expected {"meta": …}, got'),
        ('{"t": 1, "b64": ""}', 'x.jsonl: line 1: expected {"meta": …}, got'),
        ('{"meta": {"status": "ok"}}', 'x.jsonl: line 1: expected {"meta": …}, got'),
        (lines({"t": "soon", "b64": ""}), 'x.jsonl: line 2: expected {"t": seconds, "b64": bytes}, got'),
        (lines({"t": 1, "b64": "?"}), 'x.jsonl: line 2: expected {"t": seconds, "b64": bytes}, got'),
        (lines({"t": 1, "b64": "", "end": "fire"}), "x.jsonl: end: expected one of complete, .*got 'fire'"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(RecordingError, match=f"^{sentence}"):
        parse_recording(text, "x.jsonl")


def test_a_replay_has_the_recorded_head_bytes_times_and_end() -> None:
    recording = Recording(202, {"X-A": "b"}, 0.5, ((0.7, b"one"), (0.7, b"two"), (1.5, b"three")), "reset", 2.0)
    instructions = played(replaying(recording, speed=2))
    assert [i if not isinstance(i, Wait) else round(i.s, 6) for i in instructions] == [
        0.25,
        Head(202, {"X-A": "b"}),
        0.1, Send(b"one"), 0, Send(b"two"), 0.4, Send(b"three"), 0.25, Cut("reset"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("end", "last"),
    [("complete", Cut("close")), ("close", Cut("close")), ("truncated", Cut("truncate")), ("reset", Cut("reset")),
     ("timeout", Hang()), ("client-closed", Hang())],
)  # fmt: skip
def test_a_replay_ends_as_the_recording_did(end: str, last: Instruction) -> None:
    recording = Recording(200, {}, 0.0, ((0.1, b"x"),), end, 0.2)
    instructions = played(replaying(recording))
    assert instructions[-1] == last
    assert [i.outcome for i in instructions if isinstance(i, Send)] == ["completed" if end == "complete" else ""]


def test_a_replay_where_no_response_came_has_no_head() -> None:
    recording = Recording(0, {}, 0.0, (), "reset", 0.2)
    assert played(replaying(recording)) == [Wait(0.2), Cut("reset")]


def test_a_folder_of_recordings_is_a_list_of_scenarios(tmp_path: Path) -> None:
    (tmp_path / "Bug 42_nginx.jsonl").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("no recording")
    (tmp_path / "elsewhere.jsonl").symlink_to("/etc/hostname")
    (tmp_path / "folder.jsonl").mkdir()
    found = recorded(tmp_path)
    assert list(found) == ["bug-42-nginx"]
    assert found["bug-42-nginx"].about == "The recording Bug 42_nginx.jsonl, played back at its own times. why"
    assert next(iter(all_scenarios(tmp_path))) == "happy"
    assert list(all_scenarios(tmp_path))[-1] == "bug-42-nginx"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["happy.jsonl"], "names of their own, got happy, which ship with the stub"),
        (["a-b.jsonl", "a_b.jsonl"], "a_b.jsonl: expected a file name"),
        (["-.jsonl"], "-.jsonl: expected a file name"),
    ],
)
def test_a_name_that_is_taken_or_none_is_refused(tmp_path: Path, files: list[str], sentence: str) -> None:
    for file in files:
        (tmp_path / file).write_text(GOOD)
    with pytest.raises(ScenarioError, match=sentence):
        all_scenarios(tmp_path)


@pytest.mark.system
async def test_a_recording_is_served_byte_by_byte(serve: Serve, tmp_path: Path) -> None:
    whole = lines(read(0.7, b"data: 1\n\n"), read(1.5, b"data: 2\n\n"), read(2.0, b"", end="complete"), status=203)
    (tmp_path / "mine.jsonl").write_text(whole)
    served = await serve(recordings=tmp_path)
    answer = await served.ask("x", "mine")
    assert (answer.status, answer.body, answer.error) == (203, b"data: 1\n\ndata: 2\n\n", None)
    listed = (await served.client.get(served.url.replace("/process/stream", "/scenarios"))).json()
    assert listed[-1]["name"] == "mine"
