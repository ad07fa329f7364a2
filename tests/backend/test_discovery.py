"""An A2A agent's card decides how it is asked; another origin's word does not decide where."""

from __future__ import annotations

import asyncio
import json

import pytest

from dashboard.backend.discovery import discovered, needs_card
from dashboard.config import AskOptions, Backend, Config, Secret
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, serving
from tests.ports import free_port
from tests.turn.script import frame

ANSWER = {"kind": "message", "role": "agent", "messageId": "m", "parts": [{"kind": "text", "text": "hello"}]}


def agent(card: object) -> object:
    async def answer(peer: Peer) -> None:
        await peer.read_request()
        if b"agent-card.json" in peer.request:
            body = json.dumps(card).encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            await peer.send(head % len(body) + body)
        else:
            await peer.send(HEAD + frame({"jsonrpc": "2.0", "id": 1, "result": ANSWER}))

    return answer


@pytest.mark.parametrize(
    ("card", "params", "method"),
    [
        ({"protocolVersion": "0.3.0", "url": "http://elsewhere.invalid/"}, {}, "message/stream"),
        ({"supportedInterfaces": [{"url": "http://h/", "protocolBinding": "JSONRPC"}]}, {}, "SendStreamingMessage"),
        ({"protocolVersion": "0.3.0", "url": "http://h/"}, {"version": "1.0"}, "SendStreamingMessage"),
        (["no card"], {}, "SendStreamingMessage"),
    ],
)
async def test_the_card_says_how_and_the_config_says_where(card: object, params: dict[str, str], method: str) -> None:
    async with serving(agent(card)) as server:  # type: ignore[arg-type]
        key = {"X-Api-Key": Secret("k1")}
        backend = Backend("a", server.url, "a2a", headers=key, ask=AskOptions(params=params))
        runtime = Runtime(Config([backend]))
        await runtime.discover("a")
        await runtime.discover("a")
        live = runtime.ask("a", Question("hello"))
        await asyncio.wait_for(live.wait(), 30)
        await runtime.aclose()
        requests = [peer.request for peer in server.peers]
    cards = [request for request in requests if b"agent-card.json" in request]
    below = b"/process/stream/.well-known/agent-card.json"
    assert [card.split()[1] for card in cards] == ([] if params else [below]), "once, and not when the config knows"
    assert f'"method":"{method}"'.encode() in requests[-1].replace(b": ", b":")
    assert live.transcript.text == "hello"


@pytest.mark.parametrize(
    ("path", "dialect", "asks"),
    [("/a2a", "auto", True), ("/v1/message:stream", "auto", True), ("/x", "a2a", True), ("/x", "auto", False)],
)
def test_a_card_is_looked_for_where_a2a_is_spoken_by_dialect_or_by_path(path: str, dialect: str, asks: bool) -> None:
    assert needs_card(Backend("a", f"http://127.0.0.1{path}", dialect)) is asks


async def test_an_agent_that_was_not_there_yet_is_asked_for_its_card_again() -> None:
    port = free_port()
    backend = Backend("a", f"http://127.0.0.1:{port}/a2a", "a2a")
    runtime = Runtime(Config([backend]))
    await runtime.discover("a")
    assert runtime.backends["a"].ask.params == {}
    async with serving(agent({"protocolVersion": "0.3.0", "url": "http://h/"}), port=port):  # type: ignore[arg-type]
        await runtime.discover("a")
    assert runtime.backends["a"].ask.params["version"] == "0.3"
    await runtime.aclose()


class Host:
    """Answers from documents by their address, and remembers what was asked for."""

    def __init__(self, documents: dict[str, object]) -> None:
        self._documents = documents
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes | None:
        self.asked.append(url)
        return json.dumps(self._documents[url]).encode() if url in self._documents else b""


HOST = "http://127.0.0.1:8902"
CARD = {
    "supportedInterfaces": [
        {"url": f"{HOST}/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"},
        {"url": f"{HOST}/rest", "protocolBinding": "HTTP+JSON", "protocolVersion": "1.0"},
    ]
}
OLD = {"url": "http://localhost:8902/", "protocolVersion": "0.3.0"}
AT_ROOT, BELOW = f"{HOST}/.well-known/agent-card.json", f"{HOST}/rest/.well-known/agent-card.json"


@pytest.mark.parametrize(
    ("path", "documents", "url", "params"),
    [
        ("", {AT_ROOT: CARD}, "/rpc", {"version": "1.0", "binding": "jsonrpc"}),
        ("/", {AT_ROOT: CARD}, "/rpc", {"version": "1.0", "binding": "jsonrpc"}),
        ("/", {AT_ROOT: OLD}, "/", {"version": "0.3", "binding": "jsonrpc"}),
        ("/rest", {AT_ROOT: CARD}, "/rest", {"version": "1.0", "binding": "rest"}),
        ("/rest", {AT_ROOT: CARD, BELOW: OLD}, "/rest", {"version": "0.3", "binding": "jsonrpc"}),
        ("/own", {AT_ROOT: CARD}, "/own", {"version": "1.0", "binding": "jsonrpc"}),
        ("/own", {}, "/own", {}),
    ],
)
async def test_where_a_card_lies_and_where_it_leads(
    path: str, documents: dict[str, object], url: str, params: dict[str, str]
) -> None:
    found = await discovered(Backend("a", HOST + path, "a2a"), Host(documents))
    assert found is not None
    assert (found.url, found.ask.params) == (HOST + url, params)
