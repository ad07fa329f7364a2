"""What two pairs of runs prove: a hop that holds text back, and neither a quick model nor one that answers in a burst."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import Thresholds
from dashboard.health import hop
from dashboard.health.compare import Course, CourseSeen, conclude, doubt, proved
from dashboard.health.evidence import Evidence
from tests.health.story import Story


def flow(chunks: int, gap_s: float, first_s: float = 0.5, chars: int = 5, jitter: float = 0.0) -> Course:
    chance = random.Random(chunks)
    reads, at = [], first_s
    for _ in range(chunks):
        reads.append((at, chars))
        at += gap_s * (1 + jitter * (2 * chance.random() - 1))
    return Course("completed", tuple(reads), chunks)


def held(direct: Course, lump: int, first_s: float = 0.0) -> Course:
    """What a buffer of `lump` chunks makes of it; `first_s` moves the whole."""
    reads = []
    for i in range(0, len(direct.reads), lump):
        group = direct.reads[i : i + lump]
        reads.append((group[-1][0] + first_s, sum(chars for _, chars in group)))
    return Course("completed", tuple(reads), direct.chunks)


LOPSIDED = Course("completed", tuple((0.5 + 0.05 * i, 300 if i == 50 else 1) for i in range(100)), 100)
"""One piece of it is large, and nothing was held back."""

FLOWS = [flow(5, 0.16), flow(40, 0.02), flow(100, 0.05), flow(400, 0.01, jitter=0.8), flow(2000, 0.02, jitter=0.5)]


@pytest.mark.parametrize("direct", FLOWS, ids=lambda course: str(course.chunks))
def test_a_buffer_that_holds_the_whole_answer_is_proved(direct: Course) -> None:
    assert doubt(direct, held(direct, direct.chunks)) == ""


@pytest.mark.parametrize("direct", FLOWS[2:], ids=lambda course: str(course.chunks))
@pytest.mark.parametrize("lumps", [2, 4, 7])
def test_a_buffer_that_lets_go_in_lumps_is_proved(direct: Course, lumps: int) -> None:
    assert doubt(direct, held(direct, direct.chunks // lumps + 1, first_s=0.1)) == ""


@pytest.mark.parametrize(
    ("direct", "through", "says"),
    [
        (flow(1, 0.0), flow(1, 0.0), "does not flow either"),
        (flow(200, 0.0005), held(flow(200, 0.0005), 200), "does not flow either"),
        (held(FLOWS[2], 100), held(FLOWS[2], 100), "does not flow either"),
        (flow(2, 2.0), held(flow(2, 2.0), 2), "does not flow either"),
        (FLOWS[2], FLOWS[2], "flows through the hop"),
        (FLOWS[2], flow(100, 0.05, first_s=4.0, jitter=0.9), "flows through the hop"),
        (FLOWS[2], flow(100, 0.0001, first_s=0.6), "quick and not held back"),
        (FLOWS[2], flow(100, 0.0001, first_s=0.1), "quick and not held back"),
        (FLOWS[2], flow(100, 0.009), "quick and not held back"),
        (FLOWS[2], held(flow(4, 0.05), 4), "differ too much in length"),
        (FLOWS[2], flow(6, 1.0, chars=100), "flows through the hop"),
        (FLOWS[2], LOPSIDED, "without long silences"),
        (FLOWS[2], Course("completed"), "no text came"),
        (FLOWS[2], msgspec.structs.replace(FLOWS[2], outcome="truncated"), "ended as truncated"),
        (msgspec.structs.replace(FLOWS[2], outcome="stalled"), FLOWS[2], "asked directly the turn ended as stalled"),
        (FLOWS[2], msgspec.structs.replace(held(FLOWS[2], 100), ours=True), "own loop was blocked"),
        (msgspec.structs.replace(FLOWS[2], ours=True), Course("unreachable"), "ended as unreachable"),
        (msgspec.structs.replace(FLOWS[2], ours=True), Course("completed"), "no text came"),
    ],
)
def test_what_proves_nothing_and_why(direct: Course, through: Course, says: str) -> None:
    assert says in doubt(direct, through)


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 500)), max_size=60),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 500)), max_size=60),
)
def test_any_two_courses_are_judged_and_never_the_same_one_against_itself(
    one: list[tuple[float, int]], other: list[tuple[float, int]]
) -> None:
    courses = [Course("completed", tuple(sorted(dict(reads).items())), len(reads)) for reads in (one, other)]
    assert isinstance(doubt(*courses), str)
    assert doubt(courses[0], courses[0])


def test_it_takes_two_pairs_that_both_show_it() -> None:
    direct = FLOWS[2]
    pair, other = (direct, held(direct, 100)), (direct, direct)
    assert [proved(pairs) for pairs in ([], [pair], [pair, pair], [pair, other], [other, pair])] == [
        False, False, True, False, False,
    ]  # fmt: skip


def test_moments_are_how_many_equal_shares_it_came_in() -> None:
    assert Course("completed", ((0.0, 10), (1.0, 10), (2.0, 10))).moments(0.1) == pytest.approx(3)
    assert Course("completed", ((0.0, 10), (0.05, 10), (2.0, 20))).moments(0.1) == pytest.approx(2)
    assert Course("completed", ((0.0, 98), (1.0, 1), (2.0, 1))).moments(0.1) == pytest.approx(1.04, abs=0.01)
    assert Course("completed").moments(0.1) == 0


def test_a_course_is_seen_from_the_events_of_a_turn_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.health.compare.READS", 3)
    seen = CourseSeen()
    for event in Story().begun(10.0).text(11.0, "ab", "c").text(12.0, "d").text(13.0, "e").text(14.0, "fgh").events:
        seen.observe(event)
    assert seen.course("completed") == Course("completed", ((1.0, 3), (2.0, 1), (3.0, 4)), 5)


EVIDENCE = Evidence(outcome="completed", limits=Thresholds(), ttft_s=0.5)


def test_the_diagnosis_names_hop_and_directive_and_shows_both_runs() -> None:
    direct = FLOWS[2]
    found = conclude([(direct, held(direct, 100))] * 2, EVIDENCE, EVIDENCE, hop.proof("p:80", {}, {"server": "nginx"}))
    assert (found.kind, "nginx at p:80" in found.sentence) == ("burst_proved", True)
    assert "`proxy_buffering off;`" in found.next
    assert [line.partition(":")[0] for line in found.evidence[:4]] == [
        "Pair 1, directly", "Pair 1, through", "Pair 2, directly", "Pair 2, through",
    ]  # fmt: skip


def test_without_a_proof_the_diagnosis_is_the_runs_own_and_says_why_nothing_is_proved() -> None:
    pair = (FLOWS[2], FLOWS[2])
    found = conclude([pair], EVIDENCE, EVIDENCE, hop.proof("p:80", {}, {}))
    assert found.kind == "healthy"
    assert found.sentence.startswith("Nothing is proved against the hop at p:80: the text flows")
    broken = msgspec.structs.replace(EVIDENCE, outcome="unreachable")
    assert conclude([pair], broken, EVIDENCE, hop.proof("p:80", {}, {})).kind == "unreachable"


@pytest.mark.parametrize(
    ("direct", "through", "named", "says"),
    [
        ({"server": "uvicorn"}, {"server": "nginx/1.22.1"}, "nginx/1.22.1 at h:1", "proxy_buffering off;"),
        ({"server": "uvicorn"}, {"server": "nginx"}, "nginx at h:1", "let the back end send the header"),
        ({"x-accel-buffering": "no"}, {"server": "nginx"}, "nginx at h:1", "proxy_ignore_headers"),
        ({}, {"server": "nginx", "content-encoding": "gzip"}, "nginx at h:1", "gzip off;"),
        ({"server": "x"}, {"server": "x"}, "the hop at h:1", "proxy_buffering off;"),
        ({"server": "nginx"}, {"server": "nginx"}, "the hop at h:1", "Turn off the buffering"),
        ({}, {"via": "1.1 edge (Varnish/7)"}, "1.1 edge (Varnish/7) at h:1", "do_stream"),
        ({"via": "1.1 a"}, {"via": "1.1 a"}, "the hop at h:1", "Turn off the buffering"),
        ({}, {"content-encoding": "br"}, "the hop at h:1", "gzip off;"),
        ({"via": "1.1 a"}, {"via": "1.1 a, 1.1 b"}, "1.1 b at h:1", "Turn off the buffering"),
        ({"server": "up"}, {"server": "Caddy", "via": "1.1 x"}, "Caddy at h:1", "flush_interval -1"),
        ({}, {"server": "Apache/2.4"}, "Apache/2.4 at h:1", "flushpackets=on"),
        ({}, {"server": "{hop}\x1b[2J" + "x" * 500}, "{hop}[2Jxxx", "Turn off the buffering"),
    ],
)
def test_the_hop_is_named_by_what_the_direct_run_has_not(
    direct: dict[str, str], through: dict[str, str], named: str, says: str
) -> None:
    found = hop.proof("h:1", direct, through)
    assert found.hop.startswith(named)
    assert says in found.directive
