"""Faults of the content: bad JSON, unknown events, hostile text, errors of the back end."""

from __future__ import annotations

import json

from tests.ledger.account import Account
from tests.ledger.answer import Item
from tests.ledger.classes import BOTH, fault
from tests.ledger.server import Page, Visit
from tests.ledger.variants import hostile, large, plain

SHAPES = "bad JSON, wrong shape, unknown event"


def counted(kind: str) -> object:
    def check(account: Account, page: Page) -> str:
        told, sent = account.anomalies[kind], page.notes["bad"]
        return "" if told == sent else f"{told} {kind} told, {sent} sent"

    return check


async def _mixed(visit: Visit, bad: list[str]) -> None:
    """Some of the events are followed by one that cannot be used; each next one still arrives."""
    items: list[Item] = []
    visit.page.notes["bad"] = 0
    for item in visit.answer.items[:-1]:
        items.append(item)
        if visit.rng.random() < 0.4:
            visit.page.notes["bad"] += 1
            items.append(Item(f"data: {visit.rng.choice(bad)}\n\n".encode()))
    await visit.whole([*items, visit.answer.items[-1]])


@fault(SHAPES, answer=plain, check=counted("malformed_event"), requests=1)
async def bad_json(visit: Visit) -> None:
    bad = [
        "{",
        "not json",
        '{"event": "response_chunk"',
        "[1, 2]",
        "null",
        '"text"',
        "[" * 5000,
        "{}",
        '{"event": 7}',
        "\x00",
    ]
    await _mixed(visit, bad)


@fault(SHAPES, answer=plain, check=counted("malformed_event"), requests=1)
async def wrong_shape(visit: Visit) -> None:
    bad = [
        json.dumps({"event": "response_chunk", "response_data": shape, "protocol": "a2a"})
        for shape in (None, 7, [], {}, {"raw_response": None}, {"raw_response": {"parts": 3}}, {"raw_response": [1]})
    ]
    await _mixed(visit, bad)


@fault(SHAPES, answer=plain, check=counted("unknown_event"), requests=1)
async def unknown_event(visit: Visit) -> None:
    await _mixed(visit, ['{"event": "weather"}', '{"event": "\\u0000\\ud800"}', '{"event": "COMPLETED", "text": "x"}'])


@fault("a back end that fails", ("failed", "backend_error"), answer=plain, requests=1)
async def error_event(visit: Visit) -> None:
    items = visit.answer.items[: visit.rng.randint(0, len(visit.answer.items) - 1)]
    said = visit.rng.choice(
        ('{"event": "error", "message": "no"}', '{"event": "error"}', '{"event":"error","error":{"code":7}}')
    )
    await visit.open("chunked")
    await visit.say([*items, Item(f"data: {said}\n\n".encode())])
    await visit.end()


@fault("BOM, split code points, NUL, surrogates, bidi", methods=BOTH, answer=hostile, requests=1)
async def hostile_text(visit: Visit) -> None:
    bom = visit.rng.choice((b"", b"\xef\xbb\xbf"))
    await visit.open(visit.rng.choice(("close", "chunked")))
    await visit.raw(bom, slices=2)
    for item in visit.answer.items:
        if item.seq is not None:
            await visit.say([item])
        else:
            await visit.raw(item.raw, slices=min(12, len(item.raw)))
    await visit.end()


@fault("1 MB event, 100,000 chunks", answer=large, requests=1)
async def event_of_a_megabyte(visit: Visit) -> None:
    await visit.whole()


@fault("a proxy that buffers", answer=plain, requests=1)
async def all_in_one_read(visit: Visit) -> None:
    await visit.open("length", length=sum(len(item.raw) for item in visit.answer.items))
    await visit.say(visit.answer.items, slices=0)
    await visit.end()


@fault("bytes after the good end", answer=plain, anomalies=["late_bytes"], requests=1)
async def late_events(visit: Visit) -> None:
    """What comes after the good end, here in the same read, is told, and not taken for text."""
    late = Item(b'data: {"event": "response_chunk", "text": "too late"}\n\n')
    await visit.open("close")
    await visit.say([*visit.answer.items, late], slices=0)
    await visit.end()
