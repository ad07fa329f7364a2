"""A stream that ended early: what the server did wrong is named, and the network is blamed only for what it can have done."""

from __future__ import annotations

import re

import pytest

from dashboard.health.diagnosis import Diagnosis
from dashboard.health.turn_gauge import TurnGauge
from dashboard.turn.request import Head
from dashboard.turn.verdict import Fault, Outcome
from tests.turn.script import OPENAI_DONE, QUICK, STREAM, Play, delta, frame

CHUNKED = Head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
A, END = delta("a"), delta(finish="stop")
ONE_LINE_END = (A + delta("b") + END + OPENAI_DONE).replace(b"\n\n", b"\n")
TRACEBACK = b'Traceback (most recent call last):\n  File "x.py", line 1\n    y\n    ^\nValueError: no model\n'


def told(body: bytes, *, head: Head = CHUNKED, broke: bool = False, piece: int = 0) -> tuple[Play, Diagnosis]:
    play, gauge = Play("openai-chat"), TurnGauge(QUICK)
    play.head(head=head)
    for at in range(0, len(body), piece or len(body)):
        play.feed(body[at : at + (piece or len(body))], 0.2)
    play.take(play.turn.broke(Fault.CUT, "the connection broke", 0.3) if broke else play.turn.eof(0.3))
    for event in play.events:
        gauge.observe(event)
    diagnosis = gauge.report().diagnosis
    assert diagnosis is not None
    return play, diagnosis


@pytest.mark.parametrize("piece", [0, 1, 7])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(A, "^Back end, or a proxy .* ended in good order .* network did not cut it", id="in good order"),
        pytest.param(A + OPENAI_DONE, "^Back end: .* terminator of openai-chat and without a finish", id="[DONE] alone"),
        pytest.param(ONE_LINE_END, "^Back end: it ends its events without a blank line", id="no blank lines"),
        pytest.param(A + END + OPENAI_DONE[:-1], "^Back end: its last event is whole but for", id="no last blank line"),
        pytest.param(A + END + OPENAI_DONE[:-2], "^Back end: its last event is whole but for", id="no last line end"),
        pytest.param(A.replace(b"\n\n", b"\\n\\n") * 2, "^Back end: it sends a backslash and an n", id="escaped twice"),
        pytest.param(A + b"Internal Server Error", "^Back end: .* no event: “Internal Server Error”", id="bare words"),
        pytest.param(A + b'{"error": "gone"}\n\n', '^Back end: .* no event: “{"error": "gone"}”', id="bare JSON"),
        pytest.param(A + TRACEBACK, "“Traceback .*ValueError: no model”", id="traceback"),
        pytest.param(A + b"x-own: 1\n" + A, "^Back end, or a proxy .* ended in good order", id="a field of its own"),
        pytest.param(A + frame('{"choices": [{"del')[:-2], "^Back end, or a proxy .* ended in good order", id="cut event"),
    ],
)  # fmt: skip
def test_what_the_server_did_wrong_is_named(body: bytes, says: str, piece: int) -> None:
    play, diagnosis = told(body, piece=piece)
    assert (play.ended.outcome, diagnosis.kind) == (Outcome.TRUNCATED, "cut")
    assert re.search(says, diagnosis.sentence), diagnosis.sentence


@pytest.mark.parametrize("body", [A, A + END, A + b"ping\n", A + OPENAI_DONE[:-2]])
def test_a_connection_that_broke_may_be_the_network(body: bytes) -> None:
    assert told(body, broke=True)[1].sentence.startswith("Back end or network: the stream was cut")


def test_a_connection_that_is_merely_closed_tells_no_end_from_a_cut() -> None:
    assert told(A, head=STREAM)[1].sentence.startswith("Back end or network: the stream was cut")


@pytest.mark.parametrize(
    ("body", "evidence"),
    [
        (b"Internal error: no agent", "outside of any event came: Internal error: no agent"),
        (b"\x1f\x8b\x08\x00\x00\x00", "begins as gzip data does"),
    ],
)
def test_what_could_not_be_read_is_quoted(body: bytes, evidence: str) -> None:
    play, diagnosis = told(body)
    assert play.ended.outcome == Outcome.MALFORMED
    assert evidence in diagnosis.evidence[0]
