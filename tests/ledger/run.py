"""Runs turns of a class through the real engine over real sockets, and compares both sides of the ledger."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from random import Random

import msgspec

from dashboard.backend.live import LiveTurn
from dashboard.config import Backend, Config
from dashboard.runtime import Runtime
from dashboard.turn.events import RetryScheduled, TurnEvent
from dashboard.wire.dialect import Question
from tests.ledger import content, http, network, offsets, resume
from tests.ledger.account import Account, problems
from tests.ledger.classes import CLASSES, FaultClass
from tests.ledger.server import FaultServer, Page, faulty

__all__ = ["CLASSES", "Result", "run_class"]

assert all((content, http, network, offsets, resume))  # imported for the classes that they register

TOO_LONG_S = 5.0
"""A wait longer than this is stopped by a person: the harness."""


class Result(msgspec.Struct):
    """What came of one class."""

    name: str
    turns: int = 0
    requests: int = 0
    chunks: int = 0
    ends: Counter[str] = msgspec.field(default_factory=Counter)
    wrong: Counter[str] = msgspec.field(default_factory=Counter)
    sentences: list[str] = msgspec.field(default_factory=list)
    took_s: float = 0.0

    def count(self, turn: str, account: Account, page: Page, found: list[tuple[str, str]]) -> None:
        self.turns += 1
        self.requests += len(page.requests)
        self.chunks += len(account.accepted)
        self.ends[account.end[0]] += 1
        self.wrong.update(kind for kind, _ in found)
        self.sentences += [f"{turn}: {kind}: {said}" for kind, said in found]


async def run_class(each: FaultClass, seed: str, turns: Iterable[int]) -> Result:
    """Those turns of the class, in parallel."""
    result, began = Result(each.name), time.monotonic()
    async with faulty(each.script) as server:
        url = each.url(server)
        backends = [Backend(method, url, "orchestrator", method=method, **each.settings()) for method in each.methods]  # type: ignore[arg-type]
        runtime = Runtime(Config(backends, each.limits))
        try:
            await asyncio.gather(*(_turn(each, seed, number, server, runtime, result) for number in turns))
        finally:
            await runtime.aclose()
        result.sentences += server.failures
        result.wrong.update(["server"] * len(server.failures))
    result.took_s = time.monotonic() - began
    return result


async def _turn(
    each: FaultClass, seed: str, number: int, server: FaultServer, runtime: Runtime, result: Result
) -> None:
    turn = f"{each.name}.{number}"
    rng = Random(f"{seed}/{turn}")
    page = server.pages[turn] = Page(turn, each.answer(turn, rng), rng)
    account, stopper = Account(), Stopper()

    def observe(event: TurnEvent) -> None:
        account.observe(event)
        stopper.observe(event)

    stopper.live = runtime.ask(rng.choice(each.methods), Question(f"turn-{turn}"), also=observe)
    try:
        await asyncio.wait_for(stopper.live.wait(), 60)
    except TimeoutError:
        result.sentences.append(f"{turn}: no ending within 60 s")
        result.wrong["unexpected"] += 1
        return
    result.count(turn, account, page, problems(account, page, each.expect))


class Stopper:
    """The person who does not wait for a minute."""

    def __init__(self) -> None:
        self.live: LiveTurn | None = None

    def observe(self, event: TurnEvent) -> None:
        if isinstance(event, RetryScheduled) and event.delay_s > TOO_LONG_S and self.live is not None:
            asyncio.get_running_loop().call_soon(self.live.cancel)
