"""`streamgauge check`: one turn, told as it happens, judged at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from dashboard.backend.seam import Transport
from dashboard.cli import ordinary
from dashboard.cli.curl import Pasted, parse_curl
from dashboard.cli.event_loop import run_in_order, told_to_stop
from dashboard.cli.one_backend import build, file_named, is_url, known_as, of_name, of_url, over
from dashboard.cli.output import console_for_lines, nobody_reads
from dashboard.cli.phases import Phases, Say
from dashboard.cli.printable import in_json, typed
from dashboard.cli.question_field import question_in, with_question
from dashboard.cli.shell_words import CurlError
from dashboard.cli.unreadable import unread
from dashboard.cli.verdict import Gate, misses, told
from dashboard.config import Backend, Config, ConfigError, Secret, check_headers, load
from dashboard.health.evidence import Evidence
from dashboard.health.report import Report
from dashboard.health.unread import Seen
from dashboard.telemetry.recording import Recorder
from dashboard.turn.events import Observer, TurnEvent
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Ask, Question
from dashboard.wire.redact import redactor_for

QUESTION = "What's 2+2?"
AS_PASTED = "(as pasted)"
BODY_BYTES = 16 * 1024 * 1024
"""The largest file that a pasted command may send."""
STYLES = dict.fromkeys(("stalled", "anomaly", "disconnected", "retrying"), "yellow")


class Plan(msgspec.Struct, frozen=True):
    """What is asked: one backend, the question, and the whole request when it was pasted."""

    config: Config
    question: str
    ask: Ask | None = None
    source: str = ""
    """The file that named the backend, "" for an address."""
    origin: str = "check"
    transport: Callable[[], Transport] | None = None
    """Made on the loop, in place of HTTP."""
    kept: bool = False
    """It is recorded, so it goes on also when nobody reads what is told of it."""

    @property
    def backend(self) -> Backend:
        return self.config.backends[0]


class Checked(msgspec.Struct, frozen=True):
    """How it went, on what evidence, and the frames for a turn of which nothing could be read."""

    report: Report
    seen: Seen
    evidence: Evidence


def plan(
    target: str | None,
    curl: str | None,
    message: str | None,
    dialect: str,
    file: Path | None,
    headers: Mapping[str, str],
) -> Plan:
    """What the command line means. Errors: ConfigError, CurlError."""
    if curl is not None:
        return _pasted(curl, message, dialect, headers)
    if target is None:
        raise ConfigError("check: expected a backend's name, an address or --curl, got none of them")
    question = QUESTION if message is None else typed(message)
    if is_url(target):
        if not headers and (hint := known_as(target, file)):
            click.echo(hint, err=True)
        return Plan(of_url(target, dialect or "auto", headers), question)
    return Plan(of_name(target, load(file), dialect, headers), question, source=file_named(file))


def _pasted(curl: str, message: str | None, dialect: str, headers: Mapping[str, str]) -> Plan:
    pasted = parse_curl(curl, os.environ, _body)
    if message is not None:
        asked = with_question(pasted, typed(message))
        if asked is None:
            raise CurlError(
                "-m: expected a request with a field for the question (message, prompt, messages …), got none"
            )
        pasted = asked
    own = {name: value for name, value in pasted.headers.items() if name.lower() in ("content-type", "accept")}
    check_headers({name: Secret(value) for name, value in own.items()}, "--curl")
    secret = {name: value for name, value in pasted.headers.items() if name not in own}
    config = of_url(pasted.url, dialect or "auto", over(secret, headers))
    backend = msgspec.structs.replace(
        config.backends[0], method="GET" if pasted.method == "GET" else "POST", verify=pasted.verify
    )
    ask = Ask(pasted.method, pasted.url, own, pasted.body)
    return Plan(msgspec.structs.replace(config, backends=[backend]), (question_in(pasted) or AS_PASTED)[:8000], ask)


def _body(name: str) -> bytes:
    """What `-d @name` sends. Errors: OSError, CurlError for more than BODY_BYTES."""
    with Path(name).open("rb") as file:
        body = file.read(BODY_BYTES + 1)
    if len(body) > BODY_BYTES:
        raise CurlError(f"@{name}: expected a file of at most {BODY_BYTES:,} bytes, got a larger one")
    return body


def with_limits(plan: Plan, max_ttft_s: float | None, max_gap_s: float | None) -> Plan:
    """`plan` with thresholds from the command line in place of the configured ones."""
    limits = {"ttft_s": max_ttft_s, "gap_s": max_gap_s}
    given = {name: value for name, value in limits.items() if value is not None}
    thresholds = msgspec.structs.replace(plan.backend.thresholds, **given)
    backend = msgspec.structs.replace(plan.backend, thresholds=thresholds)
    return msgspec.structs.replace(plan, config=msgspec.structs.replace(plan.config, backends=[backend]))


def request(plan: Plan) -> Pasted:
    """What was sent, without the configured headers."""
    ask = plan.ask
    if ask is None:
        backend = plan.backend
        ask = dialect_of(backend).ask(Question(plan.question))
    return Pasted(ask.method, ask.url, dict(ask.headers), ask.body)


def run(plan: Plan, say: Say, also: Observer | None = None) -> Checked:
    """The turn, to its end, to Ctrl-C or to SIGTERM; `also` sees its events.

    Errors: ConfigError for an unknown dialect, Refused for a question too long.
    """
    return run_in_order(lambda terminated: asked(plan, say, also, terminated))


async def asked(plan: Plan, say: Say, also: Observer | None, terminated: Callable[[], bool]) -> Checked:
    """As `run`, on a loop that is there; cancelled, it ends the turn and still gives its verdict (see `told_to_stop`)."""
    runtime = build(plan.config, plan.source)
    phases, seen = Phases(say if plan.kept else _until_nobody_reads(say)), Seen()
    with contextlib.suppress(asyncio.CancelledError):
        if plan.transport is None:
            await runtime.discover(plan.backend.name)
    live = runtime.ask(
        plan.backend.name,
        Question(plan.question),
        source=plan.origin,
        also=_all(phases.observe, seen.observe, *([also] if also else [])),
        ask=plan.ask,
        transport=plan.transport() if plan.transport else None,
    )
    with contextlib.suppress(asyncio.CancelledError):
        if not told_to_stop():
            await live.wait()
    if not live.done:
        live.cancel("shutdown" if terminated() else "person")
        await live.wait()
    with contextlib.suppress(asyncio.CancelledError):
        await runtime.aclose()
    return Checked(live.gauge.report(), seen, live.gauge.evidence())


def _until_nobody_reads(say: Say) -> Say:
    """`say`, which ends the running task, as Ctrl-C does, once nobody reads what it says."""
    task, ended = asyncio.current_task(), [False]

    def told(at: float, word: str, rest: str) -> None:
        say(at, word, rest)
        if nobody_reads() and task is not None and not ended[0]:
            ended[0] = task.cancel()

    return told


def _all(*observers: Observer) -> Observer:
    def observe(event: TurnEvent) -> None:
        for each in observers:
            each(event)

    return observe


class Telling(msgspec.Struct, frozen=True):
    """How a turn is told, and what it must be to pass."""

    as_json: bool = False
    gate: Gate = Gate()
    client: str = ""
    """An ordinary client, whose view of the same bytes is told too; "" for none."""


def judged(plan: Plan, telling: Telling, also: Observer | None = None) -> bool:
    """Runs the turn and tells it; whether it passes."""
    recorder = Recorder(redactor_for(plan.backend)) if telling.client else None
    watching = [each for each in (also, recorder.observe if recorder else None) if each is not None]
    tell = _told_as_json if telling.as_json else _told_to_a_person
    return tell(plan, telling.gate, _all(*watching), recorder)


def _told_as_json(plan: Plan, gate: Gate, also: Observer, recorder: Recorder | None) -> bool:
    report = run(plan, lambda _at, _word, _rest: None, also).report
    said: Any = report
    if recorder is not None:
        said = msgspec.structs.asdict(report) | {"ordinary": ordinary.rows(recorder, report)}
    sys.stdout.write(in_json(msgspec.json.encode(said).decode()) + "\n")
    return not misses(report, plan.backend.thresholds, gate)


def _told_to_a_person(plan: Plan, gate: Gate, also: Observer, recorder: Recorder | None) -> bool:
    """As it goes, then how it ended."""
    console = console_for_lines()

    def say(at: float, word: str, rest: str) -> None:
        console.print(Text.assemble((f"{at:8.3f} s  ", "dim"), (f"{word:<13} ", STYLES.get(word, "cyan")), rest))

    checked = run(plan, say, also)
    missed = misses(checked.report, plan.backend.thresholds, gate)
    for style, line in told(checked.report, missed):
        console.print(Text(line, style))
    if not checked.seen.understood and checked.seen.raw:
        for line in unread(checked.seen, request(plan)):
            console.print(Text(redactor_for(plan.backend).text(line)))
    if recorder is not None:
        for style, line in ordinary.told(ordinary.rows(recorder, checked.report)):
            console.print(Text(line, style))
    return not missed
