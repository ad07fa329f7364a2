"""A scenario, played: what to send, how long to wait, when to misbehave. Pure: same seed and question, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from orchestrator_stub.agents import AGENTS, Agent
from orchestrator_stub.dialects import ENCODERS
from orchestrator_stub.dialects.encoder import Encoder
from orchestrator_stub.instructions import Instruction
from orchestrator_stub.player import Player
from orchestrator_stub.scenario import Scenario
from orchestrator_stub.shaping import as_one, shaped, with_heartbeats

Speaks = Callable[[str], Encoder]
"""The run's name → a new encoder for it."""


def play(
    scenario: Scenario,
    seed: int,
    question: str,
    run: str = "0",
    roster: Sequence[Agent] = AGENTS,
    speaks: Speaks | None = None,
) -> Iterator[Instruction]:
    """The instructions of one run. `speaks` replaces the scenario's own dialect.

    Closing the iterator closes the agent's answer too.
    """
    player = _player(scenario, seed, question, run, roster, speaks)
    told = player.run()
    told = with_heartbeats(told, scenario.heartbeat_s) if player.streamed else as_one(told)
    try:
        yield from shaped(told)
    finally:
        player.answer.close()


def spoken(scenario: Scenario, seed: int, question: str, roster: Sequence[Agent] = AGENTS) -> str:
    """The whole answer that a run says (its completed event has it too). Only for scenarios that end."""
    player = _player(scenario, seed, question, "0", roster, None)
    for _ in player.run():
        pass
    return "".join(player.text)


def _player(
    scenario: Scenario, seed: int, question: str, run: str, roster: Sequence[Agent], speaks: Speaks | None
) -> Player:
    return Player(scenario, seed, question, run, roster, speaks or ENCODERS[scenario.dialect])
