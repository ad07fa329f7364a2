"""Plays the steps of a scenario for one run. Pure; the waits, writes and cuts that follow are the server's to do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import AnyStr

from orchestrator_stub import steps
from orchestrator_stub.agents import Agent, Choice, route, words
from orchestrator_stub.dialects.encoder import Encoder
from orchestrator_stub.dialects.said import (
    AgentStarted,
    Chunk,
    Completed,
    Failed,
    Routed,
    RoutingStarted,
    Stage,
    Thought,
    ToolCalled,
    ToolReturned,
    Usage,
)
from orchestrator_stub.dice import Dice
from orchestrator_stub.instructions import Cut, Ending, Forget, Hang, Head, Instruction, Reshape, Send, Wait
from orchestrator_stub.opening import opening_of, parts
from orchestrator_stub.recording import Recording
from orchestrator_stub.scenario import Scenario, ScenarioError
from orchestrator_stub.shaping import HEARTBEAT
from orchestrator_stub.voice import Voice

_ENDS: dict[str, Ending] = {"complete": "close", "close": "close", "truncated": "truncate", "reset": "reset"}
"""How a recorded response ended; where only its reader did, nothing more comes."""


class Player:
    """One run of `scenario`; `speaks` makes its encoder. `text` is what was said so far."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        question: str,
        run: str,
        roster: Sequence[Agent],
        speaks: Callable[[str], Encoder],
    ) -> None:
        self._scenario = scenario
        self._question = question
        self._roster = roster
        self._seed = seed
        self._dice = Dice(seed)
        self._encoder = speaks(run)
        self._voice = Voice(run, self._encoder, lambda: speaks(run), ids=scenario.ids, line_end=scenario.line_end)
        self._choice: Choice = route(question, roster)
        self._tools = 0
        self.answer: Generator[str] = self._choice.agent.answer(question, seed)
        self.text: list[str] = []

    @property
    def streamed(self) -> bool:
        """What it says is an event stream."""
        return self._encoder.streamed

    def run(self) -> Iterator[Instruction]:
        """All instructions, heartbeats and shapes not yet worked in."""
        settings, shapes, rest = parts(self._scenario.steps)
        opening = opening_of(settings, rest, self._encoder.media_type)
        if opening.after_s:
            yield Wait(opening.after_s)
        if opening.head:
            yield Head(opening.status, {name: value for name, value in opening.headers.items() if value is not None})
        for shape in shapes:
            yield from self._do(shape)
        if opening.body:
            yield Send(opening.body.encode())
        elif self._hints_at_retry(opening, rest):
            yield Send(f"retry: {self._scenario.retry_ms}\n\n".encode())
        for step in rest:
            yield from self._do(step)

    def _hints_at_retry(self, opening: steps.Respond, rest: Sequence[steps.Step]) -> bool:
        well = opening.head and opening.status == 200 and not (rest and isinstance(rest[0], steps.Replay))
        return well and self._encoder.resumable and self._scenario.retry_ms is not None

    def _do(self, step: steps.Step) -> Iterator[Instruction]:
        match step:
            case steps.Route():
                yield from self._route(step)
            case steps.Say():
                yield from self._say(step)
            case steps.Reason(text, per_s):
                for piece in words(text):
                    yield from self._voice.tell(Thought(piece, self._choice.agent.protocol))
                    yield Wait(self._pause_s(per_s, 0.3))
            case steps.Stage(name, phase):
                yield from self._voice.tell(Stage(name, phase))
            case steps.Tool():
                yield from self._tool(step)
            case steps.Complete(text, usage):
                yield from self._complete(text or "".join(self.text), usage=usage)
            case steps.Fail(message, code):
                yield from self._voice.tell(Failed(code, message), "failed")
            case steps.Repeat(times, again):
                for _ in range(times):
                    yield from self._all(again)
            case _:
                yield from self._misbehave(step)

    def _all(self, some: Sequence[steps.Step]) -> Iterator[Instruction]:
        for step in some:
            yield from self._do(step)

    def _misbehave(self, step: steps.Step) -> Iterator[Instruction]:
        match step:
            case steps.Pause(s):
                yield Wait(s)
            case steps.Silence():
                yield Hang()
            case steps.Heartbeat(every_s, times):
                yield from _heartbeats(every_s, times)
            case steps.Lose(lost):
                yield from (each for each in self._all(lost) if not isinstance(each, Send))
            case steps.Reverse(some):
                yield from reversed([each for each in self._all(some) if isinstance(each, Send)])
            case steps.Again(events):
                yield from self._voice.again(events)
            case steps.Forget():
                yield Forget()
            case steps.Truncate(size):
                yield self._voice.cut(size)
                yield Cut("truncate")
            case steps.Close() | steps.Reset():
                yield Cut("close" if isinstance(step, steps.Close) else "reset")
            case _:
                yield from self._write(step)

    def _write(self, step: steps.Step) -> Iterator[Instruction]:
        match step:
            case steps.RetryHint(value):
                yield Send(f"retry: {value}\n\n".encode())
            case steps.Raw(text, digits, fill):
                yield Send(_filled(text.encode() + bytes.fromhex(digits), fill))
            case steps.Garble(events, how, per_s):
                for _ in range(events):
                    yield self._voice.garbled(how, self._dice)
                    yield Wait(self._pause_s(per_s, 0.3))
            case steps.Slice(size, gap_s, through):
                yield Reshape(slice_bytes=size, gap_s=gap_s, through=through)
            case steps.Buffer(size):
                yield Reshape(hold_bytes=size)
            case steps.Replay(_, speed, recording) if recording:
                yield from _replayed(recording, speed)
            case _:
                raise ScenarioError(f"{self._scenario.name}: {type(step).__name__} must come before other steps")

    def _route(self, step: steps.Route) -> Iterator[Instruction]:
        for agent in self._roster:
            if step.agent == agent.id:
                self._choice = Choice(agent, 0.95, agent.reasoning)
                self.answer = agent.answer(self._question, self._seed)
        agent = self._choice.agent
        card = (agent.id, agent.name, agent.protocol)
        yield from self._voice.tell(RoutingStarted())
        yield Wait(step.router_s)
        yield from self._voice.tell(Routed(*card, self._choice.confidence, self._choice.reasoning))
        if step.start_s:
            yield Wait(step.start_s)
        yield from self._voice.tell(AgentStarted(*card))
        yield Wait(step.agent_s)

    def _say(self, step: steps.Say) -> Iterator[Instruction]:
        pieces = self._pieces(step)
        per_s = step.per_s or self._choice.agent.per_s
        said = 0
        while (said < step.chunks or not step.chunks) and (piece := next(pieces, None)) is not None:
            said += 1
            self.text.append(piece)
            yield from self._voice.tell(Chunk(piece, self._choice.agent.protocol))
            yield Wait(self._pause_s(per_s, step.jitter))

    def _pieces(self, step: steps.Say) -> Iterator[str]:
        if not step.text:
            return self.answer
        return iter([_filled(step.text, step.fill)]) if step.fill else words(step.text)

    def _tool(self, step: steps.Tool) -> Iterator[Instruction]:
        self._tools += 1
        call_id = f"call_{self._tools}"
        yield from self._voice.tell(ToolCalled(call_id, step.name, step.arguments))
        yield Wait(step.s)
        yield from self._voice.tell(ToolReturned(call_id, step.name, step.result))

    def _complete(self, text: str, *, usage: bool) -> Iterator[Instruction]:
        agent = self._choice.agent
        tokens = Usage(len(list(words(self._question))), len(self.text)) if usage else None
        yield from self._voice.tell(Completed(agent.id, agent.protocol, text, tokens), "completed")

    def _pause_s(self, per_s: float, jitter: float) -> float:
        return (1 + jitter * (2 * self._dice.unit() - 1)) / per_s


def _heartbeats(every_s: float, times: int) -> Iterator[Instruction]:
    sent = 0
    while not times or sent < times:
        sent += 1
        yield Wait(every_s)
        yield HEARTBEAT


def _replayed(recording: Recording, speed: float) -> Iterator[Instruction]:
    at_s = recording.head_s
    last = len(recording.reads) if recording.end == "complete" else 0
    for number, (read_s, data) in enumerate(recording.reads, 1):
        yield Wait(max(0.0, read_s - at_s) / speed)
        yield Send(data, outcome="completed" if number == last else "")
        at_s = read_s
    yield Wait(max(0.0, recording.end_s - at_s) / speed)
    how = _ENDS.get(recording.end)
    yield Cut(how) if how else Hang()


def _filled(piece: AnyStr, size: int) -> AnyStr:
    """`piece` again and again, `size` long; 0 leaves it."""
    return (piece * (size // max(1, len(piece)) + 1))[:size] if size else piece
