"""The ids of a turn's messages and what came under each, in little memory."""

from __future__ import annotations

from array import array
from collections import deque

SEEN_IDS = 10_000
"""How many ids are remembered, and as many more of those that count up by one."""
RUNS = 16
"""So many sequences that count up are held as such; what begins after them is held id by id."""
_FORGOTTEN = SEEN_IDS // 8
_HASH = (1 << 32) - 1


class _Run:
    """Ids that share a prefix and count up by one from `first`; 4 bytes each."""

    __slots__ = ("digits", "first", "hashes", "prefix")

    def __init__(self, prefix: str, first: int, digits: int) -> None:
        self.prefix, self.first, self.digits = prefix, first, digits
        self.hashes = array("I")

    @property
    def next(self) -> int:
        return self.first + len(self.hashes)

    def find(self, event_id: str, number: int) -> int | None:
        place = number - self.first
        if not 0 <= place < len(self.hashes) or event_id != f"{self.prefix}{str(number).zfill(self.digits)}":
            return None
        return self.hashes[place]


class Remembered:
    """Of each id a 32-bit hash of what came under it; the oldest are forgotten first. Ids are 128 characters at most."""

    __slots__ = ("_order", "_runs", "others")

    def __init__(self) -> None:
        self.others: dict[str, int] = {}
        """What is held id by id."""
        self._order: deque[str] = deque()  # a dict finds its first key ever more slowly as it forgets
        self._runs: list[_Run] = []

    def __bool__(self) -> bool:
        return bool(self.others)  # the first of all is there, or ones after it

    def get(self, event_id: str) -> int | None:
        """The hash of what came under that id; None when it is not remembered."""
        found = self.others.get(event_id)
        if found is not None or not self._runs:
            return found
        tail = event_id[-18:]
        number = len(tail) - len(tail.rstrip("0123456789"))
        if not number:
            return None
        counted = int(tail[-number:])
        for run in self._runs:
            found = run.find(event_id, counted)
            if found is not None:
                return found
        return None

    def get_next(self, event_id: str, prefix: str, number: int) -> int | None:
        """`get` of the id that is `prefix` and the number after `number`, written somehow: quicker, for that is known."""
        found = self.others.get(event_id)
        if found is None:
            for run in self._runs:
                if run.prefix == prefix and (found := run.find(event_id, number + 1)) is not None:
                    break
        return found

    def add(self, event_id: str, data: str) -> None:
        """An id that is not remembered yet, and that counts nothing as far as is known."""
        self.others[event_id] = hash(data) & _HASH
        self._order.append(event_id)
        if len(self._order) > SEEN_IDS:
            del self.others[self._order.popleft()]

    def add_next(self, event_id: str, data: str, prefix: str, number: int, digits: int) -> None:
        """An id that is not remembered yet: `prefix` and `number`, which is one more than that of the id before it."""
        run = self._runs[-1] if self._runs else None
        if run is None or run.next != number or run.prefix != prefix or run.digits != digits:
            if len(self._runs) == RUNS:
                self.add(event_id, data)
                return
            run = _Run(prefix, number, digits)
            self._runs.append(run)
        run.hashes.append(hash(data) & _HASH)
        if len(run.hashes) >= SEEN_IDS + _FORGOTTEN:
            del run.hashes[:_FORGOTTEN]
            run.first += _FORGOTTEN


def same(remembered: int, data: str) -> bool:
    """Whether `data` came under the id of which `Remembered.get` gave this."""
    return remembered == hash(data) & _HASH
