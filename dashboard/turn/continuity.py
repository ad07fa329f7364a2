"""Whether what comes after a resume goes on where the answer was cut: nothing twice, nothing joined to another answer."""

from __future__ import annotations

from dashboard.turn.numbering import NOTHING, Numbering, Told
from dashboard.turn.remembered import Remembered, same
from dashboard.turn.verdict import AnomalyKind
from dashboard.wire.frame import Message

ID_CHARS = 128
"""A longer id is remembered by its hash, and counts nothing."""


class Continuity:
    """Shown the ids of a turn over all its connections, in order of arrival.

    `foreign` says why what came is of another answer ("" while it is not): a back end that has restarted, most likely.
    `incomplete` says why the answer has a hole although its good end may come. Both only after a resume: within one
    connection TCP keeps the order, and ids mean what the server likes.
    """

    __slots__ = ("_again", "_connections", "_first", "_numbering", "_opening", "_resumed_at", "_seen", "_shared", "_unmarked", "foreign", "incomplete")  # fmt: skip

    def __init__(self) -> None:
        self.foreign = self.incomplete = ""
        self._numbering = Numbering()
        self._seen = Remembered()
        self._connections = 0
        self._first = self._again = self._shared = False
        self._unmarked: str | None = None
        self._resumed_at = self._opening = ""

    def connected(self, last_event_id: str) -> None:
        """A connection begins, after `last_event_id`."""
        self._connections += 1
        self._resumed_at = last_event_id
        self._first = self._connections > 1
        self._again = False
        self._opening = ""

    def can_resume(self, last_event_id: str) -> bool:
        """Whether going on after that id would repeat nothing: ids are each event's own, and no text came after it."""
        return not self._shared and self._unmarked != last_event_id

    def see(self, message: Message, *, text_seen: bool) -> Told | None:
        """What a message with an id of its own tells; `text_seen` whether text came before it.

        None when it came before, on an earlier connection: then it is not to be read.
        """
        event_id, seen, numbering = message.last_event_id, self._seen, self._numbering
        if len(event_id) > ID_CHARS:
            event_id = f"{event_id[:64]}… {hash(event_id)}."
        follows = event_id == numbering.expected
        was = seen.get_next(event_id, numbering.prefix or "", numbering.last) if follows else seen.get(event_id)
        if was is not None:
            if self._connections > 1:
                self._repeated(message, was)
                return None
            self._shared = True
            return NOTHING
        if text_seen and not seen:
            self._unmarked = ""
        if self._first or self._again:
            if self._first and not numbering.may_follow(event_id):
                self.foreign = f"id {event_id[:64]!r} came after {self._resumed_at[:64]!r}: another answer began"
                return NOTHING
            if self._first and not self._again and not follows:
                self._opening = message.last_event_id
            self._first = self._again = False
        told = numbering.see(event_id)
        if follows:
            seen.add_next(event_id, message.data, numbering.prefix or "", numbering.last, numbering.digits)
        else:
            seen.add(event_id, message.data)
        return self._noted(told) if told else told

    def _repeated(self, message: Message, was: int) -> None:
        self._again = message.last_event_id != self._resumed_at
        if not same(was, message.data):
            self.foreign = f"id {message.last_event_id[:64]!r} came again with something else: another answer began"

    def begins(self, message: Message) -> None:
        """`message` is one by which an answer begins, and text came before it: a resume that opens so goes on with nothing.

        Ids that are random tell no other answer apart; this does. Where they count, the next one is the next one.
        """
        if self._opening and message.own_id and message.last_event_id == self._opening:
            self.foreign = f"the answer began once more after {self._resumed_at[:64]!r}: another answer began"

    def may_show(self, last_event_id: str) -> bool:
        """Whether text without an id of its own, heard while `last_event_id` is in force, is the next part."""
        if self._again:
            return False  # it follows a repeated event, so it was heard before
        if self._first and self._unmarked is None:
            self.foreign = "text without an id came after a resume by id: another answer began"
            return False
        self._unmarked = last_event_id
        return True

    def settle(self) -> Told:
        """What never came, told once; call it too when the connection ends."""
        return self._noted(self._numbering.settle())

    def _noted(self, told: Told) -> Told:
        if told and self._connections > 1 and not self.incomplete:
            kind, detail = told[0]
            self.incomplete = f"{'out of order' if kind is AnomalyKind.DISORDER else 'a hole'} after a resume: {detail}"
        return told
