"""One trace a turn: sent with every attempt, and found again wherever the turn is told of."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from dashboard.config import Backend, Config, Retry, Secret, Timeouts
from dashboard.runtime import Runtime
from dashboard.telemetry.recording import Recorder
from dashboard.turn.request import traced_origin
from dashboard.wire.dialect import Ask, Question
from dashboard.wire.redact import redactor_for
from tests.backend.raw import HEAD, Peer, serving
from tests.turn.script import DONE, say

THEIRS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, SPAN = "a" * 32, "b" * 16


async def good(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("4", "r.1") + DONE)


async def torn(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("4", "r.1"))
    await asyncio.sleep(0.02)
    peer.reset()


def sent(peer: Peer) -> list[str]:
    return re.findall(r"(?im)^traceparent: *(.*?)\r$", peer.request.decode())


async def asked(*scripts: Any, **more: Any) -> tuple[list[list[str]], Runtime, str, bytes]:
    """The traceparents of each request, the runtime, the turn's trace id and its recording."""
    async with serving(*scripts) as server:
        more = {"retry": Retry(0.01, 0.02, 3), "timeouts": Timeouts(2, 2), **more}
        runtime = Runtime(Config([Backend("b", server.url, "orchestrator", **more)]))
        recorder = Recorder(redactor_for(runtime.backends["b"]))
        live = runtime.ask("b", Question("hello"), also=recorder.observe)
        await asyncio.wait_for(live.wait(), 30)
        await runtime.aclose()
    assert live.transcript.outcome == "completed"
    return [sent(peer) for peer in server.peers], runtime, live.transcript.trace_id, recorder.encoded()


async def test_the_trace_that_was_sent_is_in_history_exemplar_and_recording() -> None:
    requests, runtime, trace_id, recording = await asked(good)
    assert re.fullmatch(r"[0-9a-f]{32}", trace_id)
    assert len(requests) == 1
    assert re.fullmatch(rf"00-{trace_id}-[0-9a-f]{{16}}-01", requests[0][0])
    past = runtime.history.recent("b")[0]
    assert past.trace_id == trace_id
    said = runtime.sink.render("application/openmetrics-text", gzip=False)[0].decode()
    exemplars = re.findall(r"# (\{.*?\})", said)
    assert exemplars
    assert all(f'trace_id="{trace_id}"' in each and f'turn="{past.turn}"' in each for each in exemplars)
    assert json.loads(recording.splitlines()[0])["meta"]["trace_id"] == trace_id


async def test_two_turns_have_two_traces() -> None:
    assert len({(await asked(good))[2] for _ in range(2)}) == 2


async def test_a_resumed_turn_goes_on_in_its_trace() -> None:
    requests, _, trace_id, _ = await asked(torn, good)
    assert len(requests) == 2
    assert requests[0] == requests[1]
    assert trace_id in requests[1][0]


async def test_a_configured_traceparent_is_sent_once_and_as_it_is() -> None:
    requests, _, trace_id, _ = await asked(good, headers={"TraceParent": Secret(THEIRS)})
    assert requests == [[THEIRS]]
    assert trace_id == THEIRS.split("-")[1]


async def test_none_is_sent_where_it_is_switched_off() -> None:
    requests, runtime, trace_id, recording = await asked(good, traceparent=False)
    assert (requests, trace_id) == ([[]], "")
    assert b"trace_id" not in recording
    said = runtime.sink.render("application/openmetrics-text", gzip=False)[0].decode()
    assert "# {" in said
    assert "trace_id" not in said


@pytest.mark.parametrize(
    ("configured", "trace_id"),
    [(THEIRS, THEIRS.split("-")[1]), ("my own", ""), (f"00-{'0' * 32}-{SPAN}-01", ""), ("", TRACE)],
)
def test_whose_trace_it_is(configured: str, trace_id: str) -> None:
    backend = Backend("b", "http://h/", headers={"Traceparent": Secret(configured)})
    origin = traced_origin(backend, "", "live", TRACE, SPAN)
    assert origin.trace_id == trace_id
    assert bool(origin.traceparent) is (configured == "")


def test_a_request_that_has_one_keeps_it_and_a_replay_has_none() -> None:
    backend = Backend("b", "http://h/")
    pasted = Ask("POST", "http://h/", {"Traceparent": THEIRS})
    assert traced_origin(backend, "", "check", TRACE, SPAN).traced(pasted) is pasted
    assert traced_origin(backend, "", "replay", TRACE, SPAN).trace_id == ""
