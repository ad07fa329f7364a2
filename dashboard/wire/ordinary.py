"""What an ordinary SSE client made of the same bytes, beside what is in them: rows with the difference marked."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from dashboard.wire.frame import Comment, Frame, Message, Retry

AHEAD = 8
"""So many messages are looked ahead for one that the other side has, too."""


class Difference(StrEnum):
    """How the ordinary client differs; "" where it does not."""

    NONE = ""
    NO_HEARTBEAT = "no_heartbeat"
    """It never sees a comment, so a silent server and a living one look the same."""
    PHANTOM = "phantom"
    """It gives a message that nobody sent."""
    LOST_FIELD = "lost_field"
    """A byte order mark made it lose the first field."""
    LOST = "lost"
    CHANGED = "changed"
    """Another text, type or id: by the charset that the header claims, most often."""
    RETRY = "retry"
    """It takes a `retry:` that is none, or misses one that is."""
    PARSED_REFUSAL = "parsed_refusal"
    """It reads the body of a refusal as events."""
    REFUSED_TYPE = "refused_type"
    """It refuses a stream for its media type."""
    UNSEEN_CUT = "unseen_cut"
    """The answer is not whole, and its loop ends as after a good one."""
    UNSEEN_STALL = "unseen_stall"
    """It waits on where a stall is told and the turn is given up."""
    NO_RESUME = "no_resume"
    """Its stream is over where the turn goes on over a further connection."""


class Heard(msgspec.Struct, frozen=True):
    """One event as the ordinary client gave it."""

    event: str
    data: str
    id: str
    retry: int | None

    @property
    def empty(self) -> bool:
        return not self.data


class Row(msgspec.Struct, frozen=True):
    """One line of the comparison, in words that are still the back end's; `difference` is one of Difference."""

    ours: str
    theirs: str
    difference: str


class Side(msgspec.Struct, frozen=True):
    """What is in the bytes of one connection: its frames, and whether it began with a byte order mark.

    `refused` says why nothing of it was read, "" when it was.
    """

    frames: Sequence[Frame]
    bom: bool = False
    refused: str = ""


def side_by_side(ours: Side, heard: Sequence[Heard]) -> list[Row]:
    """Both sides in order; comments and `retry:` stand where they came."""
    if ours.refused:
        rows = [Row("", _heard(each), Difference.PARSED_REFUSAL) for each in heard]
        return [Row(ours.refused, "", Difference.NONE if not heard else Difference.PARSED_REFUSAL), *rows]
    return _Pairing(ours, heard).rows()


class _Pairing:
    """Walks along both sides at once."""

    def __init__(self, ours: Side, heard: Sequence[Heard]) -> None:
        self._ours, self._heard = ours, heard
        self._at = 0
        self._rows: list[Row] = []
        self._messages = [frame for frame in ours.frames if isinstance(frame, Message)]
        self._next = 0
        self._asked = False

    def rows(self) -> list[Row]:
        for frame in self._ours.frames:
            if isinstance(frame, Message):
                self._message(frame)
                self._next += 1
                self._asked = False
            elif isinstance(frame, Comment):
                self._beside(f": {frame.text}", Difference.NO_HEARTBEAT)
            else:
                self._retry(frame)
        while self._at < len(self._heard):
            self._phantom("")
        return self._rows

    @property
    def _theirs(self) -> Heard | None:
        return self._heard[self._at] if self._at < len(self._heard) else None

    def _stray(self) -> bool:
        """Whether what they heard next is an empty message that is none of ours."""
        theirs = self._theirs
        if theirs is None or not theirs.empty:
            return False
        return self._next >= len(self._messages) or not _same(self._messages[self._next], theirs)

    def _beside(self, ours: str, difference: Difference) -> None:
        if self._stray():
            self._phantom(ours)
        else:
            self._rows.append(Row(ours, "", difference))

    def _phantom(self, ours: str) -> None:
        theirs = self._heard[self._at]
        self._at += 1
        odd = theirs.retry is not None and not ours.startswith("retry")
        self._rows.append(Row(ours, _heard(theirs), Difference.RETRY if odd else Difference.PHANTOM))

    def _retry(self, frame: Retry) -> None:
        ours, theirs = f"retry: {frame.delay_ms} ms", self._theirs
        self._asked = True
        if self._stray() and theirs is not None and theirs.retry is not None:
            self._phantom(ours)
        elif theirs is not None and theirs.retry is not None:
            self._rows.append(Row(ours, f"retry {theirs.retry}, with the next message", Difference.NONE))
        else:
            self._rows.append(Row(ours, "", Difference.RETRY))

    def _message(self, message: Message) -> None:
        while self._stray():
            self._phantom("")
        theirs = self._theirs
        ours = _message(message)
        if theirs is None:
            self._rows.append(Row(ours, "", self._lost()))
        elif _same(message, theirs):
            self._pair(ours, theirs, Difference.RETRY if self._odd(theirs) else Difference.NONE)
        elif self._comes_later(message):
            while not _same(message, self._heard[self._at]):
                self._phantom("")
            self._pair(ours, self._heard[self._at], Difference.NONE)
        elif any(_same(later, theirs) for later in self._messages[self._next + 1 : self._next + AHEAD]):
            self._rows.append(Row(ours, "", self._lost()))
        else:
            self._pair(ours, theirs, Difference.LOST_FIELD if self._first else Difference.CHANGED)

    @property
    def _first(self) -> bool:
        return self._ours.bom and self._next == 0

    def _lost(self) -> Difference:
        return Difference.LOST_FIELD if self._first else Difference.LOST

    def _odd(self, theirs: Heard) -> bool:
        return theirs.retry is not None and not self._asked

    def _comes_later(self, message: Message) -> bool:
        return any(_same(message, theirs) for theirs in self._heard[self._at + 1 : self._at + AHEAD])

    def _pair(self, ours: str, theirs: Heard, difference: Difference) -> None:
        self._at += 1
        self._rows.append(Row(ours, _heard(theirs), difference))


def _same(message: Message, theirs: Heard) -> bool:
    return (message.event, message.data, message.last_event_id) == (theirs.event, theirs.data, theirs.id)


def _message(message: Message) -> str:
    return _words(message.event, message.data, message.last_event_id)


def _heard(theirs: Heard) -> str:
    retry = "" if theirs.retry is None else f" retry {theirs.retry}"
    return _words(theirs.event, theirs.data, theirs.id) + retry


def _words(event: str, data: str, event_id: str) -> str:
    return f"{event}{f' [{event_id}]' if event_id else ''}: {data or '(empty)'}"
