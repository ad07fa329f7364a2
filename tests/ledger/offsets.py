"""A sample stream cut at every byte: by a reset and by FIN, with ids and without."""

from __future__ import annotations

from random import Random

from tests.ledger.account import Account
from tests.ledger.answer import Answer, body_of
from tests.ledger.classes import fault
from tests.ledger.server import Page, Visit

ROW = "RST before the head; RST at every offset of an event"


def _sample(_turn: str, _rng: Random) -> Answer:
    """The same for every turn, but for the seed: routing first, then text with characters of one to four bytes."""
    return Answer("s", Random("the sample"), chunks=2, line_end=b"\n", noise=False)


def _bare(_turn: str, _rng: Random) -> Answer:
    return Answer("s", Random("the sample"), chunks=2, ids=False, line_end=b"\n", noise=False)


def _crlf(_turn: str, _rng: Random) -> Answer:
    return Answer("s", Random("the sample"), chunks=2, line_end=b"\r\n", noise=False)


SAMPLE, BARE, CRLF = (body_of(make("", Random(0)).items) for make in (_sample, _bare, _crlf))
FIRST = len(_sample("", Random(0)).items[0].raw)
KINDS = 2
"""Reset and FIN."""


async def _cut(visit: Visit) -> None:
    """The turn's number says where and how."""
    at, kind = divmod(int(visit.page.turn.rpartition(".")[2]), KINDS)
    if visit.number:
        await visit.whole(visit.answer.after(visit.last_id))
        return
    await visit.open(visit.rng.choice(("close", "chunked")))
    await visit.say(visit.answer.items, at)
    if kind == 0:
        await visit.reset()
    else:
        visit.peer.close()


def _whole_or_cut(length: int, from_byte: int) -> object:
    def check(account: Account, page: Page) -> str:
        at = int(page.turn.rpartition(".")[2]) // KINDS
        must = at >= from_byte
        said = account.end[0]
        return "" if said == ("completed" if must else "truncated") else f"cut at byte {at} of {length}: {said}"

    return check


@fault(ROW, methods=("GET",), answer=_sample, turns=(len(SAMPLE) + 1) * KINDS)
async def cut_anywhere_and_resumed(visit: Visit) -> None:
    await _cut(visit)


@fault(ROW, methods=("GET",), answer=_crlf, turns=(len(CRLF) + 1) * KINDS)
async def cut_anywhere_with_crlf_and_resumed(visit: Visit) -> None:
    await _cut(visit)


EITHER = (("completed", ""), ("truncated", "cut"))


@fault(ROW, *EITHER, answer=_sample, turns=(len(SAMPLE) + 1) * KINDS, check=_whole_or_cut(len(SAMPLE), FIRST))
async def cut_anywhere_after_a_post(visit: Visit) -> None:
    """Whole from the first id on; before it there is nothing to resume by, and a POST is not sent again."""
    await _cut(visit)


@fault(ROW, *EITHER, answer=_bare, turns=(len(BARE) + 1) * KINDS, check=_whole_or_cut(len(BARE), len(BARE)))
async def cut_anywhere_without_ids(visit: Visit) -> None:
    """Never completed but by the last byte."""
    await _cut(visit)
