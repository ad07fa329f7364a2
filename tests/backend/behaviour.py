"""Plays a case of corpus/sse-behaviour.json: its raw socket server, and the client that it describes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
import zlib
from typing import Any

from dashboard.backend.event_source import EventSource, Options
from dashboard.config import Retry, Timeouts
from dashboard.wire.frame import Message
from tests.backend.raw import Peer

SLICE = 65536


def _bytes(step: dict[str, Any], port: int) -> bytes:
    if "b64" in step:
        return base64.b64decode(step["b64"])
    return str(step["text"]).replace("{PORT}", str(port)).encode()


class Server:
    """The case's server; what it saw of each request, and when."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._case = case
        self.port = 0
        self.requests: list[bytes] = []
        self.times: list[float] = []
        self.accepted = 0
        self.sent = 0
        self.sent_at: list[float] = []
        self.closed_at = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer, index = Peer(reader, writer), self.accepted
        self.accepted += 1
        connections = self._case["connections"]
        if index >= len(connections) and not self._case.get("repeat_last"):
            peer.reset()
            return
        squeeze = zlib.compressobj(wbits=31)
        try:
            for step in connections[min(index, len(connections) - 1)]:
                await self._step(step, peer, squeeze)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed_at = time.monotonic()
        finally:
            with contextlib.suppress(Exception):
                writer.close()

    async def _step(self, step: dict[str, Any], peer: Peer, squeeze: Any) -> None:
        match step["op"]:
            case "read_request":
                self.requests.append(await peer.read_request())
                self.times.append(time.monotonic())
            case "send":
                body = _bytes(step, self.port) * step.get("repeat", 1)
                await peer.send(b"%x\r\n%b\r\n" % (len(body), body) if step.get("chunked") else body)
                self.sent_at.append(time.monotonic())
            case "send_each":
                await self._send_each(step, peer)
            case "gzip":
                await peer.send(squeeze.compress(_bytes(step, self.port)) + squeeze.flush(zlib.Z_SYNC_FLUSH))
                self.sent_at.append(time.monotonic())
            case "gzip_end":
                await peer.send(squeeze.flush())
            case "sleep":
                await asyncio.sleep(step["ms"] / 1000)
            case "hold":
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(peer.gone(), step["ms"] / 1000)
                    self.closed_at = time.monotonic()
            case "infinite":
                await self._pour(_bytes(step, self.port), step.get("max_bytes", 1 << 30), peer)
            case "fin":
                peer.close()
            case "rst":
                peer.reset()
            case other:
                raise AssertionError(f"the corpus has a step that this server does not know: {other}")

    async def _send_each(self, step: dict[str, Any], peer: Peer) -> None:
        body = _bytes(step, self.port) * step.get("n", 1)
        size = step.get("size", 1)
        for at in range(0, len(body), size):
            await peer.send(body[at : at + size])
            await asyncio.sleep(step.get("gap_ms", 0) / 1000)
        self.sent_at.append(time.monotonic())

    async def _pour(self, text: bytes, most: int, peer: Peer) -> None:
        block = text * (SLICE // len(text) + 1)
        while self.sent < most:
            await peer.send(block)
            self.sent += len(block)

    def request(self, index: int) -> dict[str, str]:
        """Method, path, body and headers of a request, as the corpus names them."""
        head, _, body = self.requests[index].partition(b"\r\n\r\n")
        first, *lines = head.decode("utf-8").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return {**headers, "method": method, "path": path, "body": body.decode()}


class Played:
    """What came of a case on the client's side."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.heard_at: list[float] = []
        self.end = self.error = ""
        self.took_s = self.ended_within_s = 0.0
        self.cancelled_at = 0.0
        self.attempts = 0

    async def read(self, source: EventSource, case: dict[str, Any]) -> None:
        enough = case.get("stop_after_events") or case.get("close_after_events")
        async for message in source:
            self.messages.append(message)
            self.heard_at.append(time.monotonic())
            if case.get("cancel_after_events") == len(self.messages):
                raise asyncio.CancelledError
            if enough == len(self.messages):
                return
            await asyncio.sleep(case["client"].get("consumer_sleep_ms", 0) / 1000)


def options(case: dict[str, Any]) -> Options:
    client, request = case["client"], case["request"]
    ms = {name: value / 1000 for name, value in client.items() if name.endswith("_ms")}
    body = request.get("body")
    return Options(
        method=request["method"],
        body=None if body is None else body.encode(),
        headers=client.get("headers", {}),
        last_event_id=client.get("initial_last_event_id", ""),
        retry=Retry(
            ms.get("initial_retry_ms", 1.0), ms.get("max_retry_ms", 30.0), client.get("max_attempts", 1_000_000)
        ),
        jitter=client.get("jitter", True),
        timeouts=Timeouts(2.0, ms.get("response_timeout_ms", 10.0), ms.get("idle_timeout_ms")),
        max_event_bytes=client.get("max_event_bytes", 8 << 20),
        resume=client.get("resume") == "get",
        end_marker=client.get("end_marker", ""),
    )


async def play(case: dict[str, Any], port_if_nobody_listens: int) -> tuple[Server, Played]:
    """One case, to its end or as long as it says."""
    server, played = Server(case), Played()
    listening = None if case.get("no_listener") else await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1] if listening else port_if_nobody_listens
    source = EventSource(f"http://127.0.0.1:{server.port}/", options(case))
    began = time.monotonic()
    patience_s = case.get("close_after_ms", case.get("run_ms", 20_000)) / 1000
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(played.read(source, case), patience_s)
    ending = time.monotonic()
    played.cancelled_at = ending
    played.end, played.error, played.attempts = source.end, source.error, source.attempts
    await source.close()
    played.ended_within_s = time.monotonic() - ending
    played.took_s = time.monotonic() - began
    for _ in range(50):
        if server.closed_at or not case["expect"].get("server_sees_close_ms_max"):
            break
        await asyncio.sleep(0.01)
    if listening:
        listening.close()
    return server, played
