"""A class of fault: what the server does, with which settings it is met, and what every turn of it must come to."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from dashboard.config import Limits, Retry, Thresholds, Timeouts
from tests.ledger.account import COMPLETED, Account, Expect
from tests.ledger.answer import Answer
from tests.ledger.server import FaultServer, Page, Script

PATIENT = Thresholds(stall_after_s=10, first_text_give_up_s=30, give_up_s=30)
QUICK = Thresholds(stall_after_s=0.2, first_text_give_up_s=0.6, give_up_s=0.5)
RETRY = Retry(0.02, 0.2, 8)
SMALL = Limits(turns_live=100_000, event_bytes=16 << 10, turn_bytes=48 << 10)
BOTH = ("POST", "GET")


def _answer(turn: str, rng: Random) -> Answer:
    return Answer(turn, rng)


class FaultClass(msgspec.Struct, frozen=True, kw_only=True):
    """`row` is the row of the fault matrix in docs/reliability.md; `methods`: each turn takes one of them.

    `turns` is how many there are where each is a case of its own (0: as many as are asked for).
    """

    name: str
    row: str
    script: Script
    expect: Expect
    methods: tuple[str, ...] = ("POST",)
    answer: Callable[[str, Random], Answer] = _answer
    turns: int = 0
    limits: Limits = Limits(turns_live=100_000)
    backend: dict[str, Any] = {}
    url: Callable[[FaultServer], str] = lambda server: f"http://127.0.0.1:{server.port}/process/stream"

    @property
    def must_complete(self) -> bool:
        return self.expect.ends == {COMPLETED}

    def settings(self) -> dict[str, Any]:
        return {"thresholds": PATIENT, "timeouts": Timeouts(10, 20), "retry": RETRY, "max_parallel": 48, **self.backend}


CLASSES: dict[str, FaultClass] = {}


def fault(row: str, *ends: tuple[str, str], **settings: Any) -> Callable[[Script], Script]:
    """Registers a script as a class named like it; `settings` are fields of Expect and of FaultClass."""
    expect = {key: settings.pop(key) for key in set(settings) & set(Expect.__struct_fields__)}
    if "anomalies" in expect:
        expect["anomalies"] = frozenset(expect["anomalies"])

    def register(script: Script) -> Script:
        name = getattr(script, "__name__", "")
        wanted = Expect(ends=frozenset(ends or (COMPLETED,)), **expect)
        CLASSES[name] = FaultClass(name=name, row=row, script=script, expect=wanted, **settings)
        return script

    return register


def gave_up_in_time(account: Account, page: Page) -> str:  # one signature for all checks
    """Stalled within give_up_s (or the first text's) + 1 s of the last progress."""
    waited = account.endings[-1].at - account.moved_at if account.endings else 0.0
    return "" if 0.45 <= waited <= 1.7 else f"given up {waited:.2f} s after the last progress"


def retried_within(cap_s: float) -> Callable[[Account, Page], str]:
    def check(account: Account, page: Page) -> str:
        late = [delay for delay in account.delays if delay > cap_s + 1e-9]
        return f"waited {late} s, the cap is {cap_s} s" if late or not account.delays else ""

    return check
