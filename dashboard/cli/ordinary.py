"""`--as httpx-sse`: what an ordinary client would have received from the same bytes, beside what was in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dashboard.backend import ordinary
from dashboard.cli.printable import one_line
from dashboard.health.report import Report
from dashboard.telemetry.recording import Recorder
from dashboard.wire.ordinary import Row

WIDTH = 44
SHOWN = 200
"""So many rows that differ are shown to a person; all are counted."""


def rows(recorder: Recorder, report: Report) -> list[Row]:
    """Both sides of what `recorder` kept of a turn that ended as `report` says; [] when nothing was asked."""
    attempts = recorder.attempts()
    return ordinary.compared(attempts, report.outcome, report.detail) if attempts else []


def told(found: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """(style, line): rows that differ side by side, runs of the same counted, then how many of each difference."""
    yield "", ""
    yield "bold", f"  {'in the bytes':<{WIDTH}} │ {'httpx-sse':<{WIDTH}} │ difference"
    same = shown = 0
    for row in found:
        if not row.difference and row is not found[-1]:
            same += 1
            continue
        if same:
            yield "dim", f"  … {same:,} the same"
        same = 0
        shown += 1
        if shown <= SHOWN or row is found[-1]:
            yield ("yellow" if row.difference else ""), _line(row)
    counts = Counter(row.difference for row in found if row.difference)
    differs = ", ".join(f"{number:,} × {difference}" for difference, number in counts.items())
    yield "bold", f"httpx-sse: {differs or 'no difference'}"


def _line(row: Row) -> str:
    ours, theirs = (one_line(words, WIDTH - 1) for words in (row.ours, row.theirs or "nothing"))
    return f"  {ours:<{WIDTH}} │ {theirs:<{WIDTH}} │ {row.difference or 'the same'}"
