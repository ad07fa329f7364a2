"""Patches and full answers to `sync` leave a browser with exactly what the server knows, whatever was lost between."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.backend.live import LiveTurn
from dashboard.config import Thresholds
from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.unread import Seen
from dashboard.turn.events import Asked, Connected, Connecting, Ended, Progressed, TextArrived, TurnEvent
from dashboard.turn.transcript import Transcript
from dashboard.ui.conversation import TURNS_SHOWN, Conversation, Shown
from dashboard.ui.markdown import render
from dashboard.ui.pane import rest_s
from dashboard.ui.turn_view import REASONING_SHOWN
from dashboard.wire.chat_event import Reasoning
from dashboard.wire.dialect import Question

PIECES = st.sampled_from(
    ["word ", "\n\n", "- item\n", "```py\n", "x = 1\n", "```\n", "| a |\n|---|\n| 1 |\n", "# h\n", "**b", "🌊 é "]
)
STEPS = st.lists(st.tuples(st.sampled_from(["text", "reasoning", "lose", "patch", "sync"]), PIECES), max_size=40)


class Played:
    """What a LiveTurn shows of itself, moved by events instead of a socket."""

    def __init__(self, turn: str = "t", backend: str = "demo") -> None:
        self.id, self.backend, self.queued, self.done = turn, backend, False, False
        self.transcript, self.gauge = Transcript(turn), TurnGauge(Thresholds())
        self.seen = Seen()
        self.see(Asked(turn, 0.0, "demo", "orchestrator", "s", "live", "?"), Connecting(turn, 0.0, 1))
        self.see(Connected(turn, 0.1, 200, {}))

    def see(self, *events: TurnEvent) -> None:
        for event in events:
            self.transcript.observe(event)
            self.gauge.observe(event)
            self.seen.observe(event)

    def text(self, piece: str) -> None:
        self.see(TextArrived(self.id, 0.2, piece, first=not self.transcript.text))

    def end(self) -> None:
        self.see(Ended(self.id, 1.0, "completed", "", ""))
        self.done = True

    @property
    def live(self) -> LiveTurn:
        return cast(LiveTurn, self)


class Mirror:
    """What chat_turn.js does with messages, in a few lines of Python."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.reasoning = ""
        self.fields: dict[str, Any] = {}

    def take(self, message: dict[str, Any]) -> None:
        self.fields |= message["fields"]
        if "blocks" in message:
            told = message["blocks"]
            keep = 2 * told.get("keep", 0)  # a browser counts UTF-16 units
            kept = self.blocks[told["from"]].encode("utf-16-le")[:keep].decode("utf-16-le") if keep else ""
            self.blocks[told["from"] :] = [kept + told["html"][0], *told["html"][1:]] if told["html"] else []
        if "reasoning" in message:
            self.reasoning = self.reasoning[: message["reasoning"]["from"]] + message["reasoning"]["text"]


@given(STEPS)
def test_a_browser_that_syncs_after_a_loss_shows_all_of_it(steps: list[tuple[str, str]]) -> None:
    played, mirror = Played(), Mirror()
    shown = Shown(played.live, Question("?"), "12:00:00")
    shown.patch()
    mirror.take(shown.full())
    lost = False
    for kind, piece in steps:
        if kind == "text":
            played.text(piece)
        elif kind == "reasoning":
            played.see(Progressed("t", 0.2, Reasoning(piece)))
        elif kind == "lose":
            shown.patch()
            lost = True
        elif kind == "sync" or lost:
            mirror, lost = Mirror(), False
            mirror.take(shown.full())
        else:
            mirror.take(shown.patch())
    played.end()
    last = shown.patch()
    if lost:
        mirror = Mirror()
        mirror.take(shown.full())
    else:
        mirror.take(last)
    assert "".join(mirror.blocks) == render(played.transcript.text)
    assert mirror.reasoning == played.transcript.reasoning
    assert mirror.fields["verdict"]["outcome"] == "completed"
    assert not mirror.fields["live"]


def test_finished_blocks_are_sent_once() -> None:
    played = Played()
    shown = Shown(played.live, Question("?"), "12:00:00")
    sent = 0
    for n in range(300):
        played.text(f"Paragraph {n} of a long answer.\n\n")
        sent += len(str(shown.patch().get("blocks", "")))
    whole = len(render(played.transcript.text))
    assert sent < 4 * whole


def test_of_a_block_that_grows_only_the_end_is_sent() -> None:
    played = Played()
    shown = Shown(played.live, Question("?"), "12:00:00")
    sent = 0
    for _ in range(400):
        played.text("one long line 🌊 that never ends ")
        sent += len(str(shown.patch().get("blocks", "")))
    assert sent < 4 * len(render(played.transcript.text))


def test_nothing_new_sends_no_blocks() -> None:
    played = Played()
    shown = Shown(played.live, Question("?"), "12:00:00")
    played.text("Hello")
    assert "blocks" in shown.patch()
    assert "blocks" not in shown.patch()


def test_very_long_reasoning_is_cut() -> None:
    played = Played()
    shown = Shown(played.live, Question("?"), "12:00:00")
    played.see(Progressed("t", 0.2, Reasoning("x" * (REASONING_SHOWN + 5))))
    assert len(shown.patch()["reasoning"]["text"]) == REASONING_SHOWN


def test_history_is_what_was_answered_and_bounded() -> None:
    talk = Conversation()
    for n in range(4):
        played = Played(str(n))
        if n != 2:
            played.text(f"answer {n}")
        played.end()
        talk.begin(played.live, Question(f"question {n}"))
    assert talk.history(2, "demo") == (
        ("user", "question 1"), ("assistant", "answer 1"), ("user", "question 3"), ("assistant", "answer 3"),
    )  # fmt: skip
    assert talk.history(0, "demo") == ()
    before = talk.id
    talk.clear()
    assert talk.history(20, "demo") == ()
    assert talk.id != before
    assert talk.running is None


def test_what_one_backend_was_told_stays_with_it() -> None:
    talk = Conversation()
    about = {}
    for backend in ("a", "b", "a"):
        played = Played(f"{backend}{len(talk.turns)}", backend)
        shown = talk.begin(played.live, Question(f"{len(talk.turns)} for {backend}"))
        about[len(talk.turns)] = shown.full()["about"]
        played.text(f"{backend} answers")
        played.end()
    assert talk.history(20, "a") == (
        ("user", "0 for a"), ("assistant", "a answers"), ("user", "2 for a"), ("assistant", "a answers"),
    )  # fmt: skip
    assert talk.history(20, "c") == ()
    assert about[1].startswith("a · ")
    assert "not told" not in about[1]
    assert about[2].startswith("b · ")
    assert about[2].endswith("not told the 1 turn with a")
    assert about[3].endswith("not told the 1 turn with b")


def test_old_turns_leave_the_page_and_are_counted() -> None:
    talk = Conversation()
    for n in range(TURNS_SHOWN + 3):
        played = Played(str(n))
        played.end()
        talk.begin(played.live, Question("?"))
    assert len(talk.turns) == TURNS_SHOWN
    assert talk.dropped == 3
    assert talk.find("0") is None
    assert talk.find(str(TURNS_SHOWN)) is not None


@pytest.mark.parametrize(
    ("cost_s", "open_chars", "rest"),
    [(0.0, 0, 0.04), (0.002, 5_000, 0.04), (0.02, 5_000, 0.2), (0.0, 15_000, 0.1), (0.01, 150_000, 1.0)],
)
def test_a_flush_is_followed_by_a_rest_as_long_as_it_cost_here_and_costs_the_browser(
    cost_s: float, open_chars: int, rest: float
) -> None:
    assert rest_s(cost_s, open_chars) == pytest.approx(rest)


def test_how_long_the_open_block_is() -> None:
    played = Played()
    shown = Conversation().begin(cast(LiveTurn, played), Question("?"))
    shown.patch()
    played.see(TextArrived("t", 0.5, f"{'word ' * 100}\n\nthe second\nis open", True))
    shown.patch()
    assert 0 < shown.open_chars <= len("the second\nis open")
