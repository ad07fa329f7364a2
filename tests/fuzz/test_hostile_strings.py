"""Hostile strings in every place where a back end may put one: metrics, terminal, JSON, page and recording stay whole."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from dashboard.backend.replay import ReplayTransport
from dashboard.cli.printable import in_json
from dashboard.config import Backend, Config, Limits, Retry
from dashboard.runtime import Runtime
from dashboard.telemetry.recording import Recorder
from dashboard.turn.request import Head
from dashboard.turn.turn import Turn
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Question
from dashboard.wire.recorded import Attempt, parse_recording
from dashboard.wire.redact import Redactor
from tests.fuzz.examples import examples
from tests.fuzz.hostile import KNOWN, STRINGS, whole
from tests.fuzz.watched import OPENMETRICS, Watched, hidden
from tests.telemetry.served import installed, served
from tests.turn.script import QUICK, STREAM

BACKEND = Backend("b", "http://127.0.0.1:1/process/stream", "orchestrator", thresholds=QUICK, retry=Retry(0.1, 0.1, 2))


def frame(data: object, event: str = "", comment: str = "", event_id: str = "") -> bytes:
    """One SSE event; what can't stand on a line of it is left out."""
    lines = [(":", comment), ("event: ", event), ("id: ", event_id)]
    head = "".join(f"{name}{value}\n" for name, value in lines if value and not set(value) & set("\r\n"))
    return head.encode("utf-8", "replace") + b"data: " + json.dumps(data).encode() + b"\n\n"


def answer_with(words: str, how: str) -> list[bytes]:
    """An orchestrator's stream with `words` wherever words can stand; `how` it ends."""
    routed = {"agent_id": words, "agent_name": words, "protocol": words, "confidence": 0.5, "reasoning": words}
    body = [
        frame({"event": "routing_started", "x": words}, words, words, words),
        frame({"event": "routing_completed", **routed}),
        frame({"event": "agent_execution_started", "agent_id": words, "agent_name": words, "protocol": words}),
        frame({"event": "response_chunk", "text": "<" + words}),
        frame({"event": words, words: words}),
        b"data: raw " + re.sub(r"[\r\n]", " ", words).encode("utf-8", "replace") + b"\n\n",
        frame({"event": "response_chunk", "text": words + ">"}),
    ]
    if how == "completed":
        body.append(frame({"event": "completed", "agent_id": words, "protocol": words, "finish_reason": words}))
    elif how == "error":
        body.append(frame({"event": "error", "code": words, "message": words}))
    return body


@examples(60)
@given(STRINGS, st.sampled_from(["completed", "error", "cut", "refused"]), STRINGS)
def test_they_pass_whole_and_harm_nothing(words: str, how: str, question: str) -> None:
    watched = Watched(BACKEND)
    turn = Turn("t", BACKEND, dialect_of(BACKEND), Question(question), limits=Limits())
    watched.take(turn.asked(0.0))
    head = Head(200, {**STREAM.headers, "server": words, "via": words})
    if how == "refused":
        refused = Head(400, {"content-type": words, "server": words})
        watched.take(turn.refused(refused, words.encode("utf-8", "replace"), 0.1))
    else:
        watched.take(turn.connected(head, 0.1))
        for at, data in enumerate(answer_with(words, how), 1):
            watched.take(turn.feed(data, 0.1 + at / 10))
        watched.take(turn.eof(2.0))
    report = watched.finish(scrape=True)
    assert (
        report.outcome == {"completed": "completed", "error": "failed", "cut": "truncated", "refused": "rejected"}[how]
    )
    if how == "refused":
        return
    if whole(words) == words and "\n" not in words and "\r" not in words:
        assert report.text.startswith("<" + words)
        assert report.text.endswith(words + ">")
    assert whole(report.text) == report.text
    assert watched.attempts()[0].meta["question"] == whole(question)


@examples(20)
@given(st.lists(STRINGS, min_size=1, max_size=5))
def test_a_label_of_any_words_can_be_scraped(names: list[str]) -> None:
    """Agents named so: the exposition parses, and no label holds what moves a cursor."""
    watched = Watched(BACKEND)
    for number, words in enumerate(names):
        turn = Turn(str(number), BACKEND, dialect_of(BACKEND), Question("?"), limits=Limits())
        for events in (turn.asked(0.0), turn.connected(STREAM, 0.1)):
            for event in events:
                watched.sink.observe(event)
        for data in answer_with(words, "completed")[:2]:
            for event in turn.feed(data, 0.2):
                watched.sink.observe(event)
    agents = {
        sample.labels["agent"]
        for family in watched.scraped().values()
        for sample in family.samples
        if "agent" in sample.labels
    }
    assert agents
    assert not any(hidden(agent) for agent in agents)


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    async with installed(Config([BACKEND], Limits(turns_live=1_000))) as runtime:
        yield runtime


@pytest.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with served() as client:
        yield client


async def test_through_the_whole_process(
    runtime: Runtime, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Every known one, by every ending: each turn ends as it must, its recording holds every byte, the scrape is 200."""
    caplog.set_level(logging.DEBUG)
    for words in KNOWN:
        for how, outcome in (("completed", "completed"), ("error", "failed"), ("cut", "truncated")):
            reads = tuple((0.1 * at, data) for at, data in enumerate(answer_with(words, how), 1))
            attempt = Attempt(200, {**STREAM.headers, "server": words}, reads, "complete", 2.0)
            recorder = Recorder(Redactor())
            transport = ReplayTransport([attempt])
            live = runtime.ask("b", Question(f"?{words}"), session=words, also=recorder.observe, transport=transport)
            await asyncio.wait_for(live.wait(), 30)
            report = live.gauge.report()
            assert (report.outcome, report.bytes) == (outcome, sum(len(data) for _, data in reads))
            told = json.loads(in_json(msgspec.json.encode(report).decode()))
            assert told == msgspec.to_builtins(report)
            (recorded,) = parse_recording(recorder.encoded().splitlines())
            assert [data for _, data in recorded.reads] == [data for _, data in reads]
    scrape = await client.get("/metrics", headers={"Accept": OPENMETRICS})
    assert scrape.status_code == 200
    families = {family.name: family for family in parse_openmetrics(scrape.text)}
    counted = {
        sample.labels["outcome"]: sample.value
        for sample in families["streamgauge_turns"].samples
        if sample.labels["source"] == "live"
    }
    assert {name: counted[name] for name in ("completed", "failed", "truncated")} == dict.fromkeys(("completed", "failed", "truncated"), len(KNOWN))  # fmt: skip
    plain = await client.get("/metrics", headers={"Accept": "text/plain"})
    assert plain.status_code == 200
    assert list(parse_text(plain.text))
    assert not any(hidden(line) - {"\n"} for line in caplog.text.splitlines())
