"""Inspect: whatever is known of a turn is shown, and it is the same that the turn itself was judged by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from dashboard.backend.live import LiveTurn
from dashboard.config import Backend, Config, Retry, Thresholds, Timeouts
from dashboard.runtime import Runtime
from dashboard.ui import inspect_list
from dashboard.ui.inspect_load import Subject, bring
from dashboard.ui.inspect_pane import InspectPane
from dashboard.ui.inspected import Inspected, Told, of_numbers
from dashboard.ui.view import Visit
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, serving
from tests.health.story import Story
from tests.turn.script import DONE, frame, say

QUICK = Thresholds(stall_after_s=0.2, first_text_give_up_s=1, give_up_s=0.6)


async def good(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + b": hi\n\n" + frame({"event": "routing_started"}) + say("one ", "1"))
    await asyncio.sleep(0.02)
    await peer.send(say("two", "2") + DONE)


async def cut(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("half"))


async def stalls(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("half"))
    await peer.gone()


async def odd(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + b"data: what is this\n\n" + say("x") + DONE)


async def refuses(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 503 No\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy")


def config(url: str, thresholds: Thresholds = QUICK) -> Config:
    return Config(
        [Backend("b", url, "orchestrator", thresholds=thresholds, retry=Retry(0.02, 0.02, 2), timeouts=Timeouts(1, 1))]
    )


async def until(live: LiveTurn, state: str) -> None:
    revision = 0
    while live.transcript.state != state:
        revision = await live.changed(revision)


async def asked(runtime: Runtime, question: str = "what?", session: str = "s") -> LiveTurn:
    live = runtime.ask("b", Question(question), session=session)
    await live.wait()
    return live


@pytest.mark.parametrize("script", [good, cut, stalls, odd, refuses])
async def test_what_is_derived_from_the_bytes_is_what_the_turn_was_judged_by(script: Any) -> None:
    async with serving(script) as server:
        runtime = Runtime(config(server.url))
        live = await asked(runtime)
        subject = await bring(runtime, live.id)
        await runtime.aclose()
    report, inspected = live.gauge.report(), subject.inspected
    assert inspected is not None
    again = inspected.gauge.report()
    for field in ("outcome", "fault", "text", "events", "chunks", "bytes", "heartbeats", "stalls", "reconnects"):
        assert getattr(again, field) == getattr(report, field), field
    assert again.ttft_s == (None if report.ttft_s is None else pytest.approx(report.ttft_s, abs=1e-5))
    assert inspected.ended
    shown = inspected.whole(subject.truth)
    assert shown["verdict"]["outcome"] == report.outcome
    assert shown["reads"] == len(shown["ticks"]["t"])
    assert shown["rows"][0][3] == "asked"
    assert shown["rows"][-1][3] == "ended"


async def test_a_stopped_turn_is_stopped_again_even_before_anything_answered() -> None:
    async def silent(peer: Peer) -> None:
        await peer.gone()

    async with serving(silent) as server:
        runtime = Runtime(config(server.url))
        live = runtime.ask("b", Question("what?"))
        await asyncio.sleep(0.05)
        live.cancel()
        await live.wait()
        subject = await bring(runtime, live.id)
        await runtime.aclose()
    assert subject.inspected is not None
    assert subject.inspected.gauge.report().outcome == live.gauge.report().outcome == "stopped"


async def test_unknown_is_unknown_and_gone_has_its_numbers() -> None:
    async with serving(good) as server:
        runtime = Runtime(config(server.url))
        assert (await bring(runtime, "\u202enothing")).kind == "unknown"
        first = await asked(runtime, "the first")
        for _ in range(20):
            await asked(runtime)
        subject = await bring(runtime, first.id)
        await runtime.aclose()
    assert (subject.kind, subject.inspected) == ("gone", None)
    assert subject.truth is not None
    assert subject.truth[0].outcome == "completed"
    assert subject.truth[0].text == ""


async def test_what_only_history_knows_has_the_numbers_of_history() -> None:
    async with serving(good) as server:
        runtime = Runtime(config(server.url))
        live = await asked(runtime)
        runtime.recent._turns.clear()
        runtime.flight._well.clear()
        subject = await bring(runtime, live.id)
        await runtime.aclose()
    assert (subject.kind, subject.inspected) == ("history", None)
    assert subject.truth is not None
    ours, theirs = subject.truth[0], live.gauge.report()
    for field in ("outcome", "fault", "events", "chunks", "bytes", "ttft_s", "duration_s", "gap_s", "smoothness"):
        assert getattr(ours, field) == getattr(theirs, field), field
    shown_of_it = of_numbers(subject.truth)
    assert shown_of_it["bars"] == []
    assert {label: value for label, value, _ in shown_of_it["numbers"]}["chunks"] == "2"


async def test_a_turn_that_waits_to_reconnect_is_not_told_of_a_connection_that_never_was() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.read_request()
        peer.reset()

    async with serving(breaks) as server:
        backend = Backend("b", server.url, "orchestrator", method="GET", retry=Retry(5, 5, 3), timeouts=Timeouts(1, 1))
        runtime = Runtime(Config([backend]))
        live = runtime.ask("b", Question("what?"))
        await until(live, "backing_off")
        subject = await bring(runtime, live.id)
        assert subject.inspected is not None
        kinds = [row[3] for row in subject.inspected.log.since(0)]
        live.cancel()
        await live.wait()
        await runtime.aclose()
    assert kinds.count("disconnected") == 1


async def test_a_live_turn_is_caught_up_with_and_then_followed() -> None:
    go_on = asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("one "))
        await go_on.wait()
        await peer.send(say("two ") + say("three"))
        await asyncio.sleep(0.02)
        await peer.send(DONE)

    async with serving(slow) as server:
        runtime = Runtime(config(server.url))
        live = runtime.ask("b", Question("what?"))
        await until(live, "answering")
        subject = await bring(runtime, live.id)
        inspected = subject.inspected
        assert inspected is not None
        assert subject.kind == "live"
        assert not inspected.ended
        assert inspected.gauge.report().text == "one "
        go_on.set()
        await live.wait()
        await runtime.aclose()
    assert inspected.ended
    ours, theirs = inspected.gauge.report(), live.gauge.report()
    for field in ("outcome", "text", "events", "chunks", "bytes", "reconnects"):
        assert getattr(ours, field) == getattr(theirs, field), field
    assert ours.duration_s == pytest.approx(theirs.duration_s, abs=1e-5)
    kinds = [row[3] for row in inspected.log.since(0)]
    assert kinds == ["asked", "connecting", "connected", "text", "text", "text", "finish", "ended"]


async def test_a_live_stall_is_seen_although_it_began_before() -> None:
    async with serving(stalls) as server:
        runtime = Runtime(config(server.url, Thresholds(stall_after_s=0.2)))
        live = runtime.ask("b", Question("what?"))
        await until(live, "stalled")
        subject = await bring(runtime, live.id)
        assert subject.inspected is not None
        phases = [bar.phase for bar in subject.inspected.waterfall.bars]
        live.cancel()
        await live.wait()
        await runtime.aclose()
    assert "stall" in phases
    assert [bar.phase for bar in subject.inspected.waterfall.bars].count("stall") == 1


# The pane


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    async with serving(good) as server:
        made = Runtime(config(server.url))
        yield made
        await made.aclose()


def told_by(pane: InspectPane) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    pane._send_msg = told.append
    return told


async def shown(pane: InspectPane, turn: str) -> Subject:
    pane.show(turn)
    if pane._loading is not None:
        await pane._loading
    assert pane._subject is not None
    return pane._subject


async def test_a_page_is_told_all_of_a_turn_and_nothing_twice(runtime: Runtime) -> None:
    live = await asked(runtime)
    pane = InspectPane(Visit(runtime, "s", {}))
    told = told_by(pane)
    await shown(pane, live.id)
    assert [message["loading"] for message in told] == [True, False]
    full = told[-1]
    assert full["subject"]["question"] == "what?"
    assert full["shown"]["verdict"]["outcome"] == "completed"
    pane.tick()
    pane.show(live.id)
    assert len(told) == 2
    await pane._handle_msg({"type": "sync", "have": full["r"]})
    assert len(told) == 2
    await pane._handle_msg({"type": "sync", "have": -1})
    assert told[-1] == {**full, "r": full["r"] + 1}


async def test_a_row_is_shown_with_the_bytes_that_it_was(runtime: Runtime) -> None:
    live = await asked(runtime)
    pane = InspectPane(Visit(runtime, "s", {}))
    told = told_by(pane)
    await shown(pane, live.id)
    rows = {row[3]: row[0] for row in reversed(told[-1]["shown"]["rows"])}
    await pane._handle_msg({"type": "row", "row": rows["text"]})
    assert told[-1]["raw"] == say("one ", "1").decode()
    assert ["means", "“one ”, the first text"] in told[-1]["parsed"]
    await pane._handle_msg({"type": "row", "row": rows["heartbeat"]})
    assert told[-1]["raw"] == ": hi\n"
    await pane._handle_msg({"type": "row", "row": rows["ended"]})
    assert told[-1]["raw"] == ""
    assert "wire" in told[-1]["note"]
    before = len(told)
    for nonsense in (None, -1, 10**9, "1", [], 1.5):
        await pane._handle_msg({"type": "row", "row": nonsense})
    assert len(told) == before


async def test_bytes_that_are_not_those_of_the_row_are_not_shown_as_such(runtime: Runtime) -> None:
    live = await asked(runtime)
    pane = InspectPane(Visit(runtime, "s", {}))
    told = told_by(pane)
    subject = await shown(pane, live.id)
    first = subject.attempts[0]
    changed = tuple((at, data.replace(b"one", b"ONE")) for at, data in first.reads)
    subject.attempts = [msgspec.structs.replace(first, reads=changed)]
    row = next(row[0] for row in told[-1]["shown"]["rows"] if row[3] == "text")
    await pane._handle_msg({"type": "row", "row": row})
    assert told[-1]["raw"] == ""
    assert "not kept as they were" in told[-1]["note"]


def test_a_page_is_told_what_is_new_and_the_newest_read_again() -> None:
    story = Story().begun().text(1, "a")
    inspected, fed = Inspected(Thresholds()), 0

    def feed() -> None:
        nonlocal fed
        for event in story.events[fed:]:
            inspected.observe(event)
        fed = len(story.events)

    feed()
    page = Told(inspected)
    assert page.fresh() is None
    story.text(1, "bc")
    story.events.pop(-3)  # the same read goes on
    story.text(2, "d")
    feed()
    fresh = page.fresh()
    assert fresh is not None
    assert fresh["ticks_from"] == 0
    assert fresh["ticks"]["characters"] == [3, 1]
    assert [row[3] for row in fresh["rows"]] == ["text", "text"]
    story.ended(3)
    feed()
    fresh = page.fresh()
    assert fresh is not None
    assert (fresh["ticks_from"], fresh["ticks"]["characters"]) == (1, [1])
    assert "gaps" not in fresh
    assert fresh["verdict"]["outcome"] == "completed"


async def test_the_list_grows_and_marks_what_was_unwell(runtime: Runtime) -> None:
    visit = Visit(runtime, "s", {})
    pane = InspectPane(visit)
    told = told_by(pane)
    await pane._handle_msg({"type": "sync", "have": -1})
    pane.tick()
    assert told[-1]["turns"] == []
    await asked(runtime, "first <b>", visit.session)
    await asked(runtime, "second\u202e", visit.session)
    pane.tick()
    pane.tick()
    assert [message["kind"] for message in told].count("list") == 1
    assert [(row["question"], row["tone"], row["mine"], row["kept"]) for row in told[-1]["turns"]] == [
        ("second⟨U+202E⟩", "good", True, True), ("first <b>", "good", True, True),
    ]  # fmt: skip
    assert inspect_list.rows(runtime, "another")[0]["mine"] is False


async def test_the_list_says_in_words_why_a_completed_turn_is_amber(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(runtime, "what?", "s")
    past = next(iter(runtime.recent.newest()))
    assert past.report.diagnosis is not None
    assert [row["why"] for row in inspect_list.rows(runtime, "s")] == [""]
    late = msgspec.structs.replace(past.report.diagnosis, kind="slow_start")
    slow = msgspec.structs.replace(past, report=msgspec.structs.replace(past.report, diagnosis=late))
    monkeypatch.setattr(runtime.recent, "newest", lambda: iter([slow]))
    assert [(row["tone"], row["why"]) for row in inspect_list.rows(runtime, "s")] == [("warn", "slow start")]


async def test_a_closed_page_no_longer_watches(runtime: Runtime) -> None:
    live = runtime.ask("b", Question("what?"))
    pane = InspectPane(Visit(runtime, "s", {}))
    told_by(pane)
    subject = await shown(pane, live.id)
    assert subject.inspected is not None
    pane.close()
    seen = subject.inspected.events
    await live.wait()
    assert subject.inspected.events == seen


@pytest.mark.parametrize("message", [None, 7, "sync", {}, {"type": "nothing"}, {"type": ["sync"]}, {"type": "row"}])
async def test_what_no_page_of_ours_would_say_is_ignored(runtime: Runtime, message: Any) -> None:
    pane = InspectPane(Visit(runtime, "s", {}))
    told = told_by(pane)
    await pane._handle_msg(message)
    assert told == []
