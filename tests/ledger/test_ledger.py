"""The ledger's short form: a few turns of every class, by a fixed seed and by a new one; and that it can be red."""

from __future__ import annotations

import asyncio
import secrets
from random import Random

import pytest

from dashboard.turn import turn as turn_module
from dashboard.turn.continuity import Continuity
from dashboard.turn.verdict import Ending
from tests.ledger.run import CLASSES, Result, run_class

pytestmark = pytest.mark.system

STEP = 7
"""Of the classes with a case for each byte, every seventh."""
FIXED, NEW = 3, 2
"""Turns of each other class."""


async def run_all(seed: str, turns: int, step: int) -> list[Result]:
    """All classes, some at a time."""
    places = asyncio.Semaphore(6)

    async def run(name: str) -> Result:
        each = CLASSES[name]
        async with places:
            return await run_class(each, seed, range(0, each.turns, step) if each.turns > 100 else range(turns))

    return await asyncio.gather(*(run(name) for name in CLASSES))


@pytest.mark.parametrize(
    ("seed", "turns", "step"), [("fixed", FIXED, STEP), (secrets.token_hex(4), NEW, 50)], ids=["fixed", "new"]
)
async def test_nothing_is_lost_duplicated_or_falsely_complete(seed: str, turns: int, step: int) -> None:
    results = await run_all(seed, turns, step)
    wrong = [sentence for result in results for sentence in result.sentences]
    assert not wrong, f"again: python -m tests.ledger --seed {seed} --only CLASS --turn N"
    assert sum(result.turns for result in results) > len(CLASSES)
    assert all(result.turns for result in results)


async def turns_of(name: str) -> Result:
    return await run_class(CLASSES[name], "mutants", range(4))


async def test_red_without_the_ids_that_tell_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    see = Continuity.see
    monkeypatch.setattr(
        Continuity, "see", lambda self, message, text_seen: see(self, message, text_seen=text_seen) or []
    )
    result = await turns_of("sent_again_after_a_resume")
    assert result.wrong["duplicated"]
    assert result.wrong["false_completed"]


@pytest.mark.parametrize("name", ["closed_without_ids", "all_but_the_good_end", "nothing_at_all"])
async def test_red_when_any_clean_end_counts_as_complete(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(turn_module, "by_eof", lambda reading: (Ending(good_end=True), ""))
    result = await turns_of(name)
    assert result.wrong["unexpected"]
    assert result.wrong["false_completed"] or name == "all_but_the_good_end", "there, the text alone is whole"


async def test_red_when_anything_that_comes_back_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Continuity, "foreign", property(lambda self: "", lambda self, value: None))
    result = await turns_of("another_answer_under_new_ids")
    assert result.wrong["invented"]
    assert result.wrong["false_completed"]


def test_the_same_seed_is_the_same_bytes() -> None:
    for each in CLASSES.values():
        one, two = (each.answer("t.1", Random("x")) for _ in range(2))
        assert one.items == two.items
