"""A tick at the deadline always has something to say, whatever floats are like."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.config import Thresholds
from dashboard.turn.clocks import Clocks


@given(st.floats(0, 1e6), st.floats(0.01, 1000))
@example(0.17245, 0.2)
@example(1000.1, 0.7)
def test_at_its_deadline_a_stall_opens(now: float, after_s: float) -> None:
    clocks = Clocks(Thresholds(stall_after_s=after_s, first_text_give_up_s=after_s * 2), now, text_seen=False)
    assert clocks.stall(clocks.deadline) == "bytes"
    assert clocks.deadline == clocks.give_up_at
