"""History: what ended survives, whatever the disk does; and no stream ever waits for it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.config import HistorySettings
from dashboard.telemetry import history_writer
from dashboard.telemetry.history import History
from dashboard.telemetry.history_file import MIGRATIONS, HistoryError, HistoryFile, Wanted
from dashboard.telemetry.past_counts import HOUR_S, HOURS_KEPT
from dashboard.telemetry.past_turn import COLUMNS, PastTurn
from tests.telemetry.past import NOW, past

DAY_S = 86_400


@pytest.fixture(autouse=True)
def _retry_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_writer, "RETRY_S", 0.02)
    monkeypatch.setattr(history_writer, "RETRY_MAX_S", 0.05)
    monkeypatch.setattr(history_writer, "COMMIT_S", 0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


def opened(path: Path) -> History:
    history = History(HistorySettings(str(path)), wall=lambda: NOW)
    history.start(wait_s=30)
    return history


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    history = opened(path)
    yield history
    history.close()


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it never came to be"
        time.sleep(0.01)


def in_file(path: Path, wanted: Wanted = Wanted()) -> list[PastTurn]:  # noqa: B008  # frozen
    with closing(HistoryFile(path, create=False)) as file:
        return list(file.turns(wanted))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROWS = st.builds(
    past,
    turn=TEXT, sentence=TEXT, agent=TEXT, fault=TEXT,
    availability=st.sampled_from([True, False, None]),
    ttft_s=st.one_of(st.none(), st.floats(0, 1e6)),
    bytes=st.integers(0, 2**62), input_tokens=st.one_of(st.none(), st.integers(-(2**62), 2**62)),
)  # fmt: skip


@settings(max_examples=30)  # each makes a file
@given(row=ROWS)
def test_what_was_written_is_read(row: PastTurn, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("h") / "h.sqlite"
    with closing(HistoryFile(path)) as file:
        file.add([row])
        assert list(file.turns()) == [row]


def test_every_column_of_the_file_is_a_field_and_the_other_way_round(path: Path) -> None:
    with closing(HistoryFile(path)), closing(sqlite3.connect(path)) as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(turns)")]
    assert names == ["id", *COLUMNS]


def test_a_number_that_no_column_holds_is_bounded(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([past(output_tokens=10**30)])
        assert next(iter(file.turns())).output_tokens == 2**63 - 1


def test_the_same_turn_twice_is_one(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([past("a"), past("b")])
        file.add([past("b"), past("c")])
        assert [turn.turn for turn in file.turns()] == ["a", "b", "c"]


def test_wanted_chooses_and_newest_is_first(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([
            past("old", 100), past("canary", 50, source="canary"), past("bad", 40, outcome="truncated"),
            past("other", 30, backend="c"), past("new", 10),
        ])  # fmt: skip
        names = lambda wanted, newest=None: [turn.turn for turn in file.turns(wanted, newest=newest)]  # noqa: E731
        assert names(Wanted()) == ["old", "canary", "bad", "other", "new"]
        assert names(Wanted("b"), 2) == ["new", "bad"]
        assert names(Wanted(source="canary")) == ["canary"]
        assert names(Wanted(outcome="truncated")) == ["bad"]
        assert names(Wanted(since=NOW - 40, until=NOW - 10)) == ["bad", "other"]


def test_a_restart_finds_strip_and_counts_as_they_were(path: Path, history: History) -> None:
    turns = [past(str(n), ago_s=n * 7000, source="canary", availability=n % 3 > 0) for n in range(300)]
    for turn in reversed(turns):
        history.add(turn)
    before = [history.window("b", days * DAY_S, "canary") for days in (1, 3, 30)]
    strip, first_at = history.recent("b"), history.first_at
    history.close()
    again = opened(path)
    assert [again.window("b", days * DAY_S, "canary") for days in (1, 3, 30)] == before
    assert (again.recent("b"), again.first_at) == (strip, first_at)
    assert before[2].counted["availability"] == 300
    assert before[2].good["availability"] == 200
    again.add(past("after", source="canary"))
    assert again.window("b", DAY_S, "canary").turns == before[0].turns + 1
    again.close()


def test_what_ends_before_the_file_is_read_is_counted_once(path: Path, history: History) -> None:
    history.add(past("earlier", 10))
    history.close()
    again = History(HistorySettings(str(path)), wall=lambda: NOW)
    again.add(past("first"))
    assert again.window("b", 60).turns == 1
    again.start(wait_s=30)
    until(lambda: again.window("b", 60).turns == 2)
    again.add(past("second"))
    assert [turn.turn for turn in again.recent("b")] == ["second", "first", "earlier"]
    again.close()


def test_without_a_path_nothing_is_written_and_everything_is_answered(tmp_path: Path) -> None:
    history = History(wall=lambda: NOW)
    history.start()
    history.add(past("a"))
    assert [turn.turn for turn in history.recent("b")] == ["a"]
    assert history.window("b", 60).good == {"availability": 1, "ttft": 1}
    assert (history.alarm, history.state.path, list(tmp_path.iterdir())) == ("", "", [])
    history.close()


def test_checks_and_replays_are_no_history(history: History, path: Path) -> None:
    for source in ("check", "replay"):
        history.add(past(source, source=source))
    history.close()
    assert history.recent("b") == []
    assert in_file(path) == []


def test_recent_is_bounded_and_can_be_asked_by_source(history: History) -> None:
    for number in range(history_writer.RECENT + 50):
        history.add(past(str(number), source="canary" if number % 2 else "live"))
    assert len(history.recent("b", 10_000)) == history_writer.RECENT
    assert [turn.turn for turn in history.recent("b", 2, "live")] == ["148", "146"]
    assert history.recent("nobody") == []


def locked(path: Path, *, wholly: bool = False) -> sqlite3.Connection:
    """As another process holds it: nobody writes, or nobody even reads."""
    db = sqlite3.connect(path, isolation_level=None)
    if wholly:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("BEGIN EXCLUSIVE")
    return db


def test_a_locked_file_is_an_alarm_and_loses_nothing(
    path: Path, history: History, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dashboard.telemetry.history_file.BUSY_S", 0.01)
    history.add(past("before"))
    until(lambda: history.state.written == 1)
    holder = locked(path)
    history.add(past("during"))  # and waits for nothing: who holds the file lets go below
    until(lambda: "locked" in history.alarm)
    assert history.alarm == "database is locked", "for every viewer: no path of the server's"
    assert f"{path}: database is locked" in caplog.text
    assert [turn.turn for turn in history.recent("b")] == ["during", "before"]
    assert history.state.failures > 0
    holder.execute("ROLLBACK")
    holder.close()
    until(lambda: history.alarm == "" and history.state.written == 2)
    assert [turn.turn for turn in in_file(path)] == ["before", "during"]


def test_a_file_that_is_locked_at_the_start_is_read_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.telemetry.history_file.BUSY_S", 0.01)
    with closing(HistoryFile(path)) as file:
        file.add([past("earlier", 10)])
    holder = locked(path, wholly=True)
    history = opened(path)
    assert "locked" in history.alarm
    history.add(past("now"))
    assert history.window("b", 60).turns == 1
    holder.execute("ROLLBACK")
    holder.close()
    until(lambda: history.window("b", 60).turns == 2)
    history.close()
    assert [turn.turn for turn in in_file(path)] == ["earlier", "now"]


def test_a_file_that_is_no_database_is_left_alone_and_kept_around_once_it_is_moved(path: Path) -> None:
    path.write_text("dear diary, " * 100)
    history = opened(path)
    assert "not a database" in history.alarm
    history.add(past("kept"))
    assert path.read_text() == "dear diary, " * 100
    path.rename(path.with_suffix(".txt"))
    until(lambda: history.alarm == "" and history.state.written == 1)
    history.close()
    assert [turn.turn for turn in in_file(path)] == ["kept"]


def test_a_file_that_is_torn_in_the_middle_is_an_alarm(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([past(str(n), sentence="x" * 400) for n in range(200)])
    whole = bytearray(path.read_bytes())
    whole[4096:40960] = os.urandom(36864)
    path.write_bytes(whole)
    history = opened(path)
    assert "malformed" in history.alarm
    history.add(past("now"))
    assert history.window("b", 60).turns == 1
    history.close()
    assert history.state.lost == 1


def test_a_database_of_something_else_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    history = opened(path)
    assert "a database of something else" in history.alarm
    history.close()
    with closing(sqlite3.connect(path)) as db:
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_master")] == ["recipes"]


@pytest.mark.parametrize("where", ["/proc/nowhere/history.sqlite", "/dev/null/history.sqlite"])
def test_a_place_where_nothing_can_be_written_is_an_alarm(where: str, caplog: pytest.LogCaptureFixture) -> None:
    history = opened(Path(where))
    assert history.alarm
    assert "/" not in history.alarm
    assert where in caplog.text
    history.add(past("a"))
    assert len(history.recent("b")) == 1
    history.close()
    assert history.state.lost == 1


def test_a_file_that_is_taken_away_is_made_anew(path: Path, history: History) -> None:
    history.add(past("a"))
    until(lambda: history.state.written == 1)
    for each in path.parent.glob("history.sqlite*"):
        each.unlink()
    history.add(past("b"))
    until(lambda: history.state.written == 2)
    history.close()
    assert [turn.turn for turn in in_file(path)] == ["b"]


def test_what_waits_is_bounded_and_what_does_not_fit_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_writer, "PENDING", 5)
    history = opened(Path("/dev/null/history.sqlite"))
    for number in range(8):
        history.add(past(str(number)))
    assert (history.state.pending, history.state.lost) == (5, 3)
    history.close()
    assert history.state.lost == 8


def test_a_file_of_a_newer_version_is_refused_and_not_touched(path: Path) -> None:
    with closing(HistoryFile(path, (*MIGRATIONS, "CREATE TABLE more (x);"))):
        pass
    with pytest.raises(HistoryError, match=r"newer version of Streamgauge \(layout 2, this one knows 1\)"):
        HistoryFile(path)


def test_an_older_file_is_brought_up_to_date_with_its_turns(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([past("a")])
    more = "ALTER TABLE turns ADD COLUMN note TEXT; UPDATE turns SET note = 'old';"
    with closing(HistoryFile(path, (*MIGRATIONS, more))) as file:
        assert [turn.turn for turn in file.turns()] == ["a"]
        assert file._pragma("user_version") == 2


def test_a_step_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([past("a")])
    with pytest.raises(sqlite3.Error):
        HistoryFile(path, (*MIGRATIONS, "CREATE TABLE half (x); CREATE TABLE half (x);"))
    with closing(HistoryFile(path)) as file:
        assert file._pragma("user_version") == len(MIGRATIONS)
        assert [turn.turn for turn in file.turns()] == ["a"]


def test_retention_drops_by_age_then_the_oldest_by_size(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([past(f"{n:04}", ago_s=n, sentence="x" * 400) for n in range(2000)])
        assert file.prune(NOW - 1500, 10**9) == 499
        whole = file.bytes
        gone = file.prune(0, whole // 2)
        left = [turn.turn for turn in file.turns(newest=10_000)]
        assert gone == 1501 - len(left)
        assert left == [f"{n:04}" for n in range(len(left))], "the newest stay"
        assert whole // 4 < file.bytes <= whole // 2
    assert path.stat().st_size < whole * 0.75, "the file itself shrinks"


def test_a_running_history_is_pruned(path: Path) -> None:
    with closing(HistoryFile(path)) as file:
        file.add([past("old", ago_s=40 * DAY_S), past("new")])
    history = History(HistorySettings(str(path), days=30), wall=lambda: NOW)
    history.start(wait_s=30)
    history.close()
    assert [turn.turn for turn in in_file(path)] == ["new"]


def test_the_file_is_for_its_owner_only(path: Path, history: History) -> None:
    assert path.stat().st_mode & 0o077 == 0


def test_what_a_wrong_clock_dated_into_the_future_hides_nothing_of_now(path: Path) -> None:
    """In a ring of 32 days, the hour of a year ahead has the place of an hour of now."""
    ring_s = HOURS_KEPT * HOUR_S
    ahead = [past(f"ahead {n}", -ring_s * 11 + HOUR_S * n, outcome="failed", availability=False) for n in range(24)]
    with closing(HistoryFile(path)) as file:
        file.add([*ahead, past("before", 10)])
    history = opened(path)
    history.add(past("now"))
    assert [turn.turn for turn in history.recent("b")] == ["now", "before"]
    month = history.window("b", 30 * DAY_S)
    assert (month.turns, month.good["availability"], month.counted["availability"]) == (2, 2, 2)
    history.close()
    assert len(in_file(path)) == 26


def test_two_servers_on_one_file_lose_nothing_and_are_told(
    path: Path, history: History, caplog: pytest.LogCaptureFixture
) -> None:
    other = opened(path)
    for number in range(3):
        for writer, name in ((history, "mine"), (other, "other")):
            writer.add(past(f"{name} {number}"))
            until(lambda writer=writer, number=number: writer.state.written == number + 1)  # type: ignore[misc]
    other.close()
    assert len(in_file(path)) == 6
    assert caplog.text.count(f"another process writes turns to {path} too") == 2, "each says so once"


def test_two_that_begin_at_once_on_a_new_file_both_have_it(path: Path) -> None:
    class Meanwhile(list[str]):
        """Another process opens the same file as soon as the first has looked at it."""

        made = False

        def __len__(self) -> int:
            if not self.made:
                self.made = True
                HistoryFile(path).close()
            return super().__len__()

    with closing(HistoryFile(path, Meanwhile(MIGRATIONS))) as file:
        file.add([past("a")])
    assert [turn.turn for turn in in_file(path)] == ["a"]


def test_reading_and_pruning_beside_a_server_is_no_second_server(
    path: Path, history: History, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        history.add(past(str(number)))
        until(lambda number=number: history.state.written == number + 1)  # type: ignore[misc]
        in_file(path)
        with closing(HistoryFile(path, create=False)) as file:
            file.prune(NOW - 1, 0)
    assert "another process" not in caplog.text


def test_what_was_written_before_a_failure_is_nobody_elses(
    path: Path, history: History, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_writer, "BATCH", 1)
    history.add(past("a"))
    until(lambda: history.state.written == 1)
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TRIGGER no BEFORE INSERT ON turns WHEN NEW.turn = 'c' BEGIN SELECT RAISE(ABORT, 'no'); END")
    holder = locked(path)
    history.add(past("b"))
    history.add(past("c"))
    holder.execute("ROLLBACK")
    holder.close()
    until(lambda: history.alarm == "no")
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER no")
    until(lambda: history.state.written == 3)
    assert "another process" not in caplog.text
