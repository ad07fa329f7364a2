"""The state diagram in the documents is the table in the code."""

from __future__ import annotations

from dashboard.turn.machine import TRANSITIONS, TurnState
from tests.architecture.diagram import mermaid, written


def test_drawing_equals_the_table() -> None:
    assert written() == mermaid(TRANSITIONS)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(TurnState)


def test_every_state_is_reached_and_ends() -> None:
    reached = {target for leads in TRANSITIONS.values() for target in leads.values()}
    assert reached | {TurnState.IDLE} == set(TurnState)
    assert all(TurnState.ENDED in leads.values() for state, leads in TRANSITIONS.items() if state != TurnState.ENDED)
    assert not TRANSITIONS[TurnState.ENDED]
