"""Faults of a resume: what comes after a cut is too much, in disorder, has holes, or is another answer altogether."""

from __future__ import annotations

from random import Random

from tests.ledger.account import Account
from tests.ledger.answer import Answer, Item
from tests.ledger.classes import BOTH, fault, retried_within
from tests.ledger.server import Page, Visit
from tests.ledger.variants import plain, sparse

CUT = ("truncated", "cut")
AFTER = "duplicate ids, disorder after resume"
RESTARTED = "back end restarts, changes dialect"


def _one_id(turn: str, rng: Random) -> Answer:
    answer = plain(turn, rng)
    answer.items = [
        Item(item.raw.replace(b"id: " + item.id.encode(), b"id: same"), "same", item.seq) for item in answer.items
    ]
    return answer


async def _first_half(visit: Visit, at_least: int = 2) -> None:
    """Some whole events, perhaps the beginning of the next one, then a cut."""
    items = visit.answer.items
    count = visit.rng.randint(at_least, len(items) - 2)
    whole = sum(len(item.raw) for item in items[:count])
    await visit.open(visit.rng.choice(("close", "chunked")))
    await visit.say(items, whole + visit.rng.choice((0, visit.rng.randrange(len(items[count].raw) - 1))))
    await visit.tear()


def _came_to(visit: Visit) -> int:
    return [item.id for item in visit.answer.items].index(visit.last_id) + 1


@fault(AFTER, methods=BOTH, answer=plain, anomalies=["duplicate"], requests=2)
async def sent_again_after_a_resume(visit: Visit) -> None:
    """The server begins some events, or all of them, too early."""
    if visit.last_id:
        await visit.whole(visit.answer.items[visit.rng.randint(0, _came_to(visit) - 1) :])
    else:
        await _first_half(visit)


@fault(AFTER, methods=BOTH, answer=lambda turn, rng: Answer(turn, rng, chunks=400, noise=False), requests=3)
async def sent_again_twice_and_long(visit: Visit) -> None:
    if visit.number < 2:
        owed = visit.answer.after(visit.last_id)
        await visit.open("chunked")
        await visit.say(owed[: max(1, len(owed) // 2)])
        await visit.tear()
    else:
        await visit.whole(visit.answer.items)


@fault(AFTER, CUT, methods=BOTH, answer=plain, anomalies=["disorder"], requests=2)
async def in_disorder_after_a_resume(visit: Visit) -> None:
    """Two events have changed places: it can be seen, and not be mended, so the answer is not called complete."""
    if visit.last_id:
        owed = visit.answer.after(visit.last_id)
        at = visit.rng.randrange(len(owed) - 2) if len(owed) > 2 else 0
        owed[at], owed[at + 1] = owed[at + 1], owed[at]
        await visit.whole(owed)
    else:
        items = visit.answer.items
        await visit.open("chunked")
        await visit.say(items[: visit.rng.randint(2, len(items) - 3)])
        await visit.tear()


@fault(AFTER, CUT, methods=BOTH, answer=plain, anomalies=["gap"], requests=2)
async def with_a_hole_after_a_resume(visit: Visit) -> None:
    if visit.last_id:
        owed = visit.answer.after(visit.last_id)
        await visit.whole(owed[visit.rng.randint(1, len(owed) - 1) :])
    else:
        await _first_half(visit)


@fault(AFTER, CUT, methods=BOTH, answer=sparse, requests=1)
async def text_that_no_id_follows(visit: Visit) -> None:
    """Only some events have ids: what came after the last one would come again, and nothing could tell it."""
    items = visit.answer.items
    marked = [at for at, item in enumerate(items[:-1]) if not item.id and at > 1]
    count = visit.rng.choice(marked) + 1
    await visit.open("chunked")
    await visit.say(items[:count])
    await visit.tear()


@fault(AFTER, methods=BOTH, answer=sparse, requests=2)
async def cut_right_after_an_id(visit: Visit) -> None:
    items = visit.answer.items
    if visit.last_id:
        await visit.whole(items[_came_to(visit) :])
        return
    marked = [at for at, item in enumerate(items[:-1]) if item.id and at]
    await visit.open("chunked")
    await visit.say(items[: visit.rng.choice(marked) + 1])
    await visit.tear()


@fault(AFTER, CUT, methods=BOTH, requests=1, answer=_one_id)
async def one_id_for_all(visit: Visit) -> None:
    """An id that stands on every event tells no place to go on from."""
    items = visit.answer.items
    await visit.open("chunked")
    await visit.say(items[: visit.rng.randint(2, len(items) - 1)])
    await visit.tear()


def _other(visit: Visit, run: str) -> list[Item]:
    """Another answer, of which nothing stands in the ledger: not one chunk of it may be accepted."""
    other = Answer(visit.answer.turn + "-other", visit.rng, chunks=8, run=run, line_end=b"\n", noise=False)
    return [Item(item.raw, item.id) for item in other.items]


@fault(RESTARTED, CUT, methods=BOTH, answer=plain, requests=2)
async def another_answer_under_new_ids(visit: Visit) -> None:
    if visit.last_id:
        await visit.whole(_other(visit, "s"))
    else:
        await _first_half(visit)


@fault(RESTARTED, CUT, methods=BOTH, answer=plain, requests=2)
async def another_answer_under_the_same_ids(visit: Visit) -> None:
    if visit.last_id:
        await visit.whole(_other(visit, "r"))
    else:
        await _first_half(visit)


@fault(RESTARTED, CUT, methods=BOTH, answer=plain, requests=2)
async def another_answer_without_ids(visit: Visit) -> None:
    if visit.last_id:
        other = Answer(visit.answer.turn + "-other", visit.rng, ids=False, noise=False)
        await visit.whole([Item(item.raw) for item in other.items])
    else:
        await _first_half(visit)


@fault(RESTARTED, CUT, methods=BOTH, answer=plain)
async def another_dialect(visit: Visit) -> None:
    if visit.last_id:
        pieces = [b'data: {"id":"c","choices":[{"delta":{"content":"other"}}]}\n\n'] * 5
        ending = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
        await visit.whole([Item(raw) for raw in [*pieces, ending]])
    else:
        await _first_half(visit)


@fault(RESTARTED, methods=("GET",), answer=plain, requests=2)
async def a_new_answer_before_any_text(visit: Visit) -> None:
    """Nothing was said before the cut and nothing can be resumed: a new answer under ids that were seen is no duplicate."""
    routed = b'id: %b\ndata: {"event": "routing_started"}\n\n'
    if visit.number:
        await visit.whole()
        return
    await visit.open("chunked")
    await visit.raw(routed % b"r.1" + routed % b"r.2" + b"id\n\n")
    await visit.tear()


def clamped(account: Account, page: Page) -> str:
    return retried_within(0.2)(account, page)


@fault("hostile `retry:`", methods=BOTH, answer=plain, requests=2, check=clamped)
async def hostile_retry(visit: Visit) -> None:
    if visit.last_id:
        await visit.whole()
        return
    said = visit.rng.choice(("0", "-5", "1_000", "1e9", "9" * 30, "9" * 9000, "٣", "", "NaN", " 5"))
    await visit.open("chunked")
    await visit.raw(f"retry: {said}\nretry:{said}\n\n".encode())
    await visit.say(visit.answer.items[:2])
    await visit.raw(f"retry: {said}\n".encode())
    await visit.tear()
