"""How messages become writes: held back, or cut small."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_stub.instructions import Hang, Head, Send, Wait
from tests.orchestrator_stub.test_script import SHIPPED, made, played, sent


def test_a_buffer_lets_everything_go_in_one_write() -> None:
    instructions = played(SHIPPED["burst"])
    head, *_, last = instructions
    assert isinstance(head, Head)
    assert isinstance(last, Send)
    assert "X-Accel-Buffering" not in head.headers
    assert "nginx" in head.headers["Via"]
    assert [i for i in instructions if isinstance(i, Send)] == [last]
    assert 2 < sum(i.s for i in instructions if isinstance(i, Wait)) < 5
    assert len(last.events) > 100
    assert last.outcome == "completed"


def test_a_buffer_of_few_bytes_lets_go_when_full() -> None:
    small = played(made("{do: buffer, bytes: 600}, {do: say, text: a b c d e f g h}, {do: hang}"))
    sizes = [len(i.data) for i in small if isinstance(i, Send)]
    assert len(sizes) == 1  # what is left is held for ever
    assert 600 <= sizes[0] < 900
    assert small[-1] == Hang()


@given(st.integers(1, 40), st.booleans(), st.text(alphabet="aé日🌊 ", min_size=1, max_size=40))
def test_slices_are_the_same_bytes(size: int, through: bool, text: str) -> None:
    scenario = made(f"{{do: slice, bytes: {size}, through: {str(through).lower()}}}, {{do: say}}")
    plain, cut = played(made("{do: say}"), text), played(scenario, text)
    assert sent(plain) == sent(cut)
    writes = [i.data for i in cut if isinstance(i, Send)]
    assert max(map(len, writes)) <= size + (0 if through else 3)
    if not through:
        for write in writes:
            write.decode()
    assert [e for i in cut if isinstance(i, Send) for e in i.events] == [
        e for i in plain if isinstance(i, Send) for e in i.events
    ]


def test_a_slice_through_code_points_cuts_characters() -> None:
    writes = [
        i.data for i in played(made("{do: slice, bytes: 1, through: true}, {do: say, text: é}")) if isinstance(i, Send)
    ]
    assert b"\xc3" in writes


def test_slicing_ends_with_zero() -> None:
    steps = "{do: slice, bytes: 5}, {do: raw, text: 1234567}, {do: slice, bytes: 0}, {do: raw, text: 1234567}"
    steps = steps.replace("1234567", '"1234567"')
    writes = [i.data for i in played(made(steps, "retry_ms: null")) if isinstance(i, Send)]
    assert writes == [b"12345", b"67", b"1234567"]
