"""What an ordinary client would have made of the same bytes, for the page: rows that differ, runs of the same counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dashboard.backend import ordinary
from dashboard.ui.inspected import Fields
from dashboard.ui.plain import one_line
from dashboard.wire.ordinary import Difference, Row
from dashboard.wire.recorded import Attempt

SHOWN = 300
CHARS = 160

DIFFERENCES: Mapping[str, tuple[str, str]] = {
    Difference.NO_HEARTBEAT: (
        "unseen heartbeat",
        "It never sees a comment, so a silent server and a living one look the same.",
    ),
    Difference.PHANTOM: ("phantom message", "It gives a message that nobody sent."),
    Difference.LOST_FIELD: ("lost field", "A byte order mark made it lose the first field."),
    Difference.LOST: ("lost message", "The message is in the bytes, and it never gives it."),
    Difference.CHANGED: ("changed", "Another text, type or id; most often by the charset that the header claims."),
    Difference.RETRY: ("retry misread", "It takes a `retry:` that is none, or misses one that is."),
    Difference.PARSED_REFUSAL: ("refusal read as events", "It reads the body of a refusal as events."),
    Difference.REFUSED_TYPE: ("refused for its type", "It refuses a stream for its media type."),
    Difference.UNSEEN_CUT: ("unseen cut", "The answer is not whole, and its loop ends as after a good one."),
    Difference.UNSEEN_STALL: ("unseen stall", "It waits on where a stall is told and the turn is given up."),
    Difference.NO_RESUME: ("no resume", "Its stream is over where the turn goes on over a further connection."),
}
"""Each difference in words, and what it means."""


def as_client(attempts: Sequence[Attempt], outcome: str, detail: str) -> Fields:
    """Both sides; may take its time in a thread."""
    found = ordinary.compared(list(attempts), outcome, detail) if attempts else []
    counts = Counter(row.difference for row in found if row.difference)
    rows, left_out = _rows(found)
    told = [[DIFFERENCES[each][0], number, DIFFERENCES[each][1]] for each, number in counts.most_common()]
    return {"rows": rows, "left_out": left_out, "differences": told, "same": len(found) - counts.total()}


def _rows(found: Sequence[Row]) -> tuple[list[list[str | int]], int]:
    """[ours, theirs, difference], or [how many] for a run of the same; and how many rows are left out."""
    rows: list[list[str | int]] = []
    shown = same = 0
    for row in found:
        last = row is found[-1]
        if not row.difference and not last:
            same += 1
            continue
        if shown >= SHOWN and not last:
            continue
        rows += [[same]] if same else []
        same = 0
        shown += 1
        word = DIFFERENCES[row.difference][0] if row.difference else ""
        rows.append([one_line(row.ours, CHARS), one_line(row.theirs, CHARS), word])
    return rows, sum(1 for row in found if row.difference) - sum(1 for row in rows if len(row) > 1 and row[2])
