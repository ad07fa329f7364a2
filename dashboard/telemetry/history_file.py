"""The file of history: SQLite with a write-ahead log. One connection, one thread; every call may raise sqlite3.Error."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dashboard.health.objective import OBJECTIVES
from dashboard.telemetry.past_counts import HOUR_S, HOURS_KEPT, MINUTE_S, MINUTES_KEPT, CountedSlot
from dashboard.telemetry.past_turn import COLUMNS, PastTurn
from dashboard.turn.verdict import Outcome

BUSY_S = 1.0
"""A file that another process holds is waited for so long."""
AHEAD_S = 60.0
"""Clocks that agree differ by less than this."""
VACUUM_PAGES = 2000
INTEGER_MAX = 2**63 - 1

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE turns (
      id INTEGER PRIMARY KEY, turn TEXT NOT NULL UNIQUE, backend TEXT NOT NULL, source TEXT NOT NULL,
      dialect TEXT NOT NULL, started_at REAL NOT NULL, ended_at REAL NOT NULL, outcome TEXT NOT NULL,
      fault TEXT NOT NULL, diagnosis TEXT NOT NULL, sentence TEXT NOT NULL, availability INTEGER, ttft INTEGER,
      duration_s REAL, first_event_s REAL, ttft_s REAL, gap_p50_s REAL, gap_p95_s REAL, gap_p99_s REAL,
      gap_max_s REAL, smoothness REAL, events INTEGER NOT NULL, chunks INTEGER NOT NULL, bytes INTEGER NOT NULL,
      heartbeats INTEGER NOT NULL, reconnects INTEGER NOT NULL, stalls INTEGER NOT NULL, anomalies INTEGER NOT NULL,
      input_tokens INTEGER, output_tokens INTEGER, agent TEXT NOT NULL, trace_id TEXT NOT NULL);
    CREATE INDEX turns_by_end ON turns (ended_at);
    CREATE INDEX turns_by_backend ON turns (backend, ended_at);
    """,
)
"""Each brings a file from its number to the next (PRAGMA user_version); they are never changed, only added to."""


class HistoryError(Exception):
    """A file that is none of ours; one sentence."""


class Wanted(msgspec.Struct, frozen=True):
    """Which turns; "" and None ask for all. `since` and `until` are Unix times of the turn's end."""

    backend: str = ""
    source: str = ""
    outcome: str = ""
    since: float | None = None
    until: float | None = None


class HistoryFile:
    """One open file.

    Errors: OSError and sqlite3.Error where it cannot be had, HistoryError for a file of a newer version, of something
    else, and without `create` for an empty one.
    """

    def __init__(self, path: Path, migrations: Sequence[str] = MIGRATIONS, *, create: bool = True) -> None:
        self.path = path
        if not create and path.stat().st_size == 0:
            raise HistoryError("nothing was written to it yet")
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._inode = path.stat().st_ino
        self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            self._prepare(migrations)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, migrations: Sequence[str]) -> None:
        self._db.execute("BEGIN")  # one look at both: another process may be making the tables
        version, tables = self._pragma("user_version"), self._one("SELECT count(*) FROM sqlite_master")
        self._db.execute("ROLLBACK")
        if version > len(migrations):
            raise HistoryError(
                f"it was written by a newer version of Streamgauge (layout {version}, this one knows {len(migrations)})"
            )
        if version == 0 and tables:
            raise HistoryError("it is a database of something else")
        if version == 0:
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA journal_size_limit = 4194304")
        if version < len(migrations):
            self._migrate(migrations)

    def _migrate(self, migrations: Sequence[str]) -> None:
        """All or nothing, and what another process has done meanwhile is not done again."""
        self._db.execute("BEGIN IMMEDIATE")
        for number in range(self._pragma("user_version"), len(migrations)):
            for statement in _statements(migrations[number]):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {number + 1}")
        self._db.execute("COMMIT")

    @property
    def moved(self) -> bool:
        """Whether another file, or none, stands at our path by now."""
        try:
            return self.path.stat().st_ino != self._inode
        except OSError:
            return True

    @property
    def bytes(self) -> int:
        """What the turns take; space that is free inside the file is not counted."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    def add(self, turns: Sequence[PastTurn]) -> None:
        """Writes them in one transaction; one that is there already is left as it is."""
        rows = [[_value(getattr(turn, name)) for name in COLUMNS] for turn in turns]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(_INSERT, rows)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def turns(self, wanted: Wanted = Wanted(), *, newest: int | None = None) -> Iterator[PastTurn]:  # noqa: B008  # frozen
        """The turns that are wanted: oldest first, or the `newest` so many, newest first."""
        where, values = _where(wanted)
        order = "ORDER BY ended_at, id" if newest is None else "ORDER BY ended_at DESC, id DESC LIMIT ?"
        tail = [] if newest is None else [newest]
        for row in self._db.execute(f"SELECT {', '.join(COLUMNS)} FROM turns {where} {order}", [*values, *tail]):  # noqa: S608  # our own names
            yield _turn(row)

    def recent(self, backend: str, number: int, until: float | None = None) -> list[PastTurn]:
        """The last turns of one backend, the newest first; those that ended before a Unix time, where one is given."""
        return list(self.turns(Wanted(backend, until=until), newest=number))

    @property
    def last(self) -> int:
        """The number of the turn that was written last, whoever wrote it; 0 without any."""
        return int(self._one("SELECT max(id) FROM turns") or 0)

    def backends(self) -> list[str]:
        """Every backend that has a turn here."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT backend FROM turns")]

    def first_at(self) -> float | None:
        """When the oldest turn ended, Unix time."""
        found: float | None = self._one("SELECT min(ended_at) FROM turns")
        return found

    def counted(self, now: float) -> tuple[list[CountedSlot], list[CountedSlot]]:
        """What PastCounts.load takes: by the minute for the last days, by the hour for the last month.

        What a wrong clock dated into the future is not counted: it would take the place of what is yet to come.
        """
        spans = ((MINUTE_S, MINUTES_KEPT), (HOUR_S, HOURS_KEPT))
        minutes, hours = ([*self._slots(step_s, now - step_s * kept, now + AHEAD_S)] for step_s, kept in spans)
        return minutes, hours

    def _slots(self, step_s: int, since: float, until: float) -> Iterator[CountedSlot]:
        for backend, source, slot, *amounts in self._db.execute(_COUNT, (step_s, since, until)):
            yield CountedSlot(backend, source, slot * step_s, tuple(each or 0 for each in amounts))

    def prune(self, before: float, max_bytes: int) -> int:
        """Drops turns that ended before a Unix time, then the oldest until the rest fits; how many went."""
        gone = self._db.execute("DELETE FROM turns WHERE ended_at < ?", (before,)).rowcount
        while self.bytes > max_bytes:
            tenth = max(1, self._one("SELECT count(*) FROM turns") // 10)
            dropped = self._db.execute(_DROP_OLDEST, (tenth,)).rowcount
            if not dropped:
                break
            gone += dropped
        if gone:
            self._db.executescript(
                f"PRAGMA incremental_vacuum({VACUUM_PAGES});"
            )  # execute would step it once: one page
        return gone

    def close(self) -> None:
        """Leaves the file whole; what the log holds is folded in."""
        self._db.close()

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _one(self, query: str) -> Any:
        return self._db.execute(query).fetchone()[0]


_INSERT = f"INSERT OR IGNORE INTO turns ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608  # our own names
_SUMS = (
    *(f"sum(outcome = '{each.value}')" for each in Outcome),
    *(f"{how}({each})" for each in OBJECTIVES for how in ("sum", "count")),
)
_COUNT = (
    f"SELECT backend, source, CAST(ended_at / ?1 AS INTEGER) AS slot, {', '.join(_SUMS)} "  # noqa: S608  # our own names
    "FROM turns WHERE ended_at >= ?2 AND ended_at < ?3 GROUP BY backend, source, slot"
)
_DROP_OLDEST = "DELETE FROM turns WHERE id IN (SELECT id FROM turns ORDER BY ended_at LIMIT ?)"


def _statements(script: str) -> Iterator[str]:
    """One by one: executescript would first commit what is open."""
    statement = ""
    for piece in script.split(";")[:-1]:
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _value(value: Any) -> Any:
    return max(-INTEGER_MAX, min(INTEGER_MAX, value)) if isinstance(value, int) else value


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    tests = [f"{name} = ?" for name in ("backend", "source", "outcome") if getattr(wanted, name)]
    values: list[Any] = [getattr(wanted, name) for name in ("backend", "source", "outcome") if getattr(wanted, name)]
    for test, at in (("ended_at >= ?", wanted.since), ("ended_at < ?", wanted.until)):
        if at is not None:
            tests.append(test)
            values.append(at)
    return ("WHERE " + " AND ".join(tests) if tests else ""), values


def _turn(row: Sequence[Any]) -> PastTurn:
    named = dict(zip(COLUMNS, row, strict=True))
    for objective in OBJECTIVES:
        named[objective] = None if named[objective] is None else bool(named[objective])
    return PastTurn(**named)
