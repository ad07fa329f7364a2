"""What is wrong with a response is told as that, by the whole chain: socket, turn, diagnosis."""

from __future__ import annotations

import pytest

from dashboard.backend import ask
from dashboard.config import Backend, Retry
from tests.backend.raw import Peer, serving
from tests.backend.test_body import CHUNKED, EVENT, OK, chunk
from tests.turn.script import say

BROTLI = OK + b"Content-Encoding: br\r\n\r\n\x8b\x03\x80abc\x03"
LENGTHS = OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"
CODINGS = OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
HEAD_IS_NONE = ("unreachable", "cut", "is no HTTP response head that can be used", "Seen: “no usable response head: ")
HEAD_IS_CUT = ("unreachable", "cut", "ended it before a whole response head", "Seen: “no response head: ")
FRAMING = "the HTTP framing of its body is broken, before anything"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (BROTLI, ("malformed", "undecodable", "nothing of its answer could be read, because the compr", "“Content-Enc")),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + EVENT, ("malformed", "undecodable", "compression", "“Content-Enc")),
        (CHUNKED + b"1;" + b"x" * 5000, ("truncated", "cut", FRAMING, "a line of its framing is too long")),
        (CHUNKED + b"x\r\n", ("truncated", "cut", FRAMING, "illegal chunk header")),
        (
            CHUNKED + chunk(say("hello")) + b"x\r\n",
            ("truncated", "cut", "the HTTP framing of its body is broken, after 5", "illegal chunk header"),
        ),
        (OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", ("truncated", "cut", FRAMING, "illegal")),
        (CHUNKED, ("truncated", "cut", "it opened the stream and ended it with nothing in it", "peer closed")),
        (CODINGS, HEAD_IS_NONE),
        (LENGTHS, HEAD_IS_NONE),
        (b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", HEAD_IS_CUT),
        (b"220 mail.example.org ESMTP\r\n500 what?\r\n\r\n", HEAD_IS_NONE),
        (OK, HEAD_IS_CUT),
        (b"", HEAD_IS_CUT),
    ],
    ids=[
        "brotli",
        "no gzip",
        "long size line",
        "bad size",
        "bad size after text",
        "bad size under gzip",
        "empty and cut",
        "codings",
        "lengths",
        "SSH",
        "SMTP",
        "half a head",
        "no head",
    ],
)  # fmt: skip
async def test_the_step_that_failed_is_named(sent: bytes, told: tuple[str, str, str, str]) -> None:
    async def play(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(sent)
        peer.close()

    async with serving(play) as server:
        report = await ask(Backend("b", server.url, "orchestrator", retry=Retry(0.01, 0.02, 1)), "?")
    outcome, fault, sentence, seen = told
    assert report.diagnosis is not None
    assert (report.outcome, report.fault) == (outcome, fault), report.diagnosis
    assert sentence in report.diagnosis.sentence
    assert seen in report.diagnosis.evidence[0]
