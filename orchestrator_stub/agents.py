"""The little agents that answer, and the router that picks one. Pure: the same question and seed, the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence

import msgspec

from orchestrator_stub import arithmetic
from orchestrator_stub.story import sentences
from orchestrator_stub.tour import TOUR

Answer = Callable[[str, int], Generator[str]]
"""(question, seed) → the pieces of the answer, worked out as they are asked for."""


class Agent(msgspec.Struct, frozen=True):
    """One agent. `claim` gives its confidence for a question, 0…1; `per_s` is its natural pace, pieces a second."""

    id: str
    name: str
    claim: Callable[[str], float]
    reasoning: str
    answer: Answer
    per_s: float
    protocol: str = "a2a"


class Choice(msgspec.Struct, frozen=True):
    """Which agent the router picked, and why."""

    agent: Agent
    confidence: float
    reasoning: str


def route(question: str, roster: Sequence[Agent]) -> Choice:
    """The agent of `roster` with the highest claim; the first of equals."""
    claims = [agent.claim(question) for agent in roster]
    best = max(range(len(roster)), key=lambda i: (claims[i], -i))
    return Choice(roster[best], claims[best], roster[best].reasoning)


def words(text: str) -> Generator[str]:
    """`text` in pieces as a model sends them: each word with the white space before it. Joined they are `text`."""
    yield from re.findall(r"\s*\S+|\s+$", text)


def _sum(question: str, _seed: int) -> Generator[str]:
    expression = arithmetic.find(question)
    if expression is None:
        yield from words("I can't find a sum in that. Try “What's 2+2?” or “17 times 23”.")
        return
    try:
        value = arithmetic.written(arithmetic.evaluate(expression))
    except (arithmetic.UnreadableSumError, arithmetic.ImpossibleSumError) as refusal:
        yield from words(str(refusal))
        return
    yield from ("The", " answer", " is", f" {value}", ".")


def _tour(_question: str, _seed: int) -> Generator[str]:
    yield from words(TOUR)


def _story(_question: str, seed: int) -> Generator[str]:
    for sentence in sentences(seed):
        yield from words(sentence)


def _echo(question: str, _seed: int) -> Generator[str]:
    yield from words(f"You said: {question}")


def _claims_sum(question: str) -> float:
    if arithmetic.find(question):
        return 0.95
    return 0.6 if re.search(r"\b(?:calculate|compute|sum|math|arithmetic|square root)\b", question.lower()) else 0.0


def _claims_words(pattern: str, confidence: float) -> Callable[[str], float]:
    return lambda question: confidence if re.search(pattern, question.lower()) else 0.0


AGENTS: tuple[Agent, ...] = (
    Agent(
        "a2a-math", "Math Agent", _claims_sum,
        "User asked for arithmetic, math agent is perfect for this.", _sum, per_s=7,
    ),
    Agent(
        "a2a-tour", "Tour Agent", _claims_words(r"\b(?:markdown|tour|table|format)", 0.9),
        "User wants to see formatted text, the tour agent shows all of it.", _tour, per_s=30,
    ),
    Agent(
        "a2a-story", "Storyteller", _claims_words(r"\b(?:story|tale|tell me|once upon)", 0.85),
        "User wants a story, and the storyteller has time.", _story, per_s=20,
    ),
    Agent(
        "a2a-echo", "Echo Agent", lambda _: 0.3,
        "No agent knows this better, so the echo agent repeats it.", _echo, per_s=20,
    ),
)  # fmt: skip
