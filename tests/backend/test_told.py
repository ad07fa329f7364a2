"""What is wrong with a response is told as that, by the whole chain: socket, turn, diagnosis."""

from __future__ import annotations

import asyncio

import pytest

from dashboard.backend import ask
from dashboard.config import Backend, Config, Limits, Retry, Timeouts
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question
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


NGINX = b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"
GO = b"Client sent an HTTP request to an HTTPS server.\n"
APACHE = b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n Instead use the HTTPS scheme"
TOMCAT = b"Bad Request\r\nThis combination of host and port requires TLS.\r\n"
WANTS_TLS = "what listens at this port speaks TLS, and was asked in plain HTTP"
HANDSHAKE = "accepted the connection and then never answered the TLS handshake"


def answered(body: bytes, status: bytes = b"400 Bad Request") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)


async def told_of(scheme: str, sent: bytes | None, timeouts: Timeouts = Timeouts(30, 30)) -> tuple[str, str, str, str]:  # noqa: B008
    """Outcome, fault, sentence, next step; `sent` answers the first bytes, whatever they are, None never does."""

    async def play(peer: Peer) -> None:
        await peer.some()
        if sent is None:
            await peer.gone()
        else:
            await peer.send(sent)
            peer.close()

    async with serving(play) as server:
        url = server.url.replace("http", scheme, 1)
        backend = Backend("b", url, "orchestrator", retry=Retry(0.01, 0.02, 1), timeouts=timeouts)
        report = await ask(backend, "?")
    assert report.diagnosis is not None
    return report.outcome, report.fault, report.diagnosis.sentence, report.diagnosis.next


@pytest.mark.parametrize("body", [NGINX, GO, APACHE, TOMCAT], ids=["nginx", "Go", "Apache", "Tomcat"])
async def test_a_port_that_says_it_wants_tls_is_told_so(body: bytes) -> None:
    outcome, fault, sentence, step = await told_of("http", answered(body))
    assert (outcome, fault) == ("rejected", "http_status")
    assert WANTS_TLS in sentence
    assert step.startswith("Put https:// into")


@pytest.mark.parametrize("body", [b"no such field: HTTP", b"plain HTTP is fine, the prompt is not"])
async def test_any_other_refusal_is_no_matter_of_tls(body: bytes) -> None:
    assert (await told_of("http", answered(body)))[2] == "Back end: it refused the question with HTTP 400."


@pytest.mark.parametrize("alert", [b"\x15\x03\x01\x00\x02\x02\x46", b"\x15\x03\x03\x00\x02\x02\x0a"])
async def test_an_alert_of_tls_for_plain_http_is_told_as_that(alert: bytes) -> None:
    outcome, fault, sentence, step = await told_of("http", alert)
    assert (outcome, fault, step) == ("unreachable", "tls", "Put https:// into the backend's url.")
    assert "the url says http://, and what listens at its port speaks TLS" in sentence


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (answered(b"Invalid HTTP request received."), "answered in something else than TLS"),
        (b"", "accepted the connection and ended it in the TLS handshake"),
    ],
)
async def test_a_port_that_knows_no_tls_is_told_so(sent: bytes, says: str) -> None:
    outcome, fault, sentence, step = await told_of("https", sent)
    assert (outcome, fault) == ("unreachable", "tls")
    assert says in sentence
    assert "http://" in step


@pytest.mark.parametrize("timeouts", [Timeouts(1, 30), Timeouts(30, 1)], ids=["connect_s", "head_s"])
async def test_a_handshake_without_an_answer_is_no_late_head_whichever_limit_ends_it(timeouts: Timeouts) -> None:
    outcome, fault, sentence, step = await told_of("https", None, timeouts)
    assert (outcome, fault) == ("unreachable", "tls")
    assert HANDSHAKE in sentence
    assert "is the url meant to be http://?" in step


async def test_an_answer_longer_than_it_may_be_is_that_also_in_a_handshake() -> None:
    async def never(peer: Peer) -> None:
        await peer.gone()

    async with serving(never) as server:
        url = server.url.replace("http", "https", 1)
        runtime = Runtime(Config([Backend("b", url, "orchestrator")], limits=Limits(turn_s=0.3)))
        live = runtime.ask("b", Question("?"))
        await asyncio.wait_for(live.wait(), 30)
        await runtime.aclose()
    report = live.gauge.report()
    assert (report.outcome, report.fault) == ("stopped", "limit")
