"""Bars, ticks and marks of a turn: each story told as events, and what stands on the axis then."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.health import waterfall as module
from dashboard.health.gaps import EDGES_S, GapHistogram
from dashboard.health.waterfall import HEARTBEAT, OTHER, PROGRESS, TEXT, Waterfall
from dashboard.turn.events import ChunkArrived, HeadRefused, TextArrived
from tests.health.story import Story


def drawn(story: Story) -> Waterfall:
    fall = Waterfall()
    for event in story.events:
        fall.observe(event)
    return fall


def bars(fall: Waterfall) -> list[tuple[str, float, float | None]]:
    return [(bar.phase, bar.start_s, bar.end_s) for bar in fall.bars]


STORIES = {
    "whole": (
        Story().asked(100).connecting(100).connected(100.5).routing(101).routed(102).agent(102.5).text(103, "a").text(105, "b").ended(105.5),
        [
            ("connect, head", 0, 0.5), ("first text", 0.5, 3), ("routing", 1, 2), ("agent", 2, 2.5), ("answer", 3, 5), ("end", 5, 5.5),
        ],
    ),
    "dialled in sight": (
        Story().asked(100).connecting(100).connected(100.5, dialled=100.4).text(103, "a").ended(103),
        [("connect", 0, 0.4), ("head", 0.4, 0.5), ("first text", 0.5, 3), ("answer", 3, 3)],
    ),
    "refused at once": (Story().asked(7).connecting(7).ended(8, "unreachable", "connect"), [("connect", 0, 1)]),
    "still waiting": (Story().begun(), [("connect, head", 0, 0.01), ("first text", 0.01, None)]),
    "stalled from when the silence began": (
        Story().begun().text(1, "a").stalled(6, 5).ended(9, "stalled", "silent"),
        [("connect, head", 0, 0.01), ("first text", 0.01, 1), ("answer", 1, 1), ("stall", 1, 9)],
    ),
    "recovered": (
        Story().begun().text(1, "a").stalled(6, 5).recovered(7, 6).text(7, "b").ended(7),
        [("connect, head", 0, 0.01), ("first text", 0.01, 1), ("answer", 1, 7), ("stall", 1, 7)],
    ),
    "reconnected": (
        Story().begun().text(1, "a").lost(2, "cut").connecting(2.5, 2).connected(3).text(4, "b").ended(4),
        [
            ("connect, head", 0, 0.01), ("first text", 0.01, 1), ("answer", 1, 1), ("wait to reconnect", 2, 2.5),
            ("connect, head", 2.5, 3), ("more text", 3, 4), ("answer", 4, 4),
        ],
    ),
    "reasoned": (
        Story().begun().reasoning(1).reasoning(2).text(3, "a").ended(3),
        [("connect, head", 0, 0.01), ("first text", 0.01, 3), ("reasoning", 1, 3), ("answer", 3, 3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_bars(name: str) -> None:
    story, expected = STORIES[name]
    found = bars(drawn(story))
    assert [phase for phase, _, _ in found] == [phase for phase, _, _ in expected]
    for (_, *got), (_, *wanted) in zip(found, expected, strict=True):
        assert got == pytest.approx(wanted)


def test_a_refusal_has_its_bar_and_its_mark() -> None:
    story = Story().asked().connecting()
    story.events.append(HeadRefused("t", 0.2, 503, {}, b"busy"))
    fall = drawn(story.ended(0.2, "rejected", "http_status"))
    assert bars(fall) == [("connect, head", 0, 0.2)]
    assert [(mark.kind, mark.note) for mark in fall.marks] == [("refused", "HTTP 503"), ("ended", "rejected")]


def test_a_read_is_told_by_the_most_telling_thing_in_it() -> None:
    story = Story().begun().heartbeat(1)
    story.events.append(ChunkArrived("t", 2.0, 50, b""))
    story.routing(2).text(3, "ab", "c").heartbeat(4)
    story.events.append(ChunkArrived("t", 5.0, 9, b""))
    fall = drawn(story)
    assert [(tick.at_s, tick.held) for tick in fall.ticks] == [
        (1, HEARTBEAT), (2, PROGRESS), (3, TEXT), (4, HEARTBEAT), (5, OTHER),
    ]  # fmt: skip
    assert (fall.ticks[2].messages, fall.ticks[2].characters) == (2, 3)


def test_marks_say_what_went_wrong_and_when() -> None:
    fall = drawn(Story().begun().anomaly(1, "gap").lost(2, "cut").connecting(3, 2).ended(4, "truncated", "cut"))
    assert [(mark.kind, mark.at_s, mark.tone) for mark in fall.marks] == [
        ("head", 0.01, ""), ("gap", 1, "warn"), ("disconnected", 2, "bad"), ("ended", 4, "bad"),
    ]  # fmt: skip
    assert fall.end_s == 4


@given(st.lists(st.integers(1, 999), max_size=200))
def test_whatever_the_number_of_reads_no_byte_is_lost_and_the_ticks_are_bounded(sizes: list[int]) -> None:
    fall, most = Waterfall(), module.TICKS
    module.TICKS = 16
    try:
        for at, size in enumerate(sizes):
            fall.observe(ChunkArrived("t", float(at), size, b""))
            fall.observe(TextArrived("t", float(at), "x" * size, False))
    finally:
        module.TICKS = most
    assert sum(tick.size for tick in fall.ticks) == sum(tick.characters for tick in fall.ticks) == sum(sizes)
    assert fall.reads == len(sizes)
    assert len(fall.ticks) <= 16
    assert [tick.at_s for tick in fall.ticks] == sorted(tick.at_s for tick in fall.ticks)


def test_bars_and_marks_are_bounded_and_the_rest_is_counted() -> None:
    story = Story().begun()
    for i in range(1000):
        story.anomaly(1, "gap").lost(1, "cut").connecting(1, i + 2)
    fall = drawn(story)
    assert (len(fall.bars), len(fall.marks)) == (module.BARS, module.MARKS)
    assert (fall.bars_left_out, fall.marks_left_out) == (2002 - module.BARS, 2001 - module.MARKS)


@given(st.lists(st.floats(0, 100), max_size=100))
def test_every_gap_is_in_the_bin_that_its_edges_say(gaps: list[float]) -> None:
    gaps = [round(gap, 6) for gap in gaps]
    histogram, at = GapHistogram(), 0.0
    histogram.observe(TextArrived("t", 0.0, "x", True))
    for gap in gaps:
        at = round(at + gap, 6)
        histogram.observe(TextArrived("t", at, "x", False))
    edges = (-1.0, *EDGES_S, float("inf"))
    expected = [sum(low < gap <= high for gap in gaps) for low, high in pairwise(edges)]
    assert histogram.counts == expected
    assert histogram.total == len(gaps)
