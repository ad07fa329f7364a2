"""Canaries over a real Runtime and a raw socket: when they ask, when they do not, and what is known of them then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from dashboard.config import Backend, CanarySettings, Config, Retry, Timeouts
from dashboard.runtime import Runtime
from dashboard.watch import canary, patience
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, RawServer, serving
from tests.turn.script import DONE, say

FAST = CanarySettings("ping", interval_s=1.0, jitter=0.0)
HELLO = Question("hello")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "FIRST_WITHIN_S", 0.01)


async def good(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("the answer is ") + say("4") + DONE)


async def endless(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("and so on "))
    await peer.gone()


def runtime_for(server: RawServer, settings: CanarySettings | None = FAST, **more: Any) -> Runtime:
    more = {"retry": Retry(0.05, 0.1, 1), "timeouts": Timeouts(2, 2), **more}
    return Runtime(Config([Backend("b", server.url, "orchestrator", canary=settings, **more)]))


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # what is waited for is anybody's
            await asyncio.sleep(0.01)


def metrics(runtime: Runtime) -> str:
    return runtime.sink.render("", gzip=False)[0].decode()


async def test_a_canary_asks_again_and_again_and_tells_how_it_went() -> None:
    async with serving(good, good, good) as server:
        runtime = runtime_for(server, CanarySettings("ping", 1.0, 0.0, expect="4"))
        runtime.serve()
        await until(lambda: runtime.canaries.states["b"].successes == 2)
        state = runtime.canaries.states["b"]
        past = runtime.history.recent("b")
        await runtime.aclose()
    assert (state.kind, state.why, state.success, state.failures, state.running) == ("success", "", True, 0, False)
    assert [(turn.source, turn.outcome) for turn in past] == [("canary", "completed")] * 2
    assert state.turn == past[0].turn
    assert state.asked_at is not None
    assert state.next_at is not None
    assert state.next_at - state.asked_at < 1.2, "a second after it was due, however late it was asked"
    assert (state.first_event_s or 0) + (state.first_text_s or 0) + (state.end_s or 0) == pytest.approx(
        past[0].duration_s, abs=1e-5
    )
    said = metrics(runtime)
    assert 'streamgauge_canary_success{backend="b"} 1.0' in said
    assert 'streamgauge_canary_probes_total{backend="b",result="success"} 2.0' in said
    assert 'streamgauge_turns_total{backend="b",outcome="completed",source="canary"} 2.0' in said
    assert 'streamgauge_turns_total{backend="b",outcome="completed",source="live"} 0.0' in said


async def test_unexpected_text_is_a_failure_of_the_canary_and_none_of_availability() -> None:
    async with serving(good) as server:
        runtime = runtime_for(server, CanarySettings("ping", 1.0, expect="5"))
        runtime.serve()
        await until(lambda: runtime.canaries.states["b"].failures > 0)
        state, counts = runtime.canaries.states["b"], runtime.history.window("b", 60, "canary")
        await runtime.aclose()
    assert (state.kind, state.success, state.last_success_at) == ("unexpected_text", False, None)
    assert state.why == "expected “5”, got “the answer is 4”"
    assert (counts.good["availability"], counts.counted["availability"]) == (1, 1)
    assert 'streamgauge_canary_success{backend="b"} 0.0' in metrics(runtime)


async def test_a_place_that_live_turns_occupy_is_left_to_them_visibly() -> None:
    async with serving(endless, good) as server:
        runtime = runtime_for(server, None, max_parallel=1)
        live = runtime.ask("b", HELLO)
        await until(lambda: bool(live.transcript.text))
        said, report = await runtime.canaries.probe("b", FAST)
        assert (said.kind, said.why, report) == ("skipped", "1 of its 1 places are taken", None)
        state = runtime.canaries.states["b"]
        assert (state.skipped, state.skipped_why, state.success) == (1, "1 of its 1 places are taken", None)
        assert not live.done
        live.cancel()
        await live.wait()
        assert (await runtime.canaries.probe("b", FAST))[0].kind == "success"
        assert len(server.peers) == 2
        await runtime.aclose()


async def test_never_two_at_once_of_one_backend() -> None:
    async with serving(endless) as server:
        runtime = runtime_for(server, None)
        first = asyncio.create_task(runtime.canaries.probe("b", FAST))
        await until(lambda: len(server.peers) == 1)
        said, _ = await runtime.canaries.probe("b", FAST)
        assert (said.kind, said.why) == ("skipped", "a probe of it is still under way")
        assert len(server.peers) == 1
        await runtime.aclose()
        await first


@pytest.mark.parametrize(
    ("limits", "talks", "why"),
    [
        ({"max_duration_s": 0.2}, True, "took longer than max_duration_s (0.2 s)"),
        ({"max_duration_s": 0.2}, False, "took longer than max_duration_s (0.2 s)"),
        ({"max_ttft_s": 0.2, "max_duration_s": 9.0}, False, "no text within max_ttft_s (0.2 s)"),
        ({"max_ttft_s": 0.1, "max_duration_s": 0.4}, True, "took longer than max_duration_s (0.4 s)"),
        ({}, True, "took longer than 0.3 s (no max_duration_s is set)"),
        ({}, False, "took longer than 0.3 s (no max_duration_s is set)"),
    ],
)
async def test_a_probe_without_end_has_failed_as_soon_as_it_cannot_succeed(
    limits: dict[str, float], talks: bool, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def goes_on(peer: Peer) -> None:
        await peer.read_request()
        if talks:
            await peer.send(HEAD + say("and so on "))
        await peer.gone()

    monkeypatch.setattr(patience, "LONGEST_S", 0.3)
    async with serving(goes_on) as server:
        runtime = runtime_for(server, CanarySettings("ping", 3600.0, 0.0, **limits), timeouts=Timeouts(30, 30))
        runtime.serve()
        await until(lambda: runtime.canaries.states["b"].failures == 1)
        state, past, said = runtime.canaries.states["b"], runtime.history.recent("b"), metrics(runtime)
        await runtime.aclose()
    assert (state.kind, state.why, state.success, state.running) == ("slow", why, False, False)
    assert f"canary b: failed: {why}" in caplog.text
    assert [(turn.source, turn.outcome) for turn in past] == [("canary", "stopped")]
    assert past[0].sentence.startswith("The time allowed for the probe was over")
    assert 'streamgauge_canary_success{backend="b"} 0.0' in said
    assert 'streamgauge_canary_probes_total{backend="b",result="failure"} 1.0' in said


async def test_what_falls_due_while_a_probe_still_runs_is_skipped_and_not_made_up_for() -> None:
    go_on = asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("wait"))
        await go_on.wait()
        await peer.send(DONE)

    async with serving(slow, good) as server:
        runtime = runtime_for(server)
        runtime.serve()
        await until(lambda: runtime.canaries.states["b"].skipped == 1)
        first = runtime.canaries.states["b"]
        counted = metrics(runtime)
        go_on.set()
        await until(lambda: runtime.canaries.states["b"].successes == 2)
        state, asked = runtime.canaries.states["b"], len(server.peers)
        await runtime.aclose()
    assert first.running, "counted as it falls due, while the probe runs"
    assert first.next_at is not None
    assert first.asked_at is not None
    assert first.next_at - first.asked_at > 1.5, "the one that is due after it"
    assert 'streamgauge_canary_probes_total{backend="b",result="skipped"} 1.0' in counted
    assert state.skipped >= 1
    assert asked == 2
    assert state.skipped_why == "the probe before was still under way"


async def test_a_canary_gives_its_place_to_a_live_turn() -> None:
    async with serving(endless, good) as server:
        runtime = runtime_for(server, None, max_parallel=1)
        probe = asyncio.create_task(runtime.canaries.probe("b", FAST))
        await until(lambda: bool(runtime.turns()) and bool(runtime.turns()[0].transcript.text))
        live = runtime.ask("b", HELLO)
        await asyncio.wait_for(live.wait(), 30)
        said, _ = await probe
        past = runtime.history.recent("b")
        await runtime.aclose()
    assert live.transcript.outcome == "completed"
    assert (said.kind, said.why) == ("skipped", "a live turn needed its place")
    assert [(turn.source, turn.outcome, turn.availability) for turn in past] == [
        ("live", "completed", True),
        ("canary", "stopped", None),
    ]
    assert "canary" in past[1].sentence


async def test_a_canary_that_has_a_place_beside_a_live_turn_keeps_it() -> None:
    async with serving(endless, good) as server:
        runtime = runtime_for(server, None, max_parallel=2)
        probe = asyncio.create_task(runtime.canaries.probe("b", FAST, 1.0))
        await until(lambda: len(server.peers) == 1)
        await runtime.ask("b", HELLO).wait()
        said, report = await probe
        await runtime.aclose()
    assert (said.kind, said.why) == ("ended", "no end within 1 s")
    assert report is not None
    assert report.outcome == "stopped"


async def test_draining_ends_a_probe_and_begins_none() -> None:
    async with serving(endless) as server:
        runtime = runtime_for(server)
        runtime.serve()
        await until(lambda: len(server.peers) == 1)
        await asyncio.wait_for(runtime.aclose(), 30)
        said, _ = await runtime.canaries.probe("b", FAST)
        await asyncio.sleep(0)
        assert len(server.peers) == 1
    assert said.kind == "skipped"
    assert "shutting down" in said.why
    assert runtime.history.recent("b")[0].outcome == "stopped"


async def test_other_settings_begin_anew_and_the_same_go_on() -> None:
    async with serving(good) as server:
        runtime = runtime_for(server, CanarySettings("ping", 3600.0))
        runtime.serve()
        await until(lambda: runtime.canaries.states["b"].successes == 1)
        backend = runtime.backends["b"]
        runtime.canaries.configure([backend])
        assert runtime.canaries.states["b"].successes == 1
        runtime.canaries.configure([])
        assert runtime.canaries.states == {}
        await asyncio.sleep(0)
        assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("canary")] == []
        await runtime.aclose()


async def test_a_probe_under_way_when_its_canary_leaves_ends_as_it_began_and_nothing_is_told_of_it() -> None:
    go_on = asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("wait"))
        await go_on.wait()
        await peer.send(DONE)

    async with serving(slow) as server:
        runtime = runtime_for(server)
        runtime.serve()
        await until(lambda: len(server.peers) == 1)
        runtime.reload(Config([Backend("b", server.url, "orchestrator")]))
        go_on.set()
        await until(lambda: not runtime.turns())
        await until(lambda: not any(task.get_name().startswith("canary") for task in asyncio.all_tasks()))
        said, past = metrics(runtime), runtime.history.recent("b")
        await runtime.aclose()
    assert [(turn.source, turn.outcome) for turn in past] == [("canary", "completed")]
    assert runtime.canaries.states == {}
    assert "streamgauge_canary_success{" not in said
    assert 'kind="canary_interval"' not in said


async def test_a_probe_that_fails_by_a_mistake_of_ours_is_logged_and_counted_and_the_next_is_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(good) as server:
        runtime = runtime_for(server)
        host, calls = runtime.canaries._host, 0

        def busy(name: str) -> str:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise RuntimeError("a mistake of ours")
            return host.busy(name)

        runtime.canaries._host = msgspec.structs.replace(host, busy=busy)
        with caplog.at_level(logging.CRITICAL + 1):
            runtime.serve()
            await until(lambda: runtime.canaries.states["b"].successes == 1)
        await runtime.aclose()
    assert calls == 2
    assert "streamgauge_task_failures_total 1.0" in metrics(runtime)
