"""Event ids that count: what is missing among them (a gap) and what came out of its order (disorder).

Ids count when they share a prefix and end in a number that grew by one from each to the next, from the start of the
stream on. Nothing is concluded from any other ids: random ones, times, shared or sparse sequences.
"""

from __future__ import annotations

import re

from dashboard.turn.verdict import AnomalyKind

STEPS = 2
"""So many steps of one make ids that count; a single step is enough after a first number of 0 or 1."""
PATIENCE = 8
"""So many ids in order after a jump: what was left out does not come any more."""
JUMP = 1000
"""A jump over more than so many is told at once: what is missing is not kept to wait for it."""
JUMPS = 20
"""So many jumps wait for what they left out; at one more, all are told."""
TIMES_FROM = 10**9
"""Numbers from here on are taken for times, which may grow by one for a while."""

_TAIL = re.compile(r"(.*?)([0-9]{1,18})\Z", re.DOTALL)

Told = list[tuple[AnomalyKind, str]]
"""(kind, in words); one for each occurrence."""
NOTHING: Told = []


class _Jump:
    """Ids left out between two that followed each other."""

    def __init__(self, after: int, before: int) -> None:
        self.missing = set(range(after + 1, before))
        self.late = False
        self.words = f"{after} was followed by {before}"


class Numbering:
    """Shown each new id of a turn, in order of arrival, over all its connections."""

    __slots__ = (
        "_back",
        "_counts",
        "_jumps",
        "_settled",
        "_steps",
        "_waited",
        "digits",
        "expected",
        "last",
        "prefix",
    )

    def __init__(self) -> None:
        self.prefix: str | None = None
        self.last = self.digits = 0
        """Prefix, number and least digits of the last id; they hold where there is an `expected` one."""
        self._steps = self._waited = 0
        self._counts = self._back = False
        self._settled = False  # the ids count, and nothing is open
        self.expected = ""
        """The id that follows the last one; "" where none can be told."""
        self._jumps: list[_Jump] = []

    def see(self, event_id: str) -> Told:
        """What the arrival of an id that is not a repeated one tells."""
        if event_id == self.expected:  # nearly always, so it is done here and quickly
            last = self.last = self.last + 1
            self.expected = f"{self.prefix}{last + 1}" if self.digits == 1 else self._next()
            return NOTHING if self._settled else self._step()
        found = _TAIL.match(event_id)
        number = int(found[2]) if found else 0
        if found is None or number >= TIMES_FROM:
            return self._begin(None, 0, 0)
        if found[1] != self.prefix:
            return self._begin(found[1], number, len(found[2]))
        if not self._counts:  # no step of one: these ids mean something else
            self.expected = ""
            return NOTHING
        self._settled = False
        return self._jumped(number) if number > self.last else self._came_late(number)

    def may_follow(self, event_id: str) -> bool:
        """Whether an id can be of the same stream: not when ids count and it counts something else.

        Before a stream's ids are known to count, only one that begins at 0 or 1 under another prefix is told apart.
        """
        found = _TAIL.match(event_id)
        if self.prefix is None or (found and found[1] == self.prefix):
            return True
        return not self._counts and not (found and int(found[2]) <= 1)

    def settle(self) -> Told:
        """What never came, told once; call it too when the connection ends."""
        gaps = [jump for jump in self._jumps if jump.missing]
        self._jumps, self._waited = [], 0
        return [(AnomalyKind.GAP, self._words(jump)) for jump in gaps]

    def _words(self, jump: _Jump) -> str:
        few = ", ".join(f"{self.prefix}{number}"[:64] for number in sorted(jump.missing)[:3])
        return f"{len(jump.missing)} missing where id {jump.words}: {few}{', …' if len(jump.missing) > 3 else ''}"

    def _begin(self, prefix: str | None, number: int, digits: int) -> Told:
        told = self.settle()
        self.prefix, self.last, self.digits = prefix, number, digits
        self._steps = STEPS - 1 if number <= 1 else 0
        self._counts = self._back = self._settled = False
        self.expected = "" if prefix is None else self._next()
        return told

    def _next(self) -> str:
        return f"{self.prefix}{str(self.last + 1).zfill(self.digits)}"

    def _step(self) -> Told:
        if self._counts:
            self._back = False
            if self._jumps:
                self._waited += 1
                if self._waited >= PATIENCE:
                    return self.settle()
        else:
            self._steps += 1
            self._counts = self._steps >= STEPS
        self._settled = self._counts and not self._jumps
        return NOTHING

    def _jumped(self, number: int) -> Told:
        last, self.last, self._back = self.last, number, False
        self.expected = self._next()
        if number == last + 1:  # written with other zeros before it
            return []
        if number - last > JUMP:
            return [(AnomalyKind.GAP, f"{number - last - 1} missing where id {last} was followed by {number}")]
        told = self.settle() if len(self._jumps) == JUMPS else []
        self._jumps.append(_Jump(last, number))
        self._waited = 0
        return told

    def _came_late(self, number: int) -> Told:
        told = f"id {self.prefix}{number}"[:80] + f" came after {self.last}"
        jump = next((each for each in self._jumps if number in each.missing), None)
        if jump is None:
            known, self._back = self._back or number == self.last, True
            return [] if known else [(AnomalyKind.DISORDER, told)]
        jump.missing.discard(number)
        known, jump.late, self._waited = jump.late, True, 0
        if not jump.missing:
            self._jumps.remove(jump)
        return [] if known else [(AnomalyKind.DISORDER, told)]
