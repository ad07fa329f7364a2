"""Coming back with Last-Event-ID, leaving for good, and what is kept meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from urllib.parse import urlsplit

import httpx
import pytest

from orchestrator_stub.agents import Agent, words
from orchestrator_stub.config import shipped
from orchestrator_stub.script import spoken
from tests.orchestrator_stub.conftest import Serve
from tests.orchestrator_stub.reader import Answer, Served, read, until

pytestmark = pytest.mark.system


class Worker:
    """An agent that talks for long, and tells whether it is at work."""

    def __init__(self) -> None:
        self.begun = 0
        self.closed = 0
        self.said = 0

    def answer(self, _question: str, _seed: int) -> Generator[str]:
        self.begun += 1
        try:
            for piece in words("word " * 2000):
                self.said += 1
                yield piece
        finally:
            self.closed += 1

    @property
    def roster(self) -> tuple[Agent, ...]:
        return (Agent("a2a-worker", "Worker", lambda _: 1.0, "It is alone.", self.answer, 40),)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_dropped_stream_goes_on_where_it_was_cut(serve: Serve, method: str) -> None:
    served = await serve()
    first = await served.ask("17 times 23", "drop-and-resume")
    assert first.error is httpx.ReadError
    assert first.text == "The answer is"
    rest = await served.resume(first.ids[-1], method)
    assert rest.headers["Content-Type"] == "text/event-stream"
    assert first.numbers + rest.numbers == list(range(1, 10))
    assert first.text + rest.text == spoken(shipped()["drop-and-resume"], 1, "17 times 23") == "The answer is 391."
    assert rest.events[-1]["event"] == "completed"
    assert (await served.health())["turns"]["completed"] == 1


async def test_after_every_event_the_rest_comes_and_after_the_last_204(serve: Serve) -> None:
    served = await serve()
    whole = await served.ask()
    run = whole.ids[0].split(".")[0]
    for number in range(whole.numbers[-1]):
        rest = await served.resume(f"{run}.{number}")
        assert rest.numbers == whole.numbers[number:]
        assert rest.events == whole.events[number:]
    over = await served.resume(whole.ids[-1])
    assert (over.status, over.body) == (204, b"")
    assert "Content-Type" not in over.headers


@pytest.mark.parametrize(
    "last_event_id", ["nope", "nope.1", "{run}.99", "{run}.-1", "{run}.x", "{run}", "{run}.²", "." * 500]
)
async def test_an_id_that_is_unknown_gets_204(serve: Serve, last_event_id: str) -> None:
    served = await serve()
    run = (await served.ask()).ids[0].split(".")[0]
    answer = await served.resume(last_event_id.format(run=run).encode())
    assert (answer.status, answer.body) == (204, b"")


async def test_after_a_restart_nobody_can_come_back_to_any_event(serve: Serve) -> None:
    served = await serve()
    first = await served.ask("x", "restart")
    assert first.error is httpx.ReadError
    assert len(first.ids) > 10
    for last_event_id in (first.ids[-1], first.ids[-4], first.ids[0]):
        assert (await served.resume(last_event_id)).status == 204
    assert (await served.health())["turns"]["cut"] == 1


async def test_the_work_goes_on_for_a_grace_after_a_cut_and_then_stops(serve: Serve) -> None:
    worker = Worker()
    served = await serve(worker.roster, grace_s=0.2)
    await served.ask("x", "drop-and-resume")
    said = worker.said
    await asyncio.sleep(0.1)
    assert worker.said > said
    await until(lambda: worker.closed == 1)
    assert (await served.health())["working"] == 0


async def test_a_client_that_leaves_stops_the_work(serve: Serve) -> None:
    worker = Worker()
    served = await serve(worker.roster, speed=1.0)
    await served.leave_after(b"response_chunk", "x")
    await until(lambda: worker.closed == 1)
    said = worker.said
    await asyncio.sleep(0.1)
    assert worker.said == said
    health = await served.health()
    assert (health["streams"], health["working"], health["turns"]["left"]) == (0, 0, 1)


async def test_a_client_that_leaves_a_silent_stream_stops_it_too(serve: Serve) -> None:
    served = await serve()
    await served.leave_after(b"then", "x", "stall-forever")
    await until(lambda: served.stub.runs.numbers()["working"] == 0)


async def test_who_comes_back_after_the_network_failed_loses_nothing(serve: Serve) -> None:
    """To the server a network that fails looks like a client that leaves: the work stops, and is taken up again."""
    served = await serve(speed=200.0)
    body = await served.leave_after(b"response_chunk", "Show me a markdown tour")
    await until(lambda: served.stub.runs.numbers()["working"] == 0)
    first = Answer(200, httpx.Headers(), body[: body.rindex(b"\n\n") + 2], None)
    rest = await served.resume(first.ids[-1])
    assert first.numbers + rest.numbers == list(range(1, rest.numbers[-1] + 1))
    assert first.text + rest.text == spoken(shipped()["happy"], 1, "Show me a markdown tour")
    assert (await served.health())["turns"] == {
        "started": 1, "completed": 1, "failed": 0, "cut": 0, "refused": 0, "left": 0,
    }  # fmt: skip


async def test_a_second_reader_takes_over(serve: Serve) -> None:
    served = await serve(speed=5.0)
    request = served.client.build_request("POST", served.url, json={"message": "Show me a markdown tour"})
    old = await served.client.send(request, stream=True)
    pieces = old.aiter_raw()
    body = b""
    while body.count(b"\n\n") < 10:
        body += await anext(pieces)
    first = Answer(200, old.headers, body[: body.rindex(b"\n\n") + 2], None)
    rest = await served.resume(first.ids[-1])
    assert first.text + rest.text == spoken(shipped()["happy"], 1, "Show me a markdown tour")
    async for piece in pieces:
        body += piece
    assert len(body) < len(rest.body)
    await old.aclose()


async def finish(served: Served, message: str) -> str:
    return (await served.ask(message)).ids[-1].split(".")[0]


async def test_the_buffer_of_a_run_is_bounded(serve: Serve) -> None:
    served = await serve(speed=10_000.0, kept_events=50, kept_bytes=4_000)
    run = await finish(served, "Show me a markdown tour")
    kept = served.stub.runs._runs[run].kept
    assert kept[0] <= 50
    assert kept[1] <= 4_000
    last = served.stub.runs._runs[run]._buffer.end
    assert (await served.resume(f"{run}.3")).status == 204
    assert (await served.resume(f"{run}.{last - 1}")).numbers == [last]


async def test_runs_are_bounded_in_number(serve: Serve) -> None:
    served = await serve(speed=1000.0, kept_runs=3)
    runs = [await finish(served, "1+1") for _ in range(6)]
    assert (await served.health())["runs"] == 3
    assert [(await served.resume(f"{run}.1")).status for run in runs] == [204, 204, 204, 200, 200, 200]


async def test_runs_are_bounded_in_age(serve: Serve) -> None:
    served = await serve(speed=1000.0, kept_s=0.1)
    run = await finish(served, "1+1")
    await asyncio.sleep(0.15)
    assert (await served.resume(f"{run}.1")).status == 204
    assert (await served.health())["runs"] == 0


async def test_a_reader_that_does_not_read_holds_the_work(serve: Serve) -> None:
    """Backpressure: what the kernel does not take is not worked out, let alone piled up."""
    said: list[int] = []

    def answer(_question: str, _seed: int) -> Generator[str]:
        for number in range(2_000):
            said.append(number)
            yield "x" * 50_000

    served = await serve((Agent("a", "A", lambda _: 1.0, "It is alone.", answer, 1000),), speed=10_000.0)
    parts = urlsplit(served.url)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1_000)
    writer.write(b"GET /process/stream?message=x HTTP/1.1\r\nHost: x\r\n\r\n")
    await until(lambda: len(said) > 10, 5)
    before = -1
    while before < len(said):
        before = len(said)
        await asyncio.sleep(0.2)
    assert before < 1_000
    writer.close()
    await until(lambda: served.stub.runs.numbers()["working"] == 0)


async def test_an_agent_that_breaks_cuts_its_stream_and_no_other(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(_question: str, _seed: int) -> Generator[str]:
        yield "so far"
        raise RuntimeError("the agent broke")

    served = await serve((Agent("a", "A", lambda _: 1.0, "It is alone.", answer, 100),))
    broken = await served.ask("x")
    assert broken.error is httpx.RemoteProtocolError
    assert broken.text == "so far"
    assert "the agent broke" in caplog.text
    assert (await served.ask("x", "empty")).error is None


async def test_closing_ends_every_stream_quickly(serve: Serve) -> None:
    served = await serve()
    request = served.client.build_request("POST", served.url, json={"message": "x", "scenario": "stall-forever"})
    reading = asyncio.create_task(read(request, served.client))
    await until(lambda: any(run.kept[0] > 3 for run in served.stub.runs._runs.values()))  # its head is out
    async with asyncio.timeout(30):
        await served.stub.close()
        assert (await reading).error is httpx.RemoteProtocolError
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("run ")]


async def test_closing_ends_work_that_nobody_reads(serve: Serve) -> None:
    worker = Worker()
    served = await serve(worker.roster)
    await served.ask("x", "drop-and-resume")
    assert worker.closed == 0
    await served.stub.close()
    await until(lambda: worker.closed == 1)
