"""What is remembered of ids is what a plain dict would say, whatever their order; and it takes little."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.turn.continuity import Continuity
from dashboard.turn.growing import PIECES, GrowingText
from dashboard.turn.remembered import RUNS, SEEN_IDS, Remembered, same
from dashboard.wire.frame import Message

NUMBERS = st.integers(0, 12).map(str) | st.integers(0, 12).map(lambda number: f"{number:03}")
IDS = st.builds(str.__add__, st.sampled_from(["", "r.", "a", "7.", "a0"]), NUMBERS | st.just(""))
STEPS = st.lists(st.tuples(IDS, st.integers(0, 20)), max_size=12)


@given(STEPS)
def test_every_id_is_found_as_a_dict_would_find_it(steps: list[tuple[str, int]]) -> None:
    """Each step is an id and how many count up after it."""
    continuity, plain = Continuity(), dict[str, str]()
    continuity.connected("")
    ids: list[str] = []
    for start, more in steps:
        prefix = start.rstrip("0123456789")
        digits = start[len(prefix) :]
        follow = [f"{prefix}{str(int(digits) + n).zfill(len(digits))}" for n in range(1, more)] if digits else []
        ids += [start, *follow]
    for place, each in enumerate(filter(None, ids)):
        message = Message("message", f"data {place}", each, own_id=True)
        seen, numbering = continuity._seen, continuity._numbering
        assert (seen.get(each) is not None) == (each in plain)
        if each == numbering.expected:
            assert seen.get_next(each, numbering.prefix or "", numbering.last) == seen.get(each)
        if each not in plain:
            continuity.see(message, text_seen=True)
            plain[each] = message.data
    for each, data in plain.items():
        found = continuity._seen.get(each)
        assert found is not None
        assert same(found, data)
        assert not same(found, data + "!")


def test_ids_that_count_take_four_bytes_each_and_the_oldest_are_forgotten() -> None:
    kept = Remembered()
    for number in range(5 * SEEN_IDS):
        kept.add_next(f"r.{number}", f"data {number}", "r.", number, 1)
    (run,) = kept._runs
    assert sys.getsizeof(run.hashes) < 6 * SEEN_IDS
    assert not kept.others
    newest = 5 * SEEN_IDS
    assert kept.get(f"r.{newest}") is None
    assert all(kept.get(f"r.{newest - 1 - back}") is not None for back in range(SEEN_IDS))
    assert kept.get("r.0") is None
    assert kept.get(f"r.0{newest - 1}") is None, "another way to write a number is another id"
    for number in (newest - 1, newest):
        assert kept.get_next(f"r.{number}", "r.", number - 1) == kept.get(f"r.{number}")
    assert kept.get_next(f"s.{newest - 1}", "s.", newest - 2) is None


def test_many_sequences_and_many_other_ids_are_bounded() -> None:
    kept = Remembered()
    for number in range(3 * SEEN_IDS):
        kept.add_next(f"{number}.1", "x", f"{number}.", 1, 1)
    assert len(kept._runs) == RUNS
    assert len(kept.others) == SEEN_IDS
    assert kept.get(f"{3 * SEEN_IDS - 1}.1") is not None


@given(st.lists(st.text(max_size=3), max_size=3 * PIECES), st.integers(1, 100))
def test_growing_text_is_the_text(pieces: list[str], every: int) -> None:
    text = GrowingText()
    for place, piece in enumerate(pieces, 1):
        text.add(piece)
        if place % every == 0:
            assert str(text) == "".join(pieces[:place])
    assert str(text) == "".join(pieces)


@pytest.mark.parametrize(("other", "prefix", "digits"), [("b3", "b", 1), ("a003", "a", 3)])
def test_a_sequence_goes_on_only_in_its_own_writing(other: str, prefix: str, digits: int) -> None:
    kept = Remembered()
    kept.add_next("a2", "x", "a", 2, 1)
    kept.add_next(other, "y", prefix, 3, digits)
    assert kept.get("a2") is not None
    assert kept.get(other) is not None
    assert kept.get("a3") is None
