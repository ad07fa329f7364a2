"""Whether a turn passes `check`, and how its end is told."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from dashboard.cli.printable import lines, one_line
from dashboard.config import Thresholds
from dashboard.health.report import Report
from dashboard.turn.verdict import Outcome


class Gate(msgspec.Struct, frozen=True):
    """What a turn must be to pass: its outcome, and when that is to be completed, within the thresholds.

    `strict` allows no anomaly either.
    """

    outcome: str = Outcome.COMPLETED
    strict: bool = False


def misses(report: Report, thresholds: Thresholds, gate: Gate) -> list[str]:
    """Why the turn does not pass, one phrase each; [] when it does."""
    found = []
    if report.outcome != gate.outcome:
        found.append(f"outcome {report.outcome}, expected {gate.outcome}")
    if gate.outcome != Outcome.COMPLETED:
        return found
    if report.stalls:
        found.append(f"stalls {report.stalls}, expected none")
    if report.ttft_s is None and not found:
        found.append(f"no text, expected the first within {thresholds.ttft_s:g} s")
    if report.ttft_s is not None and report.ttft_s > thresholds.ttft_s:
        found.append(f"first text after {report.ttft_s:.3f} s, expected within {thresholds.ttft_s:g} s")
    if report.gap_s.max is not None and report.gap_s.max > thresholds.gap_s:
        found.append(f"longest gap {report.gap_s.max:.3f} s, expected at most {thresholds.gap_s:g} s")
    if gate.strict and report.anomalies:
        kinds = ", ".join(sorted({each.kind for each in report.anomalies}))
        found.append(f"anomalies {kinds}, expected none with --strict")
    return found


def told(report: Report, missed: list[str]) -> Iterator[tuple[str, str]]:
    """(style, line) for the end of the turn: answer, verdict, diagnosis, numbers, what was missed."""
    if report.text:
        yield "", ""
        yield "", lines(report.text)
    yield "", ""
    fault = f" ({report.fault})" if report.fault else ""
    yield ("bold red" if missed else "bold green"), f"{report.outcome}{fault}"
    if report.detail and report.detail != report.outcome:
        yield "", f"  {one_line(report.detail, 2048)}"
    if report.diagnosis is not None:
        yield "bold", f"{report.diagnosis.kind}: {one_line(report.diagnosis.sentence, 500)}"
        for evidence in report.diagnosis.evidence:
            yield "", f"  - {one_line(evidence, 500)}"
        yield "", f"  next: {one_line(report.diagnosis.next, 500)}"
    yield "dim", _numbers(report)
    for each in missed:
        yield "red", f"missed: {each}"


def _numbers(report: Report) -> str:
    known = [
        None if report.ttft_s is None else f"first text {report.ttft_s:.3f} s",
        f"{report.chunks:,} chunks",
        None if report.gap_s.p95 is None else f"gap p95 {report.gap_s.p95:.3f} s",
        None if report.duration_s is None else f"duration {report.duration_s:.3f} s",
        f"{report.bytes:,} bytes",
        None if report.usage is None else f"tokens {report.usage.input_tokens} in, {report.usage.output_tokens} out",
    ]
    return " · ".join(filter(None, known))
