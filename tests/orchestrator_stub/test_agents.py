from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_stub.agents import AGENTS, route, words
from orchestrator_stub.story import SENTENCES
from orchestrator_stub.tour import TOUR

BY_ID = {agent.id: agent for agent in AGENTS}


@pytest.mark.parametrize(
    ("question", "agent", "confidence"),
    [
        ("What's 2+2?", "a2a-math", 0.95),
        ("Can you calculate something?", "a2a-math", 0.6),
        ("Show me a markdown tour", "a2a-tour", 0.9),
        ("Tell me a story about a river", "a2a-story", 0.85),
        ("hello there", "a2a-echo", 0.3),
        ("", "a2a-echo", 0.3),
    ],
)
def test_the_router_picks_who_claims_most(question: str, agent: str, confidence: float) -> None:
    choice = route(question, AGENTS)
    assert (choice.agent.id, choice.confidence) == (agent, confidence)
    assert choice.reasoning.endswith(".")


@pytest.mark.parametrize(
    ("question", "pieces"),
    [
        ("What's 2+2?", ["The", " answer", " is", " 4", "."]),
        ("9**9**9", ["That", " number", " is", " too", " large", " for", " me", " to", " write", " down."]),
        ("1/0", ["Dividing", " by", " zero", " has", " no", " answer."]),
    ],
)
def test_the_math_agent_answers_in_words(question: str, pieces: list[str]) -> None:
    assert list(BY_ID["a2a-math"].answer(question, 1)) == pieces


def test_the_math_agent_says_when_there_is_no_sum() -> None:
    assert "find a sum" in "".join(BY_ID["a2a-math"].answer("calculate!", 1))


def test_the_tour_shows_everything() -> None:
    text = "".join(BY_ID["a2a-tour"].answer("", 1))
    assert text == TOUR
    for mark in ("# ", "1. ", "   - ", "|---|", "- [x]", "```python", "> ", "](https://", "**", "日本語"):
        assert mark in text


def test_the_story_goes_on_for_minutes_and_follows_its_seed() -> None:
    agent = BY_ID["a2a-story"]
    story, again, other = (list(agent.answer("", seed)) for seed in (1, 1, 2))
    assert story == again != other
    assert 15 <= agent.per_s <= 25
    assert len(story) / agent.per_s > 120
    assert "".join(story).count(".") == SENTENCES


def test_the_echo_repeats_what_it_hears() -> None:
    assert "".join(BY_ID["a2a-echo"].answer("a\n\nb\u2028 ", 1)) == "You said: a\n\nb\u2028 "


@given(st.text())
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(words(text)) == text


def test_a_long_question_of_white_space_is_no_burden() -> None:
    assert len(list(itertools.islice(words(" " * 8000 + "x"), 9))) == 1
