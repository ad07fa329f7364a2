"""`streamgauge check DIRECT --compare THROUGH`: the same question around a hop and through it, in alternating pairs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.text import Text

from dashboard.cli.check import Checked, Plan, asked
from dashboard.cli.event_loop import run_in_order, told_to_stop
from dashboard.cli.one_backend import name_of
from dashboard.cli.output import console_for_lines, nobody_reads
from dashboard.cli.printable import in_json, one_line
from dashboard.cli.verdict import Gate, misses
from dashboard.config import ConfigError
from dashboard.config_yaml import check_url
from dashboard.health import hop
from dashboard.health.compare import PAIRS, Course, CourseSeen, arrivals, conclude, doubt
from dashboard.health.diagnosis import Diagnosis, Kind
from dashboard.health.report import Report
from dashboard.turn.events import Connected, TurnEvent

PAIR = 2
"""Directly, then through."""


class Run(msgspec.Struct, frozen=True):
    """One turn of the comparison."""

    checked: Checked
    course: Course
    headers: dict[str, str]


class Compared(msgspec.Struct, frozen=True):
    """What `--json` prints: the last pair of runs (null: stopped before it was asked), and the diagnosis of all."""

    direct: Report | None
    through: Report | None
    diagnosis: Diagnosis


def through_plan(direct: Plan, address: str) -> Plan:
    """`direct`, asked at `address`: an address without a path takes the direct one's. Errors: ConfigError."""
    text = address if "://" in address else f"http://{address}"
    check_url(text, "--compare")
    backend = direct.backend
    to, own = urlsplit(text), urlsplit(direct.ask.url if direct.ask else backend.url)
    url = text if to.path or to.query else to._replace(path=own.path, query=own.query).geturl()
    if url == own.geturl():
        raise ConfigError(f"--compare: expected another address than the direct one, got {one_line(address)}")
    other = msgspec.structs.replace(backend, name=name_of(url), url=url)
    ask = msgspec.structs.replace(direct.ask, url=url) if direct.ask else None
    config = msgspec.structs.replace(direct.config, backends=[other])
    return msgspec.structs.replace(direct, config=config, ask=ask)


def told_as_json(plan: Plan, address: str, gate: Gate) -> bool:
    """Runs the pairs and prints one JSON object; whether it passes."""
    through = through_plan(plan, address)
    compared = _compared(plan, through, None)
    sys.stdout.write(in_json(msgspec.json.encode(compared).decode()) + "\n")
    return not _missed(compared, plan, gate)


def told_to_a_person(plan: Plan, address: str, gate: Gate) -> bool:
    """Runs the pairs, a line each, and tells what they prove; whether it passes."""
    console = console_for_lines()
    through = through_plan(plan, address)
    compared = _compared(plan, through, console)
    found = compared.diagnosis
    console.print(Text(f"\n{found.kind}: {one_line(found.sentence, 500)}", "bold"))
    for line in found.evidence:
        console.print(Text(f"  - {one_line(line, 500)}"))
    console.print(Text(f"  next: {one_line(found.next, 500)}"))
    missed = _missed(compared, plan, gate)
    for each in missed:
        console.print(Text(f"missed: {each}", "red"))
    return not missed


def _compared(direct: Plan, through: Plan, console: Console | None) -> Compared:
    return run_in_order(lambda terminated: _pairs(direct, through, console, terminated))


async def _pairs(direct: Plan, through: Plan, console: Console | None, terminated: Callable[[], bool]) -> Compared:
    pairs: list[tuple[Run, Run]] = []
    while len(pairs) < PAIRS and not (pairs and doubt(pairs[-1][0].course, pairs[-1][1].course)):
        half: list[Run] = []
        for plan, word in ((direct, "directly"), (through, "through")):
            half.append(await _run(plan, word, console, terminated))
            if told_to_stop():  # nothing is proved by half a pair, and whoever stopped it wants no other question asked
                return _stopped(pairs, half, "Streamgauge was shut down" if terminated() else "The person stopped it")
        pairs.append((half[0], half[1]))
    around, behind = pairs[-1]
    where = urlsplit(through.backend.url)
    found = hop.proof(where.netloc.rpartition("@")[2], around.headers, behind.headers)
    courses = [(one.course, other.course) for one, other in pairs]
    diagnosis = conclude(courses, around.checked.evidence, behind.checked.evidence, found)
    return Compared(around.checked.report, behind.checked.report, diagnosis)


def _stopped(pairs: list[tuple[Run, Run]], half: list[Run], who: str) -> Compared:
    last = half[-1].checked.report
    where = "through the hop" if len(half) == PAIR else "directly"
    courses = [(one.course, other.course) for one, other in pairs]
    lines = [line for number, pair in enumerate(courses, 1) for line in arrivals(pair, number)]
    lines.append(f"Pair {len(pairs) + 1}, {where}: {last.outcome} after {last.duration_s or 0.0:.1f} s.")
    sentence = f"{who} before the comparison was over, so nothing is proved."
    diagnosis = Diagnosis(Kind.STOPPED, sentence, lines, "Run it again, to its end.")
    return Compared(half[0].checked.report, last if len(half) == PAIR else None, diagnosis)


async def _run(plan: Plan, word: str, console: Console | None, terminated: Callable[[], bool]) -> Run:
    seen, headers = CourseSeen(), dict[str, str]()

    def observe(event: TurnEvent) -> None:
        seen.observe(event)
        if type(event) is Connected:
            headers.update(event.headers)

    checked = await asked(plan, lambda _at, _word, _rest: None, observe, terminated)
    if console is not None and nobody_reads():
        sys.exit(1)
    report = checked.report
    late = report.diagnosis is not None and report.diagnosis.kind == Kind.PAGE_SLOW
    if console is not None:
        first = "no text" if report.ttft_s is None else f"first text {report.ttft_s:.3f} s"
        numbers = f"{report.outcome}, {first}, {report.chunks:,} chunks, duration {report.duration_s or 0.0:.3f} s"
        console.print(Text.assemble((f"{word:<9} ", "cyan"), f"{one_line(plan.backend.url, 120)}: {numbers}"))
    return Run(checked, seen.course(report.outcome, ours=late), headers)


def _missed(compared: Compared, plan: Plan, gate: Gate) -> list[str]:
    found = [
        f"{word}: {each}"
        for word, report in (("directly", compared.direct), ("through", compared.through))
        for each in (misses(report, plan.backend.thresholds, gate) if report is not None else ())
    ]
    if compared.diagnosis.kind == Kind.STOPPED:
        found.append("the comparison was stopped, expected its end")
    if compared.diagnosis.kind == Kind.BURST_PROVED:
        found.append("the hop holds the text back, expected it to pass on at once")
    return found
