"""The rows of all backends, made once for every page that shows them."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from dashboard.health.snapshot import Scope
from dashboard.runtime import Runtime
from dashboard.ui.fleet_rows import Row, alarm_row, row
from dashboard.ui.wellness import Facts
from dashboard.watch.slo import WINDOW_S, of_backend, standing
from dashboard.watch.vigil import judged_by

REFRESH_S = 0.5
VERDICTS = 30


class Board:
    """The newest row of each backend, in the order of the configuration; a row that says the same is the same object."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.server: list[Row] = []
        """What fires about this process."""
        self.wall_at = 0.0
        """When the oldest of the numbers was taken, Unix time: numbers that nobody renews grow old."""
        self._made_at = float("-inf")

    def refresh(self, runtime: Runtime) -> None:
        """Makes the rows anew if they are older than REFRESH_S."""
        now = time.monotonic()
        if now - self._made_at < REFRESH_S:
            return
        self._made_at = now
        self.server = [alarm_row(alarm) for alarm in runtime.vigil.firing if not alarm.backend]
        known = [facts(runtime, name, now) for name in runtime.backends]
        self.wall_at = min(each.snapshot.wall_at for each in known)
        fresh = {each.name: row(each) for each in known}
        self.rows = {name: self.rows[name] if self.rows.get(name) == new else new for name, new in fresh.items()}


def facts(runtime: Runtime, name: str, now: float) -> Facts:
    """What the process knows about one backend."""
    history = runtime.history
    ttft, gap = runtime.monitor.hour(name, now)
    source = judged_by(history, name)
    counts = history.window(name, WINDOW_S, source)
    stands = {
        each.name: standing(each, counts.good[each.name], counts.counted[each.name])
        for each in of_backend(runtime.backends[name]).values()
    }
    return Facts(
        name,
        runtime.backends[name].dialect,
        runtime.snapshot(Scope(name)),
        history.recent(name, VERDICTS)[::-1],
        ttft,
        gap,
        stands["availability"],
        source,
        runtime.canaries.states.get(name),
        [alarm for alarm in runtime.vigil.firing if alarm.backend == name],
        stands["ttft"],
        runtime.backends[name].thresholds.ttft_s,
        history.window(name, WINDOW_S).outcomes,
    )


_boards: WeakKeyDictionary[Runtime, Board] = WeakKeyDictionary()


def board_of(runtime: Runtime) -> Board:
    """The one board of a process."""
    if runtime not in _boards:
        _boards[runtime] = Board()
    return _boards[runtime]
