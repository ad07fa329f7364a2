"""Faults of the network: refusals, resets, ends without the good end, silence."""

from __future__ import annotations

import asyncio

from dashboard.config import Retry, Timeouts
from tests.ledger.account import Account
from tests.ledger.answer import sha
from tests.ledger.classes import BOTH, QUICK, fault, gave_up_in_time, retried_within
from tests.ledger.server import Page, Visit
from tests.ledger.variants import unnumbered
from tests.ports import free_port

CUT = ("truncated", "cut")
FEW = {"retry": Retry(0.02, 0.05, 3)}


@fault("all is well", methods=BOTH, requests=1)
async def clean(visit: Visit) -> None:
    await visit.whole()


@fault("all is well", methods=BOTH, requests=1, answer=unnumbered)
async def clean_without_ids(visit: Visit) -> None:
    await visit.whole()


def backed_off(account: Account, page: Page) -> str:
    """Jitter in [d/2, d] of base·2ⁿ under the cap, and the attempts that the config allows."""
    bounds = [(0.01, 0.02), (0.02, 0.04)]
    right = all(low <= delay <= high for delay, (low, high) in zip(account.delays, bounds, strict=True))
    return "" if right and not page.requests else f"delays {account.delays}"


@fault(
    "refused, DNS fails, TLS fails",
    ("unreachable", "connect"),
    url=lambda _: f"http://127.0.0.1:{free_port()}/process/stream",
    backend=FEW,
    check=backed_off,
)
async def refused(visit: Visit) -> None:
    raise AssertionError(f"nobody listens, and {visit.answer.turn} came")


@fault(
    "refused, DNS fails, TLS fails",
    ("unreachable", "dns"),
    url=lambda _: "http://no-such-host.invalid/process/stream",
    backend={**FEW, "max_parallel": 2},
    turns=20,  # each asks the machine's name server
    check=backed_off,
)
async def unknown_host(visit: Visit) -> None:
    raise AssertionError(f"there is no such host, and {visit.answer.turn} came")


@fault(
    "refused, DNS fails, TLS fails",
    ("unreachable", "tls"),
    url=lambda server: f"https://127.0.0.1:{server.not_tls}/process/stream",
    backend=FEW,
    check=backed_off,
)
async def no_tls(visit: Visit) -> None:
    raise AssertionError(f"a TLS client said {visit.peer.request[:20]!r}")


@fault("RST before the head; RST at every offset of an event", ("unreachable", "cut"), requests=1)
async def reset_before_the_head_of_a_post(visit: Visit) -> None:
    """Its bytes were sent, so it may have been carried out: it is not sent again."""
    await visit.reset()


@fault("RST before the head; RST at every offset of an event", methods=("GET",), check=retried_within(0.2))
async def reset_before_the_head_of_a_get(visit: Visit) -> None:
    if visit.number < 2:
        await visit.tear()
    else:
        await visit.whole()


async def _cut_within(visit: Visit, *, reset: bool, cuts: int) -> None:
    """Up to `cuts` connections end anywhere after the first event; the next one goes on where the client says."""
    owed = visit.answer.after(visit.last_id)
    body = sum(len(item.raw) for item in owed)
    if visit.number >= cuts:
        await visit.whole(owed)
        return
    framing = visit.rng.choice(("close", "chunked", "length"))
    await visit.open(framing, length=body)
    await visit.say(owed, visit.rng.randint(0 if visit.last_id else len(owed[0].raw), body - 2))
    if reset:
        await visit.reset()
    else:
        await visit.flush()
        visit.peer.close()


RESUMED = "RST before the head; RST at every offset of an event"


@fault(RESUMED, methods=BOTH, requests=2)
async def reset_and_resumed(visit: Visit) -> None:
    await _cut_within(visit, reset=True, cuts=1)


@fault(RESUMED, methods=BOTH, requests=4)
async def reset_thrice_and_resumed(visit: Visit) -> None:
    await _cut_within(visit, reset=True, cuts=3)


@fault("FIN with no good end", methods=BOTH, requests=3)
async def closed_twice_and_resumed(visit: Visit) -> None:
    await _cut_within(visit, reset=False, cuts=2)


@fault(RESUMED, CUT, answer=unnumbered, requests=1)
async def reset_without_ids(visit: Visit) -> None:
    await _cut_within(visit, reset=True, cuts=1)


@fault("FIN with no good end", CUT, answer=unnumbered, requests=1)
async def closed_without_ids(visit: Visit) -> None:
    await _cut_within(visit, reset=False, cuts=1)


@fault("FIN with no good end", CUT, methods=BOTH, answer=unnumbered)
async def all_but_the_good_end(visit: Visit) -> None:
    framing = visit.rng.choice(("close", "chunked", "length"))
    items = visit.answer.items[:-1]
    await visit.open(framing, length=sum(len(item.raw) for item in items))
    await visit.say(items)
    await visit.end()


@fault("FIN with no good end", CUT, requests=1)
async def nothing_at_all(visit: Visit) -> None:
    await visit.open(visit.rng.choice(("close", "chunked", "length")))
    await visit.end()


@fault("FIN with no good end", CUT, methods=BOTH, requests=2)
async def told_to_stop_when_it_comes_back(visit: Visit) -> None:
    if visit.last_id:
        await visit.open(status="204 No Content", headers="Content-Type: text/plain")
        await visit.end()
    else:
        await _cut_within(visit, reset=True, cuts=1)


ON_ITS_WAY_S = 0.1
"""What was written so lately may have come, or not."""
READ_LATE_S = 1.0
"""So much later than it was written a busy machine may have read it."""
SILENT = "silence, drip (1 byte/0.2 s), heartbeats only"


@fault(SILENT, ("stalled", "silent"), backend={"thresholds": QUICK}, check=gave_up_in_time, requests=1)
async def silence(visit: Visit) -> None:
    await visit.open(visit.rng.choice(("close", "chunked")))
    if visit.rng.random() < 0.7:
        await visit.say(visit.answer.items[:-1])
    await visit.hold()


def stuck(account: Account, page: Page) -> str:
    """One stall, named after the clock that stood: the bytes' only where the server, late itself, had been silent."""
    if len(account.stalls) != 1:
        return f"{len(account.stalls)} stalls"
    clock, at = account.stalls[0].clock, account.stalls[0].at
    silent_since = at - QUICK.stall_after_s
    came = any(silent_since <= wrote_at <= at - ON_ITS_WAY_S for wrote_at in page.wrote_at)
    came_or_comes = any(silent_since - READ_LATE_S <= wrote_at <= at for wrote_at in page.wrote_at)
    right = came_or_comes if clock == "progress" else not came
    return gave_up_in_time(account, page) or ("" if right else f"a stall of {clock}, bytes written: {came}")


@fault(SILENT, ("stalled", "silent"), backend={"thresholds": QUICK}, check=stuck, requests=1)
async def drip(visit: Visit) -> None:
    """An event that comes a byte at a time and never to its end."""
    await visit.open()
    await visit.say(visit.answer.items[:-1])
    await visit.raw(b"data: ", slices=0)
    while True:
        await visit.raw(b"x")
        await asyncio.sleep(0.05)


@fault(SILENT, ("stalled", "silent"), backend={"thresholds": QUICK}, check=stuck, requests=1)
async def heartbeats_only(visit: Visit) -> None:
    await visit.open()
    while True:
        await visit.raw(b": ping\n\n")
        await asyncio.sleep(0.05)


@fault(SILENT, methods=BOTH, requests=1)
async def slow_but_whole(visit: Visit) -> None:
    """A byte at a time is no fault, if the event comes to its end."""
    await visit.open(visit.rng.choice(("close", "chunked")))
    slow = visit.rng.randrange(len(visit.answer.items))
    for index, item in enumerate(visit.answer.items):
        if index == slow and item.seq is not None:
            visit.page.sent[item.seq] = sha(visit.answer.pieces[item.seq])
        if index != slow:
            await visit.say([item])
            continue
        for byte in item.raw:
            await visit.raw(bytes((byte,)), slices=0)
            await asyncio.sleep(0)
    await visit.end()


@fault(
    SILENT,
    ("unreachable", "head_timeout"),
    backend={"timeouts": Timeouts(5, 0.6), **FEW},
    requests=1,
)
async def no_head(visit: Visit) -> None:
    await visit.hold()
