"""A recording replays to the same report, with the recorded times, at any speed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from dashboard.backend.replay import ReplayTransport
from dashboard.cli.replay import plan
from dashboard.config import Backend, Config, Retry, Secret, Thresholds, Timeouts
from dashboard.health.report import Report
from dashboard.runtime import Runtime
from dashboard.telemetry.recording import Recorder, read_recording
from dashboard.turn.events import Connected
from dashboard.wire.dialect import Ask, Question
from dashboard.wire.recorded import UNFINISHED, Attempt, RecordingError, parse_recording
from dashboard.wire.redact import Redactor
from tests.backend.raw import HEAD, Peer, RawServer, serving
from tests.turn.script import DONE, say

QUICK = Thresholds(stall_after_s=0.2, first_text_give_up_s=2, give_up_s=2)


def config(url: str) -> Config:
    secret = {"Authorization": Secret("Bearer canary-key")}
    return Config(
        [Backend("b", url, "orchestrator", headers=secret, thresholds=QUICK, retry=Retry(0.05, 0.05, 3), timeouts=Timeouts(1, 1))]
    )  # fmt: skip


async def record(server: RawServer, path: Path) -> Report:
    runtime, recorder = Runtime(config(server.url)), Recorder(Redactor())
    live = runtime.ask("b", Question("what?"), also=recorder.observe)
    await live.wait()
    await runtime.aclose()
    recorder.write(path)
    return live.gauge.report()


async def replay(path: Path, speed: float = 0.0) -> Report:
    runtime = Runtime(config("http://127.0.0.1:1/process/stream"))
    transport = ReplayTransport(read_recording(path), speed)
    live = runtime.ask("b", Question("what?"), source="replay", transport=transport)
    await asyncio.wait_for(live.wait(), 30)
    await runtime.aclose()
    return live.gauge.report()


async def paced(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD)
    for word in ("one ", "two ", "three "):
        await asyncio.sleep(0.05)
        await peer.send(say(word))
    await asyncio.sleep(0.4)
    await peer.send(DONE)


async def cut_then_rest(peer: Peer) -> None:
    await peer.read_request()
    again = b"last-event-id" in peer.request.lower()
    await peer.send(HEAD + (say("two", "r.2") + DONE if again else say("one ", "r.1")))


async def refused(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 404 No\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nnot here")


def numbers(report: Report) -> dict[str, object]:
    """What must agree; a tick's own lateness (in details, and in the end after a retry's jitter) need not."""
    return {"kinds": [anomaly.kind for anomaly in report.anomalies]} | {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in msgspec.to_builtins(report).items()
        if name not in ("diagnosis", "detail", "gap_s", "smoothness", "duration_s", "anomalies")
    }


@pytest.mark.parametrize("script", [paced, cut_then_rest])
async def test_the_replay_of_a_recording_gives_the_same_report(script: object, tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    async with serving(script) as server:  # type: ignore[arg-type]
        live = await record(server, path)
    replayed = await replay(path)
    assert numbers(replayed) == numbers(live)
    assert replayed.duration_s == pytest.approx(live.duration_s, abs=0.1)
    assert live.outcome == "completed"
    assert "canary-key" not in path.read_text()


async def test_speed_sets_how_long_it_takes_not_what_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    async with serving(paced) as server:
        live = await record(server, path)
    assert live.duration_s is not None
    for _ in range(5):  # a busy machine may take longer once
        began = time.monotonic()
        slow = await replay(path, speed=2.0)
        took_s = time.monotonic() - began
        assert numbers(slow) == numbers(await replay(path)) == numbers(live)
        if took_s < live.duration_s:
            break
    assert live.duration_s / 2 <= took_s < live.duration_s


async def test_a_rejection_is_recorded_as_such(tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    async with serving(refused) as server:
        live = await record(server, path)
    assert live.outcome == "rejected"
    replayed = await replay(path)
    assert (replayed.outcome, replayed.fault, replayed.detail) == ("rejected", "http_status", live.detail)
    assert "not here" in replayed.detail


def test_ends_of_a_recording_become_what_they_were() -> None:
    lines = [
        b'{"meta": {"status": 200, "headers": {"Content-Type": "text/event-stream"}}}',
        b'{"t": 0.5, "b64": "eA=="}',
    ]
    whole = parse_recording([*lines, b'{"t": 0.7, "b64": "", "end": "truncated"}'])
    assert whole == [
        Attempt(200, {"content-type": "text/event-stream"}, ((0.5, b"x"),), "truncated", 0.7, 0.5, whole[0].meta)
    ]
    assert parse_recording(lines)[0].end == UNFINISHED


async def test_when_the_connection_stood_is_replayed() -> None:
    meta = b'{"meta": {"status": 200, "headers": {"content-type": "text/event-stream"}, "t_connected": 3.0, "t_headers": 3.5}}'
    attempts = parse_recording([meta, b'{"t": 4.0, "b64": "", "end": "complete"}'])
    connection = await ReplayTransport(attempts).open(Ask("GET", "http://nowhere/"), 60)
    assert connection is not None
    assert connection.head.dialled_at == 3.0
    with pytest.raises(RecordingError, match="t_connected: expected seconds from 0 on, got 'soon'"):
        parse_recording([meta.replace(b"3.0", b'"soon"')])


def test_a_head_at_once_is_no_head_that_is_missing() -> None:
    meta = b'{"meta": {"status": 200, "headers": {}, "t_headers": 0.0}}'
    (attempt,) = parse_recording([meta, b'{"t": 9.0, "b64": "", "end": "timeout"}'])
    assert (attempt.head_t, attempt.end_t) == (0.0, 9.0)


def test_a_header_that_is_no_text_does_not_lose_the_recording() -> None:
    recorder = Recorder(Redactor())
    recorder.observe(Connected("t", 0.1, 200, {"server": "a\ud800"}))
    (attempt,) = recorder.attempts()
    assert attempt.headers == {"server": "a\ufffd"}


NAMES: list[tuple[dict[str, object], str, str]] = [
    ({"backend": "Ours"}, "Ours", "http://recorded.invalid/"),
    ({"backend": "\x1b[2J a:b"}, "2J-a-b", "http://recorded.invalid/"),
    ({"backend": ["x"], "question": "  "}, "x", "http://recorded.invalid/"),
    ({"request": {"url": "/v1/messages"}}, "turn", "http://recorded.invalid/v1/messages"),
    ({"request": {"url": "http://["}}, "turn", "http://recorded.invalid/"),
    ({"request": {"url": "file:///etc/passwd"}}, "turn", "http://recorded.invalid/"),
    ({"request": "x"}, "turn", "http://recorded.invalid/"),
]


@pytest.mark.parametrize(("meta", "name", "url"), NAMES)
def test_whatever_a_recording_calls_its_backend_it_replays(
    meta: dict[str, object], name: str, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "turn.jsonl"
    file.write_bytes(msgspec.json.encode({"meta": meta}))
    planned = plan(file, "", 0.0, Config([Backend("demo", "http://127.0.0.1:1/")]))
    assert (planned.backend.name, planned.backend.url) == (name, url)
    assert planned.question == "(recorded)"


def test_a_backend_of_that_name_lends_its_thresholds(tmp_path: Path) -> None:
    file = tmp_path / "turn.jsonl"
    file.write_bytes(b'{"meta": {"backend": "Ours"}}')
    planned = plan(file, "", 0.0, Config([Backend("Ours", "http://127.0.0.1:1/", thresholds=QUICK)]))
    assert planned.backend.thresholds == QUICK


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "got nothing"),
        ([b"not json"], "line 1"),
        ([b'{"t": 1, "b64": "eA=="}'], 'expected {"meta"'),
        ([b'{"meta": {}}', b'{"t": "soon", "b64": "eA=="}'], "line 2"),
        ([b'{"meta": {}}', b'{"t": 1, "b64": "!!"}'], "line 2"),
        ([b'{"meta": {}}', b"[1, 2]"], "line 2"),
        ([b'{"meta": {}}', b'{"t": "nan", "b64": "eA=="}'], "line 2"),
        ([b'{"meta": {}}', b'{"t": true, "b64": "eA=="}'], "line 2"),
        ([b'{"meta": {}}', b'{"t": 1, "b64": ' + b"[" * 100_000], "line 2"),
        ([b'{"meta": {"status": "x"}}'], "line 1: meta.status: expected an HTTP status, .* got 'x'"),
        ([b'{"meta": {"status": 1e9}}'], "meta.status"),
        ([b'{"meta": {"headers": ["a"]}}'], "line 1: meta.headers: expected an object"),
        ([b'{"meta": {"t_headers": []}}'], "meta.t_headers"),
        ([b'{"meta": {"t_connected": {}}}'], "meta.t_connected"),
        ([b'{"meta": {"t_headers": "soon"}}'], "line 1: meta.t_headers: expected seconds from 0 on, got 'soon'"),
        ([b'{"meta": {}}', b'{"t": %s, "b64": "eA=="}' % (b"9" * 400)], "line 2: .*seconds from 0 on"),
        ([b'{"meta": {}}', b'{"t": 1e400, "b64": "eA=="}'], "line 2"),
        ([b'{"meta": {}}', b'{"t": -1, "b64": "eA=="}'], "line 2: .*seconds from 0 on"),
        ([b'{"meta": {"t_headers": %s}}' % (b"9" * 400)], "meta.t_headers: expected seconds from 0 on, got 999"),
        ([b'{"meta": {"t_connected": -0.5}}'], "meta.t_connected: expected seconds from 0 on, got -0.5"),
    ],
)
def test_what_is_no_recording_is_said(lines: list[bytes], says: str) -> None:
    with pytest.raises(RecordingError, match=says):
        parse_recording(lines)
