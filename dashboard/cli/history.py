"""`streamgauge history`: the file of history, read and pruned beside the server that writes it."""

from __future__ import annotations

import contextlib
import csv
import io
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from dashboard.cli.mistakes import Mistake
from dashboard.cli.one_backend import file_named
from dashboard.cli.printable import one_line
from dashboard.config import ConfigError, load_history
from dashboard.telemetry.history import DAY_S, MEGABYTE
from dashboard.telemetry.history_file import HistoryError, HistoryFile, Wanted
from dashboard.telemetry.past_turn import COLUMNS, PastTurn

FORMULA = tuple("=+-@\t\r")
"""A spreadsheet runs a cell that begins so."""


def path_of(path: Path | None, config: Path | None) -> Path:
    """The file that is meant. Errors: ConfigError where none is configured."""
    if path is not None:
        return path
    said = load_history(config).path
    if not said:
        raise ConfigError(
            f"{file_named(config)}: history.path: expected the history's file, got none; without it, history is kept in "
            "memory only. Name a file there, or give --path"
        )
    return Path(said).expanduser()


@contextlib.contextmanager
def opened(path: Path, wanted: Wanted) -> Iterator[tuple[HistoryFile, Wanted]]:
    """The open file. Errors: Mistake for one that cannot be had, now or while it is read."""
    try:
        with contextlib.closing(HistoryFile(path, create=False)) as file:
            yield file, wanted
    except OSError as error:
        raise Mistake(f"{path}: expected a history, got: {error.strerror}") from None
    except (sqlite3.Error, HistoryError) as error:
        raise Mistake(f"{path}: expected a history, got: {error}") from None


def is_part_of(path: Path, history: Path) -> bool:
    """Whether writing `path` would write over the history: its file, by whatever name, or SQLite's files beside it."""
    for beside in ("", "-wal", "-shm", "-journal"):
        part = history.with_name(history.name + beside)
        if path.resolve() == part.resolve() or (path.exists() and part.exists() and path.samefile(part)):
            return True
    return False


def prune(file: HistoryFile, config: Path | None, older_s: float | None, megabytes: int | None) -> int:
    """Drops what is asked for, or what the configuration says when nothing is; how many turns went."""
    if older_s is None and megabytes is None:
        settings = load_history(config)
        older_s, megabytes = settings.days * DAY_S, settings.megabytes
    before = float("-inf") if older_s is None else time.time() - older_s
    return file.prune(before, file.bytes if megabytes is None else megabytes * MEGABYTE)


def nothing(file: HistoryFile, wanted: Wanted) -> str:
    """Why nothing is told, in one line: the file holds no turn, none of that backend, or none that fits."""
    kept = sorted(file.backends())
    if not kept:
        return f"{file.path} holds no turn yet"
    if wanted.backend and wanted.backend not in kept:
        return one_line(f"{file.path} holds no turn of {wanted.backend!r}; it has turns of {', '.join(kept)}", 2000)
    return f"{file.path} holds no turn that fits all of these options"


def write(rows: Iterable[str], output: Path, *, force: bool) -> None:
    """Writes a file of `rows`; never over another unasked, but into a pipe or a device. Errors: Mistake."""
    special = output.exists() and not output.is_file()
    try:
        with output.open("w" if force or special else "x", encoding="utf-8", newline="") as out:
            out.writelines(rows)
    except FileExistsError:
        raise Mistake(f"-o: {output} is there already; name another file, or --force to overwrite it") from None
    except OSError as error:
        raise Mistake(f"-o: {output} cannot be written: {error.strerror}") from None


def line(turn: PastTurn) -> str:
    """One turn for a terminal."""
    at = datetime.fromtimestamp(turn.ended_at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    ttft = "–" if turn.ttft_s is None else f"{turn.ttft_s:.2f} s"
    ended = f"{turn.outcome} {turn.fault}".strip()
    said = one_line(turn.sentence, 200)
    return f"{at}  {turn.turn:<16}  {turn.backend:<16} {turn.source:<6}  {ended:<22} first text {ttft:>8}  {said}"


def as_json(turns: Iterable[PastTurn]) -> Iterator[str]:
    """JSON lines: an object a turn, null for what is unknown."""
    for turn in turns:
        yield msgspec.json.encode(turn).decode() + "\n"


def as_csv(turns: Iterable[PastTurn]) -> Iterator[str]:
    """CSV with a head; empty for what is unknown. A text that a spreadsheet would run gets an apostrophe before it."""
    yield _row(list(COLUMNS))
    for turn in turns:
        yield _row([_cell(getattr(turn, name)) for name in COLUMNS])


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return int(value) if isinstance(value, bool) else value


def _row(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
