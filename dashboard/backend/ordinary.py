"""The ordinary client itself, httpx-sse on httpx, over recorded bytes: what it would have received."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import httpx_sse

from dashboard.turn.verdict import Outcome
from dashboard.wire.ordinary import Difference, Heard, Row, Side, side_by_side
from dashboard.wire.recorded import UNFINISHED, Attempt
from dashboard.wire.sse import SseDecoder

CLIENTS = ("httpx-sse",)
UNDONE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Of the framing, which a recording's bytes have behind them."""
OPEN_ENDS = frozenset({"timeout", "client-closed", UNFINISHED})
BREAKS: dict[str, type[httpx.TransportError]] = {"truncated": httpx.RemoteProtocolError, "reset": httpx.ReadError}
WELL = frozenset({Outcome.COMPLETED, Outcome.FAILED})
"""Endings that the back end itself tells, in events that both have."""


class _Recorded(httpx.SyncByteStream):
    """A response's body as it was read; ends as the connection did."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def __iter__(self) -> Iterator[bytes]:
        for _, data in self._attempt.reads:
            yield data
        broke = BREAKS.get(self._attempt.end)
        if broke is not None:
            raise broke("peer closed connection without sending complete message body")


def heard(attempt: Attempt) -> tuple[list[Heard], str]:
    """The events that httpx-sse gives for one response, and the error that ended its loop, "" when none did."""
    kept = [(name, value) for name, value in attempt.headers.items() if name.lower() not in UNDONE]
    request = httpx.Request("GET", "http://recorded.invalid/")
    response = httpx.Response(attempt.status, headers=kept, stream=_Recorded(attempt), request=request)
    found: list[Heard] = []
    try:
        found.extend(Heard(s.event, s.data, s.id, s.retry) for s in httpx_sse.EventSource(response).iter_sse())
    except (httpx.HTTPError, httpx_sse.SSEError) as error:
        return found, f"{type(error).__name__}: {error}"
    return found, ""


def compared(attempts: list[Attempt], outcome: str, detail: str) -> list[Row]:
    """What is in the bytes beside what httpx-sse made of them; it has one connection, the turn may have had more.

    `outcome` and `detail` are how the turn ended.
    """
    first = attempts[0]
    if not first.status:
        return [Row(f"no response: {first.end}", "the same error", Difference.NONE)]
    theirs, error = heard(first)
    rows = side_by_side(_side(first, outcome, alone=len(attempts) == 1), theirs)
    ended = f"{outcome}: {detail}" if detail and detail != outcome else outcome
    ours = f"another connection follows, then {ended}" if len(attempts) > 1 else ended
    return [*rows, Row(ours, _their_end(first, error), _difference(first, error, outcome, more=len(attempts) > 1))]


def _side(attempt: Attempt, outcome: str, *, alone: bool) -> Side:
    body = b"".join(data for _, data in attempt.reads)
    if attempt.status != 200 or (alone and outcome == Outcome.REJECTED):
        return Side([], refused=f"HTTP {attempt.status}, {attempt.headers.get('content-type', 'no type')}: refused")
    decoder = SseDecoder(max_event_bytes=max(len(body), 1024) + 1024)
    return Side([frame for _, data in attempt.reads for frame in decoder.feed(data)], body.startswith(b"\xef\xbb\xbf"))


def _their_end(attempt: Attempt, error: str) -> str:
    if error:
        return error
    return "it waits on" if attempt.end in OPEN_ENDS else "the loop ends, without an error"


def _difference(attempt: Attempt, error: str, outcome: str, *, more: bool) -> Difference:
    if error.startswith(httpx_sse.SSEError.__name__):
        return Difference.NONE if outcome == Outcome.REJECTED else Difference.REFUSED_TYPE
    if more:
        return Difference.NO_RESUME
    if attempt.end in OPEN_ENDS:
        return Difference.UNSEEN_STALL if outcome == Outcome.STALLED else Difference.NONE
    quiet = not error and outcome not in WELL and outcome != Outcome.STOPPED
    if quiet and outcome == Outcome.REJECTED:
        return Difference.PARSED_REFUSAL
    return Difference.UNSEEN_CUT if quiet else Difference.NONE
