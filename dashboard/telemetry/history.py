"""History: every turn that ended, counted in memory at once and kept in a file where one is configured.

Asking it never touches the disk, and no failure of the disk ever reaches a stream: it becomes `alarm`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from dashboard.config import HistorySettings
from dashboard.telemetry.catalogue import SOURCES
from dashboard.telemetry.history_writer import RECENT, HistoryWriter, Loaded
from dashboard.telemetry.past_counts import Counts, PastCounts
from dashboard.telemetry.past_turn import PastTurn
from dashboard.telemetry.prometheus import PrometheusSink

DAY_S = 86_400.0
MEGABYTE = 1_000_000
CLOSE_S = 1.5
BEFORE_LOADED = 20_000
BACKENDS = 64


class HistoryState(msgspec.Struct, frozen=True):
    """How keeping goes: `path` "" is memory only, `alarm` "" is well; numbers since this process began."""

    path: str
    alarm: str
    pending: int
    written: int
    lost: int
    failures: int


class History:
    """What ended, for the process; call from the event loop. `wall` is Unix time.

    Of sources other than live and canary nothing is kept, as nothing of them is exported.
    """

    def __init__(self, settings: HistorySettings | None = None, wall: Callable[[], float] = time.time) -> None:
        self._settings = settings or HistorySettings()
        self._wall = wall
        self._writer: HistoryWriter | None = None
        self._counts = PastCounts()
        self._recent: dict[str, deque[PastTurn]] = {}
        self._first_at: float | None = None
        self._failures_told = 0
        self._before: list[PastTurn] | None = []
        """What ended before the file was read; None once it was, or where there is none."""

    # Life

    def start(self, wait_s: float = 2.0) -> None:
        """Opens the file, if one is configured; waits so long for what it holds. Idempotent."""
        if self._writer is None and self._settings.path:
            keep_s, size = self._settings.days * DAY_S, self._settings.megabytes * MEGABYTE
            self._writer = HistoryWriter(Path(self._settings.path).expanduser(), keep_s, size, self._wall)
            self._writer.start()
            self._writer.tried.wait(wait_s)

    def close(self) -> None:
        """Writes what waits, for at most CLOSE_S. Idempotent; may be called off the loop."""
        if self._writer is not None and self._writer.is_alive():
            self._writer.close(CLOSE_S)

    # In

    def add(self, turn: PastTurn) -> None:
        """A turn ended. Never waits, never raises for what the disk does."""
        if turn.source not in SOURCES:
            return
        self._adopt()
        self._keep(turn)
        if self._before is not None and self._settings.path and len(self._before) < BEFORE_LOADED:
            self._before.append(turn)
        if self._writer is not None:
            self._writer.put(turn)

    # Out

    def recent(self, backend: str, number: int = 30, source: str = "") -> list[PastTurn]:
        """The last turns of a backend, the newest first; at most RECENT are known. `source` "" is all."""
        self._adopt()
        kept = [turn for turn in self._recent.get(backend, ()) if source in ("", turn.source)]
        return kept[:number]

    def window(self, backend: str, window_s: float, source: str = "") -> Counts:
        """Turns of a backend that ended in the last `window_s` seconds, at most 32 days; `source` "" is all."""
        self._adopt()
        return self._counts.window(backend, source, window_s, self._wall())

    @property
    def first_at(self) -> float | None:
        """When the oldest turn known ended, Unix time: so far back do windows tell of anything. None without any."""
        self._adopt()
        return self._first_at

    @property
    def alarm(self) -> str:
        """Why turns are not being written, "" while all is well or no file is configured."""
        return self._writer.alarm if self._writer is not None else ""

    @property
    def state(self) -> HistoryState:
        writer = self._writer
        if writer is None:
            return HistoryState("", "", 0, 0, 0, 0)
        return HistoryState(
            str(writer.path), writer.alarm, writer.pending, writer.written, writer.lost, writer.failures
        )

    def tell(self, sink: PrometheusSink) -> None:
        """How keeping goes, as metrics; to be called now and then."""
        state = self.state
        if state.path:
            sink.history(available=not state.alarm)
        for _ in range(state.failures - self._failures_told):
            sink.history_failed()
        self._failures_told = state.failures

    # Within

    def _keep(self, turn: PastTurn) -> None:
        self._counts.add(turn)
        if turn.backend in self._recent or len(self._recent) < BACKENDS:
            self._recent.setdefault(turn.backend, deque(maxlen=RECENT)).appendleft(turn)
        if self._first_at is None or turn.ended_at < self._first_at:
            self._first_at = turn.ended_at

    def _adopt(self) -> None:
        """Takes over what the file held, once its thread has read it; what ended meanwhile is counted on top."""
        loaded = self._writer.loaded if self._writer is not None else None
        if loaded is None or self._before is None:
            return
        before, self._before = self._before, None
        self._take(loaded)
        for turn in before:
            self._keep(turn)

    def _take(self, loaded: Loaded) -> None:
        self._counts, self._first_at = loaded.counts, loaded.first_at
        self._recent = {name: deque(turns, maxlen=RECENT) for name, turns in loaded.recent.items()}
