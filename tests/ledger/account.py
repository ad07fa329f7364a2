"""The client's side of the ledger: what was accepted and how it ended, compared with what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from dashboard.turn.events import Anomaly, Connecting, Ended, RetryScheduled, Stalled, TextArrived, TurnEvent
from tests.ledger.answer import sha
from tests.ledger.server import Page


class Account:
    """Observes one turn."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.text: list[str] = []
        self.anomalies: Counter[str] = Counter()
        self.delays: list[float] = []
        self.stalls: list[Stalled] = []
        self.connects = 0
        self.endings: list[Ended] = []
        self.asked_at = self.moved_at = 0.0

    def observe(self, event: TurnEvent) -> None:
        match event:
            case TextArrived(text=text, at=at):
                self.accepted.append(sha(text))
                self.text.append(text)
                self.moved_at = at
            case Connecting(attempt=attempt, at=at):
                self.connects, self.moved_at = attempt, at
            case RetryScheduled(delay_s=delay_s):
                self.delays.append(delay_s)
            case Anomaly(kind=kind):
                self.anomalies[kind] += 1
            case Stalled():
                self.stalls.append(event)
            case Ended():
                self.endings.append(event)
            case _:
                pass

    @property
    def end(self) -> tuple[str, str]:
        return (self.endings[-1].outcome, self.endings[-1].fault) if self.endings else ("none", "")


class Expect(msgspec.Struct, frozen=True, kw_only=True):
    """What every turn of a class must come to.

    `ends` holds the (outcome, fault) pairs that may be; `sent_is_accepted`: every chunk that was sent whole was accepted,
    also when the answer is not complete; `anomalies` must have been told at least once; `requests` is what the server
    saw; `check` says what else is wrong, "" for nothing.
    """

    ends: frozenset[tuple[str, str]]
    sent_is_accepted: bool = True
    anomalies: frozenset[str] = frozenset()
    requests: int | None = None
    check: Callable[[Account, Page], str] = lambda account, page: ""  # nothing else


COMPLETED = ("completed", "")


def problems(account: Account, page: Page, expect: Expect) -> list[tuple[str, str]]:
    """(kind, sentence) of whatever is wrong with one turn; kinds: lost, duplicated, false_completed, invented, unexpected."""
    found: list[tuple[str, str]] = []
    whole = [sha(piece) for piece in page.answer.pieces]
    accepted, sent = account.accepted, [page.sent[seq] for seq in sorted(page.sent)]
    if len(accepted) != len(set(accepted)):
        twice = [whole.index(each) if each in whole else "?" for each, times in Counter(accepted).items() if times > 1]
        found.append(("duplicated", f"chunks {twice} were accepted more than once"))
    if set(accepted) - set(sent):
        found.append(("invented", f"{len(set(accepted) - set(sent))} accepted chunks were never sent whole"))
    if account.end == COMPLETED and sha("".join(account.text)) != sha(page.answer.text):
        found.append(("false_completed", f"{len(accepted)} of {len(whole)} chunks, and called complete"))
    missing = [seq for seq in sorted(page.sent) if page.sent[seq] not in accepted]
    if missing and (expect.sent_is_accepted or account.end == COMPLETED):
        found.append(("lost", f"chunks {missing} were sent whole and not accepted"))
    if len(account.endings) != 1:
        found.append(("unexpected", f"{len(account.endings)} endings"))
    if account.end not in expect.ends:
        detail = account.endings[-1].detail[:120] if account.endings else ""
        found.append(("unexpected", f"ended {'/'.join(account.end)} ({detail}), expected {sorted(expect.ends)}"))
    if expect.anomalies - set(account.anomalies):
        found.append(("unexpected", f"no anomaly {sorted(expect.anomalies - set(account.anomalies))} was told"))
    if expect.requests is not None and len(page.requests) != expect.requests:
        found.append(("unexpected", f"{len(page.requests)} requests, expected {expect.requests}"))
    if said := expect.check(account, page):
        found.append(("unexpected", said))
    return found
