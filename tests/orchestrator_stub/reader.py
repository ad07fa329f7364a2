"""Reading the stub as bytes, without any SSE library: what was sent is what the test sees."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from orchestrator_stub.server import Stub


class Answer(NamedTuple):
    """A response read to its end; `error` is how the connection broke, None when the body ended in good order."""

    status: int
    headers: httpx.Headers
    body: bytes
    error: type[Exception] | None

    @property
    def ids(self) -> list[str]:
        return re.findall(r"^id: (.*)$", self.body.decode(), re.MULTILINE)

    @property
    def numbers(self) -> list[int]:
        return [int(each.split(".")[1]) for each in self.ids]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(data) for data in re.findall(r"^data: (.*)$", self.body.decode(), re.MULTILINE)]

    @property
    def text(self) -> str:
        chunks = [event for event in self.events if event["event"] == "response_chunk"]
        return "".join(part["text"] for c in chunks for part in c["response_data"]["raw_response"]["parts"])


class Served(NamedTuple):
    """A stub that listens, and a client for it."""

    stub: Stub
    client: httpx.AsyncClient
    url: str

    async def ask(self, message: str = "What's 2+2?", scenario: str = "", **more: Any) -> Answer:
        """POSTs a question and reads all of the answer."""
        body = {"message": message, "scenario": scenario, **more}
        return await read(self.client.build_request("POST", self.url, json=body), self.client)

    async def resume(self, last_event_id: str | bytes, method: str = "GET") -> Answer:
        last_event_id = last_event_id.encode() if isinstance(last_event_id, str) else last_event_id
        request = self.client.build_request(method, self.url, headers={b"Last-Event-ID": last_event_id})
        return await read(request, self.client)

    async def health(self) -> dict[str, Any]:
        answer = await self.client.get(self.url.replace("/process/stream", "/health"))
        found: dict[str, Any] = answer.json()
        return found

    async def leave_after(self, needle: bytes, message: str, scenario: str = "") -> bytes:
        """Asks, reads until `needle` has come, and closes the connection."""
        request = self.client.build_request("POST", self.url, json={"message": message, "scenario": scenario})
        response = await self.client.send(request, stream=True)
        body = b""
        async for piece in response.aiter_raw():
            body += piece
            if needle in body:
                break
        await response.aclose()
        return body


async def read(request: httpx.Request, client: httpx.AsyncClient, enough: int = 1 << 30) -> Answer:
    """The response to `request`: all of it, or its first `enough` bytes."""
    response = await client.send(request, stream=True)
    body, error = b"", None
    try:
        async for piece in response.aiter_raw():
            body += piece
            if len(body) >= enough:
                break
    except httpx.HTTPError as raised:
        error = type(raised)
    await response.aclose()
    return Answer(response.status_code, response.headers, body, error)


async def until(true: Callable[[], bool], within_s: float = 30.0) -> None:
    """Waits for something to become true. Errors: TimeoutError."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110  # what is waited for knows of no test
            await asyncio.sleep(0.005)
