from __future__ import annotations

import tracemalloc
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.health.monitor import LIVE_TURNS, SESSION_SCOPES, Monitor
from dashboard.health.snapshot import Scope, Snapshot, Window
from dashboard.turn.verdict import Outcome
from tests.health.story import Story

DEMO = Scope("demo")
WALL = 1_700_000_000.0


class Clocked:
    """A Monitor on a clock that the test sets: events in their order, a sample each 250 ms."""

    def __init__(self) -> None:
        self.monitor = Monitor(["demo", "other"])
        self.now = 0.0
        self.monitor.sample(0.0, WALL)

    def tell(self, *stories: Story, until: float | None = None) -> Clocked:
        for event in sorted((each for story in stories for each in story.events), key=lambda each: each.at):
            self.pass_to(event.at)
            self.monitor.observe(event)
        if until is not None:
            self.pass_to(until)
        return self

    def pass_to(self, now: float) -> None:
        while self.now + 0.25 <= now:
            self.now += 0.25
            self.monitor.sample(self.now, WALL + self.now)

    def see(self, scope: Scope = DEMO, now: float | None = None) -> Snapshot:
        at = self.now if now is None else now
        return self.monitor.snapshot(scope, at, WALL + at)

    def window(self, name: str = "1m", scope: Scope = DEMO) -> Window:
        return self.see(scope).windows[name]


def steady(start: float, seconds: int, per_s: int = 10, turn: str = "t", session: str = "") -> Story:
    story = Story(turn).begun(start, session=session)
    for number in range(1, seconds * per_s + 1):
        story.text(start + number / per_s, "word ")
    return story


def test_nothing_asked_is_idle_and_empty() -> None:
    seen = Clocked().see(Scope("demo", "nobody"))
    assert (seen.connection, seen.turns_total, seen.events_total, seen.uptime_live) == ("idle", 0, 0, False)
    assert isnan(seen.ttft_last_s)
    assert list(seen.windows) == ["1m", "5m", "1h"]


def test_the_numbers_of_a_turn() -> None:
    story = steady(10.0, 2, session="s").heartbeat(12.1).routed(12.2)
    clocked = Clocked().tell(story, until=12.5)
    for scope in (DEMO, Scope("demo", "s")):
        seen = clocked.see(scope)
        assert (seen.events_total, seen.chunks_total, seen.heartbeats_total) == (21, 20, 1)
        assert seen.bytes_total == 20 * 5 + 3
        assert (seen.turns_total, seen.turns_active, seen.connection) == (1, 1, "open")
        assert seen.ttft_last_s == pytest.approx(0.1)
        assert seen.gap.n == 19
        assert seen.gap.p95 == pytest.approx(0.1, rel=0.01)
        assert seen.uptime_s == pytest.approx(2.49)
        assert seen.silent_s == pytest.approx(0.3)
    assert clocked.see(Scope("other")).events_total == 0
    assert clocked.see(Scope("demo", "another")).events_total == 0


def test_rates_are_of_whole_seconds() -> None:
    seen = Clocked().tell(steady(10.0, 3), until=13.5).see()
    assert seen.events_per_s == 10
    assert seen.events_per_s_10s == 2.9


STATES: list[tuple[Story, str]] = [
    (Story().asked(1).connecting(1), "connecting"),
    (Story().begun(1), "open"),
    (Story().begun(1).stalled(7, 5), "stalled"),
    (Story().begun(1).stalled(7, 5).recovered(8, 6), "open"),
    (Story().begun(1).lost(2, "cut"), "backing_off"),
    (Story().begun(1).lost(2, "cut").connecting(3, 2), "connecting"),
    (Story().begun(1).ended(2), "idle"),
    (Story().begun(1).ended(2, "failed"), "idle"),
    (Story().begun(1).ended(2, "stopped"), "idle"),
    *(
        (Story().begun(1).ended(2, bad), "failed")
        for bad in ["unreachable", "rejected", "truncated", "stalled", "malformed"]
    ),
]


@pytest.mark.parametrize(("story", "connection"), STATES)
def test_the_connection_follows_the_turn(story: Story, connection: str) -> None:
    seen = Clocked().tell(story, until=9).see()
    assert seen.connection == connection
    assert seen.connection_since == pytest.approx(story.events[-1].at)


def test_the_most_telling_of_several_turns_is_told() -> None:
    clocked = Clocked().tell(Story("a").begun(1), Story("b").begun(1).stalled(7, 5), Story("c").begun(2), until=8)
    assert clocked.see().connection == "stalled"
    row = {name: column[-1] for name, column in clocked.window().columns.items()}
    assert (row["open"], row["stalled"], row["connecting"]) == (2, 1, 0)


def test_uptime_is_the_last_ones_once_closed() -> None:
    seen = Clocked().tell(Story().begun(1).ended(5.01), until=9).see()
    assert (seen.uptime_s, seen.uptime_live, seen.silent_s) == (pytest.approx(4.0), False, 0)


def test_uptime_ends_with_the_connection_and_not_with_the_turn() -> None:
    seen = Clocked().tell(Story().begun(1).lost(5.01, "cut").ended(8, "truncated", "cut"), until=9).see()
    assert (seen.uptime_s, seen.uptime_live) == (pytest.approx(4.0), False)


def test_faults_reconnects_and_stalls_are_counted_once_each() -> None:
    story = Story().begun(1).lost(2, "cut").connecting(3, 2).connected(3.1).stalled(9, 5).lost(10, "silent", attempt=3)
    clocked = Clocked().tell(story.connecting(11, 3).ended(12, "unreachable", "connect"), until=20)
    seen = clocked.see()
    assert (seen.reconnects_total, seen.faults_total, seen.stalls_total, seen.anomalies_total) == (2, 3, 1, 1)
    assert (seen.last_reconnect_at, seen.last_outcome, seen.last_fault) == (11, "unreachable", "connect")
    assert seen.outcomes == {**dict.fromkeys(seen.outcomes, 0), "unreachable": 1}
    columns = clocked.window().columns
    assert (columns["reconnects"].sum(), columns["faults"].sum()) == (2, 3)


def test_no_value_where_nothing_was_measured_and_zero_where_nothing_came() -> None:
    story = steady(10.0, 2).ended(19.9)
    columns = Clocked().tell(story, until=30).window().columns
    seconds = columns["t"] / 1000 - WALL
    live = (seconds > 10) & (seconds <= 20)
    assert np.isnan(columns["rate_text"][~live]).all()
    assert (columns["rate_text"][(seconds > 13.1) & live] == 0).all()
    assert columns["rate_text"][seconds == 12.0][0] == pytest.approx(10, abs=1)
    flowing = (seconds > 10.4) & (seconds <= 12)
    assert np.allclose(columns["gap_p95"][flowing], 100, rtol=0.01)
    assert np.isnan(columns["gap_p95"][seconds > 12.3]).all()
    assert np.nansum(columns["ttft"]) == pytest.approx(100)
    assert (columns["open"][(seconds >= 10.25) & (seconds < 20)] == 1).all()
    assert (columns["open"][seconds >= 20] == 0).all()


def test_windows_have_their_own_steps_and_spans() -> None:
    clocked = Clocked().tell(steady(1.0, 30), until=4000)
    for name, rows, step_ms in (("1m", 240, 250), ("5m", 300, 1000), ("1h", 360, 10_000)):
        t = clocked.window(name).columns["t"]
        assert len(t) == rows
        assert np.allclose(np.diff(t), step_ms)


def test_a_turn_between_two_samples_leaves_its_mark() -> None:
    clocked = Clocked().tell(Story().begun(10.01).text(10.05, "a").ended(10.06), until=12)
    columns = clocked.window().columns
    assert np.nanmax(columns["rate_text"]) == 1
    assert np.count_nonzero(~np.isnan(columns["rate_text"])) == 1


def test_the_revision_stands_still_when_only_time_passes() -> None:
    clocked = Clocked().tell(steady(1.0, 1).ended(2.5), until=100)
    before = clocked.see().revision
    clocked.pass_to(130)
    assert clocked.see().revision == before
    clocked.tell(Story("u").asked(131), until=131.5)
    assert clocked.see().revision > before


def test_the_revision_grows_while_rates_sink_and_while_a_turn_is_silent() -> None:
    clocked = Clocked().tell(steady(1.0, 1).ended(2.5), until=3.0)
    before = clocked.see()
    clocked.pass_to(5.0)
    after = clocked.see()
    assert after.events_per_s < before.events_per_s
    assert after.revision > before.revision
    clocked.tell(Story("u").begun(10), until=15)
    silent = clocked.see().revision
    clocked.pass_to(16)
    assert clocked.see().revision > silent


def test_a_snapshot_never_changes() -> None:
    clocked = Clocked().tell(steady(1.0, 5))
    seen = clocked.see()
    kept = {name: column.copy() for name, column in seen.windows["1m"].columns.items()}
    clocked.tell(steady(10.0, 300, turn="u"))
    for name, column in seen.windows["1m"].columns.items():
        assert np.array_equal(column, kept[name], equal_nan=True)


def test_only_live_and_canary_turns_of_known_backends_count() -> None:
    stories = [Story(source).begun(1, source=source).text(2, "a") for source in ("check", "replay", "canary", "live")]
    seen = Clocked().tell(*stories, Story("x").begun(1, backend="stranger"), until=3).see()
    assert (seen.turns_total, seen.events_total) == (2, 2)


def test_a_forgotten_session_goes_and_its_turn_counts_on_for_the_process() -> None:
    clocked = Clocked().tell(Story().begun(1, session="s").text(2, "a"), until=3)
    clocked.monitor.forget("s")
    clocked.tell(Story().text(4, "b").ended(5), until=6)
    assert clocked.see(Scope("demo", "s")).turns_total == 0
    assert (clocked.see().events_total, clocked.see().outcomes["completed"]) == (2, 1)


def test_a_resting_session_writes_no_rows_and_wakes_with_a_row_of_nothing() -> None:
    scope = Scope("demo", "s")
    clocked = Clocked().tell(steady(1.0, 1, session="s").ended(3), until=2000)
    rows = len(clocked.window("1h", scope).columns["t"])
    assert rows < 10
    clocked.tell(steady(2000.1, 1, turn="u", session="s"), until=2011)
    minute = clocked.window("1m", scope).columns
    assert minute["t"][0] / 1000 - WALL >= 1990
    assert isnan(minute["rate_text"][0])
    assert minute["open"][0] == 0
    assert np.nanmax(minute["rate_text"]) == pytest.approx(10, abs=1)
    assert (np.diff(minute["t"]) > 0).all()


def test_session_scopes_and_live_turns_are_bounded() -> None:
    monitor = Monitor(["demo"])
    tracemalloc.start()
    for number in range(LIVE_TURNS + 500):
        for event in Story(f"t{number}").begun(float(number), session=f"s{number}").events:
            monitor.observe(event)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(monitor._sessions) == SESSION_SCOPES
    assert len(monitor._turns) == LIVE_TURNS
    seen = monitor.snapshot(DEMO, 5000.0, WALL)
    assert (seen.turns_active, seen.turns_total) == (LIVE_TURNS, LIVE_TURNS + 500)
    assert held < 40_000_000


KINDS = st.sampled_from(["text", "routing", "agent", "tool", "unknown", "empty"])


@given(st.lists(st.tuples(st.floats(0, 0.9), KINDS), max_size=80))
def test_rates_and_counts_equal_a_naive_recomputation(messages: list[tuple[float, str]]) -> None:
    story, at, times = Story().begun(5.0), 5.01, []
    for step, kind in messages:
        at += step
        times.append(at)
        story.message(at, kind)
    clocked = Clocked().tell(story, until=at + 1)
    seen = clocked.see()
    assert seen.events_total == len(messages)
    assert seen.events_per_s == sum(int(each) == int(clocked.now) - 1 for each in times)
    rows = clocked.window("5m").columns
    total = sum(rows[name] for name in ("rate_text", "rate_routing", "rate_other"))
    closed = rows["t"][-1] / 1000 - WALL
    assert np.nansum(total) == pytest.approx(sum(each <= closed for each in times), abs=1e-3)


def test_events_of_unknown_turns_are_passed_over() -> None:
    monitor = Monitor(["demo"])
    for event in steady(1.0, 1).heartbeat(2).routed(2).stalled(3, 1).recovered(4, 2).lost(5, "cut").ended(6).events[1:]:
        monitor.observe(event)
    assert monitor.snapshot(DEMO, 7.0, nan).events_total == 0


def told(clocked: Clocked, name: str = "1m", scope: Scope = DEMO) -> list[tuple[float, int, int, dict[str, int]]]:
    """Seconds since the clock began, reconnects, stalls and how turns ended, of each mark."""
    return [
        (
            round(mark.t / 1000 - WALL, 3),
            mark.reconnects,
            mark.stalls,
            {each.value: n for each, n in zip(Outcome, mark.outcomes, strict=True) if n},
        )
        for mark in clocked.window(name, scope).marks
    ]


def test_what_happened_is_marked_once_at_the_row_that_ends_its_step() -> None:
    story = Story().begun(1, session="s").lost(2, "cut").connecting(2.1, 2).connected(2.2).stalled(9, 5)
    clocked = Clocked().tell(story.ended(12, "truncated"), until=14)
    for scope in (DEMO, Scope("demo", "s")):
        assert told(clocked, "1m", scope) == [(2.25, 1, 0, {}), (9.25, 0, 1, {}), (12.25, 0, 0, {"truncated": 1})]
    assert told(clocked, "5m") == [(3.0, 1, 0, {}), (10.0, 0, 1, {}), (13.0, 0, 0, {"truncated": 1})]
    times = clocked.window().columns["t"].tolist()
    assert all(mark.t in times for mark in clocked.window().marks)


def test_a_turn_that_is_over_at_once_is_marked_after_a_rest_too() -> None:
    clocked = Clocked().tell(Story("a").begun(1, session="s").ended(2), until=100)
    clocked.tell(Story("b").begun(100.05, session="s").ended(100.1, "rejected"), until=101)
    mine = told(clocked, "5m", Scope("demo", "s"))
    assert [each[3] for each in mine] == [{"completed": 1}, {"rejected": 1}]


def test_marks_leave_with_their_window() -> None:
    clocked = Clocked().tell(Story("a").begun(1).ended(2), Story("b").begun(70).ended(71, "failed"), until=72)
    assert [each[3] for each in told(clocked)] == [{"failed": 1}]
    assert [each[3] for each in told(clocked, "5m")] == [{"completed": 1}, {"failed": 1}]
