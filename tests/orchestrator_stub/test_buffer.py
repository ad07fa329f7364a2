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
    held = buffer.after(0)
    assert held == events[len(events) - len(held) :]
    for seq in range(-1, len(events) + 2):
        assert buffer.covers(seq) == (len(events) - len(held) <= seq <= len(events))
        assert buffer.after(seq) == [event for event in held if event.seq > seq]


def test_an_event_larger_than_all_is_forgotten() -> None:
    buffer = Buffer(10, 5)
    buffer.add(Event(1, b"123456"))
    assert (buffer.size, buffer.covers(0), buffer.covers(1)) == ((0, 0), False, True)
