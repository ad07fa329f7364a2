"""Faults of HTTP: statuses, media types, redirects, bodies that are something else."""

from __future__ import annotations

import time
from email.utils import formatdate

from dashboard.config import Retry, Secret
from tests.ledger.account import Account
from tests.ledger.classes import BOTH, SMALL, fault, retried_within
from tests.ledger.server import Page, Visit
from tests.ledger.variants import BOMBS, plain

TYPED = "garbage, wrong type, 204, 5xx as SSE"
FEW = {"retry": Retry(0.02, 0.05, 3)}
REFUSED = ("rejected", "http_status")


@fault(TYPED, ("malformed", "undecodable"), sent_is_accepted=False, requests=1)
async def garbage(visit: Visit) -> None:
    await visit.open(visit.rng.choice(("close", "chunked")))
    body = bytes(visit.rng.randrange(256) for _ in range(visit.rng.randint(50, 2000)))
    await visit.raw(visit.rng.choice((b"\x00\xff", b"<html>", b"PK\x03\x04", b"{")) + body)
    await visit.end()


@fault(TYPED, ("unreachable", "cut"), requests=1)
async def not_even_http(visit: Visit) -> None:
    await visit.peer.send(bytes(visit.rng.randrange(256) for _ in range(200)) + b"\r\n\r\n")
    visit.peer.close()


@fault(TYPED, ("rejected", "media_type"), methods=BOTH, requests=1, sent_is_accepted=False)
async def wrong_type(visit: Visit) -> None:
    """Events, and even good ones, under another type: none is accepted."""
    said = visit.rng.choice(("text/html", "application/json", "text/event-streams", "application/octet-stream"))
    await visit.open("chunked", headers=f"Content-Type: {said}")
    await visit.say(visit.answer.items)
    await visit.end()


@fault(TYPED, ("rejected", "media_type"), requests=1)
async def json_error_with_status_200(visit: Visit) -> None:
    await visit.open("close", headers="Content-Type: application/json")
    await visit.raw(b'{"error": {"code": -32001, "message": "no such task"}}')
    await visit.end()


@fault(TYPED, REFUSED, methods=BOTH, requests=1)
async def no_content(visit: Visit) -> None:
    await visit.open(status="204 No Content")
    await visit.end()


@fault(TYPED, REFUSED, requests=1, sent_is_accepted=False)
async def a_500_that_looks_like_a_stream(visit: Visit) -> None:
    status = visit.rng.choice(
        ("500 Internal Server Error", "502 Bad Gateway", "504 Gateway Timeout", "501 Not Implemented")
    )
    await visit.open("chunked", status=status)
    await visit.say(visit.answer.items)
    await visit.end()


@fault(TYPED, REFUSED, methods=BOTH, backend=FEW, requests=3, sent_is_accepted=False, check=retried_within(0.05))
async def a_503_that_looks_like_a_stream(visit: Visit) -> None:
    await visit.open("chunked", status="503 Service Unavailable")
    await visit.say(visit.answer.items)
    await visit.end()


@fault("4xx, 429 and Retry-After", REFUSED, methods=BOTH, requests=1)
async def a_4xx_is_final(visit: Visit) -> None:
    status = visit.rng.choice(
        ("400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "422 Unprocessable")
    )
    await visit.open(status=status, headers="Content-Type: application/json")
    await visit.raw(b'{"detail": "no"}')
    await visit.end()


def waited(account: Account, page: Page) -> str:
    asked_s = page.notes.get("asked_s", 0)
    return (
        ""
        if account.delays and asked_s <= account.delays[0] <= asked_s + 1.6
        else f"waited {account.delays}, not {asked_s} s"
    )


@fault("4xx, 429 and Retry-After", methods=BOTH, requests=2, check=waited)
async def try_again_later(visit: Visit) -> None:
    if visit.number:
        await visit.whole()
        return
    said, asked_s = visit.rng.choice(
        (("0", 0), ("0", 0), ("junk", 0), ("-5", 0), ("1", 1), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("", 0))
    )
    if said == "":
        said, asked_s = formatdate(time.time() + 1.5, usegmt=True), 0  # a date has whole seconds: 0 to 1.5 s from now
    visit.page.notes["asked_s"] = asked_s
    status = visit.rng.choice(("429 Too Many Requests", "503 Service Unavailable"))
    await visit.open(status=status, headers=f"Retry-After: {said}")
    await visit.end()


def capped(account: Account, page: Page) -> str:  # one signature for all checks
    return "" if account.delays == [300.0] else f"waits {account.delays}, the cap is 300 s"


@fault("4xx, 429 and Retry-After", ("stopped", ""), requests=1, check=capped)
async def try_again_in_a_thousand_years(visit: Visit) -> None:
    said = visit.rng.choice(("31536000000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"))
    await visit.open(status="429 Too Many Requests", headers=f"Retry-After: {said}")
    await visit.end()


REDIRECTED = "redirect loop, cross-origin redirect"


@fault(REDIRECTED, ("rejected", "redirect"), methods=BOTH, requests=11)
async def redirect_loop(visit: Visit) -> None:
    status = visit.rng.choice((301, 302, 303, 307, 308))
    await visit.open(
        status=f"{status} Moved", headers=f"Location: /again?message=turn-{visit.answer.turn}\r\nContent-Length: 0"
    )
    await visit.end()


@fault(REDIRECTED, ("rejected", "redirect"), methods=BOTH, requests=1)
async def redirect_to_nowhere(visit: Visit) -> None:
    where = visit.rng.choice(
        ("", "file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:1", "http://[", "http://h:99999/")
    )
    await visit.open(status="302 Found", headers=f"Location: {where}\r\nContent-Length: 0")
    await visit.end()


CANARY = "canary-3f1c"


def no_credential(account: Account, page: Page) -> str:
    held = [CANARY.encode() in request for request in page.requests]
    return "" if held == [True, False] else f"the credential went to {held}"


@fault(
    REDIRECTED,
    methods=BOTH,
    requests=2,
    check=no_credential,
    backend={"headers": {"X-Api-Key": Secret(CANARY), "Cookie": Secret(f"s={CANARY}")}},
)
async def redirect_to_another_origin(visit: Visit) -> None:
    if visit.elsewhere:
        await visit.whole()
        return
    where = f"http://127.0.0.1:{visit.server.elsewhere}/process/stream?message=turn-{visit.answer.turn}"
    await visit.open(
        status=f"{visit.rng.choice((302, 307, 308))} Found", headers=f"Location: {where}\r\nContent-Length: 0"
    )
    await visit.end()


BOUNDED = "endless line, endless stream, gzip bomb"


@fault(BOUNDED, ("malformed", "too_large"), limits=SMALL, answer=plain, requests=1)
async def endless_line(visit: Visit) -> None:
    await visit.open(visit.rng.choice(("close", "chunked")))
    if visit.rng.random() < 0.5:
        await visit.say(visit.answer.items[:2])
    await visit.raw(visit.rng.choice((b"data: ", b": ", b"id: ")), slices=0)
    while True:
        await visit.raw(b"x" * 20_000, slices=0)


@fault(BOUNDED, ("stopped", "limit"), limits=SMALL, answer=plain, requests=1)
async def endless_stream(visit: Visit) -> None:
    await visit.open(visit.rng.choice(("close", "chunked")))
    await visit.say(visit.answer.items[:2])
    step = visit.rng.choice(
        (b": ping\n\n", b'data: {"event": "agent_execution_started"}\n\n', b"\n", b"data\n\n", b"id\n\n")
    )
    while True:
        await visit.raw(step * (10_000 // len(step)), slices=0)


@fault(BOUNDED, ("malformed", "too_large"), ("stopped", "limit"), limits=SMALL, requests=1)
async def gzip_bomb(visit: Visit) -> None:
    await visit.open("close", headers="Content-Encoding: gzip")
    await visit.raw(visit.rng.choice(BOMBS), slices=2)
    await visit.hold()


@fault(BOUNDED, ("truncated", "cut"), ("malformed", "undecodable"), requests=1)
async def gzip_that_is_none(visit: Visit) -> None:
    await visit.open("close", headers=f"Content-Encoding: {visit.rng.choice(('gzip', 'deflate', 'br', 'zstd'))}")
    await visit.raw(b"data: this was never squeezed\n\n")
    await visit.end()
