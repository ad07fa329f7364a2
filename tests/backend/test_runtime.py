"""Live turns: exactly one ending however they end; limits; nothing left behind. Over a raw socket."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest

from dashboard.config import Backend, Config, ConfigError, Limits, Retry, Thresholds, Timeouts
from dashboard.health.snapshot import Scope
from dashboard.runtime import Refused, Runtime
from dashboard.turn.events import Ended, TextArrived, TurnEvent
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, RawServer, serving
from tests.ports import free_port
from tests.turn.script import DONE, say

HELLO = Question("hello")


def runtime_for(server: RawServer | str, limits: Limits | None = None, **more: Any) -> Runtime:
    url = server if isinstance(server, str) else server.url
    more = {"retry": Retry(0.05, 0.1, 3), "timeouts": Timeouts(2, 2), **more}
    return Runtime(Config([Backend("b", url, "orchestrator", **more)], limits or Limits()))


async def good(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("hello ") + say("there") + DONE)


async def endless(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("and so on "))
    await peer.gone()


async def test_a_turn_from_question_to_report() -> None:
    seen: list[TurnEvent] = []
    async with serving(good) as server:
        runtime = runtime_for(server)
        live = runtime.ask("b", HELLO, session="s", also=seen.append)
        await live.wait()
        report = live.gauge.report()
        snapshot = runtime.snapshot(Scope("b"))
        await runtime.aclose()
    assert (live.done, report.outcome, live.transcript.text) == (True, "completed", "hello there")
    assert [type(e) for e in seen].count(Ended) == 1
    assert snapshot.outcomes["completed"] == 1
    assert runtime.turns() == []
    exposition = runtime.sink.render("", gzip=False)[0].decode()
    assert 'streamgauge_turns_total{backend="b",outcome="completed",source="live"} 1.0' in exposition


async def test_stop_cancels_the_task_and_closes_the_socket() -> None:
    async with serving(endless) as server:
        runtime = runtime_for(server)
        live = runtime.ask("b", HELLO)
        while not live.transcript.text:
            await live.changed(live.transcript.revision)
        live.cancel("person")
        await live.wait()
        await asyncio.wait_for(server.peers[0].gone(), 30)
        await runtime.aclose()
    assert (live.transcript.outcome, live.transcript.by) == ("stopped", "person")


async def test_a_session_that_ends_ends_its_turns_and_nobody_elses() -> None:
    async with serving(endless) as server:
        runtime = runtime_for(server)
        runtime.begin_session("one")
        mine, other = runtime.ask("b", HELLO, session="one"), runtime.ask("b", HELLO, session="two")
        await mine.changed(0)
        runtime.end_session("one")
        await asyncio.wait_for(mine.wait(), 30)
        assert (mine.transcript.outcome, mine.transcript.by) == ("stopped", "session")
        assert not other.done
        await runtime.aclose()
    assert (other.transcript.outcome, other.transcript.by) == ("stopped", "shutdown")


async def test_shutdown_refuses_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with serving(endless) as server:
        runtime = runtime_for(server)
        live = runtime.ask("b", HELLO)
        await live.changed(0)
        await runtime.aclose()
        with pytest.raises(Refused, match="shutting down"):
            runtime.ask("b", HELLO)
        await runtime.aclose()
    await asyncio.sleep(0.05)
    left = {task for task in asyncio.all_tasks() - before if not task.get_name().startswith("Task-")}
    assert not left
    assert not runtime.ready


@pytest.mark.parametrize(
    ("question", "says"), [("", "empty"), ("  \n", "empty"), ("x" * 11, "11 characters; at most 10")]
)
async def test_a_question_that_is_refused_says_why(question: str, says: str) -> None:
    runtime = runtime_for("http://127.0.0.1:1/", Limits(question_chars=10))
    with pytest.raises(Refused, match=says):
        runtime.ask("b", Question(question))
    await runtime.aclose()


async def test_more_turns_than_max_parallel_wait_visibly_and_then_run() -> None:
    async with serving(endless, good) as server:
        runtime = runtime_for(server, max_parallel=1)
        first = runtime.ask("b", HELLO)
        await first.changed(0)
        began, second = time.monotonic(), runtime.ask("b", HELLO)
        await asyncio.sleep(0.1)
        assert (first.queued, second.queued, second.transcript.asked_at) == (False, True, 0.0)
        first.cancel()
        await second.wait()
        took_s = time.monotonic() - began
        report = second.gauge.report()
        await runtime.aclose()
    assert report.outcome == "completed"
    assert report.ttft_s is not None
    assert report.ttft_s <= took_s - 0.1, "waiting for a place is no part of the time to first text"


async def test_a_turn_stopped_while_it_waits_for_a_place_ends_as_stopped() -> None:
    async with serving(endless) as server:
        runtime = runtime_for(server, max_parallel=1)
        first, second = runtime.ask("b", HELLO), runtime.ask("b", HELLO)
        await first.changed(0)
        second.cancel()
        await asyncio.wait_for(second.wait(), 30)
        assert second.transcript.outcome == "stopped"
        await runtime.aclose()


async def test_turns_beyond_the_limit_and_sessions_beyond_theirs_are_refused() -> None:
    async with serving(endless) as server:
        runtime = runtime_for(server, Limits(turns_live=1, sessions=1))
        runtime.ask("b", HELLO)
        with pytest.raises(Refused, match=r"limits\.turns_live"):
            runtime.ask("b", HELLO)
        runtime.begin_session("one")
        with pytest.raises(Refused, match=r"limits\.sessions"):
            runtime.begin_session("two")
        await runtime.aclose()


async def test_a_broken_observer_is_logged_counted_and_dropped_and_the_answer_arrives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = 0

    def broken(event: TurnEvent) -> None:
        nonlocal calls
        calls += isinstance(event, TextArrived)
        if calls:
            raise RuntimeError("an observer's own mistake")

    async with serving(good) as server:
        runtime = runtime_for(server)
        with caplog.at_level(logging.CRITICAL + 1, "dashboard.telemetry.broadcast"):
            live = runtime.ask("b", HELLO, also=broken)
            await live.wait()
        await runtime.aclose()
    assert (live.transcript.text, live.transcript.outcome, calls) == ("hello there", "completed", 1)
    assert "streamgauge_observer_errors_total 1.0" in runtime.sink.render("", gzip=False)[0].decode()


async def test_a_backend_that_is_down_is_unreachable_after_its_retries() -> None:
    runtime = runtime_for(f"http://127.0.0.1:{free_port()}/process/stream")
    live = runtime.ask("b", HELLO)
    await asyncio.wait_for(live.wait(), 30)
    report = live.gauge.report()
    await runtime.aclose()
    assert (report.outcome, report.fault, report.reconnects) == ("unreachable", "connect", 2)


@pytest.mark.parametrize("at", range(0, 160, 7))
async def test_a_reset_at_any_byte_is_truncated_and_what_was_whole_is_shown(at: int) -> None:
    body = say("one ") + say("two ") + say("three") + DONE

    async def torn(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + body[:at])
        await asyncio.sleep(0.02)
        peer.reset()

    async with serving(torn) as server:
        runtime = runtime_for(server)
        live = runtime.ask("b", HELLO)
        await asyncio.wait_for(live.wait(), 30)
        await runtime.aclose()
    whole = at >= len(body)
    assert live.transcript.outcome == ("completed" if whole else "truncated")
    assert "one two three".startswith(live.transcript.text)
    assert live.transcript.text == "".join(
        word
        for word, end in zip(
            ("one ", "two ", "three"), (len(say("one ")), len(say("one ") * 2), len(body) - len(DONE)), strict=True
        )
        if at >= end
    )


def test_a_dialect_that_does_not_exist_is_the_operators_mistake() -> None:
    with pytest.raises(ConfigError, match=r"backends\[0\].dialect: expected one of auto, .*openai-chat.*, got 'morse'"):
        Runtime(Config([Backend("b", "http://h/", "morse")]))


async def test_slow_and_hostile_back_ends_become_verdicts() -> None:
    async def garbage(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"\x00\xff not even HTTP\r\n\r\n")

    async def silent(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD)
        await peer.gone()

    quick = Thresholds(stall_after_s=0.1, first_text_give_up_s=0.3, give_up_s=0.2)
    outcomes = []
    for script in (garbage, silent):
        async with serving(script) as server:
            runtime = runtime_for(server, thresholds=quick)
            live = runtime.ask("b", HELLO)
            await asyncio.wait_for(live.wait(), 30)
            outcomes.append((live.transcript.outcome, live.transcript.fault))
            await runtime.aclose()
    assert outcomes == [("unreachable", "cut"), ("stalled", "silent")]


async def test_while_a_backend_streams_it_is_not_asked_for_its_scenarios_and_the_list_stays() -> None:
    async def lists_or_streams(peer: Peer) -> None:
        if b"GET /scenarios" in await peer.read_request():
            body = b'[{"name": "happy", "about": "all goes well"}]'
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        else:
            await peer.send(HEAD + say("and so on "))
            await peer.gone()

    async with serving(lists_or_streams) as server:
        runtime = runtime_for(server)
        idle = await runtime.scenarios("b")
        live = runtime.ask("b", HELLO)
        while not live.transcript.text:
            await live.changed(live.transcript.revision)
        busy = await runtime.scenarios("b")
        await runtime.aclose()
        requests = [peer.request.split(b" ")[1] for peer in server.peers]
    assert [each.name for each in idle] == [each.name for each in busy] == ["happy"]
    assert requests == [b"/scenarios", b"/process/stream"]
