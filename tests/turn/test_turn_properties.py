"""Whatever happens, in any order: no exception, exactly one ending, nothing after it; the transcript never disagrees."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.turn.events import Ended, TextArrived
from dashboard.turn.machine import TRANSITIONS, TurnState
from dashboard.turn.request import Head
from dashboard.turn.transcript import Transcript
from dashboard.turn.verdict import Fault, Outcome
from tests.turn.script import DONE, OPENAI_DONE, STREAM, Play, delta, frame, say

PIECES = st.sampled_from(
    [
        say("a"),
        say("b", "r.1"),
        say("c", "r.2"),
        DONE,
        OPENAI_DONE,
        delta("d"),
        delta(finish="stop"),
        frame({"event": "error", "message": "no"}),
        frame("not json"),
        b": ping\n\n",
        b"retry: 100\n\n",
        b"retry: x\n\n",
        b"data: cut",
        b"\xff\xfe\r",
    ]
)
HEADS = st.builds(
    Head,
    st.sampled_from([200, 200, 200, 204, 301, 404, 429, 503]),
    st.sampled_from([STREAM.headers, {"content-type": "text/plain"}, {"content-type": "application/json"}, {}]),
)
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("head"), HEADS),
        st.tuples(st.just("feed"), st.one_of(PIECES, st.binary(max_size=40))),
        st.tuples(st.just("eof"), st.none()),
        st.tuples(st.just("broke"), st.sampled_from(list(Fault))),
        st.tuples(st.just("wait"), st.floats(0, 20)),
    ),
    max_size=40,
)


@given(HAPPENINGS, st.sampled_from(["orchestrator", "openai-chat", "custom"]), st.sampled_from(["POST", "GET"]))
def test_any_order_gives_exactly_one_ending(happenings: list[tuple[str, object]], dialect: str, method: str) -> None:
    play, now = Play(dialect, method=method), 0.0
    for what, value in happenings:
        match what, value:
            case "head", Head() as head if play.turn.state is TurnState.CONNECTING:
                if play.turn.refusal(head):
                    play.take(play.turn.refused(head, b"words", now))
                else:
                    play.take(play.turn.connected(head, now))
            case "feed", bytes(data):
                play.feed(data, now)
            case "eof", None:
                play.take(play.turn.eof(now))
            case "broke", Fault() as fault:
                play.take(play.turn.broke(fault, "it broke", now))
            case "wait", float(seconds):
                now += seconds
                play.pass_to(now)
    play.take(play.turn.abandon(now))
    assert play.ended.outcome in set(Outcome)
    assert play.turn.feed(say("after"), now) == []
    assert play.turn.deadline == float("inf")
    assert [e.at for e in play.events] == sorted(e.at for e in play.events)

    transcript = Transcript("t")
    for event in play.events:
        transcript.observe(event)
    assert transcript.state is TurnState.ENDED
    assert transcript.text == "".join(e.text for e in play.events if isinstance(e, TextArrived))


def test_the_table_knows_every_state_and_ends_only_by_ended() -> None:
    assert set(TRANSITIONS) == set(TurnState)
    for state, leads in TRANSITIONS.items():
        assert set(leads.values()) <= set(TurnState)
        into_ended = {event for event, to in leads.items() if to is TurnState.ENDED}
        assert into_ended == (set() if state is TurnState.ENDED else {Ended})
