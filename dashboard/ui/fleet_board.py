"""The rows of all backends, made once for every page that shows them."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from dashboard.health.snapshot import Scope
from dashboard.runtime import Runtime
from dashboard.ui.fleet_rows import Facts, Row, row

REFRESH_S = 0.5
VERDICTS = 30


class Board:
    """The newest row of each backend, in the order of the configuration; a row that says the same is the same object."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self._made_at = float("-inf")

    def refresh(self, runtime: Runtime) -> None:
        """Makes the rows anew if they are older than REFRESH_S."""
        now = time.monotonic()
        if now - self._made_at < REFRESH_S:
            return
        self._made_at = now
        fresh = {name: row(facts(runtime, name, now)) for name in runtime.backends}
        self.rows = {name: self.rows[name] if self.rows.get(name) == new else new for name, new in fresh.items()}


def facts(runtime: Runtime, name: str, now: float) -> Facts:
    """What the process knows about one backend."""
    ttft, gap = runtime.monitor.hour(name, now)
    turns = runtime.history.recent(name, VERDICTS)[::-1]
    dialect = runtime.backends[name].dialect
    return Facts(name, dialect, runtime.snapshot(Scope(name)), turns, ttft, gap)


_boards: WeakKeyDictionary[Runtime, Board] = WeakKeyDictionary()


def board_of(runtime: Runtime) -> Board:
    """The one board of a process."""
    if runtime not in _boards:
        _boards[runtime] = Board()
    return _boards[runtime]
