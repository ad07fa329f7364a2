"""A Turn, called in any order at any time: no exception, exactly one ending, no number that cannot be."""

from __future__ import annotations

import json
from typing import Annotated, Literal, NamedTuple, get_type_hints

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dashboard.config import Backend, Limits, Retry, Secret, Timeouts
from dashboard.turn.events import ChunkArrived
from dashboard.turn.machine import OPEN, TurnState
from dashboard.turn.request import Head, Left, Start
from dashboard.turn.turn import Turn
from dashboard.turn.verdict import Fault
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Question
from dashboard.wire.dialects import DIALECTS
from tests.fuzz.examples import examples
from tests.fuzz.hostile import STRINGS
from tests.fuzz.mutated import CUSTOM, DOCUMENTS, spoken
from tests.fuzz.watched import Watched
from tests.turn.script import DONE, OPENAI_DONE, QUICK, STREAM, delta, frame, say

LIMITS = Limits(turn_bytes=8_192, turn_s=600, event_bytes=2_048)
MEDIA = st.sampled_from(
    ["text/event-stream", "text/event-stream; charset=latin-1", "TEXT/PLAIN", "application/json", "", "\x00;;"]
)
KEY = "canary-key"
WORDS = st.one_of(STRINGS, st.just(f"no such key: {KEY}"))
NUMBERED = st.builds(
    say, WORDS, st.sampled_from(["", "1", "2", "3", "7", "r.1", "r.2", "é", "0", "-1", "99999999999999999999"])
)
TOLD = st.one_of(
    NUMBERED,
    st.builds(lambda document: frame(json.dumps(document)), DOCUMENTS),
    st.builds(delta, STRINGS),
    st.sampled_from([
        DONE, OPENAI_DONE, delta(finish="stop"), delta(finish="error"), frame({"event": "error", "message": "no"}), frame("not json"),
        b": ping\n\n", b"retry: 100\n\n", b"retry: x\n\n", b"id: 5\n\n", b"data: cut", b"\n\n", b"\xff\xfe\r", b"\xef\xbb\xbf", b"x" * 3_000,
        b"", b"data\n\n", b"event: ping\ndata: {}\n\n",
    ]),
    st.binary(max_size=60),
)  # fmt: skip
PASSING = st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 15), st.sampled_from([3_600.0, 1e6, 1e-9]))


class Begun(NamedTuple):
    """How a turn begins. `wild`: any call in any state from the start; else it is open, and only calls that mean something."""

    dialect: Annotated[str, st.sampled_from([*DIALECTS, "auto"])]
    method: Literal["POST", "GET"]
    replay: bool
    idle_s: Annotated[float | None, st.sampled_from([None, 1.0])]
    last_id: Annotated[str, st.sampled_from(["", "4", "\x00"])]
    chance: Annotated[float, st.floats(0, 1, exclude_max=True)]
    path: Annotated[str, st.sampled_from(["process/stream", "v1/messages", "unknown"])]
    wild: Annotated[bool, st.sampled_from([False, False, False, True])]

    def backend(self) -> Backend:
        return Backend(
            "b",
            f"http://127.0.0.1:1/{self.path}",
            self.dialect,
            {"X-Key": Secret(KEY)},
            self.method,
            thresholds=QUICK,
            timeouts=Timeouts(1, 3, self.idle_s),
            retry=Retry(0.5, 4, 4),
            replay=self.replay,
            custom=CUSTOM if self.dialect == "custom" else None,
        )


BEGUN = st.builds(
    Begun, **{name: st.from_type(hint) for name, hint in get_type_hints(Begun, include_extras=True).items()}
)


class Calls(RuleBasedStateMachine):
    """The shell's part, played by chance; the clock only ever goes on, as a monotonic one does."""

    @initialize(begun=BEGUN, question=STRINGS)
    def begin(self, begun: Begun, question: str) -> None:
        self.backend, self.wild, self.told = begun.backend(), begun.wild, 0
        self.turn = Turn(
            "t",
            self.backend,
            dialect_of(self.backend),
            Question(question),
            limits=LIMITS,
            chance=lambda: begun.chance,
            start=Start(last_event_id=begun.last_id),
        )
        self.now, self.watched = 0.0, Watched(self.backend)
        if not self.wild:
            self._take(self.turn.asked(0.0))
            self._take(self.turn.connected(STREAM, 0.1))
            self.now = 0.1

    def _take(self, events: list[object]) -> None:
        self.watched.take(events)  # type: ignore[arg-type]

    @rule(seconds=PASSING)
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(seconds=PASSING)
    def the_shell_waits(self, seconds: float) -> None:
        """A tick at each deadline, which may be late, as on a busy machine."""
        until, ticks = self.now + seconds, 0
        while self.turn.deadline <= until:
            self.now = max(self.now, self.turn.deadline)
            self._take(self.turn.tick(self.now))
            ticks += 1
            assert ticks < 100, "a tick that does not move the deadline would spin for ever"
        self.now = until

    @rule(seconds=st.sampled_from([-3_600.0, 1e9, -1.7e9, 0.5]))
    def somebody_sets_the_wall_clock(self, seconds: float) -> None:
        self.watched.wall_off = seconds

    @precondition(lambda self: self.wild)
    @rule()
    def asked(self) -> None:
        self._take(self.turn.asked(self.now))

    @precondition(lambda self: self.wild or self.turn.state is TurnState.CONNECTING)
    @rule(status=st.sampled_from([200, 200, 200, 204, 301, 404, 429, 503, 0, 999]), media=MEDIA, body=st.binary(max_size=80), wait_s=st.none() | st.floats(0, 300))  # fmt: skip
    def head(self, status: int, media: str, body: bytes, wait_s: float | None) -> None:
        head = Head(status, {"content-type": media} if media else {})
        if self.turn.refusal(head):
            self._take(self.turn.refused(head, body, self.now, wait_s))
        else:
            self._take(self.turn.connected(head, self.now))

    @precondition(lambda self: self.turn.state in (TurnState.CONNECTING, TurnState.BACKING_OFF))
    @rule(seconds=st.floats(0, 0.5))
    def the_next_attempt_opens(self, seconds: float) -> None:
        if self.turn.state is TurnState.BACKING_OFF:
            self.now = max(self.now, self.turn.deadline)
            self._take(self.turn.tick(self.now))
        self.now += seconds
        self._take(self.turn.connected(STREAM, self.now))

    @precondition(lambda self: self.turn.state in OPEN)
    @rule(
        choices=st.lists(st.integers(0, 1_000), min_size=1, max_size=4), seconds=st.floats(0, 1), numbered=st.booleans()
    )
    def the_back_end_speaks(self, choices: list[int], seconds: float, numbered: bool) -> None:
        """What a real server of that protocol said, with ids or without."""
        events = spoken({"auto": "anthropic", "custom": "openai-chat"}.get(self.backend.dialect, self.backend.dialect))
        for index in choices:
            self.now += seconds
            self.told += 1
            event = events[index % len(events)]
            self._take(self.turn.feed(b"id: %d\n" % self.told + event if numbered else event, self.now))

    @precondition(lambda self: self.turn.state in OPEN)
    @rule(pieces=st.lists(NUMBERED, min_size=1, max_size=4))
    def the_answer_goes_on(self, pieces: list[bytes]) -> None:
        self._take(self.turn.feed(b"".join(pieces), self.now))

    @precondition(lambda self: self.turn.state in OPEN)
    @rule(pieces=st.lists(TOLD, min_size=1, max_size=6))
    def feed_some(self, pieces: list[bytes]) -> None:
        self._take(self.turn.feed(b"".join(pieces), self.now))

    @precondition(lambda self: self.wild)
    @rule(data=TOLD)
    def feed(self, data: bytes) -> None:
        self._take(self.turn.feed(data, self.now))

    @precondition(lambda self: self.wild or self.turn.state in OPEN)
    @rule()
    def eof(self) -> None:
        self._take(self.turn.eof(self.now))

    @precondition(lambda self: self.wild or self.turn.state in (*OPEN, TurnState.CONNECTING))
    @rule(fault=st.sampled_from(list(Fault)), words=WORDS)
    def broke(self, fault: Fault, words: str) -> None:
        self._take(self.turn.broke(fault, words, self.now))

    @precondition(lambda self: self.wild)
    @rule()
    def tick(self) -> None:
        self._take(self.turn.tick(self.now))

    @precondition(lambda self: self.wild)
    @rule(by=st.sampled_from(["person", "session", "shutdown"]), left=st.none() | st.builds(Left, st.none() | st.booleans(), st.floats(0, 9), st.integers(0, 99), st.none() | st.floats(0, 9)))  # fmt: skip
    def abandon(self, by: str, left: Left | None) -> None:
        self._take(self.turn.abandon(self.now, by, left=left))

    @invariant()
    def what_can_be_seen_can_be(self) -> None:
        if getattr(self, "watched", None) is None or self.turn.state is TurnState.IDLE:
            return
        ended = self.turn.state is TurnState.ENDED
        assert (self.turn.deadline == float("inf")) is ended, "a turn that runs has a deadline, an ended one has none"
        self.watched.look()

    def teardown(self) -> None:
        if getattr(self, "watched", None) is None:
            return
        self._take(self.turn.abandon(self.now))
        assert self.turn.deadline == float("inf")
        for late in (self.turn.asked, self.turn.eof, self.turn.tick, self.turn.abandon):
            assert late(self.now) == []
        assert self.turn.feed(say("after"), self.now) == []
        report = self.watched.finish()
        told = [event for event in self.watched.events if not isinstance(event, ChunkArrived)]
        assert KEY not in repr((told, report, self.watched.lines)), "a credential that came back is told to nobody"


Calls.TestCase.settings = examples(150, steps=25)
TestCalls = Calls.TestCase
