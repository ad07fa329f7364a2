from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_stub.buffer import Buffer
from orchestrator_stub.instructions import Event


@given(st.lists(st.binary(max_size=30), max_size=60), st.integers(1, 10), st.integers(30, 200))
def test_it_holds_the_latest_and_no_more(data: list[bytes], most: int, most_bytes: int) -> None:
    buffer = Buffer(most, most_bytes)
    events = [Event(seq, piece) for seq, piece in enumerate(data, 1)]
    for event in events:
        buffer.add(event)
        assert buffer.size[0] <= most
        assert buffer.size[1] <= most_bytes
    held = buffer.since(0)
    assert held == events[len(events) - len(held) :]
    assert len(held) == buffer.size[0]
    for seq in range(-1, len(events) + 2):
        place = buffer.place(seq)
        assert place == (seq if len(events) - len(held) <= seq <= len(events) else None)
        if place is not None:
            assert buffer.since(place) == events[seq:]


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(1, 9))
def test_a_reader_goes_on_behind_the_first_event_of_its_number(numbers: list[int], seq: int) -> None:
    buffer = Buffer(100, 1000)
    for number in numbers:
        buffer.add(Event(number, b""))
    place = buffer.place(seq)
    assert (place is None) == (seq not in numbers)
    if place is not None:
        assert [event.seq for event in buffer.since(place)] == numbers[numbers.index(seq) + 1 :]
    assert buffer.since(buffer.end) == []


def test_an_event_larger_than_all_is_forgotten() -> None:
    buffer = Buffer(10, 5)
    buffer.add(Event(1, b"123456"))
    assert (buffer.size, buffer.place(0), buffer.place(1)) == ((0, 0), None, 1)
