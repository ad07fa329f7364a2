"""Answers that are not like the others."""

from __future__ import annotations

import json
import zlib
from random import Random

from tests.ledger.answer import Answer, Item, chunk

HOSTILE = (
    "\x00", "\ud800", "\udfff\ud83d", "\u202e]0;evil\u202c", "\x1b[31m", "\x1b]8;;http://x\x07", "\ufeff", "\u2028", "a\u0301\u0302" * 40,
    "<img src=x onerror=alert(1)>", "\r\n\r\ndata: no\n\n", "👩\u200d👩\u200d👧", "\x7f\x85", "\U0010ffff", "%s{0}${HOME}",
)  # fmt: skip


def unnumbered(turn: str, rng: Random) -> Answer:
    return Answer(turn, rng, ids=False)


def plain(turn: str, rng: Random) -> Answer:
    """Numbered, line feeds, and nothing beside the events."""
    return Answer(turn, rng, chunks=rng.randint(5, 10), line_end=b"\n", noise=False)


def sparse(turn: str, rng: Random) -> Answer:
    """Every second event has an id."""
    answer = plain(turn, rng)
    for at, item in enumerate(answer.items):
        if at % 2:
            answer.items[at] = Item(item.raw.partition(b"\n")[2], "", item.seq)
    return answer


def large(turn: str, rng: Random) -> Answer:
    """One of its chunks has a megabyte."""
    answer = Answer(turn, rng, chunks=3, noise=False)
    return _said_again(answer, [answer.pieces[0], answer.pieces[1] + "ü" * (1 << 19), answer.pieces[2]])


def hostile(turn: str, rng: Random) -> Answer:
    """Text that does harm where it is trusted; a lone surrogate can only come as an escape of JSON."""
    answer = plain(turn, rng)
    return _said_again(answer, [piece + "".join(rng.choices(HOSTILE, k=3)) for piece in answer.pieces])


def _said_again(answer: Answer, pieces: list[str]) -> Answer:
    """The same events with other text; what cannot be a character is expected as U+FFFD."""
    for at, item in enumerate(answer.items):
        if item.seq is not None:
            data = json.dumps(chunk(pieces[item.seq])).encode()
            answer.items[at] = Item(b"id: %b\ndata: %b\n\n" % (item.id.encode(), data), item.id, item.seq)
    answer.pieces = [piece.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for piece in pieces]
    return answer


def _bomb(unit: bytes) -> bytes:
    squeeze = zlib.compressobj(1, wbits=31)
    out = b"".join(squeeze.compress(unit * ((1 << 20) // len(unit))) for _ in range(64))
    return out + squeeze.flush()


BOMBS = [_bomb(b"x"), _bomb(b"data: " + b"y" * 994), _bomb(b": ping\n\n"), _bomb(b"\x00")]
"""64 MB each, in a few hundred kilobytes or less."""
