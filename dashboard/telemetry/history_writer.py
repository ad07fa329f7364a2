"""The one thread that writes history: it waits for the disk, so that nothing else does."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from dashboard.health.wording import count
from dashboard.telemetry.history_file import AHEAD_S, HistoryError, HistoryFile
from dashboard.telemetry.past_counts import PastCounts
from dashboard.telemetry.past_turn import PastTurn

log = logging.getLogger(__name__)

COMMIT_S = 0.25
"""Turns that end within so long of each other are written together; a kill loses at most these."""
PENDING = 10_000
"""So many turns wait for a file that cannot be written; what ends beyond is counted as lost."""
BATCH = 500
RETRY_S = 2.0
RETRY_MAX_S = 30.0
PRUNE_EVERY_S = 600.0
RECENT = 100
BACKENDS = 64


class Loaded:
    """What a file held when it was opened."""

    def __init__(self, file: HistoryFile, now: float) -> None:
        self.counts = PastCounts()
        self.counts.load(*file.counted(now))
        self.recent = {name: file.recent(name, RECENT, now + AHEAD_S) for name in file.backends()[:BACKENDS]}
        self.first_at = file.first_at()


class HistoryWriter(threading.Thread):
    """Writes what `put` takes; `alarm` says why it cannot, "" when it can. Every attribute is read from other threads.

    Every viewer of the page reads the alarm: which file it is says the log alone.
    """

    def __init__(self, path: Path, keep_s: float, max_bytes: int, wall: Callable[[], float]) -> None:
        super().__init__(name="history", daemon=True)
        self.path = path
        self.alarm = ""
        self.failures = self.lost = self.written = 0
        self.loaded: Loaded | None = None
        self.tried = threading.Event()
        """Set once the file was opened, or could not be."""
        self._keep_s, self._max_bytes, self._wall = keep_s, max_bytes, wall
        self._pending: deque[PastTurn] = deque()
        self._wake, self._stop_now = threading.Event(), threading.Event()
        self._file: HistoryFile | None = None
        self._pruned_at = float("-inf")
        self._last: int | None = None
        self._shared = False

    @property
    def pending(self) -> int:
        """Turns that wait to be written."""
        return len(self._pending)

    def put(self, turn: PastTurn) -> None:
        """Takes a turn; never waits."""
        if len(self._pending) >= PENDING:
            self.lost += 1
            return
        self._pending.append(turn)
        self._wake.set()

    def close(self, seconds: float) -> None:
        """Writes what waits, and ends; waits for it at most so long. What could not be written is counted as lost."""
        self._stop_now.set()
        self._wake.set()
        self.join(seconds)
        if self._pending:
            self.lost += len(self._pending)
            said = count(len(self._pending), "turn")
            log.error("history: %s could not be written: %s", said, self.alarm or "no time left")

    def run(self) -> None:
        retry_s = RETRY_S
        while not self._stop_now.is_set():
            if self._attempt():
                retry_s = RETRY_S
                self._stop_now.wait(COMMIT_S)
                if not self._pending:
                    self._wake.wait(PRUNE_EVERY_S)
            else:
                self._stop_now.wait(retry_s)
                retry_s = min(RETRY_MAX_S, retry_s * 2)
        self._attempt()
        self._leave()

    def _attempt(self) -> bool:
        """Opens the file if need be, and writes; whether that went well."""
        try:
            self._write()
        except (OSError, sqlite3.Error, HistoryError) as error:
            self.failures += 1
            said = _words(error)
            if said != self.alarm:
                log.error("history cannot be written, and is kept in memory meanwhile: %s: %s", self.path, said)  # noqa: TRY400  # no error of ours: a sentence is enough
            self.alarm = said
            self._leave()
        except Exception:
            self.failures += 1
            self.alarm = "an error of ours; see the log"
            log.exception("history")
            self._leave()
        else:
            if self.alarm:
                log.warning("history is written again: %s", self.path)
            self.alarm = ""
        self.tried.set()
        return not self.alarm

    def _write(self) -> None:
        self._wake.clear()
        if self._file is not None and self._file.moved:
            self._leave()
        if self._file is None:
            self._file = HistoryFile(self.path)
        if self.loaded is None:
            self.loaded = Loaded(self._file, self._wall())
        self._look_for_others(self._file)
        while batch := list(islice(self._pending, BATCH)):
            self._file.add(batch)
            self.written += len(batch)
            for _ in batch:
                self._pending.popleft()
        self._last = self._file.last
        if time.monotonic() - self._pruned_at >= PRUNE_EVERY_S:
            self._pruned_at = time.monotonic()
            self._file.prune(self._wall() - self._keep_s, self._max_bytes)

    def _look_for_others(self, file: HistoryFile) -> None:
        """Says once when somebody else writes turns into this file: nothing is lost, but neither sees the other's."""
        if self._last is not None and file.last > self._last and not self._shared:
            self._shared = True
            log.warning(
                "history: another process writes turns to %s too; each sees the other's only after a restart: "
                "give each a `history.path` of its own",
                self.path,
            )

    def _leave(self) -> None:
        file, self._file, self._last = self._file, None, None
        if file is not None:
            try:
                file.close()
            except sqlite3.Error:
                log.warning("history: %s did not close well", self.path, exc_info=True)


def _words(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
