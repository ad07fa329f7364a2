"""Every scenario over a real socket: the bytes, the head, how the connection ends, what is counted."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from orchestrator_stub.config import shipped
from orchestrator_stub.instructions import Cut, Hang, Head, Send
from orchestrator_stub.script import play, spoken
from tests.orchestrator_stub.conftest import Serve
from tests.orchestrator_stub.reader import Answer, read, until

pytestmark = pytest.mark.system
SHIPPED = shipped()
COUNTED = {"error-event": "failed", "error-500": "refused", "json-instead": "refused", "no-content": "refused",
           "redirect-loop": "refused", "refused-503": "refused", "late-bytes": "completed", "other-dialect": "completed"}  # fmt: skip
"""How /health counts what does not follow from how the connection ended."""
BROKEN = {"": None, "close": None, "truncate": httpx.RemoteProtocolError, "reset": httpx.ReadError}


class Expected(NamedTuple):
    """The first connection of a scenario: its head, its bytes, and how it ends ("hang": it does not)."""

    head: Head | None
    data: bytes
    how: str


def expected(name: str, run: str) -> Expected:
    scenario = SHIPPED[name]
    head, data = None, b""
    instructions = list(islice(play(scenario, scenario.seed, "17 times 23", run), 300))
    for instruction in instructions:
        match instruction:
            case Head():
                head = instruction
            case Send():
                data += instruction.data
            case Hang():
                return Expected(head, data, "hang")
            case Cut(how):
                return Expected(head, data, how)
    return Expected(head, data, "hang" if len(instructions) == 300 else "")


@pytest.mark.parametrize("name", sorted(SHIPPED.keys() - {"odd-bytes"}))  # more instructions than are looked at
async def test_a_scenario_s_bytes_arrive(serve: Serve, name: str) -> None:
    served = await serve()
    first = expected(name, "0" * 16)
    if first.head is None:
        return
    endless = first.how == "hang"
    request = served.client.build_request("POST", served.url, json={"message": "17 times 23", "scenario": name})
    answer = await read(request, served.client, len(first.data) if endless else 1 << 30)
    run = re.search(rb"^id: (\w{16})\.", answer.body, re.MULTILINE)
    head, data, how = expected(name, run[1].decode() if run else "0" * 16)
    assert head is not None
    assert answer.body[: len(data)] == data if endless else answer.body == data
    assert answer.status == head.status
    assert {name: answer.headers[name] for name in head.headers} == head.headers
    assert answer.error == (None if endless else BROKEN[how])
    await until(lambda: served.stub.runs.numbers()["streams"] == 0)
    turns = (await served.health())["turns"]
    assert turns["started"] == sum(turns.values()) - turns["started"] == 1
    assert turns[COUNTED.get(name, "left" if endless else "cut" if how else "completed")] == 1


@pytest.mark.parametrize("name", ["no-head", "reset-at-once"])
async def test_a_response_may_never_come(serve: Serve, name: str) -> None:
    served = await serve()
    body = {"message": "x", "scenario": name}
    with pytest.raises(httpx.ReadTimeout if name == "no-head" else httpx.ReadError):
        await served.client.post(served.url, json=body, timeout=0.3)
    await until(lambda: served.stub.runs.turns["left" if name == "no-head" else "cut"] == 1)


async def test_lines_end_in_crlf_after_a_bom_and_letters_are_cut(serve: Serve) -> None:
    served = await serve()
    request = served.client.build_request("POST", served.url, json={"message": "x", "scenario": "odd-bytes"})
    response = await served.client.send(request, stream=True)
    pieces = [piece async for piece in response.aiter_raw()]
    body = b"".join(pieces)
    assert body.startswith(b"\xef\xbb\xbfid: ")
    assert body.count(b"\r\n\r\n") == body.count(b"data: ")
    assert body.count(b"\n") == body.count(b"\r\n")
    answer = Answer(200, response.headers, body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n"), None)
    assert answer.text == spoken(SHIPPED["odd-bytes"], 1, "x")
    assert "🌊🦆" in answer.text
    assert max(map(len, pieces)) < 100


async def test_get_and_post_say_the_same(serve: Serve) -> None:
    served = await serve()
    posted = await served.ask("17 times 23")
    got = await read(served.client.build_request("GET", served.url, params={"message": "17 times 23"}), served.client)
    assert posted.events == got.events
    assert posted.text == got.text == "The answer is 391."
    assert posted.ids[0] != got.ids[0]
    assert posted.headers["Content-Type"] == "text/event-stream"
    assert posted.headers["Cache-Control"] == "no-store"
    assert posted.headers["X-Accel-Buffering"] == "no"
    assert "Server" not in posted.headers


async def test_each_event_leaves_at_once(serve: Serve) -> None:
    """The first event is there long before the second: nothing is held back."""
    served = await serve(speed=1.0)
    loop = asyncio.get_running_loop()
    request = served.client.build_request("POST", served.url, json={"message": "1+1", "scenario": "slow-router"})
    began = loop.time()
    response = await served.client.send(request, stream=True)
    pieces = response.aiter_raw()
    first = b""
    while b"routing_started" not in first:
        first += await anext(pieces)
    assert loop.time() - began < 2  # the second comes after four seconds
    assert b"routing_completed" not in first
    await response.aclose()


async def test_a_reset_is_a_reset(serve: Serve) -> None:
    served = await serve()
    parts = urlsplit(served.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"GET /process/stream?message=1&scenario=reset HTTP/1.1\r\nHost: x\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read(-1)
    writer.close()


async def test_a_client_of_http_1_0_is_served_without_chunks(serve: Serve) -> None:
    served = await serve()
    parts = urlsplit(served.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"GET /process/stream?message=1%2B1 HTTP/1.0\r\n\r\n")
    body = (await reader.read(-1)).partition(b"\r\n\r\n")[2]
    assert body.startswith(b"retry: 1000\n\nid: ")
    assert body.endswith(b"}\n\n")
    writer.close()
    await writer.wait_closed()


async def test_nodelay_is_on(serve: Serve) -> None:
    served = await serve(speed=1.0)
    body = await served.leave_after(b"routing_started", "1+1")
    assert body
    response = await served.client.send(
        served.client.build_request("POST", served.url, json={"message": "1+1"}), stream=True
    )
    links = [run._link for run in served.stub.runs._runs.values() if run._link]
    sock = links[0]._stream.socket  # type: ignore[attr-defined]
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await response.aclose()


async def test_idle_streams_have_heartbeats(serve: Serve) -> None:
    served = await serve(speed=100.0)
    request = served.client.build_request("POST", served.url, json={"message": "x", "scenario": "heartbeats-only"})
    answer = await read(request, served.client, 4000)
    assert answer.body.count(b"\n\n: heartbeat\n\n") > 10


async def test_the_default_scenario_can_be_chosen(serve: Serve) -> None:
    served = await serve(scenario="empty")
    assert (await served.ask("1+1")).text == ""
    assert (await served.ask("1+1", "happy")).text == "The answer is 2."


async def test_a_seed_can_be_given(serve: Serve) -> None:
    served = await serve(speed=1000.0)
    stories = []
    for seed in (1, 2):
        body = {"message": "Tell me a story", "seed": seed}
        answer = await read(served.client.build_request("POST", served.url, json=body), served.client, 10_000)
        whole = Answer(200, answer.headers, answer.body[: answer.body.rindex(b"\n\n") + 2], None)
        assert spoken(SHIPPED["happy"], seed, "Tell me a story").startswith(whole.text)
        stories.append(whole.text[:300])
    assert stories[0] != stories[1]


async def test_scenarios_and_health_are_listed(serve: Serve) -> None:
    served = await serve()
    listed = (await served.client.get(served.url.replace("/process/stream", "/scenarios"))).json()
    assert listed == [{"name": s.name, "about": s.about} for s in SHIPPED.values()]
    turns = {"started": 0, "completed": 0, "failed": 0, "cut": 0, "refused": 0, "left": 0}
    assert await served.health() == {"status": "ok", "streams": 0, "working": 0, "runs": 0, "turns": turns}


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "where"),
    [
        ("POST", "/process/stream", b"hello", 400, "body"),
        ("POST", "/process/stream", b'{"message": ""}', 400, "message"),
        ("POST", "/process/stream", json.dumps({"message": "x" * 8001}).encode(), 400, "message"),
        ("POST", "/process/stream", b'{"message": "x", "scenario": "nope"}', 400, "scenario"),
        ("GET", "/process/stream", b"", 400, "message"),
        ("GET", "/process/stream?message=%20", b"", 400, "message"),
        ("DELETE", "/process/stream", b"", 405, "DELETE /process/stream"),
        ("PUT", "/process/stream", b"", 405, "PUT /process/stream"),
        ("POST", "/health", b"", 405, "POST /health"),
        ("GET", "/", b"", 404, "/"),
        ("POST", "/nothing", b"", 404, "/nothing"),
    ],
)
async def test_a_bad_request_is_told_what_where_and_next(
    serve: Serve, method: str, path: str, content: bytes, status: int, where: str
) -> None:
    served = await serve()
    url = served.url.replace("/process/stream", path)
    answer = await served.client.request(method, url, content=content)
    error = answer.json()["error"]
    assert (answer.status_code, error["where"]) == (status, where)
    assert error["what"]
    assert error["next"]
    assert ("Allow" in answer.headers) == (status == 405)
    assert (await served.health())["turns"]["started"] == 0


async def test_too_many_streams_are_refused(serve: Serve) -> None:
    served = await serve(streams=1)
    request = served.client.build_request("POST", served.url, json={"message": "x", "scenario": "stall-forever"})
    first = await served.client.send(request, stream=True)
    refused = await served.ask("1+1")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    await first.aclose()
