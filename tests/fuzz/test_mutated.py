"""Recordings of real servers, made wrong in every way, through the driver of real turns and everything that watches."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from random import Random

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dashboard.backend.answer import Stop, answer
from dashboard.backend.replay import ReplayTransport
from dashboard.cli import commands
from dashboard.config import Backend, Limits, Retry, Timeouts
from dashboard.health.report import Report
from dashboard.turn.turn import Turn
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Question
from dashboard.wire.recorded import Attempt, RecordingError, parse_recording
from tests.fuzz.examples import examples
from tests.fuzz.mutated import FILES, Case, case, mutate
from tests.fuzz.watched import Watched
from tests.turn.script import QUICK

SEEDS = st.integers(0, 2**64 - 1)
LIMITS = Limits(event_bytes=32_768)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def played(
    runner: asyncio.Runner, what: Case, attempts: list[Attempt] | None = None, *, scrape: bool = False
) -> tuple[Watched, Report]:
    backend = Backend(
        "b", "http://127.0.0.1:1/unknown", what.dialect, thresholds=QUICK, timeouts=Timeouts(1, 3), retry=Retry(0.1, 0.1, 3), custom=what.custom
    )  # fmt: skip
    watched = Watched(backend)
    turn = Turn("t", backend, dialect_of(backend), Question("what?"), limits=LIMITS)
    transport = ReplayTransport(what.attempts if attempts is None else attempts)
    runner.run(asyncio.wait_for(answer(turn, transport, watched.observe, Stop("person")), 60))
    return watched, watched.finish(scrape=scrape)


def comparable(report: Report) -> dict[str, object]:
    """What a replay must come to again, whatever the times were rounded to."""
    told = msgspec.to_builtins(report)
    names = ("text", "reasoning", "outcome", "fault", "finish_reason", "usage", "agent", "events", "chunks", "bytes")
    return {name: told[name] for name in names}


@examples(150)
@given(SEEDS)
def test_whatever_is_wrong_with_a_stream_it_ends_once(runner: asyncio.Runner, seed: int) -> None:
    chance = Random(seed)
    watched, first = played(runner, what := case(chance), scrape=chance.random() < 0.1)
    if not any(b"*" in data for attempt in watched.attempts() for _, data in attempt.reads):
        _, again = played(runner, what, watched.attempts())
        assert comparable(again) == comparable(first), "its recording replays to the same"


@examples(80)
@given(SEEDS)
def test_a_damaged_file_is_a_recording_or_a_sentence(seed: int) -> None:
    chance = Random(seed)
    data, other = (chance.choice(FILES).read_bytes()[:40_000] for _ in range(2))
    damaged = mutate(data, other, chance, 4).splitlines() if chance.random() < 0.3 else rows_changed(data, chance)
    with contextlib.suppress(RecordingError):
        attempts = parse_recording(damaged, "it")
        assert all(isinstance(each.status, int) and isfinite(each.end_t + each.head_t) for each in attempts)


STRANGE = (None, "x", "nan", "1e999", "7", -1, 1e308, True, [], {}, [1], {"a": 1}, "\ud800", 2**70, 0.5, "http://[")


def rows_changed(data: bytes, chance: Random) -> list[bytes]:
    """A row or two with a field of another type."""
    lines = data.splitlines()[:60]
    heads = [index for index, line in enumerate(lines) if line.startswith(b'{"meta"')]
    for index in chance.choices(heads, k=2) + chance.choices(range(len(lines)), k=chance.choice((0, 0, 1))):
        try:
            row = json.loads(lines[index])
        except ValueError:
            continue
        inside = row["meta"] if isinstance(row.get("meta"), dict) and chance.random() < 0.9 else row
        named = [*inside, "status", "headers", "t_headers", "request", "backend", "dialect", "question"]
        inside[chance.choice(named)] = (
            {"url": chance.choice(STRANGE)} if chance.random() < 0.1 else chance.choice(STRANGE)
        )
        lines[index] = json.dumps(row).encode()
    return lines


@examples(10)
@given(SEEDS)
def test_a_damaged_file_replays_from_the_command_line_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = Random(seed)
    path = Path(tmp_path_factory.mktemp("fuzz") / "turn.jsonl")
    path.write_bytes(b"\n".join(rows_changed(chance.choice(FILES).read_bytes(), chance)))
    result = CliRunner().invoke(commands, ["replay", str(path), "--json", "--speed", "0"], catch_exceptions=False)
    assert result.exit_code in (0, 1, 2)
    if result.exit_code == 2:
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        assert len(result.stderr.splitlines()) == 1
    else:
        told = json.loads(result.stdout)
        assert told == msgspec.to_builtins(msgspec.convert(told, Report))
