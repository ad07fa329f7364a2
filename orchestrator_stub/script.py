"""A scenario, played: what to send, how long to wait, when to misbehave. Pure: same seed and question, same bytes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import takewhile
from typing import Literal

from msgspec.structs import replace

from orchestrator_stub import scenario as steps
from orchestrator_stub.agents import AGENTS, Agent, Choice, route, words
from orchestrator_stub.dialects import ENCODERS
from orchestrator_stub.dialects.said import (
    AgentStarted,
    Chunk,
    Completed,
    Failed,
    Routed,
    RoutingStarted,
    Said,
    Stage,
    Thought,
)
from orchestrator_stub.dice import Dice
from orchestrator_stub.instructions import Cut, Event, Hang, Head, Instruction, Outcome, Reshape, Send, Wait
from orchestrator_stub.shaping import HEARTBEAT, shaped, with_heartbeats

HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def play(
    scenario: steps.Scenario, seed: int, question: str, run: str = "0", roster: Sequence[Agent] = AGENTS
) -> Iterator[Instruction]:
    """The instructions of one run. Closing the iterator closes the agent's answer too."""
    player = _Player(scenario, seed, question, run, roster)
    try:
        yield from shaped(with_heartbeats(player.run(), scenario.heartbeat_s))
    finally:
        player.answer.close()


def spoken(scenario: steps.Scenario, seed: int, question: str, roster: Sequence[Agent] = AGENTS) -> str:
    """The whole answer that a run says (its completed event has it too). Only for scenarios that end."""
    player = _Player(scenario, seed, question, "0", roster)
    for _ in player.run():
        pass
    return "".join(player.text)


class _Player:
    def __init__(self, scenario: steps.Scenario, seed: int, question: str, run: str, roster: Sequence[Agent]) -> None:
        self._scenario = scenario
        self._question = question
        self._run = run
        self._roster = roster
        self._seed = seed
        self._dice = Dice(seed)
        self._encoder = ENCODERS[scenario.dialect](run)
        self._choice: Choice = route(question, roster)
        self._seq = 0
        self.answer: Generator[str] = self._choice.agent.answer(question, seed)
        self.text: list[str] = []

    def run(self) -> Iterator[Instruction]:
        settings, shapes, rest = _parts(self._scenario.steps)
        opening = _opening(settings, self._encoder.media_type)
        if opening.after_s:
            yield Wait(opening.after_s)
        yield Head(opening.status, {name: value for name, value in opening.headers.items() if value is not None})
        for shape in shapes:
            yield from self._do(shape)
        if opening.body:
            yield Send(opening.body.encode())
        elif opening.status == 200 and self._scenario.retry_ms is not None:
            yield Send(f"retry: {self._scenario.retry_ms}\n\n".encode())
        for step in rest:
            yield from self._do(step)

    def _do(self, step: steps.Step) -> Iterator[Instruction]:
        match step:
            case steps.Route():
                yield from self._route(step)
            case steps.Say():
                yield from self._say(step)
            case steps.Reason(text, per_s):
                for piece in words(text):
                    yield from self._tell(Thought(piece, self._choice.agent.protocol))
                    yield Wait(self._pause_s(per_s, 0.3))
            case steps.Stage(name, phase):
                yield from self._tell(Stage(name, phase))
            case steps.Complete():
                agent = self._choice.agent
                yield from self._tell(Completed(agent.id, agent.protocol, "".join(self.text)), "completed")
            case steps.Fail(message, code):
                yield from self._tell(Failed(code, message), "failed")
            case steps.Repeat(times, again):
                for _ in range(times):
                    for inner in again:
                        yield from self._do(inner)
            case _:
                yield from self._misbehave(step)

    def _misbehave(self, step: steps.Step) -> Iterator[Instruction]:
        match step:
            case steps.Pause(s):
                yield Wait(s)
            case steps.Silence():
                yield Hang()
            case steps.Heartbeat(every_s, times):
                yield from _heartbeats(every_s, times)
            case steps.Garble(events, how, per_s):
                for _ in range(events):
                    yield Send(self._garbled(how))
                    yield Wait(self._pause_s(per_s, 0.3))
            case steps.Truncate(size):
                yield Send(self._frame(self._encoder.encode(Chunk("cut", "a2a"))[0]).data[:size])
                yield Cut("truncate")
            case steps.Close() | steps.Reset():
                yield Cut("close" if isinstance(step, steps.Close) else "reset")
            case _:
                yield from self._write(step)

    def _write(self, step: steps.Step) -> Iterator[Instruction]:
        match step:
            case steps.RetryHint(value):
                yield Send(f"retry: {value}\n\n".encode())
            case steps.Raw(text, digits):
                yield Send(text.encode() + bytes.fromhex(digits))
            case steps.Slice(size, gap_s, through):
                yield Reshape(slice_bytes=size, gap_s=gap_s, through=through)
            case steps.Buffer(size):
                yield Reshape(hold_bytes=size)
            case _:
                raise steps.ScenarioError(f"{self._scenario.name}: {type(step).__name__} must come before other steps")

    def _route(self, step: steps.Route) -> Iterator[Instruction]:
        for agent in self._roster:
            if step.agent == agent.id:
                self._choice = Choice(agent, 0.95, agent.reasoning)
                self.answer = agent.answer(self._question, self._seed)
        agent = self._choice.agent
        card = (agent.id, agent.name, agent.protocol)
        yield from self._tell(RoutingStarted())
        yield Wait(step.router_s)
        yield from self._tell(Routed(*card, self._choice.confidence, self._choice.reasoning))
        yield from self._tell(AgentStarted(*card))
        yield Wait(step.agent_s)

    def _say(self, step: steps.Say) -> Iterator[Instruction]:
        pieces = words(step.text) if step.text else self.answer
        per_s = step.per_s or self._choice.agent.per_s
        said = 0
        while (said < step.chunks or not step.chunks) and (piece := next(pieces, None)) is not None:
            said += 1
            self.text.append(piece)
            yield from self._tell(Chunk(piece, self._choice.agent.protocol))
            yield Wait(self._pause_s(per_s, step.jitter))

    def _tell(self, said: Said, outcome: Outcome = "") -> Iterator[Send]:
        for data in self._encoder.encode(said):
            event = self._frame(data)
            yield Send(event.data, (event,), outcome)

    def _frame(self, data: str) -> Event:
        """WHATWG HTML §9.2.6: a field is a name, a colon, an optional space and a value; a blank line dispatches."""
        self._seq += 1
        mark = f"id: {self._run}.{self._seq}\n" if self._scenario.ids else ""
        return Event(self._seq, f"{mark}data: {data}\n\n".encode())

    def _garbled(self, how: Literal["json", "noise", "bytes"]) -> bytes:
        if how == "bytes":
            return self._dice.noise(64)
        data = self._encoder.encode(Chunk("these words never arrive", "a2a"))[0]
        broken = data[: len(data) // 2] if how == "json" else self._dice.noise(24).hex("~", 3)
        return f"data: {broken}\n\n".encode()

    def _pause_s(self, per_s: float, jitter: float) -> float:
        return (1 + jitter * (2 * self._dice.unit() - 1)) / per_s


def _parts(
    all_steps: Sequence[steps.Step],
) -> tuple[Sequence[steps.Step], Sequence[steps.Step], Sequence[steps.Step]]:
    """What sets up the response, what shapes it from its first byte on, and the rest."""
    opening = list(takewhile(lambda step: isinstance(step, _OPENING), all_steps))
    shapes = list(takewhile(lambda step: isinstance(step, _SHAPES), all_steps[len(opening) :]))
    return opening, shapes, all_steps[len(opening) + len(shapes) :]


def _opening(settings: Sequence[steps.Step], media_type: str) -> steps.Respond:
    """All that is said of the response, in one; what comes later replaces what came before."""
    opening = steps.Respond(headers={**HEADERS, "Content-Type": media_type})
    for step in settings:
        if isinstance(step, steps.ContentType):
            opening = replace(opening, headers={**opening.headers, "Content-Type": step.value})
        elif isinstance(step, steps.Respond):
            opening = replace(step, headers=opening.headers | step.headers)
    return opening


_OPENING = (steps.Respond, steps.ContentType)
_SHAPES = (steps.Slice, steps.Buffer)


def _heartbeats(every_s: float, times: int) -> Iterator[Instruction]:
    sent = 0
    while not times or sent < times:
        sent += 1
        yield Wait(every_s)
        yield HEARTBEAT
