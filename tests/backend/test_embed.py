"""The example of docs/embedding.md runs, and the callbacks tell what the turn tells."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboard.backend import ask
from dashboard.config import Backend, ConfigError, Custom
from dashboard.turn.events import Ended, TextArrived
from tests.backend.raw import HEAD, Peer, serving
from tests.system.processes import stub
from tests.turn.script import DONE, frame, say

DOC = Path(__file__).parents[2] / "docs" / "embedding.md"


async def routed(peer: Peer) -> None:
    await peer.read_request()
    routed = {"event": "routing_completed", "agent_id": "m", "agent_name": "Math", "protocol": "a2a", "confidence": 0.9}
    began = {"event": "agent_execution_started", "agent_id": "m", "agent_name": "Math", "protocol": "a2a"}
    await peer.send(HEAD + frame({"event": "routing_started"}) + frame(routed) + frame(began) + say("4") + DONE)


async def endless(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("and so on"))
    await peer.gone()


@pytest.mark.system
def test_the_example_in_the_docs_runs_as_it_stands(tmp_path: Path) -> None:
    examples = re.findall(r"```python\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)
    printed = []
    with stub("--speed", "8") as url:
        for example in (each for each in examples if "asyncio.run(" in each):
            script = tmp_path / "example.py"
            script.write_text(example.replace("http://127.0.0.1:8004/process/stream", url), "utf-8")
            done = subprocess.run(
                [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, done.stderr) == (0, "")
            printed.append(done.stdout)
    asked, left = printed
    assert "routed to Math Agent" in asked
    assert "The answer is 4.\ncompleted - " in asked
    assert "\nstopped - The person stopped it" in left


async def test_callbacks_in_order_functions_and_coroutines_alike() -> None:
    told: list[tuple[str, Any]] = []

    async def chunk(text: str) -> None:
        await asyncio.sleep(0)
        told.append(("chunk", text))

    async with serving(routed) as server:
        report = await ask(
            server.url,
            "2+2?",
            on_routing_started=lambda: told.append(("routing", None)),
            on_routing_completed=lambda agent: told.append(("routed", agent.agent_name)),
            on_agent_execution_started=lambda name: told.append(("agent", name)),
            on_response_chunk=chunk,
            on_completed=lambda report: told.append(("completed", report.text)),
            on_error=lambda report: told.append(("error", report.outcome)),
            on_connection=lambda state: told.append(("connection", state)),
        )
    assert told == [
        ("connection", "connected"),
        ("routing", None),
        ("routed", "Math"),
        ("agent", "Math"),
        ("chunk", "4"),
        ("connection", "closed"),
        ("completed", "4"),
    ]
    assert (report.outcome, report.dialect) == ("completed", "orchestrator")


async def test_errors_are_outcomes_and_a_mistake_of_ours_is_an_exception() -> None:
    ended: list[str] = []
    report = await ask("http://127.0.0.1:1/process/stream", "?", on_error=lambda report: ended.append(report.outcome))
    assert ended == [report.outcome] == ["unreachable"]
    with pytest.raises(ConfigError, match="expected one of auto"):
        ask("http://127.0.0.1:1/", "?", dialect="morse")
    with pytest.raises(ConfigError, match="URL"):
        ask("ftp://h/", "?")


async def test_leaving_the_loop_stops_the_turn_and_closes_the_connection() -> None:
    async with serving(endless) as server:
        turn = ask(server.url, "?")
        events = turn.__aiter__()
        async for event in events:
            if isinstance(event, TextArrived):
                break
        await events.aclose()
        await asyncio.wait_for(server.peers[0].gone(), 30)
    assert turn.report.outcome == "stopped"


async def test_behind_async_with_the_turn_is_over_and_its_report_whole() -> None:
    async with serving(endless) as server:
        async with ask(server.url, "?") as turn:
            async for event in turn:
                if isinstance(event, TextArrived):
                    break
        assert (turn.report.outcome, turn.report.text) == ("stopped", "and so on")
        await asyncio.wait_for(server.peers[0].gone(), 30)
    await turn.aclose()
    unused = ask("http://127.0.0.1:1/", "?")
    await unused.aclose()


async def test_what_a_callback_raises_ends_the_turn_and_reaches_the_caller() -> None:
    def mine(text: str) -> None:
        raise LookupError(text)

    async with serving(endless) as server:
        turn = ask(server.url, "?", on_response_chunk=mine)
        with pytest.raises(LookupError, match="and so on"):
            await turn
        await asyncio.wait_for(server.peers[0].gone(), 30)
    assert turn.report.outcome == "stopped"


async def test_a_question_is_asked_once() -> None:
    async with serving(endless) as server:
        turn = ask(server.url, "?")
        async for _event in turn:
            with pytest.raises(RuntimeError, match="on its way already"):
                await turn
            break
        await turn.aclose()
        assert (await turn).outcome == "stopped"
        assert len(server.peers) <= 1


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"on_chunk": print}, TypeError, "expected settings among on_routing_started, "),
        ({"on_error": 3}, TypeError, "on_error: expected a function, got int"),
        ({"method": "PUT"}, ConfigError, "method: expected POST or GET, got 'PUT'"),
        ({"dialect": "custom"}, ConfigError, "custom: expected a Custom"),
        ({"custom": Custom("a"), "dialect": "a2a"}, ConfigError, "custom: expected a Custom"),
        ({"custom": Custom("a..b")}, ConfigError, "custom.text: expected a path"),
        ({"question": 5}, TypeError, "question: expected a text or a Question, got int"),
        ({"where": Backend("b", "http://h/"), "dialect": "a2a"}, TypeError, "dialect: expected an address beside it"),
    ],
)
def test_a_mistake_in_the_call_is_told_at_the_call(settings: dict[str, Any], error: type, says: str) -> None:
    given = {"where": "http://127.0.0.1:1/", "question": "?"} | settings
    with pytest.raises(error, match=re.escape(says)):
        ask(given.pop("where"), given.pop("question"), **given)


async def test_a_custom_stream_is_read_by_its_description() -> None:
    async def bare(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + b"data: one \n\ndata: two\n\n")

    async with serving(bare) as server:
        events = [event async for event in ask(server.url, "?", custom=Custom(text="$data", json={"q": "{question}"}))]
    assert isinstance(events[-1], Ended)
    assert (events[-1].outcome, "".join(e.text for e in events if isinstance(e, TextArrived))) == (
        "completed",
        "one two",
    )


async def test_a_loop_left_when_all_has_come_already_has_a_report_with_its_end() -> None:
    async def at_once(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("4") + say(" and more") + DONE)

    async with serving(at_once) as server:
        async with ask(server.url, "?") as turn:
            async for event in turn:
                if isinstance(event, TextArrived):
                    break
        assert turn.report.outcome == "completed"
        assert turn.report.text == "4 and more"
        assert turn.report.diagnosis is not None
        assert turn.report.diagnosis.sentence
