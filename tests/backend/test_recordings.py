"""Every recording of the corpus through the whole engine: outcome, fault, text and finish reason, however it was cut."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from dashboard.backend.replay import ReplayTransport
from dashboard.cli.replay import plan
from dashboard.config import Backend, Config, Custom
from dashboard.health.report import Report
from dashboard.runtime import Runtime
from dashboard.telemetry.recording import read_recording
from dashboard.turn.verdict import Fault, Outcome
from dashboard.wire.dialect import Question
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.recorded import Attempt

CORPUS = Path(__file__).parents[1] / "corpus"
SMALL_BYTES = 4_000
OUTSIDE = "other"
"""The folder of streams that no dialect is for, read with dialect auto."""


def expected() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for folder in sorted(path.parent for path in CORPUS.glob("*/expected.yaml")):
        for name, entry in yaml.safe_load((folder / "expected.yaml").read_text("utf-8")).items():
            found[f"{folder.name}/{name}"] = entry
    return found


EXPECTED = expected()


def cut_bytes(attempt: Attempt) -> Attempt:
    """Each byte a read of its own."""
    reads = [(at, data[i : i + 1]) for at, data in attempt.reads for i in range(len(data))]
    return msgspec.structs.replace(attempt, reads=tuple(reads))


def cut_anywhere(attempt: Attempt) -> Attempt:
    """Reads of 1 to 300 bytes."""
    chance, reads = random.Random(7), []
    for at, data in attempt.reads:
        left = data
        while left:
            size = chance.randint(1, 300)
            reads.append((at, left[:size]))
            left = left[size:]
    return msgspec.structs.replace(attempt, reads=tuple(reads))


async def replayed(case: str, recut: Callable[[Attempt], Attempt] = lambda attempt: attempt) -> Report:
    """What `streamgauge replay` makes of it, with other cuts between the reads."""
    folder, _, name = case.partition("/")
    file, options = CORPUS / f"{case}.jsonl", EXPECTED[case].get("options")
    known = (
        Backend(name, "http://127.0.0.1:1/", folder, custom=Custom(**options)) if options else Backend("b", "http://b/")
    )
    config = plan(file, "auto" if folder == OUTSIDE else folder, 0.0, Config([known])).config
    runtime = Runtime(config)
    transport = ReplayTransport([recut(attempt) for attempt in read_recording(file)])
    live = runtime.ask(config.backends[0].name, Question("?"), source="replay", transport=transport)
    await asyncio.wait_for(live.wait(), 60)
    await runtime.aclose()
    return live.gauge.report()


def verdict(report: Report) -> dict[str, Any]:
    return {
        "text": report.text,
        "reasoning": report.reasoning,
        "outcome": report.outcome,
        "fault": report.fault,
        "finish": report.finish_reason,
        "stalls": report.stalls,
        "heartbeats": report.heartbeats,
        "anomalies": sorted({anomaly.kind for anomaly in report.anomalies} - {"stall"}),
        "reconnects": report.reconnects,
    }


def wanted(case: str) -> dict[str, Any]:
    entry = EXPECTED[case]
    turn = entry["turn"]
    return {
        "text": entry["text"],
        "reasoning": entry.get("reasoning", ""),
        "outcome": turn["outcome"],
        "fault": turn.get("fault", ""),
        "finish": entry.get("finish"),
        "stalls": turn.get("stalls", 0),
        "heartbeats": turn.get("heartbeats", 0),
        "anomalies": turn.get("anomalies", []),
        "reconnects": 0,
    }


@pytest.mark.parametrize("case", EXPECTED)
async def test_recording_gives_its_verdict(case: str) -> None:
    report = await replayed(case)
    assert verdict(report) == wanted(case)
    assert EXPECTED[case]["turn"].get("detail", "") in report.detail
    assert report.diagnosis is not None


@pytest.mark.parametrize("case", EXPECTED)
async def test_verdict_does_not_depend_on_the_cuts(case: str) -> None:
    size = sum(len(data) for attempt in read_recording(CORPUS / f"{case}.jsonl") for _, data in attempt.reads)
    assert verdict(await replayed(case, cut_bytes if size <= SMALL_BYTES else cut_anywhere)) == wanted(case)


def test_corpus_is_whole() -> None:
    """Each recording has its expectation and the reverse, each bad ending its words, each folder its dialect."""
    assert {f"{path.parent.name}/{path.stem}" for path in CORPUS.glob("*/*.jsonl")} == set(EXPECTED)
    assert {path.parent.name for path in CORPUS.glob("*/expected.yaml")} == {*DIALECTS, OUTSIDE}
    for case, entry in EXPECTED.items():
        turn = entry["turn"]
        assert turn["outcome"] in set(Outcome), case
        assert turn.get("fault", "") in {"", *Fault}, case
        assert turn["outcome"] in ("completed", "stopped") or turn.get("detail"), case
